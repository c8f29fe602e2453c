"""The panel's window: what to do next, the parts side by side, the looks at the stage at fixed times; and opening it beside a terminal."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QMainWindow,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from kiosk_app.screens.window import title_height
from scenarios.tours import OFF, Tour

from . import next_thing as parts_to_press
from . import theme
from .card_box import CardBox
from .client import TROUBLE, PanelClient, TerminalState
from .clock_box import ClockBox
from .faults_box import FaultsBox
from .guide_box import GuideBox, Tile, TourPage
from .money_box import MoneyBox, MoneyButton
from .next_thing import CHOOSE_TOUR, NEXT, Thing, next_thing
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
from .way_box import WayBox
from .words import GONE, RESET, SCREENS, trouble

TITLE = "進行役の操作盤 ― 端末の一部ではありません"
_ALL_BACK = "端末・サーバ・お金・用紙・時計・障害を、すべて最初に戻します"
_TERMINAL_BACK = "端末を起動し直し、取り出し口・おつり・用紙・時計を最初に戻します（サーバと、収納済みのお金はそのままです）"
LOOK_MS = 300
"""Between two looks at the terminal; each is a few round trips of about a millisecond."""
TRACE_MS = 250
LOOKS_BETWEEN = 5
"""Looks at the terminal between two looks into the stage for what an official has done at the console."""
LOW = 600
"""Pixels of a screen of 1920 x 1080: a window that is lower says only what must be said."""
_CARD = re.compile(r"「([^」]*カード)」|「([^」]*)」の電子証明書")
"""A card in a sentence, or whose certificate is stopped."""
_BUSY = "お待ちください…"


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
        self.way = WayBox(client, self.attempt)
        self.trace.came.connect(self.way.take)
        self.trace.begun_anew.connect(self.way.forget)
        self.faults = FaultsBox(client, self.attempt)
        self._guide = client.guide()
        self._tours = self._guide.tours() if self._guide is not None else ()
        self._lit: QWidget | None = None
        self._busy = False
        self._looked = 0
        self._shown_step: tuple[Tour | None, int] | None = None
        self.guide = GuideBox(self._tour_next, self._tour_back, self._tour_again, self._tour_leave)
        self.choice = TourPage(self._tours, self._choose_tour)
        self.title = label(TITLE, "title")
        self.terminal = label("", "head", name="terminal_state")
        self.reset = button(RESET, self._reset, tip=_ALL_BACK if client.has_servers() else _TERMINAL_BACK)
        self.told = label("", wrap=True, name="told")
        self.told.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._head = QGridLayout()
        self.columns = self._arranged()
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(theme.EDGE, theme.GAP, theme.EDGE, 0)
        layout.setSpacing(theme.GAP)
        layout.addLayout(self._head)
        layout.addWidget(self.guide)
        for page in (self.columns, self.choice):  # one of them is seen; a stack would keep room for the other
            layout.addWidget(page, 1)
        layout.addWidget(self.told)
        self.setCentralWidget(whole)
        self._fit(columns_for(self.width(), theme.SCALE))
        set_role(self.tray.take, "")
        self.columns.resized.connect(self._bring_lit, Qt.ConnectionType.QueuedConnection)
        self.tray.came.connect(partial(self._bring, self.tray))
        self.way.began.connect(partial(self._bring, self.way))
        self._looks = _timer(self, LOOK_MS, self.look)
        self._traces = _timer(self, TRACE_MS, self.trace.refresh)
        self._turn_to(self.choice if self._tours else self.columns)
        self._refresh_all()

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
        way = self.way
        return Columns(
            {
                3: ((26, (cards,)), (37, (money, way, tray)), (37, (clock, staff, records))),
                2: ((44, (cards, records)), (56, (money, way, tray, clock, staff))),
                1: ((1, (cards, way, money, tray, staff, clock, records)),),
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
        self.guide.fit(narrow, self.height() < theme.px(LOW))
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
            if self._answered and not self._is_power_cut():
                self.tell(trouble(error), bad=True)
        if state is not None and not self._answered and self.told.text() == GONE:
            self.tell("端末が応答するようになりました。")
        self._answered = state is not None
        silent = "端末：停電しています" if self._is_power_cut() else "端末：応答がありません"
        self.terminal.setText(silent if state is None else f"端末：{SCREENS.get(state.screen, state.screen)}")
        set_role(self.terminal, "head" if state is not None else "bad")
        self.cards.watch()
        self.money.refresh(state)
        self.tray.refresh(state)
        self.staff.refresh(state)
        self.clock.refresh()
        self.way.look()
        self._lead(state)

    def _refresh_all(self) -> None:
        self.look()
        self.cards.refresh()
        self.faults.refresh()
        self.trace.refresh()

    # --- leading ------------------------------------------------------------------------------------------------------------

    def _lead(self, state: TerminalState | None) -> None:
        """Say what to do next at `state`, and light what to press for it."""
        guide, choosing = self._guide, self.choice.isVisibleTo(self)
        if self._busy:
            return
        card = self._laid()
        self.cards.ask_password(state is not None and state.screen == "EnterPassword")
        thing = CHOOSE_TOUR if choosing else next_thing(state, card, virtual=bool(self._client.cards()))
        if guide is not None and guide.tour is not None:
            self._looked = (self._looked + 1) % LOOKS_BETWEEN
            try:
                guide.notice(OFF if state is None else state.screen, card, look=not self._looked)
            except TROUBLE as error:
                self.tell(trouble(error), bad=True)
            thing = self._in_tour(thing, OFF if state is None else state.screen)
        self.guide.show_tour(guide.tour if guide else None, guide.at if guide else 0)
        self.guide.show_next(thing)
        self._light(self._part(thing, state))

    def _is_power_cut(self) -> bool:
        """Whether the tour has left the terminal without power."""
        guide = self._guide
        return guide is not None and guide.tour is not None and OFF in guide.tour.stands_at(guide.at)

    def _in_tour(self, thing: Thing, screen: str) -> Thing:
        """What the tour's step asks for where it begins, else what the terminal's screen does; at the end, another tour."""
        guide = self._guide
        assert guide is not None and guide.tour is not None
        tour, at, step = guide.tour, guide.at, guide.tour.steps[guide.at]
        if guide.ended:
            return parts_to_press.TOUR_ENDED
        if step.hand is not None and (not step.leads_to or screen in (*tour.stands_at(at), "ServiceMenu")):
            thing = Thing(step.hand, step.press or thing.press)
        if (tour, at) != self._shown_step:
            self._shown_step = tour, at
            self.cards.choose(_card_at(tour, at))
        return thing if thing.press else Thing(thing.told, NEXT)

    def _part(self, thing: Thing, state: TerminalState | None) -> QWidget | None:
        missing = 0 if state is None else state.due - state.inserted
        part: QWidget | None = {
            parts_to_press.LAY: self.cards.lay,
            parts_to_press.TAKE_CARD: self.cards.take,
            parts_to_press.MONEY: self.money.for_amount(missing),
            parts_to_press.TAKE_PAPER: self.tray.take,
            parts_to_press.RESUME: self.staff.resume,
            parts_to_press.SETTLE: self.staff.way_out,
            parts_to_press.RESET: self.reset,
            parts_to_press.HOLD: self.cards.hold,
            parts_to_press.NEXT: self.guide.on,
            parts_to_press.ANOTHER: self.guide.leave,
            parts_to_press.CHOOSE: self.choice.choices[0],
        }.get(thing.press)
        return part if part is not None and part.isEnabled() else None

    def _light(self, part: QWidget | None) -> None:
        """Light `part` (None: nothing), and it alone."""
        if part is self._lit:
            return
        if self._lit is not None:
            _shine(self._lit, False)
        self._lit = part
        if part is not None:
            _shine(part, True)
            self._bring_lit()

    def _bring(self, box: QWidget) -> None:
        """Show `box`, in which something happens, as far as it does not push what is to be pressed out of sight."""
        self.columns.bring(box)
        self._bring_lit()

    def _bring_lit(self) -> None:
        """What is to be pressed lies in sight, also when the room for it has changed."""
        if self._lit is not None and self.columns.isAncestorOf(self._lit):
            self.columns.bring(self._lit)

    def lit(self) -> QWidget | None:
        """The one part that is lit."""
        return self._lit

    def _laid(self) -> str:
        try:
            return self._client.laid_card()
        except TROUBLE:
            return ""

    def start(self, tour: Tour) -> None:
        """Begin `tour`."""
        self._choose_tour(tour)

    def _choose_tour(self, tour: Tour | None) -> None:
        """None: free play."""
        guide = self._guide
        assert guide is not None
        if tour is None:
            self._go_to(self.columns)
            self.tell("")
        elif self._led(lambda: guide.start(tour)):
            self._go_to(self.columns)

    def _tour_next(self) -> None:
        if self._guide is not None:
            self._led(self._guide.next)

    def _tour_back(self) -> None:
        if self._guide is not None:
            self._led(self._guide.back)

    def _tour_again(self) -> None:
        if self._guide is not None:
            self._led(self._guide.again)

    def _tour_leave(self) -> None:
        if self._guide is not None:
            self._led(self._guide.leave)
            self._go_to(self.choice)

    def _go_to(self, page: QWidget) -> None:
        self._turn_to(page)
        self.look()

    def _turn_to(self, page: QWidget) -> None:
        for one in (self.columns, self.choice):
            one.setVisible(one is page)

    def _led(self, action: Callable[[], object]) -> bool:
        """Let the guide do something that lasts. Meanwhile the panel goes on showing what happens, and nothing can be pressed."""
        self.cards.conceal()
        self._light(None)
        self.tell(_BUSY)
        with self._deaf():
            done = self.attempt(action)
        if done:
            self.tell("")
        self._refresh_all()
        return done

    @contextmanager
    def _deaf(self) -> Iterator[None]:
        """Whatever is pressed meanwhile was meant for what stood there before."""
        application, ear = QApplication.instance(), _Deaf(self)
        assert isinstance(application, QApplication)
        self._busy = True
        application.installEventFilter(ear)
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        QApplication.processEvents()
        try:
            yield
            QApplication.processEvents()
        finally:
            QApplication.restoreOverrideCursor()
            application.removeEventFilter(ear)
            ear.deleteLater()
            self._busy = False

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
        self._light(None)
        self.tell("最初に戻しています…")
        with self._deaf():
            done = self.attempt(self._client.reset, "最初に戻しました。次の方を始められます。")
        if done:
            self.money.forget()
            self.staff.forget()
            self.cards.search.clear()
            self.trace.begin_anew()
            if self._tours:
                self._turn_to(self.choice)
        self._refresh_all()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._looks.stop()
        self._traces.stop()
        self.tray.stop()
        super().closeEvent(event)


def _shine(part: QWidget, on: bool) -> None:
    if isinstance(part, MoneyButton):
        part.lit = on
        part.update()
    elif isinstance(part, Tile):
        set_role(part, "lit_tile" if on else "tile")
    else:
        set_role(part, "main" if on else "")


def _card_at(tour: Tour, number: int) -> str:
    """The card that is in hand at that step: the one that was named last."""
    said = [sentence for step in tour.steps[: number + 1] for sentence in step.does]
    named = [found[1] or f"{found[2]}のカード" for sentence in said for found in _CARD.finditer(sentence)]
    return named[-1] if named else tour.card


class _Deaf(QObject):
    """Swallows what is pressed and typed at one window."""

    _HEARD = frozenset(
        {
            QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick,
            QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.Wheel, QEvent.Type.TouchBegin,
        }
    )  # fmt: skip

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() not in self._HEARD:
            return False
        if isinstance(watched, QWidget):
            return watched.window() is self._window
        return watched is self._window.windowHandle()


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
        return (), apart(screens, monitor, title_height())
    places = side_by_side(screens, title_height(), theme.SCALE)
    terminal = places.terminal
    return (terminal.x(), terminal.y(), terminal.width(), terminal.height()), places.panel


def run_panel(
    client: PanelClient, place: QRect, tour: Tour | None = None, shown: Callable[[], object] = lambda: None
) -> int:
    """Until the panel is closed or the process is told to end; the exit code. `tour`: begin with it. `shown` is called once the panel
    is there."""
    application = _application()
    panel = PanelWindow(client)
    panel.setGeometry(place)
    panel.show()
    application.processEvents()
    shown()
    if tour is not None:
        panel.start(tour)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: application.quit())
    code = int(application.exec())
    panel.close()
    return code


def _application() -> QApplication:
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    return application
