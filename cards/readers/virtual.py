"""Offer a reader in this process, on which virtual cards are laid by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cards.errors import CardError
from cards.faults import Fault, FaultLine
from cards.trace import Observer, nobody
from cards.virtual import VirtualCard

from .interface import CardConnection


class VirtualReader:
    """Lay a card down with `insert`, take it away with `remove`; from any thread.

    `faults` strike on the connections of this reader, each once, and are then gone from the list.
    """

    def __init__(self, name: str = "virtual", observer: Observer = nobody) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self._observer = observer
        self._lock = threading.RLock()
        self._card: VirtualCard | None = None
        self._connections: list[_VirtualConnection] = []
        self._watchers: list[tuple[Callable[[], None], Callable[[], None]]] = []

    def insert(self, card: VirtualCard) -> None:
        """Lay a card down. Raises ValueError if one lies there already."""
        with self._lock:
            if self._card is not None:
                raise ValueError("a card lies on the reader already")
            self._card = card
            watchers = list(self._watchers)
        self._observer("card_inserted", reader=self.name)
        for on_inserted, _ in watchers:
            on_inserted()

    def remove(self) -> VirtualCard | None:
        """Take the card away and return it, without power; open connections answer Card_Removed from now on."""
        with self._lock:
            card, self._card = self._card, None
            if card is None:
                return None
            for connection in self._connections:
                connection.cut()
            self._connections.clear()
            watchers = list(self._watchers)
        card.power_off()
        self._observer("card_removed", reader=self.name)
        for _, on_removed in watchers:
            on_removed()
        return card

    def present(self) -> bool:
        with self._lock:
            return self._card is not None

    @property
    def card(self) -> VirtualCard | None:
        """Return the card that lies there."""
        with self._lock:
            return self._card

    def connect(self, exclusive: bool = True) -> CardConnection:
        with self._lock:
            card = self._card
            if card is None:
                raise CardError("Card_Removed")
            if any(exclusive or other.exclusive for other in self._connections):
                raise CardError("Reader_Busy")
            card.power_on()
            connection = _VirtualConnection(self, card, exclusive)
            self._connections.append(connection)
            return connection

    def watch(self, on_inserted: Callable[[], None], on_removed: Callable[[], None]) -> Callable[[], None]:
        watcher = (on_inserted, on_removed)
        with self._lock:
            self._watchers.append(watcher)
            present = self._card is not None
        if present:
            on_inserted()

        def stop() -> None:
            with self._lock:
                if watcher in self._watchers:
                    self._watchers.remove(watcher)

        return stop

    def forget(self, connection: _VirtualConnection) -> bool:
        """Drop `connection`; tell whether it was one of this card's."""
        with self._lock:
            if connection not in self._connections:
                return False
            self._connections.remove(connection)
            return True


class _VirtualConnection(CardConnection):
    def __init__(self, reader: VirtualReader, card: VirtualCard, exclusive: bool) -> None:
        self.exclusive = exclusive
        self._reader = reader
        self._card = card
        self._gone = threading.Event()
        self._line = FaultLine(reader.faults, card.transmit, reader.remove, self._gone.wait)

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, command: bytes) -> bytes:
        if self._gone.is_set():
            raise CardError("Card_Removed")
        try:
            answer = self._line.transmit(command)
        except CardError as error:
            if self._gone.is_set():
                raise CardError("Card_Removed") from error
            raise
        if self._gone.is_set():
            raise CardError("Card_Removed")
        return answer

    def cut(self) -> None:
        """Let whoever waits for an answer stop waiting: the card is gone."""
        self._gone.set()

    def close(self, *, power_down: bool = True) -> None:
        if self._reader.forget(self) and power_down:
            self._card.power_off()
        self._gone.set()
