"""The tray on the panel: sheets as paper, enlarged, opened, printed in their true size, taken."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from scenarios.panel import PanelWindow, tray_box
from scenarios.panel.client import Told
from scenarios.panel.sheets import join, pictures, prepare, print_sheets
from scenarios.panel.words import NO_FILE, NO_PRINTER, NO_VIEWER
from tests.panel.helper import FakeClient, sheet_pdf


@pytest.fixture
def sheets(tmp_path: Path) -> tuple[Path, Path]:
    """Two sheets of two sides; the grounds have a grey of their own each."""
    (tmp_path / "tray").mkdir()
    paths = tmp_path / "tray" / "1.pdf", tmp_path / "tray" / "2.pdf"
    paths[0].write_bytes(sheet_pdf(0.9, 0.8))
    paths[1].write_bytes(sheet_pdf(0.7, 0.6))
    return paths


def lay(panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, ...]) -> None:
    client.state = dataclasses.replace(client.state, tray=sheets)
    qtbot.waitUntil(
        lambda: (
            panel.tray.sheets == sheets and all(not side.picture.isNull() for side in panel.tray.thumbnails)
        )
    )


def grey(picture: object) -> int:
    """Of the ground, near the lower right corner."""
    return int(picture.pixelColor(picture.width() - 9, picture.height() - 9).red())  # type: ignore[attr-defined]


def test_front_and_back_of_every_sheet_are_shown_in_order(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, Path]
) -> None:
    assert not panel.tray.take.isEnabled() and not panel.tray.print.isEnabled()
    lay(panel, client, qtbot, sheets)
    names = [side.accessibleName() for side in panel.tray.thumbnails]
    assert names == ["1枚目 表", "1枚目 裏", "2枚目 表", "2枚目 裏"]
    greys = [grey(side.picture) for side in panel.tray.thumbnails]
    assert greys == pytest.approx([230, 204, 178, 153], abs=1)
    assert panel.tray.count.text() == "2枚"


@pytest.mark.parametrize("size", [(420, 768), (420, 560), (712, 600), (1024, 700)])
def test_paper_that_comes_is_seen_whole_without_scrolling(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, Path], size: tuple[int, int]
) -> None:
    panel.resize(*size)
    lay(panel, client, qtbot, sheets)
    for part in (panel.tray, *panel.tray.thumbnails):
        qtbot.waitUntil(lambda part=part: part.visibleRegion().boundingRect() == part.rect())


def test_paper_that_lay_there_before_is_not_scrolled_to(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, Path]
) -> None:
    panel.resize(420, 768)
    lay(panel, client, qtbot, sheets)
    panel.columns.verticalScrollBar().setValue(0)
    lay(panel, client, qtbot, sheets[:1])
    assert panel.columns.verticalScrollBar().value() == 0


def test_paper_is_taken_by_one_button_and_is_gone(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, Path]
) -> None:
    lay(panel, client, qtbot, sheets)
    panel.tray.take.click()
    assert client.asked == [("paper",)]
    lay(panel, client, qtbot, ())
    assert panel.tray.count.text() == "空" and panel.tray.thumbnails == []


def test_a_click_shows_the_side_large_in_a_window_of_its_own(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, Path]
) -> None:
    lay(panel, client, qtbot, sheets)
    panel.tray.thumbnails[3].click()
    (large,) = panel.tray.windows()
    assert large.isWindow() and (large.sheet, large.side) == (1, 1)
    qtbot.waitUntil(large.seen)
    assert grey(large.canvas.picture) == pytest.approx(153, abs=1)
    panel.tray.large.click()
    (large,) = [window for window in panel.tray.windows() if window.isVisible()]
    assert (large.sheet, large.side) == (0, 0), "one window at a time"


def taken(sheets: tuple[Path, ...], place: str) -> tuple[Path, ...]:
    """They lie in another place of the printer's book now."""
    folder = sheets[0].parent.with_name(place)
    folder.mkdir()
    return tuple(sheet.rename(folder / sheet.name) for sheet in sheets)


@pytest.mark.parametrize(
    ("place", "switched", "opens"), [("taken", True, True), ("taken", False, False), ("void", True, False)]
)
def test_paper_that_is_taken_opens_by_itself_and_what_is_drawn_in_does_not(
    panel: PanelWindow,
    client: FakeClient,
    qtbot: QtBot,
    sheets: tuple[Path, Path],
    place: str,
    switched: bool,
    opens: bool,
) -> None:
    if not switched:
        panel.tray.by_itself.click()
    lay(panel, client, qtbot, sheets)
    taken(sheets, place)
    lay(panel, client, qtbot, ())
    windows = panel.tray.windows()
    assert bool(windows) is opens
    if opens:
        qtbot.waitUntil(windows[0].seen)
        assert grey(windows[0].canvas.picture) == pytest.approx(230, abs=1)


def test_a_receipt_does_not_open_by_itself(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, Path]
) -> None:
    sheets[0].write_bytes(sheet_pdf(0.5, size=(80, 126)))
    lay(panel, client, qtbot, sheets[:1])
    taken(sheets[:1], "taken")
    lay(panel, client, qtbot, ())
    assert not panel.tray.windows()


