"""The one clock. Nothing outside this module asks the operating system for the date or the time of day."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")
MOST_RATE = 1e6
"""Clock seconds per real second."""
STAGE_START = datetime(2026, 6, 3, 10, 0, tzinfo=JST)
"""Where every stage begins: a Wednesday morning, so that hours, ages and validity are the same on any real day."""


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """All that another process needs to show the same time: `anchor_clock` at `anchor_wall`, running at `rate`.

    `anchor_wall` is POSIX seconds of the machine both processes run on; `version` grows with every change, so that
    a late message never undoes a newer one. `paced`: card, servers and printer take as long as at a shop (`pace.py`).
    """

    anchor_clock: datetime
    anchor_wall: float
    rate: float = 1.0
    frozen: bool = False
    version: int = 0
    paced: bool = False

    def at(self, wall: float) -> datetime:
        """The clock's time (aware, JST) at POSIX second `wall`."""
        if self.frozen:
            return self.anchor_clock
        return self.anchor_clock + timedelta(seconds=(wall - self.anchor_wall) * self.rate)

    def to_json(self) -> dict[str, object]:
        return {
            "anchor_clock": self.anchor_clock.isoformat(),
            "anchor_wall": self.anchor_wall,
            "rate": self.rate,
            "frozen": self.frozen,
            "version": self.version,
            "paced": self.paced,
        }

    @classmethod
    def from_json(cls, data: dict[str, object]) -> ClockSetting:
        """Raises ValueError, KeyError or OverflowError on anything that is no clock setting."""
        moment = datetime.fromisoformat(str(data["anchor_clock"]))
        if moment.tzinfo is None:
            raise ValueError("anchor_clock needs an offset, for example 2026-06-03T10:00:00+09:00")
        wall, rate = float(str(data["anchor_wall"])), float(str(data.get("rate", 1.0)))
        if not math.isfinite(wall) or not 0 < rate <= MOST_RATE:
            raise ValueError(f"anchor_wall is a time in seconds, rate from 0 to {MOST_RATE:g}")
        setting = cls(
            anchor_clock=moment.astimezone(JST),
            anchor_wall=wall,
            rate=rate,
            frozen=data.get("frozen") is True,
            version=int(str(data.get("version", 0))),
            paced=data.get("paced") is True,
        )
        setting.at(time.time())
        return setting


class Clock:
    """A clock that can be set, frozen and run. Safe to read from any thread."""

    def __init__(self, start: datetime | None = None) -> None:
        """Without `start` it shows the machine's own time."""
        wall = time.time()
        self._setting = ClockSetting(start or datetime.fromtimestamp(wall, JST), wall)
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    @classmethod
    def from_setting(cls, setting: ClockSetting) -> Clock:
        """Another process's clock as that one has it; its later settings are taken by `apply`."""
        clock = cls()
        clock._setting = setting
        return clock

    @property
    def setting(self) -> ClockSetting:
        return self._setting

    def now(self) -> datetime:
        """The time, aware, in JST."""
        return self._setting.at(time.time())

    def set(self, moment: datetime) -> None:
        """Jump to `moment` (aware); a frozen clock stays frozen there."""
        if moment.tzinfo is None:
            raise ValueError("the clock takes aware times only")
        self._change(lambda s, wall: replace(s, anchor_clock=moment.astimezone(JST), anchor_wall=wall))

    def start_again(self, moment: datetime) -> None:
        """Run from `moment` (aware) at the rate of real time, whatever was before; the pace stays."""
        self._change(
            lambda s, wall: replace(
                s, anchor_clock=moment.astimezone(JST), anchor_wall=wall, rate=1.0, frozen=False
            )
        )

    def advance(self, step: timedelta) -> None:
        self._change(lambda s, wall: replace(s, anchor_clock=s.at(wall) + step, anchor_wall=wall))

    def freeze(self) -> None:
        self._change(lambda s, wall: replace(s, anchor_clock=s.at(wall), anchor_wall=wall, frozen=True))

    def run(self, rate: float = 1.0) -> None:
        """Run at `rate` clock seconds per real second (greater than 0)."""
        if rate <= 0:
            raise ValueError("the rate must be greater than 0; use freeze() to stop the clock")
        self._change(
            lambda s, wall: replace(s, anchor_clock=s.at(wall), anchor_wall=wall, rate=rate, frozen=False)
        )

    def set_pace(self, real: bool) -> None:
        """Let everybody under this clock take as long as at a shop, or no longer than it needs (`pace.py`)."""
        self._change(lambda s, wall: replace(s, paced=real))

    def apply(self, setting: ClockSetting) -> bool:
        """Take over another process's setting; False if it is not newer than ours."""
        with self._lock:
            if setting.version <= self._setting.version:
                return False
            self._setting = setting
        self._tell()
        return True

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """`listener` is called, on the changing thread, after every jump, freeze or run. Returns the way to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _change(self, change: Callable[[ClockSetting, float], ClockSetting]) -> None:
        with self._lock:
            changed = change(self._setting, time.time())
            self._setting = replace(changed, version=self._setting.version + 1)
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


def real_monotonic_ns() -> int:
    """Real nanoseconds for durations and for time-outs of TCP, HTTP and PC/SC; never a time of day."""
    return time.monotonic_ns()
