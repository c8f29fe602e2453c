"""One export in a process of its own, for `tests.bench.console`: rows, seconds, the highest memory. Prints one JSON object.

`python -m tests.bench.console_export URL KEY FILE`
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from server_stub.interface.clock import real_monotonic_ns
from server_stub.interface.secret import Secret
from server_stub.operations.doors import Door
from server_stub.operations.exports import Export, write_export
from server_stub.operations.settings import DoorAddress

from .loading import peak_mb


def export(url: str, key: str, file: Path) -> dict[str, float]:
    begun = real_monotonic_ns()
    door = Door("証明発行サーバ", DoorAddress(url, Secret(key)), 60)
    done = Export("28100", 1, file)
    write_export(
        done, door, {"municipality": "28100", "since": "2026-04-01", "until": "2027-03-31"}, ("計測",)
    )
    door.close()
    if done.failed is not None:
        raise done.failed
    return {"rows": done.written, "seconds": (real_monotonic_ns() - begun) / 1e9, "peak_mb": peak_mb()}


if __name__ == "__main__":
    print(json.dumps(export(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))  # noqa: T201
