"""The pieces that every part of the panel is made of, the columns they stand in, and where terminal and panel stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from kiosk_app.screens import theme as terminal_theme
from kiosk_app.screens.window import fitted

from . import theme

WIDTH, HEIGHT = 1280, 800
"""Pixels of the panel where there is room for all of it. These and the next are of a screen of 1920 x 1080: a larger one has
`scale` times as many."""
THREE_COLUMNS, TWO_COLUMNS, ONE_COLUMN = 1060, 712, 420
"""The least width, in pixels, for so many columns of the panel's parts."""
LEAST_HEIGHT = 480
LINE = 128
"""Per cent of the letters' height from line to line, where something is read aloud."""
_WELL_SEEN = 1024
"""The terminal is not made narrower than this for a second column of the panel."""
_FULL = QSize(terminal_theme.WIDTH, terminal_theme.HEIGHT)


class Places(NamedTuple):
    """The insides of both windows, in screen pixels."""

    terminal: QRect
    panel: QRect


def columns_for(width: int, scale: float = 1.0) -> int:
    """How many columns of parts a panel of that width has."""
    return 3 if width >= THREE_COLUMNS * scale else 2 if width >= TWO_COLUMNS * scale else 1


def side_by_side(screens: Sequence[QRect], title: int = 0, scale: float = 1.0) -> Places:
    """With a second screen the panel fills that one, and the terminal the first; on a single one the panel takes the right edge, and the
    terminal gets what is left, in its own shape. `screens`: what is free of each, the terminal's first; `title`: pixels above each window;
    `scale`: of the panel."""
    free = screens[0].adjusted(0, title, 0, 0)
    if len(screens) > 1:
        return Places(QRect(free.topLeft(), fitted(free.width(), free.height())), _on(screens[1], title))
    width = _panel_width(free.width(), scale)
    panel = QRect(free.right() + 1 - width, free.top(), width, free.height())
    return Places(QRect(free.topLeft(), fitted(free.width() - width, free.height())), panel)


def apart(screens: Sequence[QRect], taken: int, title: int = 0) -> QRect:
    """The panel's place beside a terminal that fills the screen number `taken` (from 0) of several."""
    return _on(next(screen for number, screen in enumerate(screens) if number != taken), title)


def _on(screen: QRect, title: int) -> QRect:
    return screen.adjusted(0, title, 0, 0)


def _panel_width(free: int, scale: float) -> int:
    full, well_seen = _FULL.width() * scale, _WELL_SEEN * scale
    if free >= full + THREE_COLUMNS * scale:
        return round(min(WIDTH * scale, free - full))
    two = TWO_COLUMNS * scale
    return round(two if free - two >= well_seen else ONE_COLUMN * scale)


class Box(QFrame):
    """A framed part; `inside` takes its content, `heading` (where there is a title) more beside the title."""

    def __init__(self, title: str = "") -> None:
        super().__init__()
        self.setProperty("role", "box")
        self.inside = QVBoxLayout(self)
        self.inside.setContentsMargins(theme.EDGE, theme.GAP, theme.EDGE, theme.EDGE)
        self.inside.setSpacing(theme.GAP)
        if title:
            self.heading = QHBoxLayout()
            self.setAccessibleName(title)
            self.heading.addWidget(label(title, "head"))
            self.heading.addStretch(1)
            self.inside.addLayout(self.heading)


class Elided(QLabel):
    """One line that ends in … where the room ends; the whole text is its tool tip."""

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(20), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class Wrapped(QLabel):
    """Several lines. A word that is longer than the room never widens what stands beside it."""

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(20), super().minimumSizeHint().height())


