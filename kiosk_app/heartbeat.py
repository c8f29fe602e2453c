"""A 10 ms heartbeat on the GUI thread: the longest gap tells whether the terminal ever stood still."""

from __future__ import annotations

import contextlib
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

from server_stub.interface.clock import real_monotonic_ns

_TASKS = Path("/proc/self/task")
INTERVAL_MS = 10
LIMIT_MS = 100
"""A gap longer than this is felt by the resident and fails a scenario."""


def _machine_waits_ns() -> int:
    """How long threads of this process were ready to run and got no processor (Linux: schedstat, 2nd field); 0 where not
    told. All of them: one that holds the interpreter and gets no processor keeps the screen waiting too."""
    total = 0
    for task in _TASKS.iterdir() if _TASKS.is_dir() else ():
        with contextlib.suppress(OSError, IndexError, ValueError):  # a thread may end at any time
            total += int((task / "schedstat").read_bytes().split()[1])
    return total


class Heartbeat(QObject):
    """Beats while the event loop is ours; `pause` it while foreign code (a test's step) holds the thread.

    Time in which the machine gave the terminal no processor is not the terminal's and is taken off a gap.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last = self._waits = 0
        self.longest_ms = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._beat)

    def resume(self) -> None:
        self._last, self._waits = real_monotonic_ns(), _machine_waits_ns()
        self._timer.start()

    def pause(self) -> None:
        self._beat()
        self._timer.stop()

    def _beat(self) -> None:
        now, waits = real_monotonic_ns(), _machine_waits_ns()
        starved = max(0, waits - self._waits)  # less than 0 after a thread with its account has ended
        self.longest_ms = max(self.longest_ms, (now - self._last - starved) / 1e6)
        self._last, self._waits = now, waits
