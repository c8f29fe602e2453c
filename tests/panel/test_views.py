"""Sheets on the panel's screen look as they do to an eye; what goes to a printer has every dot."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication

from scenarios.panel.sheets import THUMBNAIL_DPI, VIEW_DPI, pictures, prepare, print_sheets
from tests.paper import samples
from tests.paper.reading import finish
from tests.paper.seen import UNSEEN, word_seen


@pytest.fixture(scope="module")
def sheet() -> bytes:
    (made,) = finish(samples.render_residence([samples.single()], samples.issuer(), "household"))
    return made


def as_picture(image: QImage) -> Image.Image:
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return Image.open(io.BytesIO(buffer.data().data()))


@pytest.mark.parametrize("dpi", [THUMBNAIL_DPI, VIEW_DPI])
def test_the_word_of_the_ground_is_not_seen_in_tray_and_enlargement(sheet: bytes, dpi: float) -> None:
    sides = pictures(sheet, dpi)
    assert len(sides) == 2
    for side in sides:
        assert max(word_seen(as_picture(side))) < UNSEEN


def test_the_printer_gets_the_dots(qapp: QApplication, sheet: bytes, tmp_path: Path) -> None:
    source, target = tmp_path / "sheet.pdf", tmp_path / "printed.pdf"
    source.write_bytes(sheet)
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(target))
    printer.setResolution(600)
    prepare(printer)
    assert print_sheets([source], printer) == 2
    with pypdfium2.PdfDocument(target) as printed:
        corner = printed[1].render(scale=600 / 72, crop=(0, 0, 580, 800)).to_pil().convert("L")
    dark = sum(corner.histogram()[:140]) / (corner.width * corner.height)
    assert 0.08 < dark < 0.14, "one ninth of the ground is ink"
