"""The terminal by keyboard: in which order its buttons come, and which one lies in the direction of an arrow."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QApplication, QWidget

from . import theme
from .button import Button, Kind

ARROWS = {
    Qt.Key.Key_Left: QPoint(-1, 0),
    Qt.Key.Key_Right: QPoint(1, 0),
    Qt.Key.Key_Up: QPoint(0, -1),
    Qt.Key.Key_Down: QPoint(0, 1),
}
_ROW = 24.0
"""Buttons whose upper edges are no farther apart stand in one row."""
ASIDE = 2.0
"""How much a step aside counts against one in the direction of the arrow."""


def box_on(screen: QWidget, button: Button) -> QRectF:
    """Where the button lies on the page, in logical pixels."""
    at = QPointF(button.mapTo(screen, QPoint(0, 0))) / button.ratio
    return QRectF(at, button.box.size())


def in_order(screen: QWidget) -> list[Button]:
    """What the keyboard reaches, in the order of use: the page row by row, the lower buttons with the main one first, the head."""

    def place(button: Button) -> tuple[int, float, float]:
        box = box_on(screen, button)
        if box.bottom() <= theme.HEADER.bottom():
            return 2, 0, box.left()
        if box.top() >= theme.FOOTER.top():
            return 1, 0 if button.kind is Kind.MAIN else 1, box.left()
        return 0, box.top() // _ROW, box.left()

    found = [
        one
        for one in screen.findChildren(Button)
        if one.isEnabled() and one.isVisibleTo(screen) and one.focusPolicy() is not Qt.FocusPolicy.NoFocus
    ]
    return sorted(found, key=place)


def focused(screen: QWidget) -> Button | None:
    """The button of `screen` that has the focus."""
    has = QApplication.focusWidget()
    return has if isinstance(has, Button) and screen.isAncestorOf(has) else None


def focus(button: Button) -> None:
    button.setFocus(Qt.FocusReason.TabFocusReason)


def step(screen: QWidget, by: int) -> None:
    """Go `by` buttons on (1) or back (-1), round the page."""
    order = in_order(screen)
    if not order:
        return
    now = focused(screen)
    at = order.index(now) + by if now in order else (0 if by > 0 else -1)
    focus(order[at % len(order)])


def towards(screen: QWidget, direction: QPoint) -> None:
    """Go to the nearest button in `direction`; from nowhere, to the first of the page."""
    now = focused(screen)
    if now is None:
        step(screen, 1)
        return
    here = box_on(screen, now).center()

    def far(button: Button) -> float | None:
        way = box_on(screen, button).center() - here
        along = way.x() * direction.x() + way.y() * direction.y()
        aside = abs(way.x() * direction.y()) + abs(way.y() * direction.x())
        return along + ASIDE * aside if along > 1 else None

    reached = [(distance, one) for one in in_order(screen) if (distance := far(one)) is not None]
    if reached:
        focus(min(reached, key=lambda one: one[0])[1])


def focus_where(screen: QWidget, box: QRectF) -> None:
    """Give the focus to the button that stands where one stood before the page was built anew."""
    for one in in_order(screen):
        if box_on(screen, one).center() == box.center():
            focus(one)
            return
