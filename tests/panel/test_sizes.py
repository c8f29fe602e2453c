"""The panel on screens of every size: nothing leaves the window whatever is chosen, and its letters grow with the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from scenarios.panel import PanelWindow, theme
from scenarios.panel.parts import apart, side_by_side
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace
from tests.panel.helper import FakeClient

SCREENS = {
    "1366x768": 1.0,
    "1920x1080": 1.0,
    "2560x1440": 1.25,
    "3840x2160": 2.0,
    "5120x2880": 2.5,
    "7680x4320": 3.0,
}
LONG = "0123456789abcdef" * 200


@pytest.fixture
def scaled() -> Iterator[None]:
    yield
    theme.use_scale(1.0)


def size_of(name: str) -> QSize:
    wide, high = name.split("x")
    return QSize(int(wide), int(high))


@pytest.mark.parametrize("name", SCREENS)
def test_the_letters_grow_with_the_screen(name: str) -> None:
    assert theme.scale_for(size_of(name)) == SCREENS[name]


def test_what_the_desktop_keeps_for_itself_makes_nothing_smaller() -> None:
    assert theme.scale_for(QSize(3840, 2160 - 80)) == 2.0
    assert theme.scale_for(QSize(800, 600)) == 1.0


def panel_on(qtbot: QtBot, folder: Path, place: QRect, scale: float) -> PanelWindow:
    """With events whose words have no end, the last of them chosen."""
    theme.use_scale(scale)
    trace = Trace(Clock(STAGE_START), process="kiosk", folder=folder)
    for _ in range(3):
        trace.emit("screen", "screen", name="TopMenu", state="TopMenu")
        trace.emit("network", "report_refused", kind=LONG, application_id=LONG, failure=LONG)
    trace.close()
    client = FakeClient()
    client.folder = folder
    panel = PanelWindow(client)
    qtbot.addWidget(panel)
    panel.setGeometry(place)
    panel.show()
    panel.trace.choice.setCurrentText("すべて")
    panel.tell(LONG, bad=True)
    panel.trace.table.selectRow(panel.trace.shown.rowCount() - 1)
    QApplication.processEvents()
    return panel


def places() -> dict[str, tuple[QRect, float]]:
    """Alone on a second screen, and beside the terminal on the only one."""
    found = {}
    for name in SCREENS:
        screen = QRect(QPoint(0, 0), size_of(name))
        scale = theme.scale_for(screen.size())
        found[f"{name} second"] = apart([screen, screen], 0, 24), scale
        found[f"{name} only"] = side_by_side([screen], 0, scale).panel, scale
        found[f"{name} full"] = screen, scale
    return found


@pytest.mark.parametrize("where", places())
def test_a_row_without_end_pushes_nothing_out_of_the_window(
    qtbot: QtBot, tmp_path: Path, scaled: None, where: str
) -> None:
    place, scale = places()[where]
    panel = panel_on(qtbot, tmp_path, place, scale)
    assert LONG in panel.trace.detail.toPlainText()
    assert panel.width() == place.width(), "the window itself was pushed wider"
    for part in panel.findChildren(QWidget):
        if isinstance(part, QAbstractButton | QLabel | QComboBox) and part.isVisibleTo(panel):
            left = part.mapTo(panel, QPoint(0, 0)).x()
            assert left >= 0 and left + part.width() <= panel.width(), (part, part.accessibleName())


@pytest.mark.parametrize("where", places())
def test_no_letter_is_smaller_than_twelve_pixels_of_a_usual_screen(
    qtbot: QtBot, tmp_path: Path, scaled: None, where: str
) -> None:
    place, scale = places()[where]
    panel = panel_on(qtbot, tmp_path, place, scale)
    for part in panel.findChildren(QWidget):
        if isinstance(part, QAbstractButton | QLabel | QComboBox) and part.isVisibleTo(panel):
            assert QFontInfo(part.font()).pixelSize() >= 12 * scale, (part, part.font().pixelSize())
