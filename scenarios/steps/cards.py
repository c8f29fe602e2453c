"""Cards and their reader: faults in the middle of a conversation, cards of somebody else, the reader's service, another
program at the same reader, and what is reported to the authority."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from cards.foreign import ForeignAuthority
from cards.personalise import Holder, personalise
from cards.profiles import load_profile
from kiosk_app.card_trust import PRODUCTION
from scenarios.reader_service import ReaderService
from server_stub.interface.clock import STAGE_START

from .sentences import given, then, when
from .world import World, expect, wrong_pin

# --- faults on the card's edge ---------------------------------------------------------------------------------------------
# Each strikes once. Counting begins anew with every connection, so a fault that is not due waits for the next one.


@given("端末はカードとのやり取りを{seconds}秒まで待つ", "端末はカードとのやり取りを3秒まで待つ")
def impatient(world: World, seconds: int) -> None:
    """Real seconds. A card that says nothing is noticed by this alone where the service itself waits for ever."""
    world.terminal = world.stage.start_kiosk(card_limit=seconds)
    world.terminal.wait_for("TopMenu")


@given("カードは{turns}回目のやり取りで取り除かれる")
def removed_at(world: World, turns: list[int]) -> None:
    strikes(world, False, turns, {"effect": "removed"})


@given("{since}{turns}回目のやり取りで{fault}", "カードの3回目のやり取りで、カードが取り除かれる")
def strikes(world: World, since: bool, turns: list[int], fault: dict[str, Any]) -> None:
    world.card_faults += [{**fault, "at": turn, "after_verify": since} for turn in turns]
    world.terminal.call("card_faults", faults=world.card_faults)


# --- cards -------------------------------------------------------------------------------------------------------------------


@when("実在の認証局の名をもつカードを置く")
def production(world: World) -> None:
    """As a passer-by's real card looks to the terminal, with keys that are a test's."""
    keys = world.stage.keys.source("production-lookalike")
    holder = Holder(
        "0000000000", "28100", "見本　通行", "兵庫県神戸市", date(1990, 1, 1), "9", "Hyogo-ken", "Kobe-shi"
    )
    authority = ForeignAuthority(keys, now=STAGE_START, organisation=PRODUCTION)
    world.lay_image(personalise(load_profile("plain"), holder, authority, keys, STAGE_START))


@when("「{person}」の電子証明書の一時停止を届け出る")
def hold(world: World, person: str) -> None:
    world.stage.hold_certificates(person)


@when("「{person}」の電子証明書の一時停止の解除を届け出る")
def release(world: World, person: str) -> None:
    world.stage.release_certificates(person)


# --- the reader and its service ----------------------------------------------------------------------------------------------


def service(world: World) -> ReaderService:
    made = world.stage.reader_service
    if made is None:
        pytest.skip("PC/SC のサービスが要る場面です（--reader pcsc で実行します）")
    return made


def reader_is(world: World, failure: str) -> None:
    world.eventually(
        lambda: world.terminal.call("reader_failure") == failure,
        f"端末がカードリーダの障害「{failure}」に気付く" if failure else "端末がカードリーダの復旧に気付く",
    )


@given("カードリーダのサービスが止まっている")
@when("カードリーダのサービスが止まる")
def service_stops(world: World) -> None:
    service(world).stop()
    reader_is(world, "Reader_Service_Stopped")


@given("カードリーダが外されている")
@when("カードリーダが外される")
def reader_unplugged(world: World) -> None:
    """Here: the service runs on without its reader."""
    service(world).start(readers=False)
    reader_is(world, "Reader_Absent")


@when("カードリーダのサービスが復旧する")
@when("カードリーダがつながれる")
def service_is_back(world: World) -> None:
    world.stage.take_card()
    service(world).start()
    reader_is(world, "")


# --- another program -----------------------------------------------------------------------------------------------------


class OtherProgram:
    """A second process on the same service: scenarios.competing_process."""

    def __init__(self, what: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scenarios.competing_process", what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def told(self, line: str = "") -> str:
        """What it says to `line`; then it has gone."""
        answer, _ = self.process.communicate(line, timeout=20)
        return answer.strip()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.communicate(timeout=20)


@pytest.fixture
def holder() -> Iterator[OtherProgram]:
    made = OtherProgram("hold")
    yield made
    made.end()


@given("「{card}」が先に置かれ、別のプログラムがそれを使っている")
def held_by_another(world: World, card: str, request: pytest.FixtureRequest) -> None:
    world.card = card
    world.stage.lay_card(card)
    world.eventually(lambda: bool(world.terminal.call("card_seen")), "リーダがカードを検知する")
    other: OtherProgram = request.getfixturevalue("holder")
    told = other.process.stdout.readline().strip() if other.process.stdout else ""
    expect(told == "held", "別のプログラムがカードを使っている", f"別のプログラムは {told or '何も答えない'}")


@when("別のプログラムがカードを放す")
def let_go(holder: OtherProgram) -> None:
    holder.end()


@when("別のプログラムが暗証番号を照合したまま離れる")
def careless(world: World) -> None:
    told = OtherProgram("verify").told(world.stage.pin_of(world.card).reveal() + "\n")
    expect(told == "9000", "別のプログラムが照合する（9000）", told)


@when("別のプログラムが暗証番号を一回間違える")
def takes_a_try(world: World) -> None:
    world.eventually(lambda: bool(world.terminal.call("idle")), "端末の処理が終わる")
    wrong = wrong_pin(world.stage.pin_of(world.card))
    told = OtherProgram("verify").told(wrong + "\n")
    expect(told == "63C2", "残り2回になる（63C2）", told)


@then("別のプログラムは暗証番号なしに署名できない")
def nothing_left(world: World) -> None:
    world.eventually(lambda: bool(world.terminal.call("idle")), "端末の処理が終わる")
    answer = OtherProgram("sign").told()
    expect(len(answer) == 4 and answer != "9000", "カードが署名を断る", f"カードの応答 {answer}")


@then("別のプログラムは暗証番号なしに署名できる")
def something_left(world: World) -> None:
    """What the opposite looks like: the test above can fail."""
    answer = OtherProgram("sign").told()
    expect(answer == "9000", "カードが署名する（9000）", f"カードの応答 {answer}")
