"""取り出し口: the sheets as paper, front and back; enlarged, opened in a viewer, printed, taken."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence, Set
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QSize, Qt, QTranslator, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QImage,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QScrollArea,
    QStackedLayout,
    QWidget,
)

from . import theme
from .client import Attempt, PanelClient, TerminalState, Told
from .paper_view import PaperWindow
from .parts import Box, button, even, label
from .sheets import Renderer, join, prepare, print_sheets
from .two_languages import LANGUAGE, say
from .words import NO_VIEWER

PER_ROW = 4
"""Sides in a row: two sheets."""
_SIDES = ("表", "裏")
_CAPTION = 18


class TrayBox(Box):
    """`came` is emitted when there are more sheets than before."""

    came = Signal()

    def __init__(self, client: PanelClient, attempt: Attempt) -> None:
        super().__init__("取り出し口（トレイ）")
        self._client, self._attempt = client, attempt
        self._renderer = Renderer(self)
        self._renderer.ready.connect(self._rendered)
        self._pictures: dict[Path, list[QImage]] = {}
        self._temporary = tempfile.TemporaryDirectory(prefix="konbini-panel-")
        self._opened = 0
        self.sheets: tuple[Path, ...] = ()
        self.thumbnails: list[Side] = []
        self.count = label("", "soft", name="tray_count")
        self.heading.addWidget(self.count)
        self._paper = QWidget()
        self._grid = QGridLayout(self._paper)
        self._grid.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        self._grid.setSpacing(theme.GAP)
        self._area = QScrollArea()
        self._area.setAccessibleName("取り出し口の用紙")
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._paper)
        nothing = label("用紙はありません。\n印刷が始まると、ここに表と裏が並びます。", "soft")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(nothing)
        self._stack.addWidget(self._area)
        self.inside.addWidget(holder, 1)
        self.take = button(
            "用紙を取る", self._take, role="main", tip="利用者として、全部の用紙を取り出します"
        )
        self.open = button("PDFを開く", self._open, tip="この機械のPDF表示ソフトで開きます")
        self.print = button(
            "実物のプリンターで印刷…", self._print, tip="この機械のプリンターを選んで、両面・原寸で印刷します"
        )
        self.large = button("", self._look_at_all)
        self.by_itself = button("", self._speak, role="way")
        self.by_itself.setCheckable(True)
        self.by_itself.setChecked(True)
        self.heading.insertWidget(self.heading.count() - 1, self.by_itself)
        self.inside.addLayout(even(self.take, self.large))
        self.inside.addLayout(even(self.open, self.print))
        LANGUAGE.changed.connect(self._speak)
        self._speak()
        self.refresh(None)

    def refresh(self, state: TerminalState | None) -> None:
        """Show the sheets of `state`; None (the terminal does not answer) leaves what is seen."""
        more = False
        if state is not None and state.tray != self.sheets:
            more = len(state.tray) > len(self.sheets)
            if self.by_itself.isChecked():
                self._show_taken(set(self.sheets) - set(state.tray))
            self.sheets = state.tray
            self._pictures = {path: sides for path, sides in self._pictures.items() if path in self.sheets}
            for path in self.sheets:
                if path not in self._pictures:
                    self._pictures[path] = []
                    self._renderer.ask(path)
            self._lay_out()
        there = bool(self.sheets)
        self.count.setText(f"{len(self.sheets)}枚" if there else "空")
        self._stack.setCurrentIndex(1 if there else 0)
        for action in (self.take, self.large, self.open, self.print):
            action.setEnabled(there)
        if more:
            self.came.emit()

    def stop(self) -> None:
        """The panel is closed."""
        for window in self.windows():
            window.close()
        self._renderer.stop()
        self._temporary.cleanup()

    # --- paper --------------------------------------------------------------------------------------------------------------

    def _rendered(self, path: Path, sides: list[QImage]) -> None:
        if path in self.sheets:
            self._pictures[path] = sides
            self._lay_out()

    def _lay_out(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.thumbnails = []
        place = 0
        for number, path in enumerate(self.sheets, start=1):
            sides = self._pictures[path] or [QImage(), QImage()]
            if place % PER_ROW + len(sides) > PER_ROW:
                place += PER_ROW - place % PER_ROW
            for index, picture in enumerate(sides):
                side = Side(f"{number}枚目 {_SIDES[index]}", picture, index)
                side.clicked.connect(partial(self._enlarge, path, side))
                self._grid.addWidget(side, place // PER_ROW, place % PER_ROW, Qt.AlignmentFlag.AlignTop)
                self.thumbnails.append(side)
                place += 1
        for column in range(PER_ROW):
            self._grid.setColumnStretch(column, 1)
        self._grid.setRowStretch((place + PER_ROW - 1) // PER_ROW, 1)
        self._fit()

    def _fit(self) -> None:
        frame = 2 * self._area.frameWidth() + self._area.verticalScrollBar().sizeHint().width()
        room = self.inside.contentsRect().width() - frame - (PER_ROW + 1) * theme.GAP
        for side in self.thumbnails:
            side.fit(max(40, room // PER_ROW))
        first = max((side.height() for side in self.thumbnails[:PER_ROW]), default=0)
        self._area.setMinimumHeight(first + 2 * (theme.GAP + self._area.frameWidth()) if first else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # --- large ---------------------------------------------------------------------------------------------------------------

    def windows(self) -> list[PaperWindow]:
        """Those that are open."""
        return self.window().findChildren(PaperWindow)

    def _enlarge(self, path: Path, side: Side) -> None:
        self._attempt(lambda: self._look_at(self.sheets, self.sheets.index(path), side.index))

    def _look_at_all(self) -> None:
        self._attempt(lambda: self._look_at(self.sheets))

    def _look_at(self, sheets: Sequence[Path], sheet: int = 0, side: int = 0) -> None:
        """Raises OSError for a sheet that is gone, ValueError for what is no PDF."""
        made = PaperWindow(self.window(), [path.read_bytes() for path in sheets], sheet, side)
        for window in self.windows():
            if window is not made:
                window.close()
        made.show()
        made.activateWindow()

    def _show_taken(self, gone: Set[Path]) -> None:
        """Show the certificates among the sheets that have left the tray, if a resident has taken them: what was drawn in lies elsewhere
        in the printer's book, and a receipt has one side."""
        sheets = [path for path in self.sheets if path in gone and len(self._pictures.get(path, ())) > 1]
        taken = [there for path in sheets if (there := path.parent.with_name("taken") / path.name).exists()]
        if taken:
            self._attempt(lambda: self._look_at(taken))

    def _speak(self) -> None:
        self.large.setText(say("paper.large"))
        self.large.setToolTip(say("paper.large.tip"))
        on = say("on" if self.by_itself.isChecked() else "off")
        self.by_itself.setText(f"{say('paper.by_itself')}：{on}")
        self.by_itself.setToolTip(say("paper.by_itself.tip"))
        for action in (self.large, self.by_itself):
            action.setAccessibleName(action.text())

    # --- what the presenter does ---------------------------------------------------------------------------------------------

    def _take(self) -> None:
        self._attempt(self._client.take_paper, "用紙を取りました。")

    def _open(self) -> None:
        self._opened += 1
        target = Path(self._temporary.name) / f"証明書（見本）{self._opened}.pdf"

        def show() -> None:
            join(self.sheets, target)
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(target))):
                raise Told(NO_VIEWER)

        self._attempt(show, "PDFを開きました。")

    def _print(self) -> None:
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        prepare(printer)
        if ask_printer(printer, self.window()):
            self._attempt(lambda: print_sheets(self.sheets, printer), "プリンターへ送りました。")


