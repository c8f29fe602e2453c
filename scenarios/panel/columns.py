"""The parts of the panel in as many columns as its width allows. What is too long then is scrolled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from . import theme
from .placing import columns_for

Arrangement = Sequence[tuple[int, Sequence[QWidget]]]
"""For each column its share of the width, and its parts from above."""


class Columns(QScrollArea):
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
        """Scroll to `part`, which may just have asked for more room."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        self.ensureWidgetVisible(part, 0, theme.GAP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange(columns_for(self.window().width(), theme.SCALE))
        super().resizeEvent(event)
