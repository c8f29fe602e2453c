"""All simulated devices of one terminal, in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace

from .coin_unit import SimulatedCoinUnit
from .printer import SimulatedPrinter


class SimulatedSpeaker:
    """Says nothing aloud; the trace has every cue."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def say(self, cue: str) -> None:
        self._trace.emit("screen", "sound", cue=cue)


@dataclass(frozen=True, slots=True)
class SimulatedDevices:
    """What the terminal and the panel are given."""

    coin: SimulatedCoinUnit
    printer: SimulatedPrinter
    speaker: SimulatedSpeaker

    def shut_down(self) -> None:
        self.coin.shut_down()


def simulated_devices(folder: Path, trace: Trace, clock: Clock | None = None) -> SimulatedDevices:
    """The devices whose books lie in `folder`, taken up where they were; a fresh folder is a fresh machine. `clock`: see
    SimulatedPrinter."""
    return SimulatedDevices(
        SimulatedCoinUnit(folder, trace),
        SimulatedPrinter(folder / "paper", trace, clock),
        SimulatedSpeaker(trace),
    )
