"""One terminal put together: settings, clock, trace, devices, reader, window. The process entry and the stage call this."""

from __future__ import annotations

import gc
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent

from cards.faults import Effect, Fault
from cards.virtual import VirtualCard
from kiosk_app.devices.simulated import SimulatedDevices, simulated_devices
from kiosk_app.flow.events import ReaderBack, ReaderLost
from kiosk_app.flow.views import Pay
from kiosk_app.screens.window import KioskWindow, load_screens
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace

from .card_slot import VIRTUAL, Hand, open_slot
from .card_trust import CardTrust
from .journal import Record
from .settings import KioskSettings, TerminalSettings
from .terminal import Terminal

LATER = (
    "kiosk_app.card_session", "kiosk_app.center_client", "kiosk_app.devices.receipt", "kiosk_app.paper",
    "kiosk_app.screens.names", "kiosk_app.sheet_inspection", "uharfbuzz",
)  # fmt: skip
"""What a visit needs and the first screen does not."""


def load_all() -> None:
    """Read everything that a visit needs from the disk, before a resident comes. On any thread: a big library, or a slow
    disk, stops the screen that waits for it."""
    for name in LATER:
        import_module(name)
    load_screens()


def terminal_settings(told: KioskSettings) -> TerminalSettings:
    """Raises Failed(Settings_Wrong), Failed(Centre_Not_Secured)."""
    folder = Path(told.folder)
    return TerminalSettings(
        center_url=told.center_url,
        terminal_id=told.terminal_id,
        terminal_key=Secret(told.terminal_key),
        pinned_key=told.center_key,
        data_dir=told.data_dir,
        device_dir=folder / "devices",
        card_limit=told.card_limit,
        card_bodies=told.card_bodies,
        paced_card=told.reader == VIRTUAL,
        server_ca=Path(told.server_ca) if told.server_ca else None,
        call_center=told.call_center,
        large_text=told.large_text,
        high_contrast=told.high_contrast,
    )


class Assembly:
    """The parts of one terminal by their names. GUI thread only."""

    def __init__(
        self, settings: KioskSettings, clock: Clock, trace: Trace, window: KioskWindow | None = None
    ) -> None:
        self.settings, self.clock, self.trace = settings, clock, trace
        self._use_fonts()
        self.window = window or KioskWindow(clock)
        self.window.shown.connect(self._keep_screen)
        self._said = ("", "")
        if settings.voice:
            self.window.shown.connect(self._say_screen)
        self.slot = open_slot(settings.reader, settings.hand, self._reader_told)
        self.trust = CardTrust(
            self._laid_card,
            bytes.fromhex(settings.authority),
            settings.enrolled,
            automatic=settings.automatic,
            budget=settings.pin_budget,
        )
        self.devices: SimulatedDevices
        self.terminal: Terminal
        self._build()

    def _build(self) -> None:
        told = terminal_settings(self.settings)
        self.devices = simulated_devices(told.device_dir, self.trace, self.clock, voice=self.settings.voice)
        self.terminal = Terminal(
            told, self.clock, self.trace, self.devices, self.slot.reader, self.window, self.trust
        )

    def start(self) -> None:
        """Show the first screen and begin. Raises Failed(Journal_Damaged)."""
        self.terminal.start()
        if not self.window.isVisible():
            self.window.show()

    def _use_fonts(self) -> None:
        # here and not above: the first paint needs no names
        from .screens.names import use_fonts

        use_fonts(self.settings.name_fonts)

    def restart(self, settings: KioskSettings) -> None:
        """Fresh devices, journal and outbox, as `settings` say; window, card slot and trust stay."""
        self.terminal.stop()
        self.terminal.deleteLater()
        self.devices.shut_down()
        if self.slot.hand is not None:
            self.slot.hand.remove()
            self.slot.hand.faults.clear()
        self.settings = settings
        self._use_fonts()
        # the old terminal goes, and what stays is not the new one's: no full collection over it ever stops its screen
        del self.terminal, self.devices
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        gc.freeze()
        self._build()
        self.start()

    def stop(self) -> None:
        """Ends the terminal and takes its window away. What is Qt's goes here: the garbage collector would delete it on
        whatever thread it runs."""
        self.terminal.stop()
        self.devices.shut_down()
        self.window.close()
        for one in (self.terminal, self.window):
            one.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def _laid_card(self) -> VirtualCard | None:
        return self.slot.hand.card if self.slot.hand is not None else None

    def _reader_told(self, kind: str, /, **data: Any) -> None:
        """What the reader tells of itself, on its own thread."""
        self.trace.emit("card", kind, **data)
        if kind == "reader_lost":
            self.terminal.post(ReaderLost(str(data["failure"])))
        elif kind == "reader_back":
            self.terminal.post(ReaderBack())

    def _say_screen(self) -> None:
        """The one sentence of the screen that is shown, in its language; once, however often the screen changes what it holds. It
        is a row of the catalogue: no name, number or PIN stands in it."""
        saying = self.window.sentence()
        if saying != self._said:
            self._said = saying
            self.devices.speaker.speak(*saying)

    def _keep_screen(self, name: str) -> None:
        """The pay screen with the whole amount stands until the coin unit has heard of it: milliseconds."""
        view = self.window.view()
        if self.settings.keep_screens and isinstance(view, Pay) and view.inserted >= view.due:
            picture = self.trace.store(self.window.png(), ".png")
            self.trace.emit("screen", "screen_kept", screen=name, picture=picture)

    # --- for the control port ------------------------------------------------------------------------------------------

    @property
    def hand(self) -> Hand:
        """Raises Failed(Control_Not_Offered) where only a person can lay a card down."""
        if self.slot.hand is None:
            raise Failed("Control_Not_Offered", capability="lay_card")
        return self.slot.hand

    def set_card_faults(self, faults: list[dict[str, Any]]) -> None:
        """`faults`: fields of cards.faults.Fault by name, `effect` as its value."""
        self.hand.faults[:] = [Fault(**{**fault, "effect": Effect(fault["effect"])}) for fault in faults]

    def die_at(self, record: str) -> None:
        """A power cut at a known moment: SIGKILL as soon as the journal has a record of that kind on the disk."""

        def watch(written: Record) -> None:
            if written.kind == record:
                self.trace.flush()  # evidence is the stage's: the power cut of a scenario does not reach it
                if sys.platform == "win32":
                    os._exit(9)
                os.kill(os.getpid(), signal.SIGKILL)

        self.terminal.journal.on_written = watch
