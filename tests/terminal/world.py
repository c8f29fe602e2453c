"""A terminal with a window that only remembers, a virtual reader, simulated devices and a small centre on a real port."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer, Signal

from cards.faults import Fault
from cards.image import CardImage
from cards.personalise import Holder, personalise
from cards.profiles.loader import load_profile
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from kiosk_app.devices.simulated import simulated_devices
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.events import Event
from kiosk_app.settings import TerminalSettings
from kiosk_app.terminal import Terminal
from server_stub.interface.clock import STAGE_START, Clock, real_monotonic_ns
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event as TraceEvent
from server_stub.interface.trace import Trace
from server_stub.interface.values import Place
from tests.cards.helper import HOLDER, NOW, Plain, authority, key_source
from tests.flow.helper import WHOLE

from .centre import KEY, TERMINAL, Centre

PIN, WRONG = Secret("7294"), Secret("7295")
OTHER = replace(HOLDER, person_key="person-2", name="別人　太郎")
PATIENCE = 20.0
"""Real seconds after which a state that does not come fails the test."""


@cache
def _image(holder: Holder) -> CardImage:
    secrets = {"authentication_pin": Plain(PIN.reveal())}
    return personalise(load_profile("plain"), holder, authority(), key_source, NOW, secrets=secrets)


def card(holder: Holder = HOLDER) -> VirtualCard:
    return VirtualCard(_image(holder).copy())


class RememberingWindow(QObject):
    """Shows nothing, keeps every view."""

    emitted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.views: list[v.View] = []

    def show_view(self, view: v.View) -> None:
        self.views.append(view)


class World:
    """One terminal and all it meets. `touch` is a resident's finger, `wait_for` waits for a screen and for quiet."""

    def __init__(self, folder: Path, centre: Centre) -> None:
        self._before = threading.enumerate()
        self.folder = folder
        self.clock = Clock(STAGE_START)
        self.clock.freeze()
        self.events: list[TraceEvent] = []
        self.trace = Trace(self.clock)
        self.trace.subscribe(self.events.append)
        self.centre = centre
        centre.renew(self.clock)
        self.reader = VirtualReader()
        self.window = RememberingWindow()
        self.devices = simulated_devices(folder / "devices", self.trace)
        self.settings = TerminalSettings(
            center_url=self.centre.url,
            terminal_id=TERMINAL,
            terminal_key=Secret(KEY),
            pinned_key=self.centre.pinned,
            data_dir=folder / "data",
            device_dir=folder / "devices",
            outbox_retry=0.05,
        )
        self.terminal = self._new_terminal()

    def _new_terminal(self) -> Terminal:
        return Terminal(self.settings, self.clock, self.trace, self.devices, self.reader, self.window)

    def restart(self, **settings: float) -> None:
        """The same folders, another life."""
        self.terminal.stop()
        _delete(self.terminal)
        self.settings = replace(self.settings, **settings)  # type: ignore[arg-type]
        self.terminal = self._new_terminal()
        self.terminal.start()

    def close(self) -> None:
        """Leaves nothing behind: what is still on its way to the centre would be taken for the next world's."""
        self.terminal.stop()
        self.devices.shut_down()
        _delete(self.terminal, self.window)
        self.centre.let_go()
        for thread in self.network_threads():
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"{thread.name} does not end"

    def network_threads(self) -> list[threading.Thread]:
        """The one that serves the terminal, and those it has abandoned."""
        return [t for t in threading.enumerate() if t not in self._before and t.name.startswith("network-")]

    # --- doing -----------------------------------------------------------------------------------------------------

    def touch(self, *touches: Event) -> None:
        for event in touches:
            self.window.emitted.emit(event)

    def to_card(self) -> None:
        self.until(self.terminal.idle)
        self.touch(e.ServiceTouched(), e.ServiceTouched(), e.Agreed())

    def to_pin(self, holder: Holder = HOLDER, faults: tuple[Fault, ...] = ()) -> None:
        self.to_card()
        self.to_pin_from_card(holder, faults)

    def to_pin_from_card(self, holder: Holder = HOLDER, faults: tuple[Fault, ...] = ()) -> None:
        self.reader.faults = list(faults)
        self.reader.insert(card(holder))
        self.wait_for("ChoosePlace")
        self.touch(e.PlaceChosen(Place.ADDRESS))
        self.wait_for("EnterPin")

    def to_menu(self) -> None:
        self.to_pin()
        self.touch(e.PinEntered(PIN))
        self.wait_for("TakeCard")
        self.reader.remove()
        self.wait_for("ChooseCertificate")

    def to_confirm(self, copies: int = 1) -> None:
        self.to_menu()
        self.touch(e.KindChosen("household"), WHOLE, e.Answered({}), e.CopiesChosen(copies))
        self.wait_for("Confirm")

    def to_pay(self, copies: int = 1) -> None:
        self.to_confirm(copies)
        self.touch(e.Confirmed())
        self.wait_for("Pay")

    def drop(self, *coins: int) -> None:
        for yen in coins:
            self.devices.coin.drop(yen)

    # --- seeing ----------------------------------------------------------------------------------------------------

    @property
    def view(self) -> v.View:
        return self.window.views[-1]

    def refusal(self) -> v.Refusal:
        self.wait_for("Refusal")
        assert isinstance(self.view, v.Refusal)
        return self.view

    def wait_for(self, state: str) -> None:
        self.until(lambda: self.terminal.state_name() == state and self.terminal.idle(), f"state {state}")

    def until(self, condition: Callable[[], object], what: str = "the state") -> None:
        limit = real_monotonic_ns() + PATIENCE * 1e9
        waker = QTimer()
        waker.start(5)
        while not condition():
            if real_monotonic_ns() > limit:
                raise AssertionError(
                    f"{what} did not come; it is {self.terminal.state_name()}: {self.view}, {self.events[-3:]}"
                )
            QCoreApplication.processEvents(
                QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
            )

    def settled(self) -> None:
        """Until every report is with the centre."""
        self.until(lambda: self.terminal.idle() and self.terminal.pending_reports() == 0, "the settling")

    def kinds(self, source: str) -> list[str]:
        return [event.kind for event in self.events if event.source == source]


def _delete(*objects: QObject) -> None:
    """Now and on this thread; the garbage collector would do it on any."""
    for one in objects:
        one.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
