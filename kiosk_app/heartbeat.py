"""A 10 ms heartbeat on the GUI thread: the longest gap tells whether the terminal ever stood still, and where it stood."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

from server_stub.interface.clock import real_monotonic_ns

_TASKS = Path("/proc/self/task")
_STAT = Path("/proc/stat")
INTERVAL_MS = 10
LIMIT_MS = 100
"""A gap longer than this is felt by the resident and fails a scenario."""
_LOOK_NS = 25_000_000
_FRESH_NS = 20_000_000
"""Accounts no older than this stand for those of now."""
_FRAMES = 6
"""Innermost calls that are told of a thread that stands still."""
_CALL = re.compile(r'  File "(.*)", line ([0-9]+) in (.*)')


def _unscheduled_ns() -> dict[str, int]:
    """By thread id: how long each thread of this process was ready to run and got no processor (Linux: schedstat, 2nd
    field); empty where not told."""
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


class _Watch:
    """A thread that looks where the GUI thread stands when a beat is overdue, and feels itself how long one must wait for
    the interpreter. It ends with its heartbeat."""

    def __init__(self, heartbeat: Heartbeat) -> None:
        self._gone = threading.Event()
        # never the heartbeat itself, not for a moment: Qt's objects are deleted on the GUI thread
        self._reference = weakref.ref(heartbeat, lambda _: self._gone.set())
        self._watched = threading.get_ident()
        self.task = str(threading.get_native_id())
        """The GUI thread's name among the tasks of the process."""
        self._beating = threading.Event()
        self._late_ns = 0
        self._due_ns = sys.maxsize
        self.last_beat_ns = 0
        self.seen = ""
        """The calls the thread was in when the present beat was overdue, innermost first; '' for none."""
        threading.Thread(target=self._look, name="heartbeat", daemon=True).start()

    def begin(self) -> None:
        self._due_ns = real_monotonic_ns() + _LOOK_NS
        self._beating.set()

    def end(self) -> None:
        self._beating.clear()

    def late_ns(self, now: int) -> int:
        """How long, in all, this thread has wished to run and did not."""
        return self._late_ns + max(0, now - self._due_ns)

    def _look(self) -> None:
        pause = threading.Event()
        while not self._gone.is_set():
            if not self._beating.wait(1):
                continue
            self._due_ns = real_monotonic_ns() + _LOOK_NS
            pause.wait(_LOOK_NS / 1e9)
            now = real_monotonic_ns()
            self._late_ns, self._due_ns = self.late_ns(now), now + _LOOK_NS
            overdue = now - self.last_beat_ns > LIMIT_MS / 2 * 1e6
            if overdue and not self.seen and self._beating.is_set():
                self.seen = " < ".join(_calls(self._watched))


def _calls(thread: int) -> list[str]:
    """The calls that `thread` is in, innermost first.

    Told by the fault handler, which makes no objects of frames: one that ended meanwhile would let go of its locals on this
    thread, and Qt's objects must be deleted on their own.
    """
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file)
        file.seek(0)
        told = file.read().decode("ascii", "backslashreplace")
    for head, *calls in (part.splitlines() for part in told.split("\n\n")):
        if re.search(rf"hread 0x0*{thread:x}\b", head):
            found = [_CALL.match(call) for call in calls[:_FRAMES]]
            return [f"{Path(one[1]).name}:{one[2]} {one[3]}" for one in found if one is not None]
    return []


@dataclass(frozen=True, slots=True)
class _Accounts:
    """What the machine gave to others until the time `at`. All in ns."""

    at: int
    unscheduled: dict[str, int]
    stolen: int
    watch_late: int

    @classmethod
    def read(cls, watch: _Watch, now: int) -> _Accounts:
        return cls(now, _unscheduled_ns(), _stolen_ns(), watch.late_ns(now))

    def ms_since(self, before: _Accounts, task: str) -> float:
        """Milliseconds that the machine took from the thread `task` since `before`: its own waits for a processor, and those of
        the others as far as they kept the interpreter from whoever wished for it, as the watch did."""
        waits = {one: all_told - before.unscheduled.get(one, 0) for one, all_told in self.unscheduled.items()}
        own = waits.pop(task, 0)
        others = min(sum(waits.values()), max(0, self.watch_late - before.watch_late))
        return (own + others + self.stolen - before.stolen) / 1e6


class Heartbeat(QObject):
    """Beats while the event loop is ours; `pause` it while foreign code (a test's step) holds the thread.

    Time in which the machine gave the terminal no processor is not the terminal's and is taken off a gap.
    """

    def __init__(self, parent: QObject | None = None, shown: Callable[[], str] = lambda: "") -> None:
        """`shown` tells the name of the screen."""
        super().__init__(parent)
        self._shown = shown
        self._last_ns = 0
        self._before = _Accounts(-_FRESH_NS, {}, 0, 0)
        self.longest_ms = 0.0
        self.where = ""
        """Where the thread stood in the longest gap, if that was long enough to be looked at."""
        self.screen = ""
        """What was shown in the longest gap, or came up at its end."""
        self._watch: _Watch | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._beat)

    def resume(self) -> None:
        watch = self._watch = self._watch or _Watch(self)
        watch.begin()
        self._last_ns = real_monotonic_ns()
        self._refresh(watch)
        watch.last_beat_ns, watch.seen = self._last_ns, ""
        self._timer.start()

    def pause(self) -> None:
        self._look_back()
        self._timer.stop()
        if self._watch is not None:
            self._watch.end()

    def forget(self) -> None:
        """Begin a new count."""
        self.longest_ms, self.where, self.screen = 0.0, "", ""

    def _beat(self) -> None:
        self._look_back()
        if self._watch is not None:
            self._refresh(self._watch)

    def _look_back(self) -> None:
        """Take the gap since the last beat. A shorter one than the longest needs no account."""
        watch = self._watch
        if watch is None:
            return
        now = real_monotonic_ns()
        gap = (now - self._last_ns) / 1e6
        if gap > self.longest_ms:
            accounts = _Accounts.read(watch, now)
            gap -= accounts.ms_since(self._before, watch.task)
            self._before = accounts
            if gap > self.longest_ms:
                self.longest_ms, self.where, self.screen = gap, watch.seen, self._shown()
        self._last_ns = now
        watch.last_beat_ns, watch.seen = now, ""

    def _refresh(self, watch: _Watch) -> None:
        """Read the accounts that the next gap begins with; of every thread they are too much for each call of a test's step."""
        if self._last_ns - self._before.at >= _FRESH_NS:
            self._before = _Accounts.read(watch, self._last_ns)
