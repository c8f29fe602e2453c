"""Terminals of a stage: in this process, in one of its own, or alone before somebody's servers."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtWidgets import QApplication

from kiosk_app.assembly import Assembly, load_all
from kiosk_app.card_slot import VIRTUAL
from kiosk_app.control import TerminalControl
from kiosk_app.devices.coin_unit import FULL_STOCK
from kiosk_app.settings import KioskSettings
from server_stub.interface.clock import Clock, ClockSetting
from server_stub.interface.trace import Trace

from . import paths
from .driver import START, LocalDriver, NotReached, SocketDriver, Terminal
from .template import CardEntry, load_cards

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
        self._control = TerminalControl(self._assembly)
        self.terminal = Terminal(LocalDriver(self._control))

    def heart(self) -> dict[str, Any]:
        return dict(self.terminal.call("heart"))

    def restart(self, settings: KioskSettings) -> None:
        self._control.forget_card()
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
        paths.private_folder(folder)
        control = self._control or f"konbini-{os.getpid()}-{secrets.token_hex(4)}"
        file = folder / "kiosk.json"
        # it holds the terminal's key
        paths.write_private(file, json.dumps(self._settings.to_json(), ensure_ascii=False).encode())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kiosk_app.main", "--settings", str(file), "--control", control],
            process_group=0,  # a Ctrl-C is its parent's, which ends it in order
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
        self._process.wait(START)
        self.terminal.close()

    def restart(self, clock: ClockSetting) -> None:
        self._settings = self._settings.at(clock)
        self._start()

    def stop(self) -> None:
        self.terminal.close()
        if self.alive:
            self._process.terminate()
            self._process.wait(START)


class LoneTerminal:
    """Starts the terminal at once; `stop` it. `template`: the folder with the virtual cards.

    Raises NotReached if the terminal cannot begin; it has then told why on its standard error.
    """

    def __init__(self, settings: KioskSettings, template: Path, control: str = "") -> None:
        self._settings, self._template, self._control = settings, template, control
        self._start_clock = settings.opening_clock()
        self.clock = settings.opening_clock()
        self.cards: dict[str, CardEntry] = load_cards(template) if settings.reader == VIRTUAL else {}
        folder = Path(settings.trace_folder) if settings.trace_folder else None
        self.trace = Trace(self.clock, run=settings.run, process="panel", folder=folder)
        self._fresh_hand()
        self.kiosk = ProcessKiosk(settings, control)
        self._stop_clock = self.clock.subscribe(self._spread_clock)

    @property
    def reader(self) -> str:
        return self._settings.reader

    def lay_card(self, name: str) -> None:
        """A card keeps its counters until `begin_anew`."""
        image = self._hand / Path(self.cards[name].file).name
        if not image.exists():
            paths.copy_private(self._template / self.cards[name].file, image)
        self.kiosk.terminal.call("lay_card", image=str(image))

    def begin_anew(self, reader: str = "") -> None:
        """Off and on again, on another reader if told: fresh cards, an empty tray, change and paper full, the clock as at the
        beginning. Journal, messages to the centre and the cash box stay: nothing that the centre must hear of is lost."""
        self.kiosk.stop()
        self._settings = replace(self._settings, reader=reader or self._settings.reader)
        self._fresh_hand()
        self.clock.start_again(self.first_moment())
        self.kiosk = ProcessKiosk(self._settings.at(self.clock.setting), self._control)
        call = self.kiosk.terminal.call
        call("take_paper")
        call("change_stock", stock={str(yen): count for yen, count in FULL_STOCK.items()})
        call("paper_empty", empty=False)

    def first_moment(self) -> datetime:
        """What the clock would show now, had nobody set it."""
        return self._start_clock.now()

    def stop(self) -> None:
        self._stop_clock()
        self.kiosk.stop()
        self.trace.close()

    @property
    def _hand(self) -> Path:
        return Path(self._settings.folder) / "cards"

    def _fresh_hand(self) -> None:
        shutil.rmtree(self._hand, ignore_errors=True)
        paths.private_folder(self._hand)

    def _spread_clock(self) -> None:
        if self.kiosk.alive:
            self.kiosk.terminal.call("clock", setting=self.clock.setting.to_json())
