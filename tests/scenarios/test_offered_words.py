"""Sentences find certificates, scopes, questions and choices among the words that the terminal was offered, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication

from kiosk_app.flow import events as e
from kiosk_app.flow.presenter import view_of
from kiosk_app.screens.window import KioskWindow, texts_shown, touchables
from scenarios.driver import Terminal
from scenarios.steps.sentences import find
from scenarios.steps.world import Unmet, World
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.offers import Offer, Scope
from tests.flow.helper import (
    BOTH,
    FATHER,
    MOTHER,
    OF_MOTHER,
    PIN,
    RELATION,
    TO_PIN,
    YEAR,
    Walk,
    alone,
    offer,
    offers,
)


class Desk:
    """The real flow behind the real window, and what the driver asks of them; without devices and servers."""

    def __init__(self, window: KioskWindow, *listed: Offer) -> None:
        self.window = window
        self.walk = Walk().do(*TO_PIN, e.PinEntered(PIN), e.Authenticated(offers(*listed)), e.CardRemoved())
        window.emitted.connect(self._do)
        self._show()

    def _do(self, event: e.Event) -> None:
        self.walk.do(event)
        self._show()

    def _show(self) -> None:
        self.window.show_view(view_of(self.walk.state))

    def call(self, command: str, **arguments: Any) -> Any:
        match command:
            case "offers":
                offered = self.walk.state.visit.offers
                return [one.model_dump(mode="json") for one in offered.offers] if offered else []
            case "touchables":
                return list(touchables(self.window))
            case "texts":
                return texts_shown(self.window)
            case "screen":
                return self.window.screen_name()
            case "idle":
                return True
            case "touch":
                self.window.may_be_touched()
                touchables(self.window)[arguments["name"]].click()
                return None
        raise AssertionError(command)

    def wait_until(self, condition: Any, told: Any, patience: float = 0) -> None:
        assert condition(), told()

    def close(self) -> None:
        pass


@pytest.fixture
def window(qapp: QApplication) -> Iterator[KioskWindow]:
    clock = Clock(STAGE_START)
    clock.freeze()
    made = KioskWindow(clock)
    made.show()
    yield made
    made.close()


def at_the_menu(window: KioskWindow, *listed: Offer) -> tuple[World, Desk]:
    desk = Desk(window, *listed)
    return World(cast("Any", None), Terminal(desk)), desk


def say(world: World, text: str) -> None:
    sentence = find("when", text)
    assert sentence is not None, text
    sentence.run(world=world, **sentence.values(text))


def test_a_kind_that_no_step_has_heard_of_is_chosen_answered_and_confirmed(window: KioskWindow) -> None:
    world, desk = at_the_menu(window, alone("tax", questions=(YEAR, RELATION)), offer())
    say(world, "「taxの証明書」を選ぶ")
    say(world, "yearを「yearはy2025」、relationを「relationはshown」にする")
    say(world, "部数を2部にする")
    request = desk.walk.state.visit.request()
    assert (request.kind, request.answers, request.copies) == (
        "tax",
        {"year": "y2025", "relation": "shown"},
        2,
    )
    assert world.answers == {"year": "yearはy2025", "relation": "relationはshown"}
    assert world.name_of("tax") == world.kind == "taxの証明書"


def test_what_a_sentence_does_not_name_stays_at_its_default_on_every_page(window: KioskWindow) -> None:
    world, desk = at_the_menu(window, alone("tax", questions=(RELATION, YEAR)), offer())
    say(world, "「taxの証明書」を選ぶ")
    say(world, "yearを「yearはy2026」にする")
    assert world.terminal.screen() == "ChooseCopies"
    assert desk.walk.state.visit.request().answers == {"relation": "omitted", "year": "y2026"}


def test_everybody_is_chosen_by_the_name_that_the_offer_has_for_them(window: KioskWindow) -> None:
    members = offer("register", questions=(OF_MOTHER,)).model_copy(update={"whole": {"ja": "戸籍の全員"}})
    world, desk = at_the_menu(window, members, alone())
    say(world, "「registerの証明書」を戸籍の全員で1部選ぶ")
    request = desk.walk.state.visit.request()
    assert (request.scope, request.subjects, request.answers) == (Scope.WHOLE, BOTH, {"maiden_name": "shown"})


def test_one_by_one_only_what_concerns_them_is_asked(window: KioskWindow) -> None:
    world, desk = at_the_menu(window, offer(questions=(OF_MOTHER,)), alone())
    say(world, "「householdの証明書」を選ぶ")
    world.choose_members(FATHER.name)
    assert world.terminal.screen() == "ChooseCopies"
    assert MOTHER.ref not in desk.walk.state.visit.request().subjects


@pytest.mark.parametrize(
    ("before", "text", "told"),
    [
        ((), "「戸籍の証明書」を選ぶ", "案内された証明書 taxの証明書、householdの証明書"),
        (("「householdの証明書」を選ぶ",), "戸籍の全員を選ぶ", "案内された範囲 世帯全員"),
        (("「taxの証明書」を選ぶ",), "yearを「y2020」にする", "yearを「y2020」にできる"),
        (("「taxの証明書」を選ぶ",), "色を「赤」にする", "色を「赤」にできる"),
    ],
)
def test_what_was_not_offered_is_told_with_what_was(
    window: KioskWindow, before: tuple[str, ...], text: str, told: str
) -> None:
    world, _ = at_the_menu(window, alone("tax", questions=(YEAR,)), offer())
    for one in before:
        say(world, one)
    with pytest.raises(Unmet) as caught:
        say(world, text)
    assert told in str(caught.value)
