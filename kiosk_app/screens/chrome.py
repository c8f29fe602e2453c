"""What stands on every screen in the same place: the row of steps and the visible countdown."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk_app.flow.views import Step

from . import theme
from .parts import Align, Button, Kind, Panel, Placed, Text, rect
from .texts import Words

STEPS = (Step.CARD, Step.PIN, Step.CERTIFICATE, Step.CONFIRM, Step.PAY, Step.PRINT)
_DISC = 36.0


class StepRow(Placed, QWidget):
    """Six steps: those behind ticked, the present one filled, those ahead numbered."""

    def __init__(self, parent: QWidget, words: Words, colours: theme.Palette, step: Step) -> None:
        super().__init__(parent)
        self.colours = colours
        self.present = STEPS.index(step)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.place(theme.STEPS)
        self._cell = theme.STEPS.width() / len(STEPS)
        for index, one in enumerate(STEPS):
            now = index == self.present
            left = index * self._cell + 16 + _DISC + 10
            Text(
                self,
                rect(left, 0, self._cell - 16 - _DISC - 18, theme.STEPS.height()),
                words(f"step.{one}"),
                theme.SMALL,
                bold=now,
                colour=theme.GROUND if now else theme.INK if index < self.present else theme.SOFT,
            )
            if index >= self.present:
                Text(
                    self,
                    rect(index * self._cell + 16, 0, _DISC, theme.STEPS.height()),
                    str(index + 1),
                    theme.SMALL,
                    bold=True,
                    colour=colours.accent if now else theme.SOFT,
                    align=Align.CENTRE,
                    figures=True,
                )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        height = theme.STEPS.height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.PANEL))
        painter.drawRoundedRect(self.area, height / 2, height / 2)
        painter.setBrush(QColor(self.colours.accent))
        painter.drawRoundedRect(
            QRectF(self.present * self._cell, 0, self._cell, height), height / 2, height / 2
        )
        for index in range(len(STEPS)):
            centre = QPointF(index * self._cell + 16 + _DISC / 2, height / 2)
            self._disc(painter, index, centre)
        painter.end()

    def _disc(self, painter: QPainter, index: int, centre: QPointF) -> None:
        if index < self.present:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.colours.accent))
            painter.drawEllipse(centre, _DISC / 2, _DISC / 2)
            pen = QPen(QColor(theme.GROUND), 4)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            low = centre + QPointF(-2, 7)
            painter.drawLines([QLineF(centre + QPointF(-9, 0), low), QLineF(low, centre + QPointF(9, -7))])
        elif index == self.present:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.GROUND))
            painter.drawEllipse(centre, _DISC / 2, _DISC / 2)
        else:
            painter.setPen(QPen(QColor(theme.FRAME), 2))
            painter.setBrush(QColor(theme.GROUND))
            painter.drawEllipse(centre, _DISC / 2 - 1, _DISC / 2 - 1)


class Countdown(Panel):
    """The last seconds before the time-out, between the lower buttons, with a button that asks for more."""

    BOX = rect(theme.MARGIN + 284, theme.FOOTER.top(), 536, theme.FOOTER.height())

    def __init__(self, parent: QWidget, words: Words, colours: theme.Palette) -> None:
        super().__init__(parent, self.BOX, theme.INK)
        self._words = words
        self._text = Text(
            self, rect(20, 0, 250, self.BOX.height()), "", theme.TEXT, bold=True, colour=theme.GROUND
        )
        more = rect(self.BOX.width() - 244, 4, 240, theme.TOUCH)
        self.button = Button(self, more, words("countdown.more"), colours, Kind.QUIET, theme.TEXT)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)

    def count(self, seconds: int) -> None:
        self._text.say(self._words.count("countdown.left", seconds))
