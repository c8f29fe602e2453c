"""For all tests: no PC/SC call of this process, or of one it starts, ever reaches the readers of the machine."""

from __future__ import annotations

import os
from typing import Any

from cards.pcscd import SOCKET_VARIABLE, process_folder, socket_path

# at once: libpcsclite keeps to the first socket it was shown
os.environ[SOCKET_VARIABLE] = str(socket_path(process_folder()))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many lies, cuts and races were tried, and how many of them did harm."""
    tried = {kind: 0 for kind in ("passed", "failed", "error")}
    for kind in tried:
        tried[kind] = sum(
            "attack" in getattr(report, "keywords", ()) for report in terminalreporter.stats.get(kind, [])
        )
    if any(tried.values()):
        harm = tried["failed"] + tried["error"]
        terminalreporter.write_line(f"attacks: {tried['passed'] + harm}, violations: {harm}")
