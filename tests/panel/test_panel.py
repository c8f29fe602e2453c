"""What the presenter can do on the panel, and that no trouble behind it ever reaches them as more than one line."""

from __future__ import annotations

import dataclasses
import subprocess
from datetime import datetime

import httpx
import pytest
from PySide6.QtCore import QDate, QDateTime, QPoint, QRect, Qt, QTime, QTimer, QTimeZone
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from kiosk_app.flow import views
from scenarios.driver import NotReached
from scenarios.panel import PanelWindow
from scenarios.panel.client import TerminalState
from scenarios.panel.staff_box import difference
from scenarios.panel.words import GONE, NOT_ACCEPTED, SCREENS, SERVER_GONE, trouble
from server_stub.interface.clock import JST, STAGE_START
from server_stub.interface.failures import CATALOGUE, Failed
from server_stub.interface.secret import MASK
from tests.panel.helper import CARDS, FAULTS, PIN, FakeClient


def press(qtbot: QtBot, panel: PanelWindow, name: str) -> None:
    """Click the button with that accessible name; it must be there, visible and enabled."""
    found = [b for b in panel.findChildren(QAbstractButton) if b.accessibleName() == name]
    assert len(found) == 1 and found[0].isEnabled(), f"{name}: {found}"
    qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)


def texts(panel: QWidget) -> str:
    return " ".join(label.text() for label in panel.findChildren(QLabel))


def choose(panel: PanelWindow, name: str) -> None:
    row = next(n for n, card in enumerate(CARDS) if card.name == name)
    panel.cards.list.setCurrentIndex(panel.cards.found.index(row, 0))


# --- it is not the terminal --------------------------------------------------------------------------------------------


def test_says_in_its_head_and_title_that_it_is_no_part_of_the_terminal(panel: PanelWindow) -> None:
    assert "端末の一部ではありません" in panel.windowTitle()
    assert panel.windowTitle() in texts(panel)


@pytest.mark.parametrize("size", [(1280, 800), (1024, 768), (712, 1000), (420, 700), (420, 480)])
def test_nothing_is_cut_beside_a_terminal(panel: PanelWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    panel.resize(*size)
    assert (panel.width(), panel.height()) == size
    QApplication.processEvents()
    for tab in (0, 1):
        panel.tabs.setCurrentIndex(tab)
        for button in panel.findChildren(QPushButton):
            if button.isVisible():
                assert button.width() >= button.minimumSizeHint().width(), button.text()
        for label in panel.findChildren(QLabel):
            if label.isVisible() and label.objectName() not in ("on_reader", "told") and not label.wordWrap():
                assert label.width() >= label.minimumSizeHint().width(), label.text()


@pytest.mark.parametrize("size", [(1024, 768), (712, 1000), (420, 480)])
@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("by_hand", [False, True])
def test_every_part_can_be_reached_by_scrolling_down(
    qtbot: QtBot, client: FakeClient, size: tuple[int, int], alone: bool, by_hand: bool
) -> None:
    client.servers = not alone
    if by_hand:
        client.in_hand, client.reader_names = (
            (),
            ("A reader whose name is longer than any column [of the panel] 00 00",),
        )
    panel = PanelWindow(client)
    qtbot.addWidget(panel)
    panel.resize(*size)
    panel.show()
    QApplication.processEvents()
    area = panel.columns
    inside = area.widget()
    assert inside.width() <= area.viewport().width(), "nothing is scrolled sideways"
    for part in (panel.cards, panel.money, panel.tray, panel.clock, panel.staff, panel.trace):
        area.ensureWidgetVisible(part)
        assert part.isVisible() and part.height() >= part.minimumSizeHint().height()
        assert inside.rect().contains(QRect(part.mapTo(inside, QPoint()), part.size()))


def test_only_what_stands_behind_the_panel_is_offered(qtbot: QtBot, client: FakeClient) -> None:
    client.servers, client.in_hand, client.reader_names = False, (), ("Reader A",)
    panel = PanelWindow(client)
    qtbot.addWidget(panel)
    panel.show()
    hidden = (panel.cards.list, panel.cards.lay, panel.cards.show_pin, panel.cards.hold, panel.faults)
    assert not any(part.isVisible() for part in hidden)
    assert panel.cards.by_hand.isVisible() and panel.cards.readers.isVisible()
    assert "この端末だけ" in texts(panel)
    client.laid = "お手元のカード"
    qtbot.waitUntil(lambda: panel.cards.on_reader.text() == "お手元のカード")


def test_every_button_has_an_accessible_name_of_its_own(panel: PanelWindow) -> None:
    names = [b.accessibleName() for b in panel.findChildren(QPushButton)]
    assert all(names) and len(set(names)) == len(names)


# --- cards ------------------------------------------------------------------------------------------------------------


def test_lays_the_chosen_card_and_takes_it_away(panel: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    choose(panel, "六甲翠のカード")
    assert not panel.cards.take.isEnabled()
    press(qtbot, panel, "カードを置く")
    assert client.asked == [("lay", "六甲翠のカード")]
    assert panel.cards.on_reader.text() == "六甲翠のカード"
    assert not panel.cards.lay.isEnabled(), "two cards must not lie on the reader"
    press(qtbot, panel, "カードを取る")
    assert client.asked[-1] == ("take",)
    assert "ありません" in panel.cards.on_reader.text()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("失効", ["六甲翠の失効したカード"]),
        ("６人 世帯", ["港太一のカード"]),
        ("六甲翠", ["六甲翠のカード", "六甲翠の失効したカード"]),
        ("いない人", []),
    ],
)
def test_search_looks_into_names_and_purposes(panel: PanelWindow, typed: str, found: list[str]) -> None:
    panel.cards.search.setText(typed)
    shown = [str(panel.cards.found.index(n, 0).data()) for n in range(panel.cards.found.rowCount())]
    assert shown == found
    assert panel.cards.lay.isEnabled() is bool(found)


