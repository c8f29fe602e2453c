"""The `PanelClient` of a terminal that stands alone before somebody's servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from kiosk_app.card_slot import PCSC, VIRTUAL
from scenarios.kiosks import Kiosk
from scenarios.lone_terminal import LoneTerminal
from scenarios.template import PIN
from server_stub.interface.secret import Secret

from .client import PanelCard, Told
from .terminal_client import LAY_BY_HAND, OWN_CARD, PIN_BY_HAND, TAKE_BY_HAND, TerminalClient, in_hand

NOT_HERE = "サーバはこの操作盤の外にあるため、ここからは行えません。"


class LoneClient(TerminalClient):
    """Cards (on a virtual reader), coins, paper, staff, trace, and the terminal's own clock. The servers are not its own."""

    def __init__(self, lone: LoneTerminal) -> None:
        self._lone = lone
        self.trace = lone.trace
        self._laid = ""
        self._cards = in_hand(lone.cards.values())

    def _kiosk(self) -> Kiosk:
        return self._lone.kiosk

    # --- cards -----------------------------------------------------------------------------------------------------------

    def cards(self) -> Sequence[PanelCard]:
        return self._cards

    def laid_card(self) -> str:
        if self._lone.reader == VIRTUAL:
            return self._laid
        return OWN_CARD if self._card_seen() else ""

    def lay_card(self, name: str) -> None:
        self._by_hand(LAY_BY_HAND)
        self._alive()
        self._lone.lay_card(name)
        self._laid = name

    def take_card(self) -> None:
        self._by_hand(TAKE_BY_HAND)
        self._alive().call("take_card")
        self._laid = ""

    def pin_of(self, name: str) -> Secret:
        self._by_hand(PIN_BY_HAND)
        return PIN

    def _by_hand(self, sentence: str) -> None:
        if self._lone.reader != VIRTUAL:
            raise Told(sentence)

    def hold_certificates(self, calling: str) -> None:
        raise Told(NOT_HERE)

    def readers(self) -> Sequence[str]:
        if self._lone.reader == VIRTUAL:
            return ()
        from cards.readers.pcsc import reader_names

        return reader_names()

    def chosen_reader(self) -> str:
        return self._lone.reader.partition(":")[2]

    def choose_reader(self, name: str) -> None:
        self._lone.begin_anew(f"{PCSC}:{name}")

    # --- clock -----------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self._lone.clock.now()

    def first_moment(self) -> datetime:
        return self._lone.first_moment()

    def is_frozen(self) -> bool:
        return self._lone.clock.setting.frozen

    def set_clock(self, moment: datetime) -> None:
        self._lone.clock.set(moment)
        self._note("clock_set", moment=moment)

    def freeze(self) -> None:
        self._lone.clock.freeze()
        self._note("clock_frozen")

    def run(self) -> None:
        self._lone.clock.run()
        self._note("clock_runs")

    # --- faults, trace, and the next visitor ---------------------------------------------------------------------------------

    def has_servers(self) -> bool:
        return False

    def faults(self) -> Mapping[str, str]:
        return {}

    def active_faults(self) -> frozenset[str]:
        return frozenset()

    def switch_fault(self, name: str, on: bool) -> None:
        raise Told(NOT_HERE)

    def trace_folder(self) -> Path | None:
        return self._lone.trace.folder

    def reset(self) -> None:
        self._lone.begin_anew()
        self._laid = ""
