"""All simulated devices of one terminal, in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace

from .coin_unit import SimulatedCoinUnit
from .printer import SimulatedPrinter

if TYPE_CHECKING:
    from .voice import Voice


class SimulatedSpeaker:
    """Plays no cue aloud; the trace has every one. With a `voice`, sentences are said aloud."""

    def __init__(self, trace: Trace, voice: Voice | None = None) -> None:
        self._trace, self._voice = trace, voice

    def speak(self, sentence: str, language: str) -> None:
        self._trace.emit("screen", "spoken", sentence=sentence, language=language)
        if self._voice is not None:
            self._voice.speak(sentence, language)

    def shut_down(self) -> None:
        if self._voice is not None:
            self._voice.stop()

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
        self.speaker.shut_down()


def _voice(trace: Trace) -> Voice:
    from .voice import Voice  # here and not above: it is off by default

    def tell(reason: str) -> None:
        trace.emit("fault", "not_spoken", reason=reason)

    return Voice(tell)


def simulated_devices(
    folder: Path, trace: Trace, clock: Clock | None = None, *, voice: bool = False
) -> SimulatedDevices:
    """The devices whose books lie in `folder`, taken up where they were; a fresh folder is a fresh machine. `clock`: see
    SimulatedPrinter. `voice`: sentences are said aloud."""
    return SimulatedDevices(
        SimulatedCoinUnit(folder, trace),
        SimulatedPrinter(folder / "paper", trace, clock),
        SimulatedSpeaker(trace, _voice(trace) if voice else None),
    )
