"""Threads that do the waiting, and the queue by which their answers reach the GUI thread."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from kiosk_app.flow.events import Event

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Worker:
    """One thread that does jobs in order. A job that does not come back cannot be stopped, but its thread can be abandoned:
    `replace` puts a new one at the queue, and the old one ends with its job.

    `grace`: real seconds for which the new one lets the old one finish before it begins."""

    def __init__(self, name: str, grace: float = 0) -> None:
        self._name = name
        self._grace = grace
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._busy = False
        self._generation = 0
        self._thread = self._start(None)

    def submit(self, job: Callable[[], None]) -> None:
        """`job` must not raise: if it does, that is logged, and the thread goes on with the next."""
        self._jobs.put(job)

    def call(self, job: Callable[[], _T], limit: float) -> _T:
        """Do `job` there and wait for its result, at most `limit` real seconds; raises what it raises.

        Raises TimeoutError after the limit; the thread is replaced then, and what the job still returns is lost.
        """
        future: Future[_T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = job()
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.submit(run)
        try:
            return future.result(limit)
        except TimeoutError:
            # what has not begun must not begin later, when nobody waits for it
            if not future.cancel():
                self.replace()
            raise

    def replace(self) -> bool:
        """Abandon the thread if it is at a job; whether it was."""
        with self._lock:
            if not self._busy:
                return False
            self._generation += 1
            self._busy = False
            self._thread = self._start(self._thread)
            return True

    def stop(self, patience: float) -> bool:
        """Finish what was submitted and end; False if that took longer than `patience` real seconds."""
        self._jobs.put(None)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _start(self, before: threading.Thread | None) -> threading.Thread:
        generation = self._generation
        thread = threading.Thread(
            target=self._work, args=(generation, before), name=f"{self._name}-{generation}", daemon=True
        )
        thread.start()
        return thread

    def _work(self, generation: int, before: threading.Thread | None) -> None:
        if before is not None and self._grace:
            before.join(self._grace)
        while True:
            job = self._jobs.get()
            if job is None:
                return
            with self._lock:
                self._busy = True
            try:
                job()
            except Exception:
                _log.exception("a job of the thread %s raised", self._name)
            with self._lock:
                if generation != self._generation:
                    return
                self._busy = False


@dataclass(frozen=True, slots=True)
class Tag:
    """Which visit and which effect an answer belongs to. `life` counts the resets."""

    life: int
    visit: int
    effect: int = 0


@dataclass(frozen=True, slots=True)
class Envelope:
    """Without a tag it concerns the present visit; with nothing in it, the clock. `done`: the effect ends with it."""

    tag: Tag | None
    event: Event | None
    done: bool = False


class GuiQueue(QObject):
    """Keeps the order. The queued signal itself carries nothing, so that what waits between threads stays Python's.

    Takes letters between `open` and `close` only; after `close` no other thread touches it, so that it can be deleted while
    abandoned threads still live."""

    _arrived = Signal()

    def __init__(self, parent: QObject, open_letter: Callable[[Envelope], None]) -> None:
        super().__init__(parent)
        self._letters: deque[Envelope] = deque()
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

    def put(self, envelope: Envelope) -> None:
        """On any thread. A envelope to a closed queue is lost."""
        with self._lock:
            if self._takes:
                self._letters.append(envelope)
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
