"""One event of the trace as a row: its time above its source, and beside them all its words, on as many lines as they take."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from scenarios.evidence.wording import SOURCES

from . import theme
from .parts import draw_ground

Index = QModelIndex | QPersistentModelIndex
TIME, SOURCE, WORDS = 0, 1, 2
"""The columns of the model; the source has none of its own on the panel."""
_SIDE, _ABOVE = 6, 4
"""Pixels left and right of a cell's text, and above and below; like the next two of a screen of 1920 x 1080."""
_HEAD_LINE = 17
_LEADING = 3


def head_width() -> int:
    """Pixels of the column for time and source."""
    small = QFontMetrics(theme.font(theme.SMALL))
    return max(small.horizontalAdvance(text) for text in ("00:00:00", *SOURCES.values())) + 2 * theme.px(
        _SIDE
    )


def wrapped(text: str, width: int) -> QTextLayout:
    """`text` in lines that are no wider than `width` pixels; only a word longer than that is broken."""
    made = QTextLayout(text, letters())
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    made.setTextOption(option)
    made.beginLayout()
    top = 0.0
    while (line := made.createLine()).isValid():
        line.setLineWidth(width)
        line.setPosition(QPointF(0, top))
        top += line.height() + theme.px(_LEADING)
    made.endLayout()
    return made


def letters() -> QFont:
    return theme.font(theme.SIZE - 1)


def row_height(text: str, column: int) -> int:
    """Pixels that a row needs whose words stand in a column of `column` pixels."""
    return _row_height(text, column, theme.SCALE)


@lru_cache(maxsize=8192)
def _row_height(text: str, column: int, scale: float) -> int:
    words = wrapped(text, column - 2 * theme.px(_SIDE)).boundingRect().height()
    return max(2 * theme.px(_HEAD_LINE), int(words + 0.999)) + 2 * theme.px(_ABOVE)


class TraceRow(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(head_width(), 2 * theme.px(_HEAD_LINE + _ABOVE))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        box = draw_ground(painter, option)
        side, above, high = (theme.px(size) for size in (_SIDE, _ABOVE, _HEAD_LINE))
        inner = box.adjusted(side, above, -side, -above)
        if index.column() == WORDS:
            painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole))
            wrapped(str(index.data()), inner.width()).draw(painter, QPointF(inner.topLeft()))
        else:
            painter.setFont(theme.font(theme.SMALL))
            for number, column in enumerate((TIME, SOURCE)):
                cell = index.sibling(index.row(), column)
                painter.setPen(cell.data(Qt.ItemDataRole.ForegroundRole))
                line = QRect(inner.left(), inner.top() + number * high, inner.width(), high)
                painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), str(cell.data()))
        painter.restore()
