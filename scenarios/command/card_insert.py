"""`konbini card insert` and `konbini card reader`: virtual cards on a vpcd reader, the machine's or one of your own, until Ctrl-C."""

from __future__ import annotations

import contextlib
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from cards.columns import hung, padded
from cards.diagnose import diagnose_ports
from cards.errors import CardError
from cards.image import CardImage
from cards.image_file import load_image
from cards.kept_state import KeptState
from cards.pcscd import PrivatePcscd
from cards.profiles import load_profile
from cards.remedies import ADVICE
from cards.timing import TIMINGS
from cards.trace import nobody
from cards.virtual import VirtualCard
from cards.vpcd import DEFAULT_PORT, VpcdSlot
from scenarios.profile_cards import card_of_profile, template_with_own_cards
from scenarios.template import CardEntry, callings, load_cards, template_folder
from scenarios.towns import Town
from server_stub.interface.failures import Failed

from .card_choice import chosen_card, chosen_person, chosen_profile, chosen_towns, towns_with
from .card_pages import TEST_SECRETS, pin_rows
from .card_trace import TracePrinter
from .options import terminal_columns
from .usage import WrongUse

LOOK_SECONDS = 0.3
"""How often it looks (real seconds) whether the reader is still there, and what the card has been through."""
SLOTS = 2
"""Slots of a vpcd reader, each on a port of its own."""
USUAL_PERSON = "六甲翠"
"""Who gets a card of a profile if nobody is named: an adult who may have every certificate."""
_ADVICE = {"Reader_Absent": "Vpcd_Absent", "Reader_Busy": "Vpcd_Port_Taken"}


@dataclass(frozen=True, slots=True)
class Laying:
    """What to lay, and how. `names` and `profiles` together: one card or two. `persons`: of the profiles, in their order; one for all;
    none: the usual one. `keep`: a file that counters and changed PINs are taken from, and written to. `timing`: a name of
    cards.timing, or '' for as fast as it can."""

    names: Sequence[str] = ()
    profiles: Sequence[str] = ()
    persons: Sequence[str] = ()
    towns: Sequence[str] = ()
    keep: Path | None = None
    trace: bool = False
    timing: str = ""


@dataclass(frozen=True, slots=True)
class _Card:
    entry: CardEntry
    calling: str
    image: CardImage
    fresh: bool
    """Issued just now: the template does not know it."""


def insert_cards(
    laying: Laying, vpcd: str = f"127.0.0.1:{DEFAULT_PORT}", *, stop: threading.Event | None = None
) -> int:
    """Lay copies of the cards on the vpcd reader at `vpcd` (HOST:PORT; a second card on the next port) until Ctrl-C, SIGTERM or `stop`.

    Prints the cards' test PINs. Exit code: 0 taken away again, 1 the reader went away, 2 no such card, profile, person, address,
    file or reader.
    """
    address = _address(vpcd)
    if address is None:
        return _refuse("--vpcd は 127.0.0.1:35963 のように指定してください。")
    if not laying.names and not laying.profiles:
        return _refuse(
            "カードの名前か --profile を指定してください。名前は konbini card list で表示できます。"
        )
    return _with_cards(laying, lambda cards, state: _lay(cards, state, laying, address, stop))


def run_reader(laying: Laying, *, stop: threading.Event | None = None) -> int:
    """Run a PC/SC service of the user's own, with or without cards on its two slots, until Ctrl-C, SIGTERM or `stop`.

    Needs no root and never touches the machine's own service. Prints what another program's environment needs.
    Exit code as `insert_cards`.
    """
    if lacks := PrivatePcscd.missing():
        return _refuse(
            f"{'、'.join(lacks)} がありません。make setup または sudo apt install {' '.join(lacks)} を実行してください。"
        )

    def serve(cards: Sequence[_Card], state: KeptState | None) -> int:
        until = stop or _stopped_by_signal()
        service = PrivatePcscd()
        try:
            service.start()
            _told_of_service(service)
            return _lay(cards, state, laying, ("127.0.0.1", service.port), until, lambda: service.running)
        except CardError as error:
            return _explain(error.failure, str(error.facts.get("folder", "")))
        finally:
            service.stop()
            service.remove_folder()

    return _with_cards(laying, serve)


