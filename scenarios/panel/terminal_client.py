"""What every `PanelClient` does with a terminal, and the one of a terminal that stands alone before somebody's servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kiosk_app.card_slot import PCSC, VIRTUAL
from kiosk_app.devices.coin_unit import FULL_STOCK
from scenarios.driver import Terminal
from scenarios.kiosks import Kiosk, LoneTerminal, ProcessKiosk
from scenarios.stage_secrets import CARD_SECRETS
from scenarios.template import PIN, CardEntry, callings
from scenarios.tours.guide import Guide
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace

from .client import PanelCard, TerminalState, Told

LAY_BY_HAND = "お手元のカードを、カードリーダに置いてください。"
TAKE_BY_HAND = "カードを、カードリーダから取ってください。"
PIN_BY_HAND = "お手元のカードの暗証番号は、端末の画面で入力してください。"
OWN_CARD = "お手元のカード"
"""Of a reader on the table, on which the panel can only ask."""


class TerminalClient:
    """Over the terminal of `_kiosk`; what the presenter's hand did is told to `trace`, devices and servers tell the rest."""

    trace: Trace

    def _kiosk(self) -> Kiosk:
        raise NotImplementedError

    def look(self) -> TerminalState:
        terminal = self._alive()
        screen, money, trouble = terminal.screen(), terminal.money(), terminal.call("trouble")
        return TerminalState(
            screen,
            money["inserted"],
            money["taken"],
            money["returned"],
            tuple(terminal.tray()),
            str(trouble["failure"]),
            tuple(str(one) for one in trouble["facts"].get("found", ())),
            int(terminal.call("due")) if screen == "Pay" else 0,
        )

    def drop(self, denomination: int) -> None:
        self._alive().call("drop", denomination=denomination)

    def reject_next(self) -> None:
        self._alive().call("reject_next")
        self._note("next_coin_rejected")

    def fill_change(self, full: bool) -> None:
        stock = {str(yen): count for yen, count in FULL_STOCK.items()} if full else {}
        self._alive().call("change_stock", stock=stock)
        self._note("change_filled" if full else "change_emptied")

    def take_paper(self) -> None:
        self._alive().call("take_paper")

    def jam_at(self, sheet: int) -> None:
        self._alive().call("jam_at", sheet=sheet)
        self._note("jam_prepared", sheet=sheet)

    def paper_empty(self, empty: bool) -> None:
        self._alive().call("paper_empty", empty=empty)
        self._note("paper_removed" if empty else "paper_filled")

    def resume(self) -> None:
        self._alive().call("operator", action="resume")
        self._note("resumed")

    def refund(self) -> None:
        self._alive().call("operator", action="refund")
        self._note("refund_asked")

    def settle(self, how: str) -> None:
        self._alive().call("operator", action=how)
        self._note("settled_returned" if how == "returned" else "settled_checked")

    def password_of(self, name: str) -> Secret:
        self.pin_of(name)  # whose password nobody may tell has no PIN to tell either
        return CARD_SECRETS["signature_password"]

    def pin_of(self, name: str) -> Secret:
        raise NotImplementedError

    def guide(self) -> Guide | None:
        return None

    def _alive(self) -> Terminal:
        """The terminal; raises ConnectionError at once if its process has ended (its socket would only warn)."""
        kiosk = self._kiosk()
        if isinstance(kiosk, ProcessKiosk) and not kiosk.alive:
            raise ConnectionError("the terminal's process has ended")
        return kiosk.terminal

    def _note(self, kind: str, **data: Any) -> None:
        self.trace.emit("operator", kind, **data)

    def _card_seen(self) -> bool:
        return bool(self._alive().call("card_seen"))


def in_hand(entries: Iterable[CardEntry]) -> tuple[PanelCard, ...]:
    """The cards as the panel lists them."""
    listed = list(entries)
    called = callings(listed)
    return tuple(
        PanelCard(entry.name, entry.purpose, calling if entry.name == f"{calling}のカード" else "")
        for entry in listed
        if (calling := called[entry.person])
    )


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

    def paced(self) -> bool:
        return self._lone.clock.setting.paced

    def set_pace(self, real: bool) -> None:
        self._lone.clock.set_pace(real)

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
