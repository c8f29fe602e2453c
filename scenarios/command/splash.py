"""A sign of life of the demo before anything heavy is read: started with the command, beside it, and told what goes on.

It is the look for a display at the same time: a window that was shown is one that somebody can see.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_PROGRAM = Path(__file__).with_name("splash_window").with_suffix(".py")
_UNSEEN = ("offscreen", "minimal")
_running: subprocess.Popen[str] | None = None


def begin(arguments: Sequence[str]) -> None:
    """Open it if this is the demo and a display is named. Returns at once."""
    global _running
    if list(arguments[1:2]) != ["demo"] or {"--help", "--pictures"} & set(arguments) or not _named():
        return
    _running = open_window()


def open_window() -> subprocess.Popen[str]:
    """The window's process; it says `shown`, and ends with its input."""
    return subprocess.Popen(
        [sys.executable, str(_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        process_group=0,  # a Ctrl-C is for the demo, whose end ends it
    )


def is_shown() -> bool:
    """Whether it could be shown. Waits until that is known."""
    return _running is not None and _running.stdout is not None and _running.stdout.readline() == "shown\n"


def say(done: int, of: int, what: str) -> None:
    """What is being started, and how far it is."""
    if _running is not None and _running.stdin is not None:
        with contextlib.suppress(OSError):
            _running.stdin.write(f"{done} {of} {what}\n")
            _running.stdin.flush()


def end() -> None:
    """Close it."""
    global _running
    window, _running = _running, None
    if window is not None:
        with contextlib.suppress(OSError):
            window.communicate(timeout=5)


def _named() -> bool:
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _UNSEEN:
        return False
    return sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM")
    )
