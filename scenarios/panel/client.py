"""What the panel asks of a stage. Every method may fail with one of `TROUBLE`; the window turns that into a sentence."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpx

from cards.errors import CardError
from scenarios.driver import NotReached
from scenarios.tours.guide import Guide
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

TROUBLE = (
    RuntimeError, OSError, ValueError, subprocess.SubprocessError, httpx.HTTPError, Failed, CardError, NotReached,
)  # fmt: skip
"""What can go wrong between the panel and the stage: terminal or server gone (ConnectionError is an OSError), refusals."""


class Told(RuntimeError):
    """A trouble of the panel's own; its text is the line for the presenter."""


@dataclass(frozen=True, slots=True)
class PanelCard:
    """A card in the presenter's hand. `calling`: the 呼び名, if it is that person's ordinary card; else ''."""

    name: str
    purpose: str
    calling: str


@dataclass(frozen=True, slots=True)
class TerminalState:
    """What the terminal shows and holds now: the view's name, yen in escrow, in the cash box and given back, the tray."""

    screen: str
    inserted: int
    taken: int
    returned: int
    tray: tuple[Path, ...]
    trouble: str = ""
    """What keeps the next resident away, by its catalogue name; '' for nothing."""
    found: tuple[str, ...] = ()
    """What staff compare then: each difference, each refused report."""
    due: int = 0
    """Yen that are asked for on the pay screen; 0 on every other."""


class PanelClient(Protocol):
    """The stage as the panel sees it. GUI thread only; each call is short."""

    # --- cards
    def cards(self) -> Sequence[PanelCard]:
        """Those in the presenter's hand; empty where only real hands lay a card."""

    def laid_card(self) -> str:
        """The name of the card on the reader, '' for none."""

    def lay_card(self, name: str) -> None: ...

    def take_card(self) -> None: ...

    def pin_of(self, name: str) -> Secret: ...

    def password_of(self, name: str) -> Secret:
        """Of its signature certificate."""

    def hold_certificates(self, calling: str) -> None:
        """What the 住所地の職員 does when someone reports the card as lost."""

    def readers(self) -> Sequence[str]:
        """The PC/SC readers to choose from; empty where the stage lays the cards itself."""

    def chosen_reader(self) -> str: ...

    def choose_reader(self, name: str) -> None:
        """The terminal begins anew on that reader."""

    # --- the terminal's devices
    def look(self) -> TerminalState: ...

    def drop(self, denomination: int) -> None: ...

    def reject_next(self) -> None: ...

    def fill_change(self, full: bool) -> None:
        """The change stock as it is in the morning, or empty."""

    def take_paper(self) -> None: ...

    def jam_at(self, sheet: int) -> None:
        """At the `sheet`-th sheet of an application, counted from 1."""

    def paper_empty(self, empty: bool) -> None: ...

    def resume(self) -> None:
        """係員 has cleared the jam."""

    def refund(self) -> None: ...

    def settle(self, how: str) -> None:
        """係員 settles what keeps the terminal out of service: `returned` or `checked` (kiosk_app.flow.events.StaffSettled)."""

    # --- clock
    def now(self) -> datetime:
        """The stage's time, aware, JST; a lone terminal's own."""

    def first_moment(self) -> datetime:
        """What the clock would show now, had nobody set it."""

    def is_frozen(self) -> bool: ...

    def set_clock(self, moment: datetime) -> None:
        """`moment` is aware."""

    def freeze(self) -> None: ...

    def run(self) -> None: ...

    def paced(self) -> bool:
        """Whether card, servers and printer take as long as at a shop (server_stub.interface.pace)."""

    def set_pace(self, real: bool) -> None: ...

    # --- faults, trace, and the next visitor
    def has_servers(self) -> bool:
        """False: the terminal stands alone before somebody's servers. What is theirs is not offered, and clock and reset are
        the terminal's only."""

    def faults(self) -> Mapping[str, str]:
        """Every fault that can be switched on: name -> what it does, in Japanese."""

    def active_faults(self) -> frozenset[str]: ...

    def switch_fault(self, name: str, on: bool) -> None: ...

    def trace_folder(self) -> Path | None:
        """Where the processes of the stage write their events."""

    def reset(self) -> None:
        """Everything as it was at the beginning, for the next visitor."""

    def guide(self) -> Guide | None:
        """Who leads through tours of the stage; None where there is none."""


class Attempt(Protocol):
    """How a part of the panel does something that may fail. True: it was done."""

    def __call__(self, action: Callable[[], Any], done: str = "") -> bool: ...