def test_one_click_shows_the_pin_for_as_long_as_the_button_says(panel: PanelWindow, qtbot: QtBot) -> None:
    assert PIN not in texts(panel)
    press(qtbot, panel, "暗証番号を10秒見る")
    assert panel.cards.pin.text() == PIN
    assert panel.cards.cover.isActive() and panel.cards.cover.isSingleShot()
    assert panel.cards.cover.interval() == 10_000
    panel.cards.cover.timeout.emit()  # type: ignore[attr-defined]
    assert panel.cards.pin.text() == MASK and PIN not in texts(panel)


@pytest.mark.parametrize("what", ["reset", "another card", "search", "window goes away"])
def test_pin_is_covered_at_once(panel: PanelWindow, qtbot: QtBot, what: str) -> None:
    choose(panel, CARDS[0].name)
    press(qtbot, panel, "暗証番号を10秒見る")
    if what == "reset":
        panel.reset.click()
    elif what == "another card":
        choose(panel, CARDS[1].name)
    elif what == "search":
        panel.cards.search.setText(CARDS[1].calling)
    else:
        panel.hide()
    assert panel.cards.pin.text() == MASK and not panel.cards.cover.isActive()


def test_pin_stays_while_its_card_is_laid(panel: PanelWindow, qtbot: QtBot) -> None:
    press(qtbot, panel, "暗証番号を10秒見る")
    press(qtbot, panel, "カードを置く")
    assert panel.cards.pin.text() == PIN


