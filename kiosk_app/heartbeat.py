"""A 10 ms heartbeat on the GUI thread: the longest gap tells whether the terminal ever stood still."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer

from server_stub.interface.clock import real_monotonic_ns

INTERVAL_MS = 10
LIMIT_MS = 100
"""A gap longer than this is felt by the resident and fails a scenario."""


class Heartbeat(QObject):
    """Beats while the event loop is ours; `pause` it while foreign code (a test's step) holds the thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last = 0
        self.longest_ms = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._beat)

    def reset(self) -> None:
        self.longest_ms = 0.0

    def resume(self) -> None:
        self._last = real_monotonic_ns()
        self._timer.start()

    def pause(self) -> None:
        self._beat()
        self._timer.stop()

    def _beat(self) -> None:
        now = real_monotonic_ns()
        self.longest_ms = max(self.longest_ms, (now - self._last) / 1e6)
        self._last = now
