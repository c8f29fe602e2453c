"""A conversation with a card that may fall silent: nothing can call such a command back, so its thread is left alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from .errors import CardError
from .readers.interface import CardConnection

OPENING_SECONDS = 3.0
"""Real seconds until a connection stands. A card needs one at most to be powered on; only the end of another program's
transaction may take longer."""
PATIENCE_SECONDS = 10.0
"""Real seconds for an answer."""
T = TypeVar("T")
Connect = Callable[[], CardConnection]
Opener = Callable[[Connect], CardConnection]


class NoAnswer(Exception):
    """Given up waiting. `opened`: for an answer on an open connection, else for the connection itself."""

    def __init__(self, opened: bool) -> None:
        super().__init__("an answer" if opened else "a connection")
        self.opened = opened


def patiently(talk: Callable[[Opener], T], *, opening: float, answer: float) -> T:
    """What `talk` returns, on a thread of its own. It is given the way to open every connection it makes.

    Real seconds: `opening` until a connection stands (PC/SC waits without end for another program's transaction), `answer`
    between two answers. Raises what `talk` raises, and NoAnswer. After that nothing more reaches the card: a connection
    that comes late is closed, and leaves the card as it was."""
    return _Talk(talk).outcome(opening, answer)


class _Talk(threading.Thread, Generic[T]):
    def __init__(self, talk: Callable[[Opener], T]) -> None:
        super().__init__(name="card talk", daemon=True)
        self._talk = talk
        self._alive = threading.Event()
        self._opened = False
        self._given_up = False
        self._lock = threading.Lock()
        self._result: list[T] = []
        self._error: Exception | None = None

    def outcome(self, opening: float, answer: float) -> T:
        self.start()
        while self._alive.wait(answer if self._opened else opening):
            self._alive.clear()
            if self._error is not None:
                raise self._error
            if self._result:
                return self._result[0]
        with self._lock:
            self._given_up = True
        raise NoAnswer(self._opened)

    def run(self) -> None:
        try:
            self._result.append(self._talk(self._open))
        except Exception as error:  # handed over to the thread that waits
            self._error = error
        self._alive.set()

    def _open(self, connect: Connect) -> CardConnection:
        self._opened = False
        self._alive.set()
        connection = connect()
        with self._lock:
            if not self._given_up:
                self._opened = True
                self._alive.set()
                return _Audible(connection, self._alive.set, lambda: self._given_up)
        connection.close(power_down=False)
        raise CardError("Reader_Busy")


class _Audible(CardConnection):
    """Tells of every answer, and sends nothing once nobody waits for one."""

    def __init__(
        self, inner: CardConnection, heard: Callable[[], None], given_up: Callable[[], bool]
    ) -> None:
        self._inner = inner
        self._heard = heard
        self._given_up = given_up

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    def transmit(self, command: bytes) -> bytes:
        if self._given_up():
            raise CardError("Card_Mute")
        answer = self._inner.transmit(command)
        self._heard()
        return answer

    def transaction(self) -> AbstractContextManager[None]:
        return self._inner.transaction()

    def close(self, *, power_down: bool = True) -> None:
        self._inner.close(power_down=power_down)
