"""The touch targets, and the tick on a button that stays chosen."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from server_stub.interface.clock import real_monotonic_ns

from . import theme
from .parts import Align, Placed, Text, rounded


class Tick(Placed, QWidget):
    """Empty, or ticked with its button. `round_box`: one of several, where another is untaken by it."""

    def __init__(self, button: Button, box: QRectF, round_box: bool = False) -> None:
        super().__init__(button)
        self._button, self._round = button, round_box
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        button.toggled.connect(lambda _: self.update())
        self.place(box)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        side = self.area.width()
        radius = side / 2 if self._round else 6
        colour = self._button.colours.accent
        ground = self._button.colours.ground
        if not self._button.isChecked():
            rounded(painter, self.area, ground, colour, radius, 3)
        else:
            rounded(painter, self.area, ground, None, radius, 0)
            pen = QPen(QColor(colour), side / 8)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            start, low, end = (
                QPointF(side * x, side * y) for x, y in ((0.25, 0.52), (0.43, 0.7), (0.76, 0.3))
            )
            painter.drawLines([QLineF(start, low), QLineF(low, end)])
        painter.end()


SETTLING_NS = 400_000_000
"""Real time for which a press belongs to what lay under the finger before."""


RING = 5.0
"""How thick the dark line of the focus ring is."""


class TouchGuard:
    """Touches belong to the screen they were meant for: none is taken in the first moment of another one. In real time,
    whatever the one clock does; a touch has no time of its own that could be trusted."""

    def __init__(self, monotonic_ns: Callable[[], int] = real_monotonic_ns) -> None:
        self._monotonic_ns = monotonic_ns
        self._changed_ns: int | None = None

    def changed(self) -> None:
        """Something else lies under the finger from now on."""
        self._changed_ns = self._monotonic_ns()

    def open(self) -> None:
        """The window may be touched now (whoever says so has looked at it)."""
        self._changed_ns = None

    def admits(self) -> bool:
        return self._changed_ns is None or self._monotonic_ns() - self._changed_ns >= SETTLING_NS


class Kind(StrEnum):
    """What a button is for: the one main thing, a choice, or a way out."""

    MAIN = "main"
    CHOICE = "choice"
    QUIET = "quiet"


class Button(Placed, QAbstractButton):
    """A touch target. Its accessible name is the label that a person reads on it, its description what else stands on it.

    It takes the focus from the keyboard alone, never by a touch. A key of a secret takes none: the ring would tell which was the last.
    `guard`: who says whether it may be touched yet. `bare`: the label is not drawn here, the screen puts Texts on the button itself (see `on`).
    """

    def __init__(
        self,
        parent: QWidget,
        box: QRectF,
        label: str,
        colours: theme.Palette,
        kind: Kind = Kind.CHOICE,
        size: int = theme.LEAD,
        *,
        bare: bool = False,
        name: str | None = None,
        checkable: bool = False,
        guard: TouchGuard | None = None,
    ) -> None:
        super().__init__(parent)
        self._guard = guard
        self.kind, self.colours = kind, colours
        self._texts: list[Text] = []
        self.setText(label)
        self.setAccessibleName(name or label)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCheckable(checkable)
        self.place(box)
        if not bare:
            inner = self.area.adjusted(16, 8, -16, -8)
            bold = kind is not Kind.QUIET
            self.on(inner, label, size, bold=bold, align=Align.CENTRE, least=theme.SMALL, single=True)
        self.toggled.connect(self._recolour)

    def on(
        self,
        box: QRectF,
        text: str,
        size: int = theme.TEXT,
        *,
        bold: bool = False,
        align: Align = Align.LEFT,
        least: int | None = None,
        top: bool = False,
        single: bool = False,
    ) -> Text:
        """Put words on the button; they take the button's colour."""
        made = Text(self, box, text, size, bold=bold, align=align, least=least, top=top, single=single)
        self.adopt(made)
        if text and text not in (self.text(), self.accessibleName()):
            told = [one for one in (self.accessibleDescription(), text) if one]
            self.setAccessibleDescription(" ".join(told).replace("\n", " "))
        return made

    def keep_secret(self) -> None:
        """What is touched here must not be written down anywhere, nor be seen by a ring around the last key."""
        self.setProperty("secret", True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def adopt(self, text: Text) -> None:
        """`text`, a child of this button, takes the button's colour from now on."""
        self._texts.append(text)
        self._recolour()

    def setEnabled(self, enabled: bool) -> None:
        super().setEnabled(enabled)
        self._recolour()

    def look(self) -> tuple[str, str | None, str]:
        """Fill, edge and letters of the present state."""
        if not self.isEnabled():
            return self.colours.rest, None, self.colours.soft
        c = self.colours
        if self.kind is Kind.MAIN or self.isChecked():
            return (c.pressed if self.isDown() else c.accent), None, c.ground
        if self.kind is Kind.QUIET:
            return (c.rest if self.isDown() else c.ground), c.frame, c.ink
        return (c.tint if self.isDown() else c.ground), c.accent, c.accent

    def _recolour(self) -> None:
        for text in self._texts:
            text.set_colour(self.look()[2])
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Of a finger too, and for the second press of a double tap: Qt turns both into this. Swallowed where it comes too
        early; its release then finds no pressed button."""
        if self._guard is None or self._guard.admits():
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space are a touch, under the same rule: a key that was held down before, or comes too early, is none."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            event.ignore()  # the window knows what it is for
            return
        if not event.isAutoRepeat() and (self._guard is None or self._guard.admits()):
            self.click()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Nothing: the press was the touch."""

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, edge, _ = self.look()
        painter = self.pen()
        rounded(painter, self.area, fill, edge, theme.RADIUS, 3 if self.kind is Kind.CHOICE else 2)
        if self.hasFocus():
            self._ring(painter)
        painter.end()

    def _ring(self, painter: QPainter) -> None:
        """Two lines, dark and light: one of them stands out from whatever the button's colour is."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, wide, inset in ((self.colours.ink, RING, RING / 2), (self.colours.ground, 3, RING + 1.5)):
            painter.setPen(QPen(QColor(colour), wide))
            box = self.area.adjusted(inset, inset, -inset, -inset)
            painter.drawRoundedRect(box, theme.RADIUS - 2, theme.RADIUS - 2)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