def ask_printer(printer: QPrinter, parent: QWidget) -> bool:
    """The system's dialog; False if the presenter cancels."""
    translator = QTranslator()
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(QLocale.Language.Japanese), "qtbase", "_", folder):
        QCoreApplication.installTranslator(translator)
    dialog = QPrintDialog(printer, parent)
    dialog.setWindowTitle("実物のプリンターで印刷")
    accepted = bool(dialog.exec())
    QCoreApplication.removeTranslator(translator)
    return accepted


class Side(QAbstractButton):
    """One side of a sheet as a small picture; a click enlarges it."""

    def __init__(self, title: str, picture: QImage, index: int) -> None:
        """`index`: 0 front, 1 back. `picture` is null as long as it is not there."""
        super().__init__()
        self.picture = picture
        self.index = index
        self.setText(title)
        self.setAccessibleName(title)
        self.setToolTip("押すと大きく表示します")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._small = QImage()

    def fit(self, width: int) -> None:
        shape = self.picture.size() if not self.picture.isNull() else QSize(210, 297)
        height = width * shape.height() // shape.width()
        if height > width * 1.5:  # a receipt is narrow and long, and shown no taller than a sheet
            height = int(width * 1.5)
        self.setFixedSize(width, height + theme.px(_CAPTION))
        if not self.picture.isNull():
            ratio = self.devicePixelRatioF()
            room = QSize(int(width * ratio), int(height * ratio))
            self._small = self.picture.scaled(
                room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            self._small.setDevicePixelRatio(ratio)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        sheet = self.rect().adjusted(0, 0, 0, -theme.px(_CAPTION))
        painter.setFont(theme.font(theme.SMALL))
        if self._small.isNull():
            painter.fillRect(sheet, theme.colour(theme.PAPER))
            painter.setPen(theme.colour(theme.REST))
            painter.drawText(sheet, int(Qt.AlignmentFlag.AlignCenter), "印刷中…")
        else:
            size = self._small.deviceIndependentSize().toSize()
            painter.drawImage((sheet.width() - size.width()) // 2, 0, self._small)
        if self.hasFocus() or self.underMouse():
            painter.setPen(theme.colour(theme.ACCENT))
            painter.drawRect(sheet.adjusted(0, 0, -1, -1))
        painter.setPen(theme.colour(theme.SOFT))
        caption = self.rect().adjusted(0, sheet.height() + 2, 0, 0)
        painter.drawText(caption, int(Qt.AlignmentFlag.AlignCenter), self.text())
        painter.end()
