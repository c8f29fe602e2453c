"""Opening the panel beside a terminal: where both stand on this machine's screens, and the panel until it is closed."""

from __future__ import annotations

import signal
import sys

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from kiosk_app.screens.placing import title_height

from . import theme
from .client import PanelClient
from .placing import HEIGHT, WIDTH, apart, side_by_side
from .window import PanelWindow


def stand(full_screen: bool, monitor: int) -> tuple[tuple[int, ...], QRect]:
    """KioskSettings.place for the terminal, and the panel's place. Makes the QApplication.

    `monitor` (from 0) is the one that a full-screen terminal fills; there is another one then."""
    _application()
    if QGuiApplication.platformName() == "offscreen":  # nobody looks
        return (), QRect(0, 0, WIDTH, HEIGHT)
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    others = [screen for number, screen in enumerate(screens) if number != (monitor if full_screen else 0)]
    theme.use_scale(theme.scale_for((others or screens)[0].size()))
    if full_screen:
        return (), apart(screens, monitor, title_height(), theme.SCALE)
    places = side_by_side(screens, title_height(), theme.SCALE)
    terminal = places.terminal
    return (terminal.x(), terminal.y(), terminal.width(), terminal.height()), places.panel


def run_panel(client: PanelClient, place: QRect) -> int:
    """Until the panel is closed or the process is told to end; the exit code."""
    application = _application()
    panel = PanelWindow(client)
    panel.setGeometry(place)
    panel.show()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: application.quit())
    code = int(application.exec())
    panel.close()
    return code


def _application() -> QApplication:
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    return application
