"""Asks the input method for candidates on a thread of its own, so that the screen never waits for the dictionary."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from kiosk_app.input_method.conversion import Converter
    from kiosk_app.workers import Worker

_log = logging.getLogger(__name__)
Take = Callable[[str, tuple[str, ...]], None]
"""Called on the GUI thread with the reading and its candidates."""


class Conversion(QObject):
    """One at a time: who asks again, forgets or is gone hears nothing of what was asked before. GUI thread only.

    The thread begins with the first keyboard. Where there is no converter (a broken installation), a reading has its two kana."""

    _found = Signal()

    def __init__(self, parent: QObject, make: Callable[[], Converter] | None = None) -> None:
        super().__init__(parent)
        self._make = make
        self._converter: Converter | None = None
        self._worker: Worker | None = None
        self._take: Take | None = None
        self._number = 0
        self._answer: tuple[str, tuple[str, ...]] | None = None
        self._open = True
        self._lock = threading.Lock()
        self._found.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def prepare(self) -> None:
        """A keyboard is shown: have the dictionary ready."""
        self._submit(lambda: self._made().prepare())

    def ask(self, reading: str, take: Take) -> None:
        """`take` will be called, later, unless something else is asked or `forget` is called before."""
        with self._lock:
            self._open = True
            self._number += 1
            self._answer = None
            number = self._number
        self._take = take
        self._submit(lambda: self._find(number, reading))

    def forget(self) -> None:
        """Nobody waits any more, and nothing of what was typed is kept here."""
        self._take = None
        with self._lock:
            self._number += 1
            self._answer = None

    def close(self) -> None:
        """No other thread touches this object from now on; it may be asked again."""
        self.forget()
        with self._lock:
            self._open = False
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop(0)

    def _submit(self, job: Callable[[], None]) -> None:
        from kiosk_app.workers import Worker

        self._worker = self._worker or Worker("conversion")
        self._worker.submit(job)

    def _made(self) -> Converter:
        """On the worker's thread, as `_find`."""
        from kiosk_app.input_method.conversion import MozcConverter

        self._converter = self._converter or (self._make or MozcConverter)()
        return self._converter

    def _find(self, number: int, reading: str) -> None:
        from kiosk_app.input_method.conversion import with_kana

        words: tuple[str, ...] = ()
        try:
            words = self._made().candidates(reading)
        except Exception:
            _log.exception("the converter raised")
        with self._lock:
            if self._open and number == self._number:
                self._answer = reading, with_kana(reading, words)
                self._found.emit()

    def _deliver(self) -> None:
        with self._lock:
            answer, self._answer = self._answer, None
        take = self._take
        if answer is not None and take is not None:
            self._take = None
            take(*answer)
