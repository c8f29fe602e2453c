"""A 10 ms heartbeat on the GUI thread: the longest gap tells whether the terminal ever stood still, and where it stood."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
import weakref
from dataclasses import dataclass
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


def _unscheduled_ns() -> dict[str, int]:
    """How long each thread of this process was ready to run and got no processor (Linux: schedstat, 2nd field); empty where
    not told. All of them: one that holds the interpreter and gets no processor keeps the screen waiting too."""
    waits = {}
    for task in _TASKS.iterdir() if _TASKS.is_dir() else ():
        with contextlib.suppress(OSError, IndexError, ValueError):  # a thread may end at any time
            waits[task.name] = int((task / "schedstat").read_bytes().split()[1])
    return waits


def _stolen_ns() -> int:
    """How long the host of a virtual machine gave its processors to others (proc(5): /proc/stat, `steal`); 0 where not told.
    To a thread this looks like work of its own."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        ticks = int(_STAT.read_bytes().split(b"\n", 1)[0].split()[8])
        return ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return 0


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment of the machine: the time, and the accounts of what it gave to others until then."""

    now: int
    unscheduled: dict[str, int]
    stolen: int

    @classmethod
    def present(cls) -> _Moment:
        return cls(real_monotonic_ns(), _unscheduled_ns(), _stolen_ns())

    def own_ms_since(self, before: _Moment) -> float:
        """Milliseconds since `before` without what the machine gave to others. A thread that has ended took its account
        with it."""
        waited = sum(waits - before.unscheduled.get(task, 0) for task, waits in self.unscheduled.items())
        return (self.now - before.now - waited - (self.stolen - before.stolen)) / 1e6


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
        self._last = _Moment(0, {}, 0)
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
        self._last = _Moment.present()
        watch.last_beat_ns, watch.seen = self._last.now, ""
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
        present = _Moment.present()
        gap = present.own_ms_since(self._last)
        if gap > self.longest_ms:
            self.longest_ms = gap
            self.where = self._watch.seen if self._watch is not None else ""
        self._last = present
        if self._watch is not None:
            self._watch.last_beat_ns, self._watch.seen = present.now, ""
