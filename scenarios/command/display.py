"""The display: is there one, and which monitors has it? Asked before Qt is, which would end the process without a word."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

from .usage import WrongUse

PLATFORM = "QT_QPA_PLATFORM"
_UNSEEN = ("offscreen", "minimal")
"""Qt's platforms whose windows nobody sees."""
_PROBE = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
_PROBE_SECONDS = 30.0


def has_display() -> bool:
    """Whether a window could be seen by anybody: a display is named, and it can be opened."""
    return not _unseen() and _can_open()


def need_display(way_on: str) -> None:
    """Returns if windows can be opened, seen or not. Raises WrongUse; `way_on` tells how to do without."""
    if not _unseen() and not _can_open():
        raise WrongUse(f"画面がないか開けないため、ウィンドウを表示できません。{way_on}")


def monitor_index(number: int | None, *, full_screen: bool, beside: bool = False) -> int:
    """The monitor (from 0) that the user counts from 1; the first if none is told. Makes the QApplication.

    `beside`: a panel stands on another one. Raises WrongUse for a monitor that is not there, or that nothing fills."""
    if number is None and not full_screen:
        return 0
    if not full_screen:
        raise WrongUse("--monitor は --full-screen といっしょに指定してください。")
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    there = len(application.screens())
    if number is not None and not 1 <= number <= there:
        raise WrongUse(
            f"--monitor に指定した {number} 番の画面はありません（この機械の画面は {there} 台です）。"
        )
    if beside and there < 2:
        raise WrongUse(
            "画面が一つしかないため、全画面の端末のほかに操作盤を置けません。--full-screen を外してください。"
        )
    return (number or 1) - 1


def _unseen() -> bool:
    return os.environ.get(PLATFORM, "").split(":")[0] in _UNSEEN


def _can_open() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    named = tuple(os.environ.get(name, "") for name in ("WAYLAND_DISPLAY", "DISPLAY", PLATFORM))
    return any(named) and _tried(named)


@cache
def _tried(named: tuple[str, ...]) -> bool:
    """In a process of its own: with no display, or one that does not answer, Qt aborts the process."""
    try:
        tried = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, timeout=_PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0
