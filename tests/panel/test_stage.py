"""The panel over a real stage: a whole visit in which every hand but the resident's finger is the presenter's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from scenarios.panel import PanelWindow, StageClient
from scenarios.panel.way_box import said
from scenarios.panel.words import GONE
from scenarios.stage import Stage
from scenarios.steps.world import World
from scenarios.tours import TOURS
from server_stub.faults.box import KNOWN
from server_stub.faults.outages import WORDS as OUTAGES
from server_stub.interface import pace
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.trace import Event
from tests.panel.helper import choose, press

SLOW_MS = 20_000


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


@pytest.fixture
def world(stage: Stage, tmp_path: Path) -> Iterator[World]:
    stage.reset(trace_folder=tmp_path / "trace")
    yield World(stage, stage.start_kiosk())
    stage.close_trace()


@pytest.fixture
def panel(qtbot: QtBot, world: World, tmp_path: Path) -> Iterator[PanelWindow]:
    def reset() -> None:
        world.stage.reset(trace_folder=tmp_path / "next")
        world.terminal = world.stage.start_kiosk()

    made = PanelWindow(StageClient(world.stage, reset))
    qtbot.addWidget(made)
    made.show()
    press(qtbot, made, "自由に操作する")
    yield made
    made.close()


def go_to_payment(world: World, panel: PanelWindow, qtbot: QtBot, card: str) -> None:
    """The resident touches, the presenter lays and takes the card."""
    choose(panel, card)
    world.go_to_card()
    press(qtbot, panel, "カードを置く")
    world.card = card
    world.terminal.wait_for("ChoosePlace")
    world.choose_address()
    world.enter_pin(right=True)
    world.terminal.wait_for("TakeCard")
    press(qtbot, panel, "カードを取る")
    world.terminal.wait_for("ChooseCertificate")
    world.choose("世帯全員", 1)
    world.apply()


def test_a_visit_with_the_presenters_hands_ends_in_paper_that_can_be_seen(
    panel: PanelWindow, world: World, qtbot: QtBot
) -> None:
    events: list[Event] = []
    stop = world.stage.trace.subscribe(events.append)
    go_to_payment(world, panel, qtbot, "六甲翠のカード")
    stop()
    qtbot.waitUntil(lambda: "お支払い" in panel.terminal.text())
    the_way_is_that_of_the_nodes(panel, qtbot, events)
    press(qtbot, panel, "次の硬貨を受け付けない")
    press(qtbot, panel, "100円を入れる")
    press(qtbot, panel, "1000円を入れる")
    world.terminal.wait_for("TakePaper")
    qtbot.waitUntil(
        lambda: (
            len(panel.tray.thumbnails) == 2
            and all(not side.picture.isNull() for side in panel.tray.thumbnails)
        ),
        timeout=SLOW_MS,
    )
    money = {place: amount.text() for place, amount in panel.money.amounts.items()}
    assert money == {"inserted": "0円", "taken": "250円", "returned": "750円"}
    trace = panel.trace.shown
    qtbot.waitUntil(lambda: "1枚印刷した" in [trace.index(n, 2).data() for n in range(trace.rowCount())])
    press(qtbot, panel, "用紙を取る")
    world.terminal.wait_for("AskReceipt")
    qtbot.waitUntil(lambda: panel.tray.count.text() == "空")


def the_way_is_that_of_the_nodes(panel: PanelWindow, qtbot: QtBot, events: list[Event]) -> None:
    """Who has answered what, and within which time, as each node itself has told it."""
    answers = [event for event in events if event.kind == "answered" and event.source != "network"]
    paths = {
        "identity": ("/authentication", "/ocsp/authentication", "/v1/offers"),
        "paper": ("applications",),
    }
    for errand, wanted in paths.items():
        answered = [one for one in answers if one.data["path"].endswith(wanted)]
        qtbot.waitUntil(panel.way.choices[errand].isEnabled)
        qtbot.mouseClick(panel.way.choices[errand], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: (seen := panel.way.shown()) is not None and seen.ended)
        way = panel.way.shown()
        assert way is not None and not way.stopped_at
        assert way.hops.keys() == {event.source for event in answered}
        for event in answered:
            asked = max(
                one.mono_ns
                for one in events
                if one.kind == "asked" and one.source == event.source and one.mono_ns < event.mono_ns
            )
            hop = way.hops[event.source]
            if event.source == "centre":  # as the terminal sees it: with the line, and with every sheet
                assert hop.spent_ns > event.mono_ns - asked
            else:
                assert (hop.calls, hop.spent_ns) == (1, event.mono_ns - asked)


def transitions(events: list[Event]) -> list[dict[str, Any]]:
    return [event.data for event in events if event.kind == "transition"]


def test_a_visit_at_a_shops_pace_goes_the_same_way_and_takes_its_time_everywhere(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[float] = []

    def at_once(clock: Clock, seconds: float) -> Callable[[], bool]:
        if clock.setting.paced and seconds:
            taken.append(seconds)
        return lambda: True

    monkeypatch.setattr(pace, "_over", at_once)
    events: list[Event] = []
    stop = world.stage.trace.subscribe(events.append)
    went = []
    for real in (False, True):
        world.stage.clock.set_pace(real)
        events.clear()
        world.identify("六甲翠のカード")
        world.choose("世帯全員", 1)
        world.apply()
        world.drop(500)
        world.terminal.wait_for("TakePaper")
        world.stage.take_paper()
        world.terminal.wait_for("AskReceipt")
        world.leave_by("印刷しない")
        world.terminal.wait_for("Thanks")
        went.append(transitions(events))
        if not real:
            assert taken == []
            world.stage.clock.advance(timedelta(minutes=1))
            world.terminal.wait_for("TopMenu")
    stop()
    world.stage.clock.set_pace(False)
    assert went[0] == went[1]
    steps = {seconds for _, _, seconds in pace.SERVERS} - {pace.EXISTING_SYSTEM}
    assert {pace.READ_CARD, pace.SIGN, pace.PRINT_SHEET} | steps <= set(taken)


def test_a_refusal_is_shown_where_it_was_made(panel: PanelWindow, world: World, qtbot: QtBot) -> None:
    panel.faults.switches["authority.down"].click()
    world.lay("六甲翠のカード")
    world.choose_address()
    world.enter_pin(right=True)
    world.terminal.wait_for("Refusal")
    qtbot.waitUntil(lambda: panel.way.told.text().startswith("認証局から応答がありません"))
    panel.faults.switches["authority.down"].click()
    panel.faults.switches["center.swap_offers"].click()
    world.stage.take_card()
    world.terminal.touch("終了する")
    world.terminal.wait_for("TopMenu")
    world.lay("港太一のカード")
    world.choose_address()
    world.enter_pin(right=True)
    world.terminal.wait_for("Refusal")
    qtbot.waitUntil(lambda: panel.way.told.text() == "端末が、届いた応答を受け入れずに止めました。")


def test_a_tour_goes_on_by_hand_and_by_button_alike(panel: PanelWindow, world: World, qtbot: QtBot) -> None:
    panel.start(TOURS[0])
    press(qtbot, panel, "次へ")
    assert panel.guide.place.text() == f"2／{len(TOURS[0].steps)}"
    assert panel.lit() is panel.cards.lay and panel.cards.chosen().name == TOURS[0].card  # type: ignore[union-attr]
    press(qtbot, panel, "カードを置く")
    qtbot.waitUntil(lambda: panel.guide.place.text().startswith("3／"))
    assert panel.lit() is panel.guide.on
    press(qtbot, panel, "次へ")
    press(qtbot, panel, "次へ")
    assert panel.lit() is panel.cards.take and world.stage.kiosk.terminal.screen() == "TakeCard"
    press(qtbot, panel, "次の方のために最初に戻す")
    assert panel.choice.isVisible() and not world.stage.clock.setting.frozen


def test_staff_resume_after_a_jam_from_the_panel(panel: PanelWindow, world: World, qtbot: QtBot) -> None:
    press(qtbot, panel, "で詰まらせる")
    go_to_payment(world, panel, qtbot, "六甲翠のカード")
    press(qtbot, panel, "500円を入れる")
    world.terminal.wait_for("Jammed")
    qtbot.waitUntil(panel.staff.resume.isEnabled)
    press(qtbot, panel, "紙詰まりを直して再開")
    world.terminal.wait_for("TakePaper")


def test_staff_refund_from_the_panel(panel: PanelWindow, world: World, qtbot: QtBot) -> None:
    press(qtbot, panel, "用紙を空にする")
    go_to_payment(world, panel, qtbot, "六甲翠のカード")
    press(qtbot, panel, "500円を入れる")
    world.terminal.wait_for("Jammed")
    qtbot.waitUntil(panel.staff.refund.isEnabled)
    press(qtbot, panel, "返金する")
    world.terminal.wait_for("Refusal")
    assert world.terminal.money() == {"inserted": 0, "taken": 0, "returned": 500}


def test_clock_of_the_stage_obeys_the_panel(panel: PanelWindow, world: World, qtbot: QtBot) -> None:
    press(qtbot, panel, "金曜 22:59")
    press(qtbot, panel, "時計を止める・進める")
    frozen = world.stage.clock.now()
    assert timedelta(0) <= frozen - datetime(2026, 6, 5, 22, 59, tzinfo=JST) < timedelta(seconds=30)
    assert world.stage.clock.setting.frozen and panel.clock.state.text() == "止まっています"


def test_a_loss_that_is_reported_on_the_panel_stops_the_card(
    panel: PanelWindow, world: World, qtbot: QtBot
) -> None:
    choose(panel, "六甲翠のカード")
    press(qtbot, panel, "電子証明書を一時停止")
    world.lay("六甲翠のカード")
    world.choose_address()
    world.enter_pin(right=True)
    world.terminal.wait_for("Refusal")
    assert world.terminal.shows("Certificate_On_Hold")
    qtbot.waitUntil(lambda: panel.way.told.text().startswith("センターで止まりました"))
    way = panel.way.shown()
    assert way is not None and said(way.hops["authority"]) == "一時停止" and "issuing" not in way.hops


def test_every_fault_of_the_servers_can_be_switched(panel: PanelWindow, world: World, qtbot: QtBot) -> None:
    assert set(panel.faults.switches) == KNOWN.keys() - OUTAGES.keys(), "those need processes of their own"
    panel.faults.switches["center.down"].click()
    choose(panel, "六甲翠のカード")
    world.lay("六甲翠のカード")
    world.terminal.touch("お住まいの市区町村の証明書")
    world.terminal.wait_for("Refusal")
    assert world.terminal.shows("Centre_Unreachable")


def test_reset_makes_a_fresh_stage_for_the_next_visitor(
    panel: PanelWindow, world: World, qtbot: QtBot
) -> None:
    panel.faults.switches["center.down"].click()
    go = "御影直樹のカード"
    choose(panel, go)
    world.go_to_card()
    press(qtbot, panel, "カードを置く")
    press(qtbot, panel, "12月29日")
    press(qtbot, panel, "次の方のために最初に戻す")
    assert world.terminal.screen() == "TopMenu"
    assert world.stage.clock.now() - STAGE_START < timedelta(minutes=1)
    assert "トップメニュー" in panel.terminal.text()
    go_to_payment(world, panel, qtbot, go)


def test_a_terminal_of_its_own_that_dies_is_told_and_comes_back_by_reset(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with Stage() as stage:
        stage.reset(trace_folder=tmp_path / "trace")
        stage.start_kiosk(separate=True)

        def reset() -> None:
            stage.reset(trace_folder=tmp_path / "next")
            stage.start_kiosk(separate=True)

        panel = PanelWindow(StageClient(stage, reset))
        qtbot.addWidget(panel)
        panel.show()
        qtbot.waitUntil(lambda: "トップメニュー" in panel.terminal.text())
        stage.kiosk.stop()
        qtbot.waitUntil(lambda: panel.told.text() == GONE)
        press(qtbot, panel, "カードを置く")
        assert panel.told.text() == GONE and "ありません" in panel.cards.on_reader.text()
        press(qtbot, panel, "次の方のために最初に戻す")
        qtbot.waitUntil(lambda: "トップメニュー" in panel.terminal.text())
        press(qtbot, panel, "カードを置く")
        assert "置きました" in panel.told.text()
        panel.close()


def test_a_card_left_lying_has_counted_for_its_own_scenario_only(world: World) -> None:
    world.lay("六甲翠のカード")
    world.choose_address()
    world.enter_pin(right=False)
    assert world.terminal.shows("あと2回")
    world.stage.reset()
    after = World(world.stage, world.stage.start_kiosk())
    after.lay("六甲翠のカード")
    after.choose_address()
    assert not after.terminal.shows("あと2回")
