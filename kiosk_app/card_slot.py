"""The card slot: the reader that the terminal talks to, and the hand that lays virtual cards on it, where there is one.

On a virtual reader and on vpcd the stage lays cards; on a reader on the table a person does, and there is no hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cards.errors import CardError
from cards.faults import Fault
from cards.readers.interface import Reader
from cards.readers.virtual import VirtualReader
from cards.trace import Observer
from cards.virtual import VirtualCard
from server_stub.interface.failures import Failed

VIRTUAL, PCSC = "virtual", "pcsc"
_VPCD = "vpcd"


class Hand(Protocol):
    """Lays virtual cards on the reader. `faults` strike on the card that lies there; change the list itself."""

    faults: list[Fault]

    @property
    def card(self) -> VirtualCard | None: ...

    def insert(self, card: VirtualCard) -> None: ...

    def remove(self) -> VirtualCard | None: ...


@dataclass(frozen=True, slots=True)
class CardSlot:
    """`hand` is None where only a person can lay a card down."""

    reader: Reader
    hand: Hand | None


def is_reader(name: str) -> bool:
    """`virtual`, `pcsc` (whichever reader has a card on it) or `pcsc:NAME`?"""
    return name in (VIRTUAL, PCSC) or (name.startswith(f"{PCSC}:") and name != f"{PCSC}:")


def open_slot(reader: str, hand: str, observer: Observer) -> CardSlot:
    """`reader`: see `is_reader`. `hand`: `vpcd:PORT` on this machine lays cards on a PC/SC reader, '' for none.

    Raises Failed(Settings_Wrong), Failed(Reader_Service_Stopped) where PC/SC cannot be loaded.
    """
    if not is_reader(reader):
        raise Failed("Settings_Wrong", setting="reader", expected="virtual, pcsc, pcsc:NAME")
    if reader == VIRTUAL:
        virtual = VirtualReader(observer=observer)
        return CardSlot(virtual, virtual)
    try:
        # only here: a terminal with a virtual reader needs no PC/SC on its machine
        from cards.readers.pcsc import PcscReader
    except ImportError as error:
        raise Failed("Reader_Service_Stopped", missing="pyscard") from error
    return CardSlot(PcscReader(reader.removeprefix(PCSC).removeprefix(":"), observer), _hand(hand))


def _hand(name: str) -> Hand | None:
    if not name:
        return None
    kind, _, port = name.partition(":")
    if kind != _VPCD or not port.isdigit():
        raise Failed("Settings_Wrong", setting="hand", expected="vpcd:PORT")
    return _VpcdHand(int(port))


class _VpcdHand:
    """A vpcd slot that does not wait for the reader to see the card: the GUI thread lays it down."""

    def __init__(self, port: int) -> None:
        from cards.vpcd import VpcdSlot

        self._slot = VpcdSlot(port=port)
        self.faults = self._slot.faults

    @property
    def card(self) -> VirtualCard | None:
        return self._slot.card

    def insert(self, card: VirtualCard) -> None:
        """Raises Failed(Reader_Absent) where no vpcd listens, Failed(Reader_Busy) where another card lies."""
        try:
            self._slot.insert(card, seen_within=0)
        except CardError as error:
            raise Failed(error.failure, **error.facts) from error

    def remove(self) -> VirtualCard | None:
        return self._slot.remove()
