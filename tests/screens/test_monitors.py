"""The terminal fills the monitor that was chosen, and fits on a screen smaller than its pages."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from kiosk_app.screens.window import fitted
from scenarios import paths
from scenarios.command.display import monitor_index
from scenarios.command.usage import WrongUse
from scenarios.driver import SocketDriver, Terminal

_METRICS = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}


@pytest.fixture
def two_monitors(tmp_path: Path) -> str:
    """For QT_QPA_PLATFORM: 1280 x 800, and 1600 x 1000 to its right."""
    sizes = ((0, 1280, 800), (1280, 1600, 1000))
    screens = [
        {"name": f"monitor {x}", "x": x, "y": 0, "width": width, "height": height, **_METRICS}
        for x, width, height in sizes
    ]
    file = tmp_path / "screens.json"
    file.write_text(json.dumps({"screens": screens}), encoding="utf-8")
    return f"offscreen:configfile={file}"


@pytest.mark.parametrize(("monitor", "width"), [("1", 1280), ("2", 1600)])
def test_the_terminal_fills_the_monitor_that_was_told(
    qapp: QApplication, two_monitors: str, tmp_path: Path, monitor: str, width: int
) -> None:
    control = f"konbini-monitor-{os.getpid()}-{monitor}"
    process = subprocess.Popen(
        [
            sys.executable, "-m", "scenarios.cli", "kiosk", "--center", "http://127.0.0.1:9", "--folder", str(tmp_path),
            "--control", control, "--full-screen", "--monitor", monitor,
        ],
        env=os.environ
        | {"QT_QPA_PLATFORM": two_monitors, "PYTHONPATH": str(paths.ROOT), "KONBINI_HOME": str(paths.home())},
    )  # fmt: skip
    try:
        terminal = Terminal(SocketDriver(control, alive=lambda: process.poll() is None))
        size = struct.unpack(">II", terminal.picture()[16:24])
        terminal.close()
    finally:
        process.terminate()
        process.wait(60)
    units = width / qapp.devicePixelRatio()  # of a desktop that draws everything larger there are fewer
    assert size == pytest.approx((units, units * 5 / 8), abs=1)


def test_a_monitor_that_is_not_there_is_told_with_how_many_there_are(qapp: QApplication) -> None:
    assert monitor_index(None, full_screen=False) == monitor_index(None, full_screen=True) == 0
    assert monitor_index(1, full_screen=True) == 0
    for number in (0, 2, -1):
        with pytest.raises(WrongUse, match="1 台"):
            monitor_index(number, full_screen=True)
    with pytest.raises(WrongUse, match="--full-screen"):
        monitor_index(1, full_screen=False)
    with pytest.raises(WrongUse, match="操作盤"):
        monitor_index(1, full_screen=True, beside=True)


@pytest.mark.parametrize(
    ("room", "size"),
    [((1280, 800), (1280, 800)), ((1366, 744), (1184, 740)), ((900, 2000), (896, 560)), ((3, 3), (8, 5))],
)
def test_a_window_has_the_shape_of_the_pages_in_whole_pixels(
    room: tuple[int, int], size: tuple[int, int]
) -> None:
    assert (fitted(*room).width(), fitted(*room).height()) == size