def test_loss_is_reported_for_the_person_of_an_ordinary_card_only(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    choose(panel, "六甲翠の失効したカード")
    assert not panel.cards.hold.isEnabled()
    choose(panel, "六甲翠のカード")
    press(qtbot, panel, "電子証明書を一時停止")
    assert client.asked == [("hold", "六甲翠")]
    assert "六甲翠" in panel.told.text()


# --- money, paper, staff ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("yen", [10, 50, 100, 500, 1000])
def test_each_coin_and_the_note_is_dropped_by_a_click(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, yen: int
) -> None:
    press(qtbot, panel, f"{yen}円を入れる")
    assert client.asked == [("drop", yen)]


def test_amounts_follow_the_terminal(panel: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    client.state = TerminalState("Pay", 100, 1500, 250, ())
    qtbot.waitUntil(lambda: panel.money.amounts["taken"].text() == "1,500円")
    assert panel.money.amounts["inserted"].text() == "100円"
    assert panel.money.amounts["returned"].text() == "250円"
    assert "お支払い" in panel.terminal.text()


def test_change_and_paper_can_run_out_and_be_filled_again(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    for name in ("おつりを空にする", "用紙を空にする"):
        press(qtbot, panel, name)
        press(qtbot, panel, name)
    press(qtbot, panel, "次の硬貨を受け付けない")
    assert client.asked == [
        ("change", False), ("change", True), ("paper_empty", True), ("paper_empty", False), ("reject",),
    ]  # fmt: skip


def test_a_switch_that_failed_springs_back(panel: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    client.broken = RuntimeError("ValueError: no")
    for switch in (panel.money.empty, panel.staff.empty, panel.faults.switches["center.down"]):
        before = switch.text()
        switch.click()
        assert not switch.isChecked() and switch.text() == before


def test_staff_resume_or_refund_when_the_terminal_calls_them(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    panel.staff.sheet.setCurrentIndex(1)
    press(qtbot, panel, "で詰まらせる")
    assert client.asked == [("jam", 2)]
    assert not panel.staff.resume.isEnabled() and not panel.staff.refund.isEnabled()
    client.state = dataclasses.replace(client.state, screen="Jammed")
    qtbot.waitUntil(panel.staff.resume.isEnabled)
    assert panel.staff.need.text()
    press(qtbot, panel, "紙詰まりを直して再開")
    press(qtbot, panel, "返金する")
    assert client.asked[1:] == [("resume",), ("refund",)]


def test_staff_settle_what_keeps_the_terminal_out_of_service(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    assert not panel.staff.returned.isVisible() and not panel.staff.checked.isVisible()
    client.state = TerminalState("OutOfService", 200, 0, 0, (), "Escrow_Not_Empty")
    qtbot.waitUntil(panel.staff.returned.isVisible)
    assert "前の利用者のお金" in panel.staff.why.text()
    assert "休止" in panel.staff.need.text() and not panel.staff.resume.isVisible()
    press(qtbot, panel, "返金して再開")
    press(qtbot, panel, "照合して再開")
    assert client.asked == [("settle", "returned"), ("settle", "checked")]
    client.state = dataclasses.replace(client.state, screen="TopMenu", trouble="")
    qtbot.waitUntil(lambda: not panel.staff.returned.isVisible())
    assert panel.staff.resume.isVisible()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("charge:01JWYYYYYYYYYYYYYYYYYYYYYY:0:250", "日誌では0円、硬貨の装置では250円"),
        ("earlier_charges::3/750:2/500", "日誌では3/750、硬貨の装置では2/500"),
        ("sheet:01JWYYYYYYYYYYYYYYYYYYYYYY-01-01of01:unknown:tray", "日誌にない用紙"),
        ("report:12:unknown:paid", "記録12番"),
        ("01JWYYYYYYYYYYYYYYYYYYYYYY:paid:Application_State_Conflict", "支払の報告"),
    ],
)
def test_what_staff_must_compare_is_told_in_words(found: str, told: str) -> None:
    assert told in difference(found)


def test_many_differences_leave_room_for_the_rest(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    many = tuple(f"charge:{number:026d}:0:250" for number in range(40))
    client.state = TerminalState("OutOfService", 0, 0, 0, (), "Books_Differ", many)
    qtbot.waitUntil(panel.staff.why.isVisible)
    assert "ほか38件" in panel.staff.why.text()


# --- clock ----------------------------------------------------------------------------------------------------------------


def test_clock_shows_the_stages_time_in_words(panel: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    client.moment = datetime(2026, 12, 29, 9, 5, 7, tzinfo=JST)
    qtbot.waitUntil(lambda: panel.clock.time.text() == "09:05:07")
    assert panel.clock.day.text() == "令和8年12月29日（火）"


@pytest.mark.parametrize(
    ("preset", "moment"),
    [
        ("金曜 22:59", datetime(2026, 6, 5, 22, 59, tzinfo=JST)),
        ("12月29日", datetime(2026, 12, 29, 10, 0, tzinfo=JST)),
        ("いま（舞台の始まり）", STAGE_START),
    ],
)
def test_presets_set_the_clock(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, preset: str, moment: datetime
) -> None:
    press(qtbot, panel, preset)
    assert client.asked == [("set", moment)]
    assert panel.clock.time.text() == f"{moment:%H:%M:%S}"


def test_clock_takes_the_date_and_time_that_were_typed(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    panel.clock.moment.setDateTime(QDateTime(QDate(2026, 3, 29), QTime(2, 30), QTimeZone.utc()))
    press(qtbot, panel, "この日時にする")
    assert client.asked == [("set", datetime(2026, 3, 29, 2, 30, tzinfo=JST))]


def test_clock_is_stopped_and_runs_again(panel: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    press(qtbot, panel, "時計を止める・進める")
    assert panel.clock.state.text() == "止まっています"
    press(qtbot, panel, "時計を止める・進める")
    assert panel.clock.state.text() == "動いています"
    assert client.asked == [("freeze",), ("run",)]


# --- faults and reset -----------------------------------------------------------------------------------------------------


def test_faults_are_told_in_japanese_and_switched(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    panel.tabs.setCurrentIndex(1)
    assert all(text in texts(panel.faults) for text in FAULTS.values())
    press(qtbot, panel, "障害 issuing.swap_record")
    assert client.active == {"issuing.swap_record"}
    assert panel.faults.switches["issuing.swap_record"].text() == "戻す"
    press(qtbot, panel, "障害 issuing.swap_record")
    assert client.active == set()


def test_one_touch_puts_everything_back_for_the_next_visitor(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    press(qtbot, panel, "カードを置く")
    press(qtbot, panel, "おつりを空にする")
    press(qtbot, panel, "用紙を空にする")
    panel.faults.switches["center.down"].click()
    panel.cards.search.setText("失効")
    press(qtbot, panel, "次の方のために最初に戻す")
    assert client.asked[-1] == ("reset",)
    assert "ありません" in panel.cards.on_reader.text()
    assert not panel.money.empty.isChecked() and not panel.staff.empty.isChecked()
    assert not panel.faults.switches["center.down"].isChecked()
    assert panel.cards.found.rowCount() == len(CARDS)


# --- trouble ----------------------------------------------------------------------------------------------------------------

_REQUEST = httpx.Request("POST", "http://127.0.0.1:1/")
TROUBLES = [
    (ConnectionError("gone"), GONE),
    (NotReached("no terminal listens at x"), GONE),
    (subprocess.TimeoutExpired("x", 1), GONE),
    (RuntimeError("LookupError: cannot be touched"), NOT_ACCEPTED),
    (httpx.ConnectError("refused", request=_REQUEST), SERVER_GONE),
    (
        httpx.HTTPStatusError("503", request=_REQUEST, response=httpx.Response(503, text="<html>")),
        SERVER_GONE,
    ),
    (
        httpx.HTTPStatusError(
            "409", request=_REQUEST, response=httpx.Response(409, json={"failure": "Service_Closed_Now", "facts": {}})
        ),
        CATALOGUE["Service_Closed_Now"].cause + CATALOGUE["Service_Closed_Now"].remedy,
    ),
    (Failed("Printer_Jam"), CATALOGUE["Printer_Jam"].cause + CATALOGUE["Printer_Jam"].remedy),
]  # fmt: skip


@pytest.mark.parametrize(("error", "line"), TROUBLES, ids=lambda value: type(value).__name__)
def test_any_trouble_becomes_one_japanese_line(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, error: Exception, line: str
) -> None:
    client.broken = error
    for name in ("カードを置く", "100円を入れる", "12月29日", "次の方のために最初に戻す"):
        press(qtbot, panel, name)
        assert panel.told.text() == line
        client.broken = error
        panel.money.coins[2].setEnabled(True)
    assert trouble(error) == line and "\n" not in line and "Error" not in line


def test_silence_of_the_terminal_is_shown_once_and_so_is_its_return(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    client.broken = ConnectionError("gone")
    qtbot.waitUntil(lambda: panel.told.text() == GONE)
    assert "応答がありません" in panel.terminal.text()
    assert not panel.money.coins[0].isEnabled()
    panel.tell("別のお知らせ")
    looks = client.looks
    qtbot.waitUntil(lambda: client.looks >= looks + 2)
    assert panel.told.text() == "別のお知らせ", "the same silence is not told again and again"
    client.broken = None
    qtbot.waitUntil(panel.money.coins[0].isEnabled)
    assert "トップメニュー" in panel.terminal.text()


def test_a_closed_panel_asks_nothing_any_more(panel: PanelWindow) -> None:
    assert any(timer.isActive() for timer in panel.findChildren(QTimer))
    panel.close()
    assert not any(timer.isActive() for timer in panel.findChildren(QTimer))


def test_every_view_of_the_terminal_has_a_name_on_the_panel() -> None:
    known = {
        name for name, kind in vars(views).items() if isinstance(kind, type) and issubclass(kind, views.View)
    }
    of_the_window_alone = {"Languages"}
    assert known - {"View"} | of_the_window_alone == set(SCREENS) - {""}


def test_with_several_readers_of_the_presenters_own_one_is_chosen(qtbot: QtBot) -> None:
    client = FakeClient()
    client.reader_names, client.reader = ("Reader A 00 00", "Reader B 01 00"), "Reader B 01 00"
    window = PanelWindow(client)
    qtbot.addWidget(window)
    box = window.cards.readers
    assert [box.itemText(n) for n in range(box.count())] == list(client.reader_names)
    assert box.currentText() == client.reader
    box.textActivated.emit("Reader B 01 00")
    assert client.asked == []
    box.textActivated.emit("Reader A 00 00")
    assert client.asked == [("reader", "Reader A 00 00")]


def test_where_the_stage_lays_the_cards_there_is_no_reader_to_choose(qtbot: QtBot) -> None:
    window = PanelWindow(FakeClient())
    qtbot.addWidget(window)
    assert not window.cards.readers.isVisibleTo(window)
