"""The demo: its first window from a cold start."""

from __future__ import annotations

import subprocess
import sys

from .measure import Measurement, in_turn
from .terminal import BARE_WINDOW

STARTS = 9
REACH = 1.5
FIRST_WINDOW = """
from scenarios.command import splash
window = splash.open_window()
assert window.stdout.readline() == "shown\\n"
window.kill()
"""
"""What `scenarios.cli` does before it reads anything else, until the window is seen."""


def measure() -> dict[str, Measurement]:
    """first_demo_window, beside a bare PySide6 window; milliseconds, both from the start of a process."""

    def ours() -> None:
        subprocess.run([sys.executable, "-c", FIRST_WINDOW], check=True)

    def bare() -> None:
        subprocess.run([sys.executable, "-c", BARE_WINDOW], check=True)

    return {"first_demo_window": in_turn(ours, bare, rounds=STARTS, reach=REACH)}
