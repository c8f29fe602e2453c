"""The real `PanelClient`: a stage whose terminal and servers run in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from kiosk_app.card_slot import PCSC
from scenarios.kiosks import Kiosk
from scenarios.stage import Stage
from scenarios.stage_secrets import ordinance_pin
from scenarios.tours.guide import Guide
from server_stub.faults.box import KNOWN
from server_stub.faults.outages import WORDS as OUTAGES
from server_stub.interface.secret import Secret

from .client import PanelCard, Told
from .terminal_client import LAY_BY_HAND, OWN_CARD, PIN_BY_HAND, TAKE_BY_HAND, TerminalClient, in_hand


class StageClient(TerminalClient):
    """A `PanelClient` over `stage`. `reset` puts stage and terminal back to the beginning, with the trace kept going."""

    def __init__(self, stage: Stage, reset: Callable[[], None]) -> None:
        self._stage = stage
        self.trace = stage.trace
        self._reset = reset
        self._cards = in_hand(stage.cards.values())
        self._guide = Guide(stage, reset, QCoreApplication.processEvents)

    def guide(self) -> Guide | None:
        return self._guide

    # --- cards -----------------------------------------------------------------------------------------------------------

    def cards(self) -> Sequence[PanelCard]:
        return self._cards

    def laid_card(self) -> str:
        if self._stage.hands is not None:
            return OWN_CARD if self._card_seen() else ""
        return self._stage.laid

    def lay_card(self, name: str) -> None:
        self._by_hand(LAY_BY_HAND)
        self._alive()
        self._stage.lay_card(name)

    def take_card(self) -> None:
        self._by_hand(TAKE_BY_HAND)
        self._alive()
        self._stage.take_card()

    def _by_hand(self, sentence: str) -> None:
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
        self._by_hand(PIN_BY_HAND)
        registered = self._stage.card(name).registered
        if registered:  # 条例利用: one a kind, and none on the card
            return Secret("・".join(f"{kind} {ordinance_pin(kind).reveal()}" for kind in registered))
        return self._stage.pin_of(name)

    def hold_certificates(self, calling: str) -> None:
        self._stage.hold_certificates(calling)
        self._guide.tell("held")

    def take_paper(self) -> None:
        self._alive()
        self._stage.take_paper()

    # --- clock -----------------------------------------------------------------------------------------------------------

    def first_moment(self) -> datetime:
        return self._stage.begins

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

    def paced(self) -> bool:
        return self._stage.clock.setting.paced

    def set_pace(self, real: bool) -> None:
        self._stage.clock.set_pace(real)

    # --- faults, trace, reset ----------------------------------------------------------------------------------------------

    def has_servers(self) -> bool:
        return True

    def faults(self) -> Mapping[str, str]:
        return {name: told for name, told in KNOWN.items() if self._stage.has_outages or name not in OUTAGES}

    def active_faults(self) -> frozenset[str]:
        return frozenset(self._stage.servers.faults_on)

    def switch_fault(self, name: str, on: bool) -> None:
        if on:
            self._stage.servers.fault_on(name, {})
            self._guide.tell(f"fault:{name}")
        else:
            self._stage.servers.fault_off(name)

    def trace_folder(self) -> Path | None:
        return self._stage.trace.folder

    def reset(self) -> None:
        self._guide.forget()
        self._reset()

    def _kiosk(self) -> Kiosk:
        return self._stage.kiosk
