"""A 10 ms heartbeat on the GUI thread: the longest gap tells whether the terminal ever stood still, and where it stood."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
import weakref
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

from server_stub.interface.clock import real_monotonic_ns

_TASKS = Path("/proc/self/task")
_STAT = Path("/proc/stat")
INTERVAL_MS = 10
LIMIT_MS = 100
"""A gap longer than this is felt by the resident and fails a scenario."""
_FRAMES = 6
"""Innermost calls that are told of a thread that stands still."""


def _unscheduled_ns() -> int:
    """How long threads of this process were ready to run and got no processor (Linux: schedstat, 2nd field); 0 where not
    told. All of them: one that holds the interpreter and gets no processor keeps the screen waiting too."""
    total = 0
    for task in _TASKS.iterdir() if _TASKS.is_dir() else ():
        with contextlib.suppress(OSError, IndexError, ValueError):  # a thread may end at any time
            total += int((task / "schedstat").read_bytes().split()[1])
    return total


def _stolen_ns() -> int:
    """How long the host of a virtual machine gave its processors to others (proc(5): /proc/stat, `steal`); 0 where not told.
    To a thread this looks like work of its own."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        ticks = int(_STAT.read_bytes().split(b"\n", 1)[0].split()[8])
        return ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return 0


def _machine_waits_ns() -> int:
    return _unscheduled_ns() + _stolen_ns()


class _Watch:
    """A thread that looks where the GUI thread stands when a beat is overdue; it ends with its heartbeat."""

    def __init__(self, heartbeat: Heartbeat, watched: int) -> None:
        self._heartbeat = weakref.ref(heartbeat)
        self._watched = watched
        self._beating = threading.Event()
        self.last_beat_ns = 0
        self.seen = ""
        """The calls the thread was in when the present beat was overdue, innermost first; '' for none."""
        threading.Thread(target=self._look, name="heartbeat", daemon=True).start()

    def begin(self) -> None:
        self._beating.set()

    def end(self) -> None:
        self._beating.clear()

    def _look(self) -> None:
        pause = threading.Event()
        while self._heartbeat() is not None:
            if not self._beating.wait(1):
                continue
            pause.wait(LIMIT_MS / 4000)
            overdue = real_monotonic_ns() - self.last_beat_ns > LIMIT_MS / 2 * 1e6
            frame = sys._current_frames().get(self._watched) if overdue and not self.seen else None
            if frame is not None and self._beating.is_set():
                calls = traceback.extract_stack(frame)[-_FRAMES:]
                self.seen = " < ".join(
                    f"{Path(c.filename).name}:{c.lineno} {c.name}" for c in reversed(calls)
                )


class Heartbeat(QObject):
    """Beats while the event loop is ours; `pause` it while foreign code (a test's step) holds the thread.

    Time in which the machine gave the terminal no processor is not the terminal's and is taken off a gap.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last = self._waits = 0
        self.longest_ms = 0.0
        self.where = ""
        """Where the thread stood in the longest gap, if that was long enough to be looked at."""
        self._watch: _Watch | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._beat)

    def resume(self) -> None:
        watch = self._watch = self._watch or _Watch(self, threading.get_ident())
        self._last, self._waits = real_monotonic_ns(), _machine_waits_ns()
        watch.last_beat_ns, watch.seen = self._last, ""
        watch.begin()
        self._timer.start()

    def pause(self) -> None:
        self._beat()
        self._timer.stop()
        if self._watch is not None:
            self._watch.end()

    def forget(self) -> None:
        """Begin a new count."""
        self.longest_ms, self.where = 0.0, ""

    def _beat(self) -> None:
        now, waits = real_monotonic_ns(), _machine_waits_ns()
        starved = max(0, waits - self._waits)  # less than 0 after a thread with its account has ended
        gap = (now - self._last - starved) / 1e6
        if gap > self.longest_ms:
            self.longest_ms = gap
            self.where = self._watch.seen if self._watch is not None else ""
        self._last, self._waits = now, waits
        if self._watch is not None:
            self._watch.last_beat_ns, self._watch.seen = now, ""