class Spaced(Wrapped):
    """Several lines with room between them, so that they are read at a distance and no letter is cut."""

    def __init__(self, role: str, name: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setProperty("role", role)
        self.setObjectName(name)
        self._plain = ""

    def setText(self, text: str) -> None:
        if text != self._plain:
            self._plain = text
            line = 100 if self.property("role") == "english" else LINE  # a Latin face has room of its own
            super().setText(f'<div style="line-height:{line}%; white-space:pre-wrap">{escape(text)}</div>')

    def text(self) -> str:
        return self._plain


def label(text: str, role: str = "", *, wrap: bool = False, name: str = "") -> QLabel:
    made = Wrapped(text) if wrap else QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    made.setObjectName(name)
    return made


def set_role(widget: QWidget, role: str) -> None:
    """Give `widget` another role of the style sheet."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def button(
    text: str, action: Callable[[], object] | None = None, *, role: str = "", tip: str = ""
) -> QPushButton:
    made = QPushButton(text)
    made.setAccessibleName(text)
    made.setProperty("role", role)
    made.setToolTip(tip)
    made.setAutoDefault(False)
    if action is not None:
        made.clicked.connect(lambda: action())
    return made


def even(*items: QWidget) -> QHBoxLayout:
    """Side by side, sharing the room."""
    made = row(*items)
    for place in range(len(items)):
        made.setStretch(place, 1)
    return made


def row(*items: QWidget | QLayout | int) -> QHBoxLayout:
    """Side by side; a number is room that stretches so much."""
    made = QHBoxLayout()
    made.setSpacing(theme.GAP)
    for item in items:
        if isinstance(item, int):
            made.addStretch(item)
        elif isinstance(item, QLayout):
            made.addLayout(item)
        else:
            made.addWidget(item)
    return made


def draw_ground(painter: QPainter, option: QStyleOptionViewItem) -> QRect:
    """The ground of one row of a list, with the rule below it; where the row is."""
    box: QRect = option.rect
    state: QStyle.StateFlag = option.state
    if state & QStyle.StateFlag.State_Selected:
        painter.fillRect(box, QColor(theme.CHOSEN))
    painter.setPen(QColor(theme.RULE))
    painter.drawLine(box.bottomLeft(), box.bottomRight())
    return box


Arrangement = Sequence[tuple[int, Sequence[QWidget]]]
"""For each column its share of the width, and its parts from above."""


class Columns(QScrollArea):
    resized = Signal()

    def __init__(
        self, arrangements: Mapping[int, Arrangement], growing: Mapping[QWidget, int], least: int
    ) -> None:
        """`arrangements` by the number of columns; `growing` parts share the height that is left, by these weights; `least`
        width in pixels."""
        super().__init__()
        self._arrangements, self._growing = arrangements, growing
        self.count = 0
        self.setObjectName("columns")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(least)
        whole = QWidget()
        self._row = QHBoxLayout(whole)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GAP)
        self._columns: list[tuple[QWidget, QVBoxLayout]] = []
        for _ in range(max(arrangements)):
            column = QWidget()
            layout = QVBoxLayout(column)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(theme.GAP)
            self._row.addWidget(column)
            self._columns.append((column, layout))
        self.setWidget(whole)
        self._arrange(max(arrangements))

    def _arrange(self, count: int) -> None:
        if count == self.count:
            return
        for number, (_share, parts) in enumerate(self._arrangements.get(self.count, ())):
            for part in parts:
                self._columns[number][1].removeWidget(part)
        self.count = count
        arrangement = self._arrangements[count]
        for number, (column, layout) in enumerate(self._columns):
            used = number < len(arrangement)
            column.setVisible(used)
            self._row.setStretch(number, arrangement[number][0] if used else 0)
            for part in arrangement[number][1] if used else ():
                layout.addWidget(part, self._growing.get(part, 0))

    def bring(self, part: QWidget) -> None:
        """Scroll to `part`, which may just have asked for more room, and as far as it goes to all of the box that it is in."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        around: QWidget | None = part
        while around is not None and not isinstance(around, Box):
            around = around.parentWidget()
        if around is not None:
            self.ensureWidgetVisible(around, 0, theme.GAP)
        self.ensureWidgetVisible(part, 0, theme.GAP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange(columns_for(self.window().width(), theme.SCALE))
        super().resizeEvent(event)
        self.resized.emit()
