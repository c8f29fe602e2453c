"""お待ちください, with the reason and a sign of life."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk_app.flow.views import PleaseWait, WaitReason

from . import theme
from .parts import Align, Placed, rect
from .screen import Screen

DOTS = 5
STEP_MS = 400
DRAWN = {
    WaitReason.CHECKING_REGISTRATION: WaitReason.AUTHENTICATING,
    WaitReason.REGISTERING: WaitReason.AUTHENTICATING,
    WaitReason.PREPARING_SLIP: WaitReason.PREPARING,
}
"""Reasons that have the drawing of another."""


class SignOfLife(Placed, QWidget):
    """A row of dots; one is lit and walks on."""

    def __init__(self, parent: QWidget, colours: theme.Palette) -> None:
        super().__init__(parent)
        self.colours, self.lit = colours, 0
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._walk)
        self._timer.start()

    def _walk(self) -> None:
        self.lit = (self.lit + 1) % DOTS
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        painter.setPen(Qt.PenStyle.NoPen)
        step = self.area.width() / DOTS
        for index in range(DOTS):
            painter.setBrush(QColor(self.colours.accent if index == self.lit else self.colours.rule))
            size = 15 if index == self.lit else 11
            painter.drawEllipse(QPointF(step * (index + 0.5), self.area.height() / 2), size, size)
        painter.end()


class PleaseWaitScreen(Screen[PleaseWait]):
    def title(self) -> str:
        return self.words("wait.title")

    def fill(self) -> None:
        c = self.content
        self.panel(c)
        self.drawing(
            rect(c.left() + 40, c.top() + 32, c.width() - 80, 200),
            f"wait_{DRAWN.get(self.view.reason, self.view.reason)}",
        )
        middle = rect(c.left() + 80, c.top() + 252, c.width() - 160, 64)
        self.text(middle, self.words(f"wait.{self.view.reason}"), theme.LARGE, bold=True, align=Align.CENTRE)
        about = rect(c.left() + 80, c.top() + 316, c.width() - 160, 80)
        self.text(
            about,
            self.words(f"wait.{self.view.reason}.{'free' if self.view.free else 'about'}"),
            theme.TEXT,
            align=Align.CENTRE,
        )
        self.life = SignOfLife(self, self.colours)
        self.life.place(rect(c.center().x() - 120, c.bottom() - 72, 240, 40))

    def still(self) -> None:
        self.life.lit = 0
