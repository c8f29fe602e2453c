"""A visit that is cancelled at any moment of a conversation: what was not sent by then is never sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from kiosk_app.center_gateway import CenterGateway
from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.settings import TerminalSettings
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Scope
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event as TraceEvent
from server_stub.interface.trace import Trace
from server_stub.interface.values import Place
from tests.flow.helper import BOTH, KOBE, offer

from .centre import KEY, TERMINAL, Centre
from .world import PIN, WRONG, World, card

HOUSEHOLD = ApplicationRequest(
    kind="household", municipality=KOBE.code, scope=Scope.WHOLE, subjects=BOTH, copies=1, fee_total=250,
    answers={"relation": "omitted", "place": "omitted"},
)  # fmt: skip
Moment = Callable[[TraceEvent], bool]


class HeldCard(VirtualCard):
    """Stops before it answers the first command that `hold` is told to, until it is let go."""

    def __init__(self) -> None:
        super().__init__(card().image)
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._hold: Callable[[bytes], bool] = lambda raw: False

    def hold(self, at: Callable[[bytes], bool]) -> None:
        self._hold = at

    def transmit(self, raw: bytes) -> bytes:
        if not self.reached.is_set() and self._hold(raw):
            self.reached.set()
            assert self.go_on.wait(30), "never let go"
        return super().transmit(raw)


def read_binary(raw: bytes) -> bool:
    return raw[:2] == b"\x00\xb0"


def tries(laid: VirtualCard) -> int:
    return laid.image.pin("jpki", 0x18).tries


class Conversation:
    """The terminal's side of one visit, without a screen. `cancel_at` ends the visit at a moment that the trace tells of,
    on the very thread that was about to go on."""

    def __init__(self, folder: Path, centre: Centre, **settings: float) -> None:
        clock = Clock(STAGE_START)
        clock.freeze()
        centre.renew(clock)
        self.centre = centre
        self.trace = Trace(clock)
        self.events: list[TraceEvent] = []
        self.reader = VirtualReader()
        self.trace.subscribe(self.events.append)
        made = TerminalSettings(
            center_url=centre.url,
            terminal_id=TERMINAL,
            terminal_key=Secret(KEY),
            pinned_key=centre.pinned,
            data_dir=folder,
            device_dir=folder,
        )
        made = replace(made, **settings)  # type: ignore[arg-type]
        self.runtime = CenterGateway(made, self.trace, self.reader)

    def cancel_at(self, moment: Moment, nth: int = 1) -> None:
        self.events.clear()
        left = [nth]

        def listen(event: TraceEvent) -> None:
            if moment(event):
                left[0] -= 1
                if left[0] == 0:
                    self.runtime.forget()

        self.trace.subscribe(listen)

    def known(self) -> f.Authenticate:
        """What asks for the authentication of the card that lies there, in a session that was opened."""
        read = self.runtime.perform(f.ReadCard())
        session = self.runtime.perform(f.OpenSession())
        assert isinstance(read, e.CardRead) and isinstance(session, e.SessionStarted)
        return f.Authenticate(session.session_id, PIN, Place.ADDRESS, None, read.holder_ref, read.tries_left)

    def let_in(self) -> f.Apply:
        """What asks for the paper of this holder."""
        effect = self.known()
        self.runtime.perform(effect)
        return f.Apply(effect.session_id, HOUSEHOLD, offer(), effect.holder_ref)

    def cancelled(self, errand: Callable[[], e.Event]) -> Failed:
        with pytest.raises(Failed) as caught:
            errand()
        assert caught.value.failure == "Visit_Cancelled"
        return caught.value

    def asked(self) -> list[str]:
        """The last part of each request since `cancel_at`."""
        return [v.data["path"].rpartition("/")[2] for v in self.events if v.kind == "request"]

    def commands(self) -> list[str]:
        """What the card was sent since `cancel_at`; a VERIFY without a PIN only asks for the tries."""
        told = [event.data for event in self.events if event.kind == "command"]
        return ["PIN" if c["name"] == "VERIFY" and c["sent"] else c["name"] for c in told]


@pytest.fixture
def visit(tmp_path: Path, centre: Centre) -> Iterator[Conversation]:
    visit = Conversation(tmp_path, centre)
    yield visit
    visit.runtime.close()


def answered(part: str) -> Moment:
    return lambda event: event.kind == "answered" and part in event.data["path"]


def command(name: str, *, sent: int = 0, file: str = "") -> Moment:
    def at(event: TraceEvent) -> bool:
        told = event.data
        if event.kind != "command" or told["name"] != name or told["sent"] < sent:
            return False
        return not file or told.get("file") == file

    return at


# --- the card -------------------------------------------------------------------------------------------------------------


def left(visit: Conversation, laid: VirtualCard) -> bool:
    """No application with a verified PIN, and no power."""
    last = [event.data for event in visit.events if event.kind == "command"][-1]
    return last["name"] == "SELECT AP" and "カードマネージャ" in last["application"] and not laid.powered


def test_after_the_last_reading_no_pin_is_sent(visit: Conversation) -> None:
    laid = card()
    visit.reader.insert(laid)
    effect = replace(visit.known(), pin=WRONG)
    visit.cancel_at(command("SELECT EF", file="0018"), nth=2)
    visit.cancelled(visit.runtime.errand(effect))
    assert "READ BINARY" in visit.commands()
    assert "PIN" not in visit.commands()
    assert tries(laid) == 3
    assert left(visit, laid)


def test_after_the_pin_nothing_is_signed(visit: Conversation) -> None:
    laid = card()
    visit.reader.insert(laid)
    effect = visit.known()
    visit.cancel_at(command("VERIFY", sent=4))
    visit.cancelled(visit.runtime.errand(effect))
    assert visit.commands()[-3:] == ["PIN", "SELECT EF", "SELECT AP"]
    assert left(visit, laid)


def test_after_the_signature_it_is_not_sent_to_the_centre(visit: Conversation) -> None:
    visit.reader.insert(card())
    effect = visit.known()
    visit.cancel_at(command("COMPUTE DIGITAL SIGNATURE"))
    visit.cancelled(visit.runtime.errand(effect))
    assert "COMPUTE DIGITAL SIGNATURE" in visit.commands()
    assert visit.asked() == ["nonce"]


def test_what_waits_for_the_card_behind_another_never_speaks_to_it(visit: Conversation) -> None:
    laid = HeldCard()
    laid.hold(read_binary)
    visit.reader.insert(laid)
    refusals: list[Failed] = []

    def ask() -> None:
        try:
            visit.runtime.perform(f.ReadCard())
        except Failed as failed:
            refusals.append(failed)

    first = threading.Thread(target=ask)
    first.start()
    assert laid.reached.wait(10)
    queued = threading.Event()
    submit = visit.runtime._card_worker.submit

    def tell(job: Callable[[], None]) -> None:
        submit(job)
        queued.set()

    visit.runtime._card_worker.submit = tell  # type: ignore[method-assign]
    second = threading.Thread(target=ask)
    second.start()
    assert queued.wait(10)
    visit.runtime.forget()
    laid.go_on.set()
    for thread in (first, second):
        thread.join(10)
    assert [refusal.failure for refusal in refusals] == ["Visit_Cancelled"]
    assert visit.commands().count("SELECT AP") == 1


def test_nobody_of_an_ended_visit_waits_for_a_card_that_does_not_answer(
    tmp_path: Path, centre: Centre
) -> None:
    visit = Conversation(tmp_path, centre, card_limit=0.1)
    laid = HeldCard()
    laid.hold(read_binary)
    visit.reader.insert(laid)
    errand = visit.runtime.errand(f.ReadCard())
    with pytest.raises(Failed, match="Card_Mute"):
        visit.runtime.perform(f.ReadCard())
    visit.runtime.forget()
    visit.cancelled(errand)
    laid.go_on.set()
    visit.runtime.close()


# --- the centre -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "effect",
    [
        f.FetchMunicipalities(),
        f.OpenSession(),
        f.Authenticate("s", PIN, Place.ADDRESS, None, "ab" * 32, 3),
        f.Apply("s", HOUSEHOLD, offer(), "ab" * 32),
    ],
    ids=lambda effect: type(effect).__name__,
)
def test_what_a_visit_asks_for_after_its_end_is_not_asked_for(visit: Conversation, effect: f.Effect) -> None:
    errand = visit.runtime.errand(effect)
    visit.runtime.forget()
    visit.cancelled(errand)
    assert visit.centre.calls == []


def test_after_the_nonce_the_card_is_left_alone(visit: Conversation) -> None:
    visit.reader.insert(card())
    effect = visit.known()
    visit.cancel_at(answered("/nonce"))
    visit.cancelled(visit.runtime.errand(effect))
    assert visit.commands() == []


def test_after_the_application_its_sheets_are_not_fetched_and_it_is_named(visit: Conversation) -> None:
    visit.reader.insert(card())
    effect = visit.let_in()
    visit.cancel_at(answered("/applications"))
    refusal = visit.cancelled(visit.runtime.errand(effect))
    assert visit.asked() == ["applications"]
    assert refusal.facts["application_id"] in {application for application, _ in visit.centre._sheets}


def test_after_the_last_sheet_the_paper_is_not_kept_and_it_is_named(visit: Conversation) -> None:
    visit.reader.insert(card())
    effect = visit.let_in()
    visit.cancel_at(answered("/sheets/1"))
    refusal = visit.cancelled(visit.runtime.errand(effect))
    application_id = refusal.facts["application_id"]
    assert (application_id, 1) in visit.centre._sheets
    with pytest.raises(Failed, match="Paper_Corrupt"):
        visit.runtime.sheet_ids(application_id)


# --- the whole terminal -----------------------------------------------------------------------------------------------------


def test_a_slow_card_gets_no_pin_once_the_resident_has_cancelled(world: World) -> None:
    laid = HeldCard()
    world.to_card()
    world.reader.insert(laid)
    world.wait_for("ChoosePlace")
    world.touch(e.PlaceChosen(Place.ADDRESS))
    world.wait_for("EnterPin")
    laid.hold(read_binary)
    world.touch(e.PinEntered(WRONG))
    world.until(laid.reached.is_set)
    world.touch(e.CancelTouched())
    assert world.refusal().failure == "Visit_Cancelled"
    laid.go_on.set()
    world.until(lambda: "late_answer" in world.kinds("network"))
    told = [event.data for event in world.events if (event.source, event.kind) == ("card", "command")]
    assert not [data for data in told if data["name"] == "VERIFY" and data["sent"]]
    assert tries(laid) == 3
    assert not laid.powered
    world.settled()
    assert not [call for call in world.centre.calls if call.endswith("/authentication")]
    assert [reason for _, reason in world.centre.ended] == ["Visit_Cancelled"]


def test_a_paper_whose_last_sheet_comes_late_is_cancelled_at_the_centre(world: World) -> None:
    """The visit ends on the thread that holds the paper already, right before it would keep it."""
    world.to_confirm()
    runtime = world.terminal._runtime
    assert runtime is not None
    remote = runtime._remote
    fetched, go_on = threading.Event(), threading.Event()

    def hold(event: TraceEvent) -> None:
        if answered("/sheets/1")(event):
            fetched.set()
            assert go_on.wait(30), "never let go"

    world.trace.subscribe(hold)
    world.touch(e.Confirmed())
    world.until(fetched.is_set)
    world.touch(e.CancelTouched())
    assert world.refusal().failure == "Visit_Cancelled"
    go_on.set()
    world.until(lambda: world.centre.reports)
    assert [kind for _, kind in world.centre.reports] == ["cancelled"]
    assert remote._papers == {}
