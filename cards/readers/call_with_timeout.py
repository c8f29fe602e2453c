"""Call PC/SC with its failures by name, and hold a conversation with a card that may fall silent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from smartcard import scard

from cards.errors import CardError, CardFailure

from .interface import CardConnection

FAILURES: dict[int, CardFailure] = {
    scard.SCARD_W_REMOVED_CARD: "Card_Removed",
    scard.SCARD_E_NO_SMARTCARD: "Card_Removed",
    scard.SCARD_W_RESET_CARD: "Card_Changed",
    scard.SCARD_W_UNRESPONSIVE_CARD: "Card_Mute",
    scard.SCARD_W_UNPOWERED_CARD: "Card_Mute",
    scard.SCARD_E_NOT_TRANSACTED: "Card_Mute",
    scard.SCARD_E_COMM_DATA_LOST: "Card_Mute",
    scard.SCARD_E_TIMEOUT: "Card_Mute",
    scard.SCARD_W_UNSUPPORTED_CARD: "Card_Mute",
    scard.SCARD_E_PROTO_MISMATCH: "Card_Mute",
    scard.SCARD_E_SHARING_VIOLATION: "Reader_Busy",
    scard.SCARD_E_NO_SERVICE: "Reader_Service_Stopped",
    scard.SCARD_E_SERVICE_STOPPED: "Reader_Service_Stopped",
    scard.SCARD_E_INVALID_HANDLE: "Reader_Service_Stopped",
    scard.SCARD_F_COMM_ERROR: "Reader_Service_Stopped",
    scard.SCARD_E_NO_READERS_AVAILABLE: "Reader_Absent",
    scard.SCARD_E_UNKNOWN_READER: "Reader_Absent",
    scard.SCARD_E_READER_UNAVAILABLE: "Reader_Absent",
}
_BY_CODE = {code & 0xFFFFFFFF: failure for code, failure in FAILURES.items()}
"""By the unsigned code: platforms differ in its sign."""


def establish() -> Any:
    """Open a context, to be released. Raises CardError(Reader_Service_Stopped)."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    check(result)
    return context


def readers_of(context: Any) -> list[str]:
    """List the readers that the service knows, none if it has none. Raises CardError(Reader_Service_Stopped)."""
    result, names = scard.SCardListReaders(context, [])
    if failure_of(result) == "Reader_Absent":
        return []
    check(result)
    return list(names)


def failure_of(result: int) -> CardFailure:
    """Name the failure of a result; an unknown one counts as a service that stopped."""
    return _BY_CODE.get(result & 0xFFFFFFFF, "Reader_Service_Stopped")


def check(result: int, **facts: Any) -> None:
    """Check a result. Raises CardError with `facts` and the `code` (eight hex digits) unless `result` is success."""
    if result != scard.SCARD_S_SUCCESS:
        raise CardError(failure_of(result), code=code_text(result), **facts)


def code_text(result: int) -> str:
    return f"{result & 0xFFFFFFFF:08X}"


OPENING_SECONDS = 3.0
"""Real seconds until a connection stands. A card needs one at most to be powered on; only the end of another program's
transaction may take longer."""
PATIENCE_SECONDS = 10.0
"""Real seconds for an answer."""
T = TypeVar("T")
Connect = Callable[[], CardConnection]
Opener = Callable[[Connect], CardConnection]


class NoAnswer(Exception):
    """Tell that waiting was given up. `opened`: for an answer on an open connection, else for the connection itself."""

    def __init__(self, opened: bool) -> None:
        super().__init__("an answer" if opened else "a connection")
        self.opened = opened


def call_with_timeout(talk: Callable[[Opener], T], *, opening: float, answer: float) -> T:
    """Return what `talk` returns, on a thread of its own. It is given the way to open every connection it makes.

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
    """Tell of every answer, and send nothing once nobody waits for one."""

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