def _with_cards(laying: Laying, use: Callable[[Sequence[_Card], KeptState | None], int]) -> int:
    try:
        cards = _wanted(laying)
        state = None if laying.keep is None else KeptState(laying.keep)
        for card in cards if state is not None else ():
            assert state is not None
            state.restore(card.entry.name, card.image)
        _check_place(laying.keep)
    except WrongUse as error:
        return _refuse(str(error))
    except Failed as failed:
        return _refuse(f"{failed.entry.cause}{failed.entry.remedy}（{failed}）")
    except CardError as error:
        told = "、".join(str(error.facts.get(key)) for key in ("expected", "found") if key in error.facts)
        return _refuse(
            f"--keep のファイル {laying.keep} は、このカードの状態を残したものではありません（{told}）。"
        )
    return use(cards, state)


def _check_place(keep: Path | None) -> None:
    if keep is not None and (keep.is_dir() or not keep.absolute().parent.is_dir()):
        raise WrongUse(f"--keep には、あるフォルダの中のファイルを指定してください（{keep}）。")


def _lay(
    cards: Sequence[_Card],
    state: KeptState | None,
    laying: Laying,
    address: tuple[str, int],
    stop: threading.Event | None,
    service_runs: Callable[[], bool] = lambda: True,
) -> int:
    host, port = address
    slots: list[VpcdSlot] = []
    images = {card.entry.name: card.image for card in cards}
    traces = [TracePrinter(str(number) if len(cards) > 1 else "") for number in range(1, len(cards) + 1)]
    try:
        for number, card in enumerate(cards):
            slot = VpcdSlot(
                host,
                port + number,
                commands=traces[number] if laying.trace else nobody,
                timing=TIMINGS.get(laying.timing),
            )
            try:
                slot.insert(VirtualCard(card.image))
            except CardError as error:
                held_by = str(error.facts.get("held_by", ""))
                return _explain(_ADVICE.get(error.failure, error.failure), f"{host}:{port + number}", held_by)
            slots.append(slot)
            _told(card, slot)
        stop = stop or _stopped_by_signal()
        _told_of_laying(cards, slots, laying, port)
        for trace in traces:
            trace.begin()
        while service_runs() and all(slot.present() for slot in slots) and not stop.wait(LOOK_SECONDS):
            if state is not None:
                state.save(images)
        whole = stop.is_set() and all(slot.present() for slot in slots)
    except BrokenPipeError:  # whoever read what is told has gone
        raise
    except OSError as error:
        return _refuse(f"--keep のファイルに書けません（{error.strerror}）。")
    finally:
        for slot in slots:
            slot.remove()
        if state is not None:
            with contextlib.suppress(OSError):
                state.save(images)
    if not whole:
        return _explain("Vpcd_Absent", f"{host}:{port}", code=1)
    for card in cards:
        print(f"カード「{card.entry.name}」を取り除きました。", flush=True)
    return 0


def _wanted(laying: Laying) -> list[_Card]:
    """Raises WrongUse, Failed, CardError."""
    if laying.timing and laying.timing not in TIMINGS:
        raise WrongUse(f"--timing には {'、'.join(TIMINGS)} のいずれかを指定してください。")
    if len(laying.names) + len(laying.profiles) > SLOTS:
        raise WrongUse(f"リーダに置けるカードは {SLOTS} 枚までです。")
    if laying.persons and not laying.profiles:
        raise WrongUse("--person は --profile と一緒に指定してください。")
    if len(laying.persons) > 1 and len(laying.persons) != len(laying.profiles):
        raise WrongUse("--person は一人だけか、--profile と同じ数だけ指定してください。")
    towns = chosen_towns(laying.towns)
    persons = [*laying.persons] or ([] if laying.towns else [USUAL_PERSON] if laying.profiles else [])
    if not laying.towns:
        towns = towns_with([*laying.names, *laying.persons], towns)
    profiles = [chosen_profile(one) for one in laying.profiles]
    if profiles and not persons:
        persons = [towns[0].cards[0].person]
    template = template_with_own_cards(towns)
    cards = [_named(one, template) for one in laying.names]
    for number, profile in enumerate(profiles):
        cards.append(_of_profile(profile, persons[number % len(persons)], towns, template))
    if len({card.entry.name for card in cards}) < len(cards):
        raise WrongUse("同じカードは一枚しかありません。別のカードを指定してください。")
    return cards


