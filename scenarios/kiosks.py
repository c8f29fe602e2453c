"""Terminals of a stage: one in this process (driven through Qt's test tools) or one in a process of its own."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtWidgets import QApplication

from kiosk_app.assembly import Assembly, load_all
from kiosk_app.control import TerminalControl
from kiosk_app.process_settings import KioskSettings
from server_stub.interface.clock import Clock, ClockSetting
from server_stub.interface.trace import Trace

from . import places
from .driver import LocalDriver, NotReached, SocketDriver, Terminal

__all__ = ["Kiosk", "KioskSettings", "LocalKiosk", "ProcessKiosk"]


class Kiosk(Protocol):
    terminal: Terminal

    def heart(self) -> dict[str, Any]:
        """The longest stand-still since this was last asked: `ms`, and `where` the thread stood."""

    def stop(self) -> None: ...


class LocalKiosk:
    """In this process, on this thread. The window lives on; terminal, devices and journal are new at each `restart`.

    What lives in the process before a terminal is not the terminal's: no full collection over it stops the screen (a
    terminal in a process of its own does the same once it has loaded).
    """

    def __init__(self, settings: KioskSettings, clock: Clock, trace: Trace) -> None:
        load_all()
        gc.freeze()
        self._application = QApplication.instance() or QApplication([])
        self._assembly = Assembly(settings, clock, trace)
        self._assembly.start()
        self.terminal = Terminal(LocalDriver(TerminalControl(self._assembly)))

    def heart(self) -> dict[str, Any]:
        return dict(self.terminal.call("heart"))

    def restart(self, settings: KioskSettings) -> None:
        self._assembly.restart(settings)

    def stop(self) -> None:
        self._assembly.stop()


class ProcessKiosk:
    """In its own process, over its control port; it can be killed and switched on again."""

    def __init__(self, settings: KioskSettings, control: str = "") -> None:
        """`control`: the name of its control port, one that nobody else has else. Raises NotReached if it cannot begin; it
        has then told why on its standard error."""
        self._settings, self._control = settings, control
        self._earlier: list[dict[str, Any]] = []
        self._start()

    def _start(self) -> None:
        folder = Path(self._settings.folder)
        places.private_folder(folder)
        control = self._control or f"konbini-{os.getpid()}-{secrets.token_hex(4)}"
        file = folder / "kiosk.json"
        # it holds the terminal's key
        places.write_private(file, json.dumps(self._settings.to_json(), ensure_ascii=False).encode())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kiosk_app.main", "--settings", str(file), "--control", control]
        )
        try:
            self.terminal = Terminal(SocketDriver(control, alive=lambda: self.alive))
        except NotReached:
            self._process.kill()
            self._process.wait()
            raise

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def heart(self) -> dict[str, Any]:
        """Over all its lives; of one that was cut off, until shortly before."""
        told, self._earlier = self._earlier, []
        if self.alive:
            told.append(self.terminal.call("heart"))
        return max(told, key=lambda one: float(one["ms"]), default={"ms": 0.0, "where": ""})

    def cut_power_at(self, record: str, action: Callable[[], None]) -> None:
        self._earlier.append(self.terminal.call("heart"))
        self.terminal.call("die_at", record=record)
        with contextlib.suppress(ConnectionError):  # it died while the last word was under way
            action()
        self._process.wait(30)
        self.terminal.close()

    def restart(self, clock: ClockSetting) -> None:
        self._settings = self._settings.at(clock)
        self._start()

    def stop(self) -> None:
        self.terminal.close()
        if self.alive:
            self._process.terminate()
            self._process.wait(10)
