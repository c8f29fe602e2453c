"""The box that is ticked on a button which stays chosen."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from . import theme
from .button import Button
from .parts import Placed, rounded


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
        if not self._button.isChecked():
            rounded(painter, self.area, theme.GROUND, colour, radius, 3)
        else:
            rounded(painter, self.area, theme.GROUND, None, radius, 0)
            pen = QPen(QColor(colour), side / 8)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            start, low, end = (
                QPointF(side * x, side * y) for x, y in ((0.25, 0.52), (0.43, 0.7), (0.76, 0.3))
            )
            painter.drawLines([QLineF(start, low), QLineF(low, end)])
        painter.end()
