"""Cards of hierarchies that the stage does not have, a connection that keeps what it is asked, another program at the card."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from cards.foreign import ForeignAuthority
from cards.personalise import personalise
from cards.profiles.loader import load_profile
from cards.readers.interface import CardConnection
from cards.virtual import VirtualCard
from tests.cards.helper import HOLDER, NOW, key_source
from tests.cards.pcsc_service import service


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


OTHER_PROGRAM = """
import sys
from smartcard import scard
from cards.readers.pcsc import reader_names
from cards.readers.call_with_timeout import establish
mode, begin = (scard.SCARD_SHARE_EXCLUSIVE, False) if sys.argv[1] == "exclusive" else (scard.SCARD_SHARE_SHARED, True)
result, handle, _ = scard.SCardConnect(establish(), reader_names()[0], mode, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1)
if not result and begin:
    result = scard.SCardBeginTransaction(handle)
print(result, flush=True)
sys.stdin.read()
"""


@contextmanager
def another_program(how: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that keeps the card: `exclusive`ly, or in a `transaction` that it has begun."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROGRAM, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **service().environment()},
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline().strip() == "0"
        try:
            yield process
        finally:
            process.stdin.close()
