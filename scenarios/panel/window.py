"""The panel's window: the parts side by side, the looks at the stage at short intervals, and one line for every trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from . import theme
from .card_box import CardBox
from .client import TROUBLE, PanelClient, TerminalState
from .clock_box import ClockBox
from .faults_box import FaultsBox
from .money_box import MoneyBox
from .parts import Box, button, label, row, set_role
from .staff_box import StaffBox
from .trace_box import TraceBox
from .tray_box import TrayBox
from .words import GONE, RESET, SCREENS, trouble

TITLE = "進行役の操作盤 ― 端末の一部ではありません"
WIDTH, HEIGHT, LEAST_WIDTH = 1280, 800, 1024
"""Pixels; the terminal's window is as large."""
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
        self.setMinimumSize(LEAST_WIDTH, 700)
        self.resize(WIDTH, HEIGHT)
        theme.style(self)
        self.cards = CardBox(client, self.attempt)
        self.money = MoneyBox(client, self.attempt)
        self.tray = TrayBox(client, self.attempt)
        self.clock = ClockBox(client, self.attempt)
        self.staff = StaffBox(client, self.attempt)
        self.trace = TraceBox(client.trace_folder)
        self.faults = FaultsBox(client, self.attempt)
        self.terminal = label("", "head", name="terminal_state")
        self.reset = button(
            RESET,
            self._reset,
            role="main",
            tip="端末・サーバ・お金・用紙・時計・障害を、すべて最初に戻します",
        )
        self.setCentralWidget(self._laid_out())
        self.statusBar().setSizeGripEnabled(False)
        self.told = label("", name="told")
        self.told.setContentsMargins(theme.EDGE - 4, 0, theme.EDGE, 4)
        self.statusBar().addWidget(self.told, 1)
        self._looks = _timer(self, LOOK_MS, self.look)
        self._traces = _timer(self, TRACE_MS, self.trace.refresh)
        self._refresh_all()
        self.tell(
            "端末で「行政サービス」を選び、カードの案内が出たら、左のカードを選んで「カードを置く」を押してください。"
        )

    def stand_beside_terminal(self) -> None:
        """Go where the terminal's window is covered least: see `beside`."""
        self.setGeometry(beside([screen.availableGeometry() for screen in QApplication.screens()]))

    def _laid_out(self) -> QWidget:
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(theme.EDGE, theme.GAP, theme.EDGE, 0)
        layout.setSpacing(theme.GAP)
        layout.addLayout(row(label(TITLE, "title"), 1, self.terminal, self.reset))
        columns = QHBoxLayout()
        columns.setSpacing(theme.GAP)
        layout.addLayout(columns, 1)
        records = Box()
        tabs = QTabWidget()
        tabs.addTab(self.trace, "記録")
        tabs.addTab(self.faults, "障害")
        tabs.setAccessibleName("記録と障害")
        self.tabs = tabs
        records.inside.addWidget(tabs)
        columns.addWidget(self.cards, 26)
        for parts, share in (((self.money, self.tray), 37), ((self.clock, self.staff, records), 37)):
            column = QVBoxLayout()
            column.setSpacing(theme.GAP)
            for part in parts[:-1]:
                column.addWidget(part)
            column.addWidget(parts[-1], 1)
            columns.addLayout(column, share)
        return whole

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


def beside(screens: Sequence[QRect]) -> QRect:
    """Where the panel stands: on the second screen if there is one, else at the right edge of the first, as narrow as
    the terminal to its left asks for. `screens`: what is free of each, the terminal's first."""
    if len(screens) > 1:
        free = screens[1]
        return QRect(free.topLeft(), QSize(WIDTH, HEIGHT).boundedTo(free.size()))
    free = screens[0]
    width = min(WIDTH, max(LEAST_WIDTH, free.width() - WIDTH))
    return QRect(max(free.left(), free.right() + 1 - width), free.top(), width, min(HEIGHT, free.height()))


def _timer(parent: QWidget, interval: int, action: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(interval)
    timer.timeout.connect(action)
    timer.start()
    return timer
