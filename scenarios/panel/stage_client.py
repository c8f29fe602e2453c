"""The real `PanelClient`: a stage whose terminal and servers run in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kiosk_app.card_slot import PCSC
from kiosk_app.devices.coin_unit import FULL_STOCK
from scenarios.card_pages import callings
from scenarios.kiosks import Kiosk, ProcessKiosk
from scenarios.stage import Stage
from scenarios.template import CardEntry
from server_stub.faults.box import KNOWN
from server_stub.interface.secret import Secret

from .client import PanelCard, TerminalState, Told

OWN_CARD = "お手元のカード"


class StageClient:
    """A `PanelClient` over `stage`. `reset` puts stage and terminal back to the beginning, with the trace kept going."""

    def __init__(self, stage: Stage, reset: Callable[[], None]) -> None:
        self._stage = stage
        self._reset = reset
        self._laid = ""
        self._faults: set[str] = set()
        self._cards = _cards(stage.cards.values())

    # --- cards -----------------------------------------------------------------------------------------------------------

    def cards(self) -> Sequence[PanelCard]:
        return self._cards

    def laid_card(self) -> str:
        if self._stage.hands is not None:
            return OWN_CARD if self._alive().terminal.call("card_seen") else ""
        return self._laid

    def lay_card(self, name: str) -> None:
        self._by_hand("お手元のカードを、カードリーダに置いてください。")
        self._alive()
        self._stage.lay_card(name)
        self._laid = name

    def take_card(self) -> None:
        self._by_hand("カードを、カードリーダから取ってください。")
        self._alive()
        self._stage.take_card()
        self._laid = ""

    def _by_hand(self, sentence: str) -> None:
        """On the tester's own reader the panel can only ask."""
        if self._stage.hands is not None:
            raise Told(sentence)

    def readers(self) -> Sequence[str]:
        if self._stage.hands is None:
            return ()
        from cards.readers.pcsc import reader_names

        return reader_names()

    def chosen_reader(self) -> str:
        return self._stage.reader.partition(":")[2]

    def choose_reader(self, name: str) -> None:
        self._stage.reader = f"{PCSC}:{name}"
        self.reset()

    def pin_of(self, name: str) -> Secret:
        self._by_hand("お手元のカードの暗証番号は、端末の画面で入力してください。")
        return self._stage.pin_of(name)

    def hold_certificates(self, calling: str) -> None:
        self._stage.hold_certificates(calling)

    # --- the terminal's devices ----------------------------------------------------------------------------------------

    def look(self) -> TerminalState:
        terminal = self._alive().terminal
        money = terminal.money()
        return TerminalState(
            terminal.screen(), money["inserted"], money["taken"], money["returned"], tuple(terminal.tray())
        )

    def drop(self, denomination: int) -> None:
        self._call("drop", denomination=denomination)

    def reject_next(self) -> None:
        self._call("reject_next")
        self._note("next_coin_rejected")

    def fill_change(self, full: bool) -> None:
        stock = {str(yen): count for yen, count in FULL_STOCK.items()} if full else {}
        self._call("change_stock", stock=stock)
        self._note("change_filled" if full else "change_emptied")

    def take_paper(self) -> None:
        self._alive()
        self._stage.take_paper()

    def jam_at(self, sheet: int) -> None:
        self._call("jam_at", sheet=sheet)
        self._note("jam_prepared", sheet=sheet)

    def paper_empty(self, empty: bool) -> None:
        self._call("paper_empty", empty=empty)
        self._note("paper_removed" if empty else "paper_filled")

    def resume(self) -> None:
        self._call("operator", action="resume")
        self._note("resumed")

    def refund(self) -> None:
        self._call("operator", action="refund")
        self._note("refund_asked")

    # --- clock -----------------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self._stage.clock.now()

    def is_frozen(self) -> bool:
        return self._stage.clock.setting.frozen

    def set_clock(self, moment: datetime) -> None:
        self._stage.clock.set(moment)
        self._note("clock_set", moment=moment)

    def freeze(self) -> None:
        self._stage.clock.freeze()
        self._note("clock_frozen")

    def run(self) -> None:
        self._stage.clock.run()
        self._note("clock_runs")

    # --- faults, trace, reset ----------------------------------------------------------------------------------------------

    def faults(self) -> Mapping[str, str]:
        return KNOWN

    def active_faults(self) -> frozenset[str]:
        return frozenset(self._faults)

    def switch_fault(self, name: str, on: bool) -> None:
        if on:
            self._stage.servers.fault_on(name, {})
            self._faults.add(name)
        else:
            self._stage.servers.fault_off(name)
            self._faults.discard(name)

    def trace_folder(self) -> Path | None:
        return self._stage.trace.folder

    def reset(self) -> None:
        self._reset()
        self._laid = ""
        self._faults.clear()

    # --- the way to the terminal -------------------------------------------------------------------------------------------

    def _alive(self) -> Kiosk:
        """The terminal; raises ConnectionError at once if its process has ended (its socket would only warn)."""
        kiosk = self._stage.kiosk
        if isinstance(kiosk, ProcessKiosk) and not kiosk.alive:
            raise ConnectionError("the terminal's process has ended")
        return kiosk

    def _call(self, command: str, **arguments: Any) -> None:
        self._alive().terminal.call(command, **arguments)

    def _note(self, kind: str, **data: Any) -> None:
        """What the presenter's hand did, for the trace; devices and servers tell the rest themselves."""
        self._stage.trace.emit("operator", kind, **data)


def _cards(entries: Iterable[CardEntry]) -> tuple[PanelCard, ...]:
    listed = list(entries)
    called = callings(listed)
    return tuple(
        PanelCard(entry.name, entry.purpose, calling if entry.name == f"{calling}のカード" else "")
        for entry in listed
        if (calling := called[entry.person])
    )
