"""The benchmarks (`make bench`): medians, each taken in turn with its yardstick in the same run. The last line is JSON.

One module a part of the system; each offers a function that returns its measurements by metric and stands in `BENCHMARKS`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from . import card, certificate, fronts, links, pcsc, server, terminal
from .measure import Measurement

BENCHMARKS: tuple[Callable[[], dict[str, Measurement]], ...] = (
    card.measure,
    certificate.measure,
    fronts.measure,
    server.measure,
    links.measure,
    terminal.measure,
    pcsc.measure,
)
"""In the order in which they run."""


def run_benchmarks(tell: Callable[[str], None] = lambda line: None) -> dict[str, dict[str, Any]]:
    """Every metric -> {value, unit, yardstick, ratio}. `tell` hears one line for each as it is measured."""
    results: dict[str, dict[str, Any]] = {}
    for benchmark in BENCHMARKS:
        for metric, measured in benchmark().items():
            tell(f"{metric}: {measured.in_words()}")
            results[metric] = measured.to_json()
    return results


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    print(json.dumps(run_benchmarks(lambda line: print(line, flush=True)), ensure_ascii=False))  # noqa: T201
