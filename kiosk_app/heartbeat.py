"""A 10 ms heartbeat on the GUI thread: the longest gap tells whether the terminal ever stood still."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

from server_stub.interface.clock import real_monotonic_ns

INTERVAL_MS = 10
LIMIT_MS = 100
"""A gap longer than this is felt by the resident and fails a scenario."""


def _machine_waits_ns() -> int:
    """How long this thread was ready to run and got no processor (Linux: schedstat, 2nd field); 0 where not told."""
    try:
        return int(Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


class Heartbeat(QObject):
    """Beats while the event loop is ours; `pause` it while foreign code (a test's step) holds the thread.

    Time in which the machine gave this thread no processor is not the terminal's and is taken off a gap.
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
        self.longest_ms = max(self.longest_ms, (now - self._last - (waits - self._waits)) / 1e6)
        self._last, self._waits = now, waits
