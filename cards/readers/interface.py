"""Define what a reader does: tell whether a card is there, connect to it, tell when it comes and goes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Protocol, Self


class CardConnection(ABC):
    """Hold a conversation with one card. After any CardError from `transmit` it is over: close it, connect anew."""

    @property
    @abstractmethod
    def atr(self) -> bytes:
        """Return the answer to reset of this card, as the reader reports it."""

    @abstractmethod
    def transmit(self, command: bytes) -> bytes:
        """Send one command and return its response (status word last). Blocks. Raises CardError (Card_Removed, Card_Mute,
        Reader_Service_Stopped, Reader_Absent)."""

    def transaction(self) -> AbstractContextManager[None]:
        """Keep other programs' commands out of this block. Entering raises CardError as `transmit` does
        (Card_Changed: another program has reset the card). Where nobody else can reach the card there is nothing to do."""
        return nullcontext()

    @abstractmethod
    def close(self, *, power_down: bool = True) -> None:
        """End it; unless told otherwise the card loses power, and with it every verified PIN. Again: no effect."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Reader(Protocol):
    """Reach one slot for one card. `present` and `watch` never disturb a connection on another thread."""

    @property
    def name(self) -> str: ...

    def present(self) -> bool:
        """Tell whether a card lies on the reader."""

    def connect(self, exclusive: bool = True) -> CardConnection:
        """Power the card on and talk to it. Raises CardError (Card_Removed: no card, Card_Mute, Reader_Busy,
        Reader_Absent, Reader_Service_Stopped)."""

    def watch(self, on_inserted: Callable[[], None], on_removed: Callable[[], None]) -> Callable[[], None]:
        """Call `on_inserted` and `on_removed` at every coming and going, on any thread; for a card that lies there already at once.
        Returns the way to stop."""
