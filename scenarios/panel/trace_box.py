"""記録: the trace as it grows, the newest below, with what one event says in full under the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QTextOption
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QPlainTextEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from scenarios.evidence.wording import SOURCES, details
from scenarios.trace_labels import Kinds
from server_stub.interface.trace import Event

from . import theme
from .parts import button, label, row
from .trace_row import SOURCE, TIME, WORDS, Index, TraceRow, TraceTail, head_width, row_height
from .words import is_notable, told

LIMIT = 3000
"""Events kept; the oldest go. The files have all of them."""

MAIN, ALL = "おもな出来事", "すべて"
_COLUMNS = ("時刻", "出所", "出来事")
_COLOURS = {"fault": theme.BAD, "operator": theme.FOCUS, "money": theme.GOOD, "paper": theme.GOOD}


class TraceModel(QAbstractTableModel):
    """Time, source and phrase of the last LIMIT events, in the order in which they happened.

    Without a `parent` it is deleted by Python's garbage collector, on whatever thread that happens to run."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.events: list[Event] = []

    def clear(self) -> None:
        self.beginResetModel()
        self.events = []
        self.endResetModel()

    def add(self, events: Sequence[Event]) -> None:
        """`events` by time; those that another process wrote late are put where they belong."""
        if not events:
            return
        last = self.events[-1].mono_ns if self.events else 0
        if events[0].mono_ns >= last and len(self.events) + len(events) <= LIMIT:
            self.beginInsertRows(QModelIndex(), len(self.events), len(self.events) + len(events) - 1)
            self.events.extend(events)
            self.endInsertRows()
            return
        self.beginResetModel()
        merged = sorted([*self.events, *events], key=lambda event: (event.mono_ns, event.process, event.seq))
        self.events = merged[-LIMIT:]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.events)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        event = self.events[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (event.clock[11:19], SOURCES.get(event.source, event.source), told(event))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return told(event)
        if role == Qt.ItemDataRole.ForegroundRole:
            refused = event.kind in ("refused", "incident", "jammed", "empty", "coin_rejected")
            fallback = theme.INK if index.column() == WORDS else theme.SOFT
            return QColor(theme.BAD if refused else _COLOURS.get(event.source, fallback))
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _COLUMNS[section]
        return None


class TraceFilter(QSortFilterProxyModel):
    def __init__(self, model: TraceModel) -> None:
        super().__init__(model.parent())
        self._events = model
        self._wanted = MAIN
        self.setSourceModel(model)

    def want(self, choice: str) -> None:
        """MAIN, ALL, or a source of the trace."""
        self._wanted = choice
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        event = self._events.events[source_row]
        if self._wanted == MAIN:
            return is_notable(event)
        return self._wanted in (ALL, event.source)


class TraceTable(QTableView):
    """Rows as high as their words need: only those that came, unless the width or the choice changed."""

    def __init__(self, shown: TraceFilter) -> None:
        super().__init__()
        self.setAccessibleName("記録")
        self.setModel(shown)
        self.setItemDelegate(TraceRow(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOn
        )  # or the first one wraps every row anew
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(TIME, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(TIME, head_width())
        self.setColumnHidden(SOURCE, True)
        header.setSectionResizeMode(WORDS, QHeaderView.ResizeMode.Stretch)
        header.sectionResized.connect(self._resized)
        shown.rowsInserted.connect(lambda parent, first, last: self._fit(first, last))
        shown.modelReset.connect(self._fit_all)
        self._words_width = self.columnWidth(WORDS)

    def _resized(self, column: int, before: int, width: int) -> None:
        """The view itself says the old width until this has returned."""
        if column == WORDS:
            self._words_width = width
            self._fit_all()

    def _fit_all(self) -> None:
        self._fit(0, self.model().rowCount() - 1)

    def _fit(self, first: int, last: int) -> None:
        rows = self.verticalHeader()
        for number in range(first, last + 1):
            text = str(self.model().index(number, WORDS).data())
            rows.resizeSection(number, row_height(text, self._words_width))


class Detail(QPlainTextEdit):
    """What one event says, in full: to be read, scrolled and copied. However long its words are, it is no wider than its room."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setReadOnly(True)
        self.setAccessibleName("選んだ記録の詳しい内容")
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(theme.px(64))
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(theme.px(4))


class TraceBox(QWidget):
    """The list with its filter. `refresh` is called by the window's timer; `came` tells what it found, `begun_anew` that nothing from
    before counts."""

    came = Signal(object)
    begun_anew = Signal()

    def __init__(self, folder: Callable[[], Path | None]) -> None:
        super().__init__()
        self._folder = folder
        self._tail, self._kinds = TraceTail(), Kinds()
        self.model = TraceModel(self)
        self.shown = TraceFilter(self.model)
        self._follow = True
        self.choice = QComboBox()
        self.choice.setAccessibleName("表示する記録")
        self.choice.addItem(MAIN, MAIN)
        self.choice.addItem(ALL, ALL)
        for source, word in SOURCES.items():
            self.choice.addItem(word, source)
        self.choice.setMaxVisibleItems(len(SOURCES) + 2)
        self.choice.currentIndexChanged.connect(self._choose)
        self._count = label("", "soft")
        self.table = self._made_table()
        self.detail = Detail("行を選ぶと、ここに詳しい内容を表示します。")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GAP, 0, 0)
        layout.setSpacing(theme.GAP)
        newest = button("最新へ", self._to_newest, tip="いちばん新しい記録を表示します")
        layout.addLayout(row(label("表示", "soft"), self.choice, self._count, 1, newest))
        layout.addWidget(self.table, 1)
        layout.addWidget(self.detail)

    def _made_table(self) -> TraceTable:
        table = TraceTable(self.shown)
        table.selectionModel().currentRowChanged.connect(self._show_detail)
        bar = table.verticalScrollBar()
        bar.valueChanged.connect(lambda value: setattr(self, "_follow", value >= bar.maximum() - 4))
        return table

    def begin_anew(self) -> None:
        """The stage was reset: files of the same names may have been written from their beginning."""
        self._tail, self._kinds = TraceTail(), Kinds()
        self.refresh()

    def refresh(self) -> None:
        """Take in what was written since the last time."""
        follow = self._follow
        events = self._tail.read(self._folder())
        if events is None:
            self.model.clear()
            self.begun_anew.emit()
            events = self._tail.read(self._folder()) or []
        if not events and self._count.text():
            return
        if events:
            self.came.emit(events)
        self.model.add([self._kinds.read(event) for event in events])
        self._tell_count()
        if follow:
            self._to_newest()

    def _choose(self) -> None:
        self.shown.want(str(self.choice.currentData()))
        self._tell_count()
        self._to_newest()

    def _to_newest(self) -> None:
        self.table.scrollToBottom()
        self._follow = True

    def _tell_count(self) -> None:
        self._count.setText(f"{self.shown.rowCount()}件")

    def _show_detail(self, current: QModelIndex, before: QModelIndex) -> None:
        if not current.isValid():
            return
        event = self.model.events[self.shown.mapToSource(current).row()]
        said = "　".join(f"{name}：{value}" for name, value in details(event))
        self.detail.setPlainText(f"{event.clock[:10]} {event.clock[11:19]}　{told(event)}\n{said}")
        self.detail.setToolTip(said)
