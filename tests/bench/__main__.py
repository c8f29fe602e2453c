"""The benchmarks (`make bench`): medians, each taken in turn with its yardstick in the same run. The last line is JSON.

One module a part of the system; each offers a function that returns its measurements by metric and stands in `BENCHMARKS`.
`make bench ONLY="size card"` runs the modules of these names.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from scenarios.command.progress import Progress

from . import (
    card,
    certificate,
    console,
    demo,
    evidence,
    fronts,
    keyboard,
    links,
    pcsc,
    registration,
    server,
    size,
    terminal,
)
from .measure import Measurement

BENCHMARKS: tuple[Callable[[], dict[str, Measurement]], ...] = (
    card.measure,
    certificate.measure,
    fronts.measure,
    server.measure,
    links.measure,
    terminal.measure,
    keyboard.measure,
    registration.measure,
    pcsc.measure,
    size.measure,
    console.measure,
    demo.measure,
    evidence.measure,
)
"""In the order in which they run."""


def run_benchmarks(
    tell: Callable[[str], None] = lambda line: None, only: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Every metric -> {value, unit, yardstick, ratio}. `tell` hears one line for each as it is measured. `only`: the names of the
    modules that are wanted; none: all."""
    results: dict[str, dict[str, Any]] = {}
    wanted = [one for one in BENCHMARKS if not only or one.__module__.rpartition(".")[2] in only]
    progress = Progress("", "", only_on_a_screen=True)
    for done, benchmark in enumerate(wanted):
        progress.tell(done, len(wanted), benchmark.__module__.rpartition(".")[2])
        for metric, measured in benchmark().items():
            progress.clear()
            tell(f"{metric}: {measured.in_words()}")
            results[metric] = measured.to_json()
    return results


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    results = run_benchmarks(lambda line: print(line, flush=True), sys.argv[1:])  # noqa: T201
    print(json.dumps(results, ensure_ascii=False))  # noqa: T201
