"""`konbini demo --tour`, and the sign of life that the demo gives before it reads anything heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios import paths
from scenarios.cli import app
from scenarios.command import splash
from scenarios.command.usage import WrongUse
from tests.long import LONG

OFFSCREEN = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
LOOKED_AT = """
import sys
sys.argv = ["konbini", "demo"]
import scenarios.command.splash as splash
def begin(arguments):
    print(arguments, sorted({name.partition(".")[0] for name in sys.modules} & {"typer", "PySide6", "httpx", "pydantic", "pytest"}))
    raise SystemExit
splash.begin = begin
import scenarios.cli
"""


def test_the_first_window_is_opened_before_anything_heavy_is_read() -> None:
    told = subprocess.run([sys.executable, "-c", LOOKED_AT], capture_output=True, text=True, check=True)
    assert told.stdout == "['konbini', 'demo'] []\n"


def test_the_first_window_is_shown_told_what_is_started_and_goes_with_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    window = splash.open_window()
    monkeypatch.setattr(splash, "_running", window)
    assert splash.is_shown()
    splash.say(3, 5, "端末を起動しています")
    assert window.poll() is None
    splash.end()
    assert window.returncode == 0


@pytest.mark.parametrize("arguments", [["run"], ["demo", "--help"], ["demo", "--pictures", "x"], []])
def test_no_window_is_opened_for_what_shows_none(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setattr(splash, "open_window", lambda: pytest.fail("a window was opened"))
    splash.begin(["konbini", *arguments])


def test_without_a_display_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(splash, "open_window", lambda: pytest.fail("a window was opened"))
    splash.begin(["konbini", "demo"])
    assert not splash.is_shown()


def test_a_tour_that_there_is_not_is_told_with_those_that_there_are() -> None:
    ended = CliRunner().invoke(app, ["demo", "--tour", "nothing"])
    assert isinstance(ended.exception, WrongUse)
    assert "「nothing」はありません" in str(ended.exception) and "lost-card" in str(ended.exception)


@pytest.mark.skipif(
    not LONG, reason="tests/tours goes through tours at a stage of its own; this is the command around it"
)
@pytest.mark.xdist_group("commands")
def test_all_tours_run_unattended_and_leave_a_page_of_pictures(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "demo", "--tour", "all", "--pictures", str(tmp_path)],
        env=OFFSCREEN | {"PYTHONPATH": str(paths.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (tmp_path / "index.html").is_file() and len(list(tmp_path.glob("*/01.png"))) == 6
