"""One load in a process of its own, for `tests.bench.size`: how long what took, and how much memory. Prints one JSON object.

`python -m tests.bench.loading TOWN URL NOTICES`
"""

from __future__ import annotations

import json
import re
import resource
import sys
from pathlib import Path

from scenarios.towns import load_town
from server_stub.interface.clock import STAGE_START, Clock, real_monotonic_ns
from server_stub.interface.trace import Trace


def _memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6


def peak_mb() -> float:
    """The highest of this process since it was begun; getrusage would tell that of the process that began it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+([0-9]+) kB", status)[1]) / 1000  # type: ignore[index]


def load(folder: Path, url: str, notices: Path) -> dict[str, float]:
    """Seconds of the residents (with all that must hold between them) and of everything, rows of both, memory at a quarter of the
    residents, at their end, and the highest. `…cpu_s`: of this process, for a machine that does other things besides."""
    town = load_town(folder)
    clock = Clock(STAGE_START)
    begun = real_monotonic_ns()
    cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    told: list[tuple[float, int, str, float, float]] = []

    def progress(done: int, of: int, file: str) -> None:
        spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - cpu
        told.append(((real_monotonic_ns() - begun) / 1e9, done, file, _memory_mb(), spent))

    town.load(url, notices, clock, Trace(clock), progress=progress)
    seconds = (real_monotonic_ns() - begun) / 1e9
    first = told[0][2]
    residents = [one for one in told if one[2] == first]
    # the first batch of the next file comes when the residents are done with
    after = next((one[0] for one in told if one[2] != first), seconds)
    return {
        "residents": residents[-1][1],
        "residents_s": after,
        "rows": told[-1][1],
        "rows_s": seconds,
        "quarter_mb": residents[len(residents) // 4][3],
        "residents_mb": residents[-1][3],
        "peak_mb": peak_mb(),
        "cpu_s": sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - cpu,
        "residents_cpu_s": next((one[4] for one in told if one[2] != first), 0.0),
    }


if __name__ == "__main__":
    print(json.dumps(load(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))))  # noqa: T201
