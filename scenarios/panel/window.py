"""The panel's window: the parts side by side, the looks at the stage at fixed times; and opening it beside a terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from kiosk_app.screens.window import title_height

from . import theme
from .card_box import CardBox
from .client import TROUBLE, PanelClient, TerminalState
from .clock_box import ClockBox
from .faults_box import FaultsBox
from .money_box import MoneyBox
from .parts import (
    HEIGHT,
    LEAST_HEIGHT,
    ONE_COLUMN,
    WIDTH,
    Box,
    Columns,
    apart,
    button,
    columns_for,
    label,
    set_role,
    side_by_side,
)
from .staff_box import StaffBox
from .trace_box import TraceBox
from .tray_box import TrayBox
from .words import GONE, RESET, SCREENS, trouble

TITLE = "進行役の操作盤 ― 端末の一部ではありません"
_HINT = "端末で「行政サービス」を選び、カードの案内が出たら、{how}ください。"
_WITH_HAND, _BY_HAND = "カードを選んで「カードを置く」を押して", "お手元のカードを、カードリーダに置いて"
_ALL_BACK = "端末・サーバ・お金・用紙・時計・障害を、すべて最初に戻します"
_TERMINAL_BACK = "端末を起動し直し、取り出し口・おつり・用紙・時計を最初に戻します（サーバと、収納済みのお金はそのままです）"
LOOK_MS = 300
"""Between two looks at the terminal; each is a few round trips of about a millisecond."""
TRACE_MS = 500


class PanelWindow(QMainWindow):
    """GUI thread only. Closing it stops its looks at the stage; the stage itself is left to whoever started it."""

    def __init__(self, client: PanelClient) -> None:
        super().__init__()
        self._client = client
        self._answered = True
        self.setObjectName("PanelWindow")
        self.setWindowTitle(TITLE)
        self.setMinimumSize(theme.px(ONE_COLUMN), theme.px(LEAST_HEIGHT))
        self.resize(theme.px(WIDTH), theme.px(HEIGHT))
        theme.style(self)
        self.cards = CardBox(client, self.attempt)
        self.money = MoneyBox(client, self.attempt)
        self.tray = TrayBox(client, self.attempt)
        self.clock = ClockBox(client, self.attempt)
        self.staff = StaffBox(client, self.attempt)
        self.trace = TraceBox(client.trace_folder)
        self.faults = FaultsBox(client, self.attempt)
        self.title = label(TITLE, "title")
        self.terminal = label("", "head", name="terminal_state")
        self.reset = button(
            RESET, self._reset, role="main", tip=_ALL_BACK if client.has_servers() else _TERMINAL_BACK
        )
        self.told = label("", wrap=True, name="told")
        self.told.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._head = QGridLayout()
        self.columns = self._arranged()
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(theme.EDGE, theme.GAP, theme.EDGE, 0)
        layout.setSpacing(theme.GAP)
        layout.addLayout(self._head)
        layout.addWidget(self.columns, 1)
        layout.addWidget(self.told)
        self.setCentralWidget(whole)
        self._fit(columns_for(self.width(), theme.SCALE))
        self.tray.came.connect(lambda: self.columns.bring(self.tray))
        self._looks = _timer(self, LOOK_MS, self.look)
        self._traces = _timer(self, TRACE_MS, self.trace.refresh)
        self._refresh_all()
        self.tell(_HINT.format(how=_WITH_HAND if client.cards() else _BY_HAND))

    def _arranged(self) -> Columns:
        """The parts by the width there is."""
        records = Box()
        tabs = QTabWidget()
        tabs.addTab(self.trace, "記録")
        tabs.setAccessibleName("記録と障害")
        if self._client.has_servers():
            tabs.addTab(self.faults, "障害")
        else:
            self.faults.setParent(self)
            self.faults.hide()
        self.tabs = tabs
        records.inside.addWidget(tabs)
        cards, money, tray, clock, staff = self.cards, self.money, self.tray, self.clock, self.staff
        return Columns(
            {
                3: ((26, (cards,)), (37, (money, tray)), (37, (clock, staff, records))),
                2: ((44, (cards, records)), (56, (money, tray, clock, staff))),
                1: ((1, (cards, money, tray, staff, clock, records)),),
            },
            growing={cards: 3, tray: 2, records: 2},
            least=theme.px(ONE_COLUMN) - 2 * theme.EDGE,
        )

    def _fit(self, columns: int) -> None:
        """In narrow windows the head takes two lines, and so does what is told."""
        narrow = columns < 3
        for item in (self.title, self.terminal, self.reset):
            self._head.removeWidget(item)
        set_role(self.title, "narrow_title" if narrow else "title")
        self._head.addWidget(self.title, 0, 0, 1, 2 if narrow else 1)
        self._head.addWidget(self.terminal, 1 if narrow else 0, 0 if narrow else 1)
        self._head.addWidget(self.reset, 1 if narrow else 0, 1 if narrow else 2)
        self._head.setColumnStretch(0, 1)
        letters = self.told.fontMetrics().lineSpacing()
        self.told.setFixedHeight(letters * (2 if narrow else 1) + theme.px(8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit(columns_for(self.width(), theme.SCALE))
        super().resizeEvent(event)

    # --- looking ------------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Ask the terminal once and show it. Its silence is told once, when it begins."""
        try:
            state: TerminalState | None = self._client.look()
        except TROUBLE as error:
            state = None
            if self._answered:
                self.tell(trouble(error), bad=True)
        if state is not None and not self._answered and self.told.text() == GONE:
            self.tell("端末が応答するようになりました。")
        self._answered = state is not None
        self.terminal.setText(
            "端末：応答がありません" if state is None else f"端末：{SCREENS.get(state.screen, state.screen)}"
        )
        set_role(self.terminal, "head" if state is not None else "bad")
        self.cards.watch()
        self.money.refresh(state)
        self.tray.refresh(state)
        self.staff.refresh(state)
        self.clock.refresh()

    def _refresh_all(self) -> None:
        self.look()
        self.cards.refresh()
        self.faults.refresh()
        self.trace.refresh()

    # --- doing --------------------------------------------------------------------------------------------------------------

    def attempt(self, action: Callable[[], Any], done: str = "") -> bool:
        """Do `action` and tell `done`, or what went wrong in one line. True: it was done."""
        try:
            action()
        except TROUBLE as error:
            self.tell(trouble(error), bad=True)
            return False
        if done:
            self.tell(done)
        return True

    def tell(self, text: str, *, bad: bool = False) -> None:
        set_role(self.told, "bad" if bad else "")
        self.told.setText(text)
        self.told.setToolTip(text)

    def _reset(self) -> None:
        self.cards.conceal()
        self.tell("最初に戻しています…")
        self.told.repaint()
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            done = self.attempt(self._client.reset, "最初に戻しました。次の方を始められます。")
        finally:
            QApplication.restoreOverrideCursor()
        if done:
            self.money.forget()
            self.staff.forget()
            self.cards.search.clear()
            self.trace.begin_anew()
        self._refresh_all()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._looks.stop()
        self._traces.stop()
        self.tray.stop()
        super().closeEvent(event)


