"""From any thread to the GUI thread: answers of effects, words of devices, jumps of the clock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal

from .flow.events import Event


@dataclass(frozen=True, slots=True)
class Tag:
    """Which visit and which effect an answer belongs to. `life` counts the resets."""

    life: int
    visit: int
    effect: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """Without a tag it concerns the present visit; with nothing in it, the clock. `done`: the effect ends with it."""

    tag: Tag | None
    event: Event | None
    done: bool = False


class Inbox(QObject):
    """Keeps the order. The queued signal itself carries nothing, so that what waits between threads stays Python's.

    Takes letters between `open` and `close` only; after `close` no other thread touches it, so that it can be deleted while
    abandoned threads still live."""

    _arrived = Signal()

    def __init__(self, parent: QObject, open_letter: Callable[[Letter], None]) -> None:
        super().__init__(parent)
        self._letters: deque[Letter] = deque()
        self._open_letter = open_letter
        self._opening = 0
        self._takes = False
        self._lock = threading.Lock()
        self._arrived.connect(self._open, Qt.ConnectionType.QueuedConnection)

    def open(self) -> None:
        with self._lock:
            self._takes = True

    def close(self) -> None:
        with self._lock:
            self._takes = False

    def put(self, letter: Letter) -> None:
        """On any thread. A letter to a closed inbox is lost."""
        with self._lock:
            if self._takes:
                self._letters.append(letter)
                self._arrived.emit()

    def empty(self) -> bool:
        """Nothing waits, and nothing is being handled."""
        return not self._letters and not self._opening

    def _open(self) -> None:
        self._opening += 1
        try:
            self._open_letter(self._letters.popleft())
        finally:
            self._opening -= 1
