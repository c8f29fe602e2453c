"""The reader and its service: stopped, unplugged, held by another program; and what is left on the card for that one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from pytest_bdd import given, parsers, then, when

from scenarios.reader_service import ReaderService

from .world import World, wrong_pin


def service(world: World) -> ReaderService:
    made = world.stage.reader_service
    assert made is not None, "this scenario needs --reader pcsc"
    return made


def reader_is(world: World, failure: str) -> None:
    world.eventually(
        lambda: world.terminal.call("reader_failure") == failure,
        f"the terminal did not notice that its reader suffers from 「{failure}」",
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


@when("同意してカードの画面へ進む")
def on_to_the_card(world: World) -> None:
    world.go_to_card("PlaceCard", "ChoosePlace", "Refusal")


@when("やり直しを選ぶ")
def again(world: World) -> None:
    world.begin_visit()
    world.leave_by("もう一度")
    world.terminal.wait_for("PlaceCard", "TakeCard", "ChoosePlace", "Refusal")


@when(parsers.parse("はじめからやり直し、「{card}」で本人確認を済ませる"))
def again_with(world: World, card: str) -> None:
    """Whatever lies on the reader is taken away first, as the terminal asks."""
    again(world)
    if world.terminal.screen() == "TakeCard":
        world.stage.take_card()
        world.terminal.wait_for("PlaceCard")
    world.identify(card)


# --- another program -----------------------------------------------------------------------------------------------------


class OtherProgram:
    """A second process on the same service: scenarios.second_program."""

    def __init__(self, what: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scenarios.second_program", what],
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


@given(parsers.parse("「{card}」が先に置かれ、別のプログラムがそれを使っている"))
def held_by_another(world: World, card: str, request: pytest.FixtureRequest) -> None:
    world.card = card
    world.stage.lay_card(card)
    world.eventually(lambda: bool(world.terminal.call("card_seen")), "the reader did not see the card")
    other: OtherProgram = request.getfixturevalue("holder")
    assert other.process.stdout is not None
    assert other.process.stdout.readline().strip() == "held"


@when("別のプログラムがカードを放す")
def let_go(holder: OtherProgram) -> None:
    holder.end()


@when("別のプログラムが暗証番号を照合したまま離れる")
def careless(world: World) -> None:
    assert OtherProgram("verify").told(world.stage.pin_of(world.card).reveal() + "\n") == "9000"


@when("別のプログラムが暗証番号を一回間違える")
def takes_a_try(world: World) -> None:
    world.eventually(lambda: bool(world.terminal.call("idle")), "the terminal is still busy")
    wrong = wrong_pin(world.stage.pin_of(world.card))
    assert OtherProgram("verify").told(wrong + "\n") == "63C2"


@then("別のプログラムは暗証番号なしに署名できない")
def nothing_left(world: World) -> None:
    world.eventually(lambda: bool(world.terminal.call("idle")), "the terminal is still busy")
    answer = OtherProgram("sign").told()
    assert len(answer) == 4 and answer != "9000", answer


@then("別のプログラムは暗証番号なしに署名できる")
def something_left(world: World) -> None:
    """What the opposite looks like: the test above can fail."""
    assert OtherProgram("sign").told() == "9000"
