"""Sheets of the tray as pictures and on a real printer. pdfium serves one thread at a time: all of it runs under one lock."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
from PIL import Image
from PySide6.QtCore import QObject, QRectF, QRunnable, QSizeF, QThreadPool, Signal
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter

from server_stub.interface.binding import PDFIUM
from server_stub.paper.copier import copy_pdf
from server_stub.paper.pattern import DPI
from server_stub.paper.viewing import page_picture

from . import theme
from .client import Told
from .words import NO_PRINTER

POINTS_PER_INCH = 72.0
VIEW_DPI, THUMBNAIL_DPI = 115, 36
"""What pictures for the screen are made at: one A4 side is about 950 x 1345 pixels, or 300 x 420."""
MAX_PRINT_DPI = 600
"""The ground pattern is drawn for this; more would only cost memory (100 MB a side)."""


@contextmanager
def _opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Raises ValueError for what is no PDF."""
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise ValueError("no PDF") from error
        try:
            yield document
        finally:
            document.close()


def pictures(pdf: bytes, dpi: float) -> list[QImage]:
    """Every side of one sheet as an eye sees it, white paper. Raises ValueError for what is no PDF."""
    with _opened(pdf) as document:
        return [_view(page, dpi) for page in document]


def sides_of(pdf: bytes) -> int:
    """How many sides the sheet has. Raises ValueError for what is no PDF."""
    with _opened(pdf) as document:
        return len(document)


def copy_of(pdf: bytes, side: int, dpi: float) -> QImage:
    """One side (from 0) of a sheet as the model of a copier gives it back, in black and white; it takes seconds. Raises ValueError for
    what is no PDF."""
    body = io.BytesIO()
    with _opened(pdf) as document:
        alone = pypdfium2.PdfDocument.new()
        alone.import_pages(document, [side])
        alone.save(body)
        alone.close()
    with PDFIUM:
        (copy,) = copy_pdf(body.getvalue())
    return _grey(copy, dpi / DPI)


def _grey(copy: Image.Image, share: float) -> QImage:
    """Made smaller through grey: of black and white alone, dots would be left out."""
    size = round(copy.width * share), round(copy.height * share)
    picture = copy.convert("L").resize(size, Image.Resampling.BOX)
    return QImage(
        picture.tobytes(), picture.width, picture.height, picture.width, QImage.Format.Format_Grayscale8
    ).copy()


def _view(page: pypdfium2.PdfPage, dpi: float) -> QImage:
    picture = page_picture(page, dpi)
    page.close()
    stride = 3 * picture.width
    return QImage(
        picture.tobytes(), picture.width, picture.height, stride, QImage.Format.Format_RGB888
    ).copy()


def _picture(page: pypdfium2.PdfPage, dpi: float) -> QImage:
    """For the printer: every dot of the ground as it is."""
    bitmap = page.render(scale=dpi / POINTS_PER_INCH, prefer_bgrx=True)
    image = QImage(
        bitmap.buffer, bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGB32
    ).copy()
    bitmap.close()
    page.close()
    return image


def join(pdfs: Sequence[Path], target: Path) -> None:
    """All sheets in one file, for a viewer. Raises OSError for a sheet that is gone, ValueError for what is no PDF."""
    bodies = [path.read_bytes() for path in pdfs]
    with PDFIUM:
        whole = pypdfium2.PdfDocument.new()
        try:
            for body in bodies:
                part = pypdfium2.PdfDocument(body)
                whole.import_pages(part)
                part.close()
            whole.save(target)
        except pypdfium2.PdfiumError as error:
            raise ValueError("no PDF") from error
        finally:
            whole.close()


def prepare(printer: QPrinter) -> None:
    """A4 to its edges, both sides on one sheet, nothing scaled."""
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    printer.setPageOrientation(QPageLayout.Orientation.Portrait)
    printer.setFullPage(True)
    printer.setDuplex(QPrinter.DuplexMode.DuplexLongSide)
    printer.setDocName("証明書（見本）")


def print_sheets(pdfs: Sequence[Path], printer: QPrinter) -> int:
    """Print every sheet in its true size, front and back; returns how many sides.

    Raises OSError for a sheet that is gone, Told for a printer that does not take the job, ValueError for what is no PDF.
    """
    bodies = [path.read_bytes() for path in pdfs]
    dpi = min(printer.resolution(), MAX_PRINT_DPI)
    painter = QPainter()
    if not painter.begin(printer):
        raise Told(NO_PRINTER)
    sides = 0
    try:
        for body in bodies:
            with _opened(body) as document:
                if sides % 2:  # a sheet with one side only: the next begins on paper of its own
                    _turn(printer)
                    sides += 1
                for page in document:
                    if sides:
                        _turn(printer)
                    size = QSizeF(*page.get_size()) * (printer.resolution() / POINTS_PER_INCH)
                    painter.drawImage(QRectF(0, 0, size.width(), size.height()), _picture(page, dpi))
                    sides += 1
    finally:
        painter.end()
    return sides


def _turn(printer: QPrinter) -> None:
    if not printer.newPage():
        raise Told(NO_PRINTER)


class Renderer(QObject):
    """Renders sheets off the GUI thread, one after the other; `ready` tells path and sides (none: it cannot be shown)."""

    ready = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def ask(self, path: Path) -> None:
        self._pool.start(QRunnable.create(lambda: self._render(path)))

    def stop(self) -> None:
        """What waits is dropped, what runs is waited for."""
        self._pool.clear()
        self._pool.waitForDone()

    def _render(self, path: Path) -> None:
        try:
            sides = pictures(path.read_bytes(), THUMBNAIL_DPI * theme.SCALE)
        except (OSError, ValueError):  # taken meanwhile, or no PDF
            sides = []
        self.ready.emit(path, sides)
