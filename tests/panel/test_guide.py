"""Tours at the panel: the choice, the words of each step, its one lit part, and the ways on, back and out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from scenarios.panel import PanelWindow, theme
from scenarios.panel.client import PanelCard, TerminalState
from scenarios.tours import OFF, TOURS
from tests.panel.helper import FakeClient, Leader, press
from tests.panel.test_next_thing import lit

TOP = TerminalState("TopMenu", 0, 0, 0, ())
BY_NAME = {tour.name: tour for tour in TOURS}
CARDS = tuple(PanelCard(name, "", name.removesuffix("のカード")) for name in ("六甲翠のカード", "海野渉のカード", "港太一のカード"))  # fmt: skip


@pytest.fixture
def led(qtbot: QtBot, client: FakeClient) -> Iterator[PanelWindow]:
    client.leader, client.in_hand = Leader(), CARDS
    made = PanelWindow(client)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def test_the_demo_begins_with_the_choice_of_tours_and_free_play(led: PanelWindow) -> None:
    names = [one.accessibleName() for one in led.choice.choices]
    assert names == [*(tour.title.ja for tour in TOURS), "自由に操作する"]
    assert led.choice.isVisible() and not led.columns.isVisible()
    assert led.guide.next.text() == "見学コースを選びます" and lit(led) == [TOURS[0].title.ja]


def test_a_tour_says_what_is_read_aloud_and_what_to_do_in_both_languages(
    led: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    tour = BY_NAME["resident"]
    press(qtbot, led, tour.title.ja)
    assert led.columns.isVisible() and not led.choice.isVisible()
    for number, step in enumerate(tour.steps[:-1], start=1):
        assert (led.guide.says.text(), led.guide.says_english.text()) == step.says
        assert led.guide.place.text() == f"{number}／{len(tour.steps)}" and led.guide.next.text()
        press(qtbot, led, "次へ")
    assert led.guide.says.text() == tour.steps[-1].says.ja and not led.guide.on.isEnabled()
    assert lit(led) == ["コースを選ぶ"]
    press(qtbot, led, "戻る")
    assert led.guide.says.text() == tour.steps[-2].says.ja
    press(qtbot, led, "はじめから")
    assert led.guide.says.text() == tour.steps[0].says.ja and not led.guide.back.isEnabled()
    press(qtbot, led, "コースを選ぶ")
    assert led.choice.isVisible() and lit(led) == [TOURS[0].title.ja]


def test_either_the_hand_or_the_button_on_is_lit(led: PanelWindow, client: FakeClient) -> None:
    led.start(BY_NAME["resident"])
    assert lit(led) == ["次へ"], "what is to be done is done at the terminal, or by this button"
    client.state = replace(TOP, screen="PlaceCard")
    led.look()
    assert lit(led) == ["カードを置く"] and led.cards.chosen() == CARDS[2]


def test_what_no_screen_asks_for_is_said_where_the_step_begins(led: PanelWindow, client: FakeClient) -> None:
    led.start(BY_NAME["lost-card"])
    assert lit(led) == ["電子証明書を一時停止"] and led.cards.chosen() == CARDS[0]
    led.start(BY_NAME["registration"])
    client.state = replace(TOP, screen="ServiceMenu")
    led.look()
    assert "利用登録申請" in led.guide.next.text(), "the other service of that menu"
    client.state = replace(TOP, screen="PlaceCard")
    led.look()
    assert lit(led) == ["カードを置く"] and led.cards.chosen() == CARDS[1]


def test_a_power_cut_of_the_tour_is_no_trouble(led: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    tour = BY_NAME["power-cut"]
    led.start(tour)
    cut = next(number for number, step in enumerate(tour.steps) if OFF in step.leads_to)
    for _ in range(cut + 1):
        press(qtbot, led, "次へ")
    client.broken = ConnectionError("no power")
    led.look()
    assert led.terminal.text() == "端末：停電しています" and "応答しません" not in led.told.text()
    assert lit(led) == ["次へ"]


def test_a_reset_leads_back_to_the_choice(led: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    led.start(BY_NAME["resident"])
    press(qtbot, led, "次の方のために最初に戻す")
    assert led.choice.isVisible() and client.asked[-1] == ("reset",)


def test_free_play_is_led_by_the_terminal_alone(led: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    press(qtbot, led, "自由に操作する")
    assert led.columns.isVisible() and not led.guide.says.isVisible() and not led.guide.on.isVisible()
    assert led.guide.next.text() == "端末で「行政サービス」に触れます" and lit(led) == []


def test_nothing_that_is_over_stays_told_in_free_play(
    led: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    press(qtbot, led, "自由に操作する")
    client.state = replace(client.state, screen="Pay", due=250, inserted=100)
    led.look()
    told = [one.text() for one in led.findChildren(QLabel) if one.isVisibleTo(led)]
    assert [one for one in told if "押し" in one or "触れ" in one] == [
        "お金を入れます。光っている硬貨か紙幣を押します"
    ]


def test_what_to_do_next_stands_apart_from_what_is_read_aloud(led: PanelWindow, qtbot: QtBot) -> None:
    press(qtbot, led, BY_NAME["resident"].title.ja)
    QApplication.processEvents()
    read, next_thing = led.guide.says_english, led.guide.what
    assert read.isVisible() and next_thing.isVisible()
    between = (
        next_thing.mapTo(led, next_thing.rect().topLeft()).y() - read.mapTo(led, read.rect().bottomLeft()).y()
    )
    assert between >= theme.px(8)


def test_what_is_pressed_while_a_step_is_done_is_not_heard(
    led: PanelWindow, client: FakeClient, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    led.start(BY_NAME["resident"])
    assert client.leader is not None
    monkeypatch.setattr(client.leader, "next", lambda: press(qtbot, led, "コースを選ぶ"))
    press(qtbot, led, "次へ")
    assert led.columns.isVisible() and client.leader.tour is BY_NAME["resident"]
