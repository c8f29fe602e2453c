"""A conversation with a card that may fall silent: nothing can call such a command back, so its thread is left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from .errors import CardError
from .readers.interface import CardConnection

T = TypeVar("T")


def patiently(talk: Callable[[Callable[[CardConnection], CardConnection]], T], seconds: float) -> T:
    """What `talk` returns, on a thread of its own. It is given a wrapper to put around every connection it makes.

    Raises what `talk` raises, and CardError(Card_Mute) once `seconds` (real) pass without a sign of life."""
    return _Talk(talk).outcome(seconds)


class _Talk(threading.Thread, Generic[T]):
    def __init__(self, talk: Callable[[Callable[[CardConnection], CardConnection]], T]) -> None:
        super().__init__(name="card talk", daemon=True)
        self._talk = talk
        self._alive = threading.Event()
        self._result: list[T] = []
        self._error: Exception | None = None

    def outcome(self, seconds: float) -> T:
        self.start()
        while self._alive.wait(seconds):
            self._alive.clear()
            if self._error is not None:
                raise self._error
            if self._result:
                return self._result[0]
        raise CardError("Card_Mute")

    def run(self) -> None:
        try:
            self._result.append(self._talk(lambda connection: _Audible(connection, self._alive.set)))
        except Exception as error:  # handed over to the thread that waits
            self._error = error
        self._alive.set()


class _Audible(CardConnection):
    """Tells of every answer."""

    def __init__(self, inner: CardConnection, heard: Callable[[], None]) -> None:
        self._inner = inner
        self._heard = heard

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    def transmit(self, command: bytes) -> bytes:
        answer = self._inner.transmit(command)
        self._heard()
        return answer

    def close(self, *, power_down: bool = True) -> None:
        self._inner.close(power_down=power_down)
