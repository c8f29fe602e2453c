"""The terminal as a process of its own: window, devices and runner put together, then Qt's event loop."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from cards.readers.interface import Reader
from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace

from .devices.simulated import SimulatedDevices, simulated_devices
from .settings import TerminalSettings
from .terminal import Terminal

if TYPE_CHECKING:
    from .screens.window import KioskWindow


def build_terminal(
    settings: TerminalSettings,
    *,
    clock: Clock,
    trace: Trace,
    reader: Reader,
    devices: SimulatedDevices | None = None,
) -> tuple[Terminal, KioskWindow, SimulatedDevices]:
    """A terminal with its window, not started yet; needs a QApplication. Simulated devices in `settings.device_dir` unless
    others are given."""
    from .screens.window import KioskWindow

    machines = devices or simulated_devices(settings.device_dir, trace)
    window = KioskWindow(clock)
    return Terminal(settings, clock, trace, machines, reader, window), window, machines


def run_kiosk(
    settings: TerminalSettings, *, clock: Clock, trace: Trace, reader: Reader, full_screen: bool = False
) -> int:
    """Run until the window is closed; the exit code. Raises Failed(Journal_Damaged) before anything is shown."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    terminal, window, devices = build_terminal(settings, clock=clock, trace=trace, reader=reader)
    terminal.start()
    if full_screen:
        window.showFullScreen()
    else:
        window.show()
    try:
        return application.exec()
    finally:
        terminal.stop()
        devices.shut_down()