def _named(told: str, template: Path) -> _Card:
    entries = load_cards(template)
    return _loaded(template, chosen_card(told, entries))


def _of_profile(profile: str, person: str, towns: Sequence[Town], template: Path) -> _Card:
    called, key = chosen_person(person, load_cards(template), towns)
    folder, entry = card_of_profile(profile, key, towns, called)
    return _loaded(folder, entry, fresh=entry.name not in load_cards(template_folder(towns)))


def _loaded(folder: Path, entry: CardEntry, *, fresh: bool = False) -> _Card:
    calling = callings(load_cards(folder).values())[entry.person]
    return _Card(entry, calling, load_image(folder / entry.file), fresh)


def _told(card: _Card, slot: VpcdSlot) -> None:
    """Everything that a person needs to use the card, its test PINs among it."""
    columns = terminal_columns()

    def say(head: str, text: str) -> None:
        print(*hung(head, text, columns), sep="\n")

    entry, image = card.entry, card.image
    say("", f"カード「{entry.name}」（{entry.purpose}）を {slot.name} に置きました。")
    say("  " + padded("持ち主", 10), f"{card.calling}（宛名番号 {entry.person}）")
    say("  " + padded("型", 10), f"{image.profile}：{load_profile(image.profile).purpose}")
    say("", f"暗証番号（{TEST_SECRETS}）")
    # 照合番号 stand in two applications
    for row in {(one.name, one.pin.value, one.counter): one for one in pin_rows(image)}.values():
        print(f"  {padded(row.name, 26)}{padded(row.pin.value, 18)}{row.counter}")


def _told_of_laying(cards: Sequence[_Card], slots: Sequence[VpcdSlot], laying: Laying, port: int) -> None:
    columns = terminal_columns()

    def say(text: str) -> None:
        print(*hung("", text, columns), sep="\n")

    if cards and laying.keep is None:
        say(
            "これは写しです。暗証番号の残り回数などは、取り除くと元に戻ります（残すときは --keep ファイル）。"
        )
    elif cards:
        say(
            f"変えた暗証番号と残り回数は {laying.keep} に残り、次に同じファイルを指定したときに引き継がれます。"
        )
    if any(card.fresh for card in cards):
        say("このカードを認証局とセンターが知るのは、これから始める konbini demo と konbini server です。")
    if any(slot.open_to_network for slot in slots):
        advice = ADVICE["Vpcd_Open_To_Network"]
        ports = [found.port for found in diagnose_ports(port).vpcd if found.open_to_network]
        warning = (
            *hung("注意: ", advice.what, columns),
            *hung("　→ ", _remedy(advice.remedies(ports)), columns),
        )
        print(*warning, sep="\n", file=sys.stderr)
    print("Ctrl-C で取り除きます。" if cards else "Ctrl-C で終わります。", flush=True)


def _told_of_service(service: PrivatePcscd) -> None:
    columns = terminal_columns()
    print(
        *hung(
            "",
            "この利用者だけの PC/SC サービスを始めました。使うプログラムの端末で、次の行を実行してください。",
            columns,
        ),
        *(f"export {name}={shlex.quote(value)}" for name, value in service.environment().items()),
        *hung("", "別の端末からカードを置くときは、次のようにします（二枚目はポートを一つ足す）。", columns),
        f"konbini card insert カードの名前 --vpcd 127.0.0.1:{service.port}",
        sep="\n",
        flush=True,
    )


def _address(text: str) -> tuple[str, int] | None:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 0x10000:
        return None
    return host.strip("[]"), int(port)


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), on_signal)
    return stop


def _explain(name: str, place: str, held_by: str = "", *, code: int = 2) -> int:
    advice = ADVICE[name]
    where = f"（{place}{'、' + held_by if held_by else ''}）"
    return _refuse(f"{advice.what}{where} [{name}]\n　→ {_remedy(advice.remedies())}", code)


def _remedy(remedies: dict[str, str]) -> str:
    return remedies["windows" if sys.platform == "win32" else "debian"]


def _refuse(message: str, code: int = 2) -> int:
    print(f"konbini: {message}", file=sys.stderr)
    return code