def test_a_sheet_that_is_taken_meanwhile_is_told_not_raised(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, Path]
) -> None:
    lay(panel, client, qtbot, sheets)
    sheets[0].unlink()
    panel.tray.thumbnails[0].click()
    assert panel.told.text() == NO_FILE
    panel.tell("")
    panel.tray.open.click()
    assert panel.told.text() == NO_FILE


def test_a_file_that_is_no_pdf_stays_blank_paper(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, sheets: tuple[Path, Path]
) -> None:
    sheets[0].write_bytes(b"no PDF")
    client.state = dataclasses.replace(client.state, tray=sheets)
    qtbot.waitUntil(lambda: len(panel.tray.thumbnails) == 4 and not panel.tray.thumbnails[3].picture.isNull())
    assert panel.tray.thumbnails[0].picture.isNull()
    panel.tray.thumbnails[0].click()
    assert panel.told.text()


def test_all_sheets_open_as_one_file_in_the_viewer_of_the_machine(
    panel: PanelWindow,
    client: FakeClient,
    qtbot: QtBot,
    sheets: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    lay(panel, client, qtbot, sheets)
    panel.tray.open.click()
    assert [grey(side) for side in pictures(Path(opened[0].toLocalFile()).read_bytes(), 20)] == pytest.approx(
        [230, 204, 178, 153], abs=1
    )


def test_a_machine_without_a_viewer_is_told(
    panel: PanelWindow,
    client: FakeClient,
    qtbot: QtBot,
    sheets: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    lay(panel, client, qtbot, sheets)
    panel.tray.open.click()
    assert panel.told.text() == NO_VIEWER


def test_prints_what_the_dialog_says_and_nothing_when_it_is_cancelled(
    panel: PanelWindow,
    client: FakeClient,
    qtbot: QtBot,
    sheets: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    target = tmp_path / "printed.pdf"
    lay(panel, client, qtbot, sheets)
    monkeypatch.setattr(tray_box, "ask_printer", lambda printer, parent: False)
    panel.tray.print.click()

    def chosen(printer: QPrinter, parent: object) -> bool:
        to_file(printer, target)
        return True

    assert not target.exists()
    monkeypatch.setattr(tray_box, "ask_printer", chosen)
    panel.tray.print.click()
    with pypdfium2.PdfDocument(target) as printed:
        assert len(printed) == 4


def to_file(printer: QPrinter, target: Path) -> None:
    """What the dialog does when the presenter chooses to print into a file."""
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(target))
    printer.setResolution(300)


def test_paper_comes_out_of_a_printer_in_true_size(qapp: QApplication, tmp_path: Path) -> None:
    source, target = tmp_path / "1.pdf", tmp_path / "printed.pdf"
    source.write_bytes(sheet_pdf(0.9, 0.8))
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    to_file(printer, target)
    prepare(printer)
    assert print_sheets([source], printer) == 2
    front, back = pictures(target.read_bytes(), 254)
    assert (front.width(), front.height()) == (pytest.approx(2100, abs=8), pytest.approx(2970, abs=8))
    dark = [x for x in range(front.width()) if front.pixelColor(x, 450).red() < 100]
    assert (dark[0] / 10, dark[-1] / 10) == (pytest.approx(20, abs=0.3), pytest.approx(70, abs=0.3))
    dark = [y for y in range(front.height()) if back.pixelColor(450, y).red() < 100]
    assert (dark[0] / 10, dark[-1] / 10) == (pytest.approx(20, abs=0.3), pytest.approx(70, abs=0.3))


def test_behind_a_receipt_the_next_sheet_begins_on_paper_of_its_own(
    qapp: QApplication, tmp_path: Path
) -> None:
    receipt, sheet, target = (tmp_path / name for name in ("r.pdf", "s.pdf", "printed.pdf"))
    receipt.write_bytes(sheet_pdf(0.5, size=(80, 126)))
    sheet.write_bytes(sheet_pdf(0.7, 0.6))
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    to_file(printer, target)
    prepare(printer)
    assert print_sheets([receipt, sheet], printer) == 4
    sides = pictures(target.read_bytes(), 40)
    assert [grey(side) for side in sides] == pytest.approx([255, 255, 178, 153], abs=2)


@pytest.mark.qt_log_ignore("QPainter::begin")
def test_a_printer_that_takes_nothing_is_told(qapp: QApplication, tmp_path: Path) -> None:
    source = tmp_path / "1.pdf"
    source.write_bytes(sheet_pdf(0.9))
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    to_file(printer, tmp_path / "missing" / "printed.pdf")
    with pytest.raises(Told, match=NO_PRINTER):
        print_sheets([source], printer)


def test_what_is_no_pdf_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pdf"
    wrong.write_bytes(b"no PDF")
    with pytest.raises(ValueError, match="no PDF"):
        pictures(b"no PDF", 20)
    with pytest.raises(ValueError, match="no PDF"):
        join([wrong], tmp_path / "all.pdf")
