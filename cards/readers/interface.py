"""A reader on one page: is a card there, connect to it, be told when it comes and goes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Protocol, Self


class CardConnection(ABC):
    """A conversation with one card. After any CardError from `transmit` it is over: close it, connect anew."""

    @property
    @abstractmethod
    def atr(self) -> bytes:
        """The answer to reset of this card, as the reader reports it."""

    @abstractmethod
    def transmit(self, command: bytes) -> bytes:
        """One command, one response (status word last). Blocks. Raises CardError (Card_Removed, Card_Mute,
        Reader_Service_Stopped, Reader_Absent)."""

    def transaction(self) -> AbstractContextManager[None]:
        """No command of another program comes between those of this block. Entering raises CardError as `transmit` does
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
    """One slot for one card. `present` and `watch` never disturb a connection on another thread."""

    @property
    def name(self) -> str: ...

    def present(self) -> bool:
        """Does a card lie on the reader?"""

    def connect(self, exclusive: bool = True) -> CardConnection:
        """Power the card on and talk to it. Raises CardError (Card_Removed: no card, Card_Mute, Reader_Busy,
        Reader_Absent, Reader_Service_Stopped)."""

    def watch(self, on_inserted: Callable[[], None], on_removed: Callable[[], None]) -> Callable[[], None]:
        """Be told of every coming and going, on any thread; of a card that lies there already at once.
        Returns the way to stop."""
