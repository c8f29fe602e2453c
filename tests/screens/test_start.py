"""The terminal opens quickly, and the gallery shows every screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FIRST_PAINT = """
import sys
from kiosk_app.main import run_terminal
from kiosk_app.settings import KioskSettings
settings = KioskSettings("http://127.0.0.1:9", "T", "key", "0" * 64, sys.argv[1])
assert run_terminal(settings, until_first_paint=True) == 0
print(*sys.modules)
"""


def test_the_first_screen_loads_nothing_of_the_later_ones(tmp_path: Path) -> None:
    told = [sys.executable, "-c", FIRST_PAINT, str(tmp_path)]
    done = subprocess.run(told, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "kiosk_app.screens.menus" in loaded
    later = {"uharfbuzz", "pydantic", "ssl", "kiosk_app.screens.names", "kiosk_app.screens.confirm_and_pay"}
    later |= {"kiosk_app.screens.languages", "kiosk_app.devices.voice"}
    assert not later & loaded
