"""Cards of hierarchies that the stage does not have, and a connection that keeps what it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from cards.foreign import ForeignAuthority
from cards.personalise import personalise
from cards.profiles.loader import load_profile
from cards.readers.interface import CardConnection
from cards.virtual import VirtualCard
from tests.cards.helper import HOLDER, NOW, key_source


def card_of(organisation: str) -> VirtualCard:
    """A plain card whose certificates are issued under O=`organisation`."""
    authority = ForeignAuthority(key_source, now=NOW, organisation=organisation)
    return VirtualCard(personalise(load_profile("plain"), HOLDER, authority, key_source, NOW))


class Kept(CardConnection):
    """Keeps every command, and marks with None where a transaction begins and ends."""

    def __init__(self, inner: CardConnection, commands: list[bytes | None]) -> None:
        self._inner = inner
        self._commands = commands

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    def transmit(self, command: bytes) -> bytes:
        self._commands.append(command)
        return self._inner.transmit(command)

    def transaction(self) -> AbstractContextManager[None]:
        return self._marked()

    @contextmanager
    def _marked(self) -> Iterator[None]:
        self._commands.append(None)
        with self._inner.transaction():
            yield
        self._commands.append(None)

    def close(self, *, power_down: bool = True) -> None:
        self._inner.close(power_down=power_down)
