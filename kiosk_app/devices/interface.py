"""The terminal's devices: one small interface each. Simulated and real ones stand behind it.

Callbacks may come on any thread; the runner turns them into events of the flow. Every device keeps its own durable book
(a file of its own, outside the terminal's journal) and is the witness after a power cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server_stub.interface.values import Box

DENOMINATIONS = (10, 50, 100, 500, 1000)
"""Accepted coins and the note, in yen (domain facts: payment; the chain's setting)."""


@dataclass(frozen=True, slots=True)
class CoinState:
    """What lies where, in yen: `escrow` by denomination, `taken` in the cash box since its book began, `returned`."""

    escrow: dict[int, int]
    inserted: int
    taken: int
    returned: int


class CoinUnit(Protocol):
    """Coins go to the escrow first; `take` moves money to the cash box once per `application_id`, never twice.

    Every method raises Failed(Coin_Unit_Failed) if the unit does not answer; then it has moved nothing.
    """

    def open(self, on_change: Callable[[int], None], on_reject: Callable[[int], None]) -> None:
        """Accept money from now on; `on_change(inserted yen)`, `on_reject(denomination)`."""

    def close(self) -> None: ...
    def state(self) -> CoinState: ...
    def take(self, due: int, application_id: str) -> int:
        """Escrow -> cash box, change to the return tray; returns the change. Again with the same id: no second charge.
        Raises Failed(Money_Change_Short) and moves nothing if the change cannot be given."""

    def give_back(self) -> int:
        """The whole escrow to the return tray; returns the amount (0 for none)."""

    def refund(self, application_id: str) -> int:
        """Everything that was taken for this application to the return tray; once only; returns the amount."""

    def taken_for(self, application_id: str) -> int:
        """Yen in the cash box for this application (0 after a refund)."""

    def charges(self) -> dict[str, int]:
        """Yen in the cash box by application, of every one that was charged and not refunded."""


@dataclass(frozen=True, slots=True)
class PrintedSheet:
    """One sheet in the output tray: `sheet_id` is application id, copy and k/n; `path` the PDF, front and back."""

    sheet_id: str
    path: Path


class Printer(Protocol):
    """Prints sheet by sheet, both sides. `sheet_id` is unique for ever: the same id is never printed twice."""

    def print_sheet(self, sheet_id: str, pdf: bytes, front_boxes: tuple[Box, ...] = ()) -> None:
        """Blocks until the sheet lies in the tray. `front_boxes` (mm on the front) hold 個人番号 and are for the trace.
        Raises Failed(Printer_Jam / Printer_Paper_Empty / Printer_Failed / Printer_Print_In_Doubt: this id was printed
        before)."""

    def has_printed(self, sheet_id: str) -> bool: ...
    def tray(self) -> tuple[PrintedSheet, ...]: ...
    def void(self, application_id: str) -> int:
        """Mark the sheets of this application in the tray as void and draw them in; returns how many."""

    def is_void(self, sheet_id: str) -> bool:
        """Whether this sheet was drawn in as void."""

    def clear_jam(self) -> None: ...
    def on_taken(self, callback: Callable[[], None]) -> None:
        """`callback` when the tray was emptied by the resident."""


class Speaker(Protocol):
    def say(self, cue: str) -> None:
        """Play one of: touch, attention, card_forgotten, paper_forgotten, error, thanks."""

    def speak(self, sentence: str, language: str) -> None:
        """Say the one sentence of a screen, and end what was being said. Never waits, and never fails: where this machine cannot
        speak `language`, it stays silent. Nothing of a person is ever given here."""
