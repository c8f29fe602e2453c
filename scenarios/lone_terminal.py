"""One terminal in a process of its own, before somebody's servers: what `konbini kiosk --panel` has in its hands."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from kiosk_app.card_slot import VIRTUAL
from kiosk_app.devices.coin_unit import FULL_STOCK
from kiosk_app.process_settings import KioskSettings
from server_stub.interface.trace import Trace

from . import places
from .kiosks import ProcessKiosk
from .template import CardEntry, load_cards


class LoneTerminal:
    """Starts the terminal at once; `stop` it. `template`: the folder with the virtual cards.

    Raises NotReached if the terminal cannot begin; it has then told why on its standard error.
    """

    def __init__(self, settings: KioskSettings, template: Path, control: str = "") -> None:
        self._settings, self._template, self._control = settings, template, control
        self._start_clock = settings.opening_clock()
        self.clock = settings.opening_clock()
        self.cards: dict[str, CardEntry] = load_cards(template) if settings.reader == VIRTUAL else {}
        folder = Path(settings.trace_folder) if settings.trace_folder else None
        self.trace = Trace(self.clock, run=settings.run, process="panel", folder=folder)
        self._fresh_hand()
        self.kiosk = ProcessKiosk(settings, control)
        self._stop_clock = self.clock.subscribe(self._spread_clock)

    @property
    def reader(self) -> str:
        return self._settings.reader

    def lay_card(self, name: str) -> None:
        """A card keeps its counters until `begin_anew`."""
        image = self._hand / Path(self.cards[name].file).name
        if not image.exists():
            places.copy_private(self._template / self.cards[name].file, image)
        self.kiosk.terminal.call("lay_card", image=str(image))

    def begin_anew(self, reader: str = "") -> None:
        """Off and on again, on another reader if told: fresh cards, an empty tray, change and paper full, the clock as at the
        beginning. Journal, messages to the centre and the cash box stay: nothing that the centre must hear of is lost."""
        self.kiosk.stop()
        self._settings = replace(self._settings, reader=reader or self._settings.reader)
        self._fresh_hand()
        self.clock.start_again(self.first_moment())
        self.kiosk = ProcessKiosk(self._settings.at(self.clock.setting), self._control)
        call = self.kiosk.terminal.call
        call("take_paper")
        call("change_stock", stock={str(yen): count for yen, count in FULL_STOCK.items()})
        call("paper_empty", empty=False)

    def first_moment(self) -> datetime:
        """What the clock would show now, had nobody set it."""
        return self._start_clock.now()

    def stop(self) -> None:
        self._stop_clock()
        self.kiosk.stop()
        self.trace.close()

    @property
    def _hand(self) -> Path:
        return Path(self._settings.folder) / "cards"

    def _fresh_hand(self) -> None:
        shutil.rmtree(self._hand, ignore_errors=True)
        places.private_folder(self._hand)

    def _spread_clock(self) -> None:
        if self.kiosk.alive:
            self.kiosk.terminal.call("clock", setting=self.clock.setting.to_json())
