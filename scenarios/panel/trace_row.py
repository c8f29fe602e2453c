"""The files of the trace as they grow, and one event of them as a row: its time above its source, its words beside."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from scenarios.evidence.wording import SOURCES
from server_stub.interface.trace import Event

from . import theme
from .parts import draw_ground

MOST_AT_ONCE = 4_000_000
"""Bytes read from one file in one look, so that a look never takes long."""


class TraceTail:
    """Follows every `*.jsonl` of one folder at a time. A line counts when it is whole; a broken one is left out."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._offsets: dict[Path, int] = {}

    def read(self, folder: Path | None) -> list[Event] | None:
        """What is new, by time; None: another folder (or files begun anew), so that nothing from before counts."""
        if folder != self._folder:
            self._folder, self._offsets = folder, {}
            return None
        if folder is None:
            return []
        events: list[Event] = []
        for path in sorted(folder.glob("*.jsonl")):
            try:
                if path.stat().st_size < self._offsets.get(path, 0):
                    self._offsets = {}
                    return None
                events += self._new_in(path)
            except OSError:  # taken away between the look at the folder and the look into the file
                continue
        events.sort(key=lambda event: (event.mono_ns, event.process, event.seq))
        return events

    def _new_in(self, path: Path) -> list[Event]:
        begun = self._offsets.get(path, 0)
        with path.open("rb") as file:
            file.seek(begun)
            body = file.read(MOST_AT_ONCE)
        whole = body[: body.rfind(b"\n") + 1]
        self._offsets[path] = begun + len(whole)
        return [event for line in whole.splitlines() if (event := _event(line)) is not None]


def _event(line: bytes) -> Event | None:
    try:
        event = Event(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return event if isinstance(event.mono_ns, int) and isinstance(event.data, dict) else None


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