def _timer(parent: QWidget, interval: int, action: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(interval)
    timer.timeout.connect(action)
    timer.start()
    return timer


def stand(full_screen: bool, monitor: int) -> tuple[tuple[int, ...], QRect]:
    """KioskSettings.place for the terminal, and the panel's place. Makes the QApplication.

    `monitor` (from 0) is the one that a full-screen terminal fills; there is another one then."""
    _application()
    if QGuiApplication.platformName() == "offscreen":  # nobody looks
        return (), QRect(0, 0, WIDTH, HEIGHT)
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    others = [screen for number, screen in enumerate(screens) if number != (monitor if full_screen else 0)]
    theme.use_scale(theme.scale_for((others or screens)[0].size()))
    if full_screen:
        return (), apart(screens, monitor, title_height(), theme.SCALE)
    places = side_by_side(screens, title_height(), theme.SCALE)
    terminal = places.terminal
    return (terminal.x(), terminal.y(), terminal.width(), terminal.height()), places.panel


def run_panel(client: PanelClient, place: QRect) -> int:
    """Until the panel is closed or the process is told to end; the exit code."""
    application = _application()
    panel = PanelWindow(client)
    panel.setGeometry(place)
    panel.show()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: application.quit())
    code = int(application.exec())
    panel.close()
    return code


def _application() -> QApplication:
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    return application
