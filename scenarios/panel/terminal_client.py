"""What every `PanelClient` does with a terminal: look at it, and be the hands at its devices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kiosk_app.devices.coin_unit import FULL_STOCK
from scenarios.driver import Terminal
from scenarios.kiosks import Kiosk, ProcessKiosk
from scenarios.template import CardEntry, callings
from server_stub.interface.trace import Trace

from .client import PanelCard, TerminalState

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
        money, trouble = terminal.money(), terminal.call("trouble")
        return TerminalState(
            terminal.screen(),
            money["inserted"],
            money["taken"],
            money["returned"],
            tuple(terminal.tray()),
            str(trouble["failure"]),
            tuple(str(one) for one in trouble["facts"].get("found", ())),
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
