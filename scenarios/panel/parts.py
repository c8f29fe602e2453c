"""The pieces that every part of the panel is made of."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QStyle,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from . import theme


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
