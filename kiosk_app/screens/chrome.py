"""What stands on every screen in the same place: the row of steps and the visible countdown."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk_app.flow.views import Step

from . import theme
from .button import Button, Kind, TouchGuard
from .parts import Align, Panel, Placed, Text, rect
from .texts import Words

STEPS = (Step.CARD, Step.PIN, Step.CERTIFICATE, Step.CONFIRM, Step.PAY, Step.PRINT)
_DISC = 36.0
_EDGE = 12.0
_BEFORE = _EDGE + _DISC + 10
"""From the beginning of a step to its word."""


def _cells(labels: list[str], language: str) -> list[tuple[float, float]]:
    """(left, width) of each step: the words as they are, and the rest of the row shared evenly."""
    metrics = QFontMetricsF(theme.font(theme.SMALL, bold=True, language=language))
    widths = [_BEFORE + metrics.horizontalAdvance(label) for label in labels]
    share = (theme.STEPS.width() - sum(widths)) / len(labels)
    return [(sum(widths[:index]) + share * index, wide + share) for index, wide in enumerate(widths)]


class StepRow(Placed, QWidget):
    """Six steps: those behind ticked, the present one filled, those ahead numbered."""

    def __init__(self, parent: QWidget, words: Words, colours: theme.Palette, step: Step) -> None:
        super().__init__(parent)
        self.colours = colours
        self.present = STEPS.index(step)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.place(theme.STEPS)
        self._cells = _cells([words(f"step.{one}") for one in STEPS], words.language)
        for index, one in enumerate(STEPS):
            now = index == self.present
            start, wide = self._cells[index]
            Text(
                self,
                rect(start + _BEFORE, 0, wide - _BEFORE, theme.STEPS.height()),
                words(f"step.{one}"),
                theme.SMALL,
                bold=now,
                colour=self.colours.ground
                if now
                else self.colours.ink
                if index < self.present
                else self.colours.soft,
            )
            if index >= self.present:
                Text(
                    self,
                    rect(start + _EDGE, 0, _DISC, theme.STEPS.height()),
                    str(index + 1),
                    theme.SMALL,
                    bold=True,
                    colour=colours.accent if now else self.colours.soft,
                    align=Align.CENTRE,
                    figures=True,
                )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        height = theme.STEPS.height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.colours.panel))
        painter.drawRoundedRect(self.area, height / 2, height / 2)
        painter.setBrush(QColor(self.colours.accent))
        start, wide = self._cells[self.present]
        painter.drawRoundedRect(QRectF(start, 0, wide, height), height / 2, height / 2)
        for index, (start, _) in enumerate(self._cells):
            self._disc(painter, index, QPointF(start + _EDGE + _DISC / 2, height / 2))
        painter.end()

    def _disc(self, painter: QPainter, index: int, centre: QPointF) -> None:
        if index < self.present:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.colours.accent))
            painter.drawEllipse(centre, _DISC / 2, _DISC / 2)
            pen = QPen(QColor(self.colours.ground), 4)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            low = centre + QPointF(-2, 7)
            painter.drawLines([QLineF(centre + QPointF(-9, 0), low), QLineF(low, centre + QPointF(9, -7))])
        elif index == self.present:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.colours.ground))
            painter.drawEllipse(centre, _DISC / 2, _DISC / 2)
        else:
            painter.setPen(QPen(QColor(self.colours.frame), 2))
            painter.setBrush(QColor(self.colours.ground))
            painter.drawEllipse(centre, _DISC / 2 - 1, _DISC / 2 - 1)


class Countdown(Panel):
    """The last seconds before the time-out, between the lower buttons, with a button that asks for more (the words `more`; '' for
    none)."""

    BOX = rect(theme.MARGIN + 276, theme.FOOTER.top(), 528, theme.FOOTER.height())

    def __init__(
        self, parent: QWidget, words: Words, colours: theme.Palette, guard: TouchGuard, more: str
    ) -> None:
        super().__init__(parent, self.BOX, colours.ink)
        self._words = words
        self.button: Button | None = None
        self._text = Text(
            self,
            rect(20, 0, 296 if more else self.BOX.width() - 40, self.BOX.height()),
            "",
            theme.TEXT,
            bold=True,
            colour=colours.ground,
            align=Align.LEFT if more else Align.CENTRE,
            single=True,
        )
        if more:
            box = rect(self.BOX.width() - 204, 4, 200, theme.TOUCH)
            self.button = Button(self, box, words(more), colours, Kind.QUIET, theme.TEXT, guard=guard)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)

    def count(self, seconds: int) -> None:
        self._text.say(self._words.count("countdown.left", seconds))
