"""One terminal put together: settings, clock, trace, devices, reader, window. The process entry and the stage call this."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from cards.faults import Effect, Fault
from cards.readers.virtual import VirtualReader
from kiosk_app.devices.simulated import SimulatedDevices, simulated_devices
from kiosk_app.journal import Record
from kiosk_app.process_settings import KioskSettings
from kiosk_app.screens.window import KioskWindow
from kiosk_app.settings import TerminalSettings
from kiosk_app.terminal import Terminal
from server_stub.interface.clock import Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace


def terminal_settings(told: KioskSettings) -> TerminalSettings:
    """Raises Failed(Settings_Wrong)."""
    folder = Path(told.folder)
    return TerminalSettings(
        center_url=told.center_url,
        terminal_id=told.terminal_id,
        terminal_key=Secret(told.terminal_key),
        pinned_key=told.center_key,
        data_dir=folder / "data",
        device_dir=folder / "devices",
    )


class Assembly:
    """The parts of one terminal by their names. GUI thread only."""

    def __init__(
        self, settings: KioskSettings, clock: Clock, trace: Trace, window: KioskWindow | None = None
    ) -> None:
        self.settings, self.clock, self.trace = settings, clock, trace
        self.window = window or KioskWindow(clock)
        self.reader = VirtualReader(observer=partial(trace.emit, "card"))
        self.devices: SimulatedDevices
        self.terminal: Terminal
        self._build()

    def _build(self) -> None:
        told = terminal_settings(self.settings)
        self.devices = simulated_devices(
            told.device_dir, self.trace, seconds_per_sheet=self.settings.seconds_per_sheet
        )
        self.terminal = Terminal(told, self.clock, self.trace, self.devices, self.reader, self.window)

    def start(self) -> None:
        """Show the first screen and begin. Raises Failed(Journal_Damaged)."""
        self.terminal.start()
        if not self.window.isVisible():
            self.window.show()

    def restart(self, settings: KioskSettings) -> None:
        """Fresh devices, journal and outbox, as `settings` say; the window stays."""
        self.terminal.stop()
        self.terminal.deleteLater()
        self.devices.shut_down()
        self.reader.remove()
        self.reader.faults = []
        self.settings = settings
        self._build()
        self.terminal.start()

    def stop(self) -> None:
        self.terminal.stop()
        self.devices.shut_down()
        self.window.close()

    # --- for the control port ------------------------------------------------------------------------------------------

    def set_card_faults(self, faults: list[dict[str, Any]]) -> None:
        """`faults`: fields of cards.faults.Fault by name, `effect` as its value."""
        self.reader.faults = [Fault(**{**fault, "effect": Effect(fault["effect"])}) for fault in faults]

    def die_at(self, record: str) -> None:
        """A power cut at a known moment: SIGKILL as soon as the journal has a record of that kind on the disk."""

        def watch(written: Record) -> None:
            if written.kind == record:
                if sys.platform == "win32":
                    os._exit(9)
                os.kill(os.getpid(), signal.SIGKILL)

        self.terminal.journal.on_written = watch
