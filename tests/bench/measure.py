"""How everything here is measured: in turn with its yardstick, and about whom."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server_stub.interface.clock import real_monotonic_ns

PERSON = "0000100201"
CARD = "六甲翠のカード"


@dataclass(frozen=True, slots=True)
class Measurement:
    """Medians of `value` and of its `yardstick` in `unit`; `reach` is the ratio that it is to stay within."""

    value: float
    yardstick: float
    unit: str
    reach: float

    @property
    def ratio(self) -> float:
        return self.value / self.yardstick

    def in_words(self) -> str:
        verdict = "within" if self.ratio <= self.reach else "OVER"
        return (
            f"{self.value:.2f} {self.unit}, yardstick {self.yardstick:.2f} {self.unit}, "
            f"ratio {self.ratio:.2f} ({verdict} {self.reach:g})"
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "value": round(self.value, 4),
            "unit": self.unit,
            "yardstick": round(self.yardstick, 4),
            "ratio": round(self.ratio, 3),
        }


def in_turn(
    ours: Callable[[], object],
    yardstick: Callable[[], object],
    *,
    rounds: int,
    reach: float,
    between: Callable[[], object] = lambda: None,
    apart: Callable[[], float] = lambda: 0.0,
    warm: int = 3,
) -> Measurement:
    """Milliseconds of `ours` and of `yardstick`, one after the other, `rounds` times after `warm` that do not count.

    `between` runs before each of them, unmeasured. `apart`: milliseconds of the last `ours` that belong to somebody else.
    """
    times = times_in_turn(ours, yardstick, rounds=rounds, between=between, apart=apart, warm=warm)
    return Measurement(statistics.median(times[0]), statistics.median(times[1]), "ms", reach)


def times_in_turn(
    ours: Callable[[], object],
    yardstick: Callable[[], object],
    *,
    rounds: int,
    between: Callable[[], object] = lambda: None,
    apart: Callable[[], float] = lambda: 0.0,
    warm: int = 3,
) -> tuple[list[float], list[float]]:
    """Each time that `in_turn` takes the medians of, in the order in which they were measured."""
    gc.collect()
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(warm + rounds):
        for call, kept in zip((ours, yardstick), times, strict=True):
            between()
            begun = real_monotonic_ns()
            call()
            spent = (real_monotonic_ns() - begun) / 1e6
            if number >= warm:
                kept.append(spent - apart() if call is ours else spent)
    return times
