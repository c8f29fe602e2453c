"""What the terminal does with its own devices, its journal and its outbox, one effect at a time. Runs on the device thread;
the journal has a record before and after everything that cannot be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import Box, Note, NoteKind

from .devices.interface import CoinUnit, Printer, Speaker
from .flow import effects as f
from .flow.events import (
    CoinRejected,
    Event,
    MoneyChanged,
    MoneyReturned,
    MoneyTaken,
    PaperTaken,
    ReceiptPrinted,
    SheetPrinted,
)
from .journal import Journal
from .outbox import Outbox
from .recovery import Recovered, recover


class Devices(Protocol):
    """The devices of one terminal."""

    @property
    def coin(self) -> CoinUnit: ...
    @property
    def printer(self) -> Printer: ...
    @property
    def speaker(self) -> Speaker: ...


class SheetSource(Protocol):
    """The paper of an application, as it was received and checked."""

    def sheet_ids(self, application_id: str) -> list[str]: ...
    def sheet(self, application_id: str, number: int) -> tuple[str, bytes, tuple[Box, ...]]:
        """Sheet id, PDF and the boxes of 個人番号 of sheet `number` (from 1). Raises Failed(Paper_Corrupt): not here."""


Tell = Callable[[Event], None]


class Machine:
    """`perform` does one effect and returns its answer, if it has one. `tell` is for what devices say by themselves."""

    def __init__(
        self,
        devices: Devices,
        journal: Journal,
        outbox: Outbox,
        papers: SheetSource,
        clock: Clock,
        terminal_id: str,
    ) -> None:
        self._devices = devices
        self._journal = journal
        self._outbox = outbox
        self._papers = papers
        self._clock = clock
        self._terminal_id = terminal_id

    def recover(self) -> list[Recovered]:
        """See recovery.recover."""
        return recover(self._journal, self._devices.coin, self._devices.printer, self._outbox, self._clock)

    def perform(self, effect: f.Effect, tell: Tell) -> Event | None:
        """Raises Failed by the device's own name."""
        match effect:
            case f.Say(cue):
                self._devices.speaker.say(cue)
            case f.OpenCoins():
                self._open_coins(effect, tell)
            case f.TakeMoney(application_id, due):
                return self._take(application_id, due)
            case f.GiveBackMoney(application_id):
                return self._give_back(application_id)
            case f.PrintSheet(application_id, number):
                return self._print(application_id, number)
            case f.ClearJam():
                self._devices.printer.clear_jam()
            case f.OfferPaper(application_id):
                return self._offer_paper(application_id)
            case f.HandOver(application_id):
                self._journal.append("hand_over.done", application_id)
            case f.DrawInPaper(application_id):
                self._journal.append("draw_in.intent", application_id)
                voided = self._devices.printer.void(application_id)
                self._journal.append("draw_in.done", application_id, voided=voided)
            case f.PrintReceipt():
                return self._print_receipt(effect)
            case f.SettleNote():
                self._settle(effect)
            case f.EndSession(session_id, application_id, reason):
                self._outbox.put_end(session_id, reason)
                if application_id and self._journal.is_open(application_id):
                    self._journal.append("application.closed", application_id, outcome=reason)
            case _:
                raise TypeError(f"{type(effect).__name__} is no matter of the devices")
        return None

    def cancel_late(self, session_id: str, application_id: str) -> None:
        """An answer came after its visit had ended: what it brought is cancelled at the centre."""
        if application_id:
            note = f.SettleNote(session_id, application_id, NoteKind.CANCELLED, reason="late answer")
            self._settle(note)
        self._outbox.put_end(session_id, "late answer")

    def _open_coins(self, effect: f.OpenCoins, tell: Tell) -> None:
        self._journal.append(
            "application.begun",
            effect.application_id,
            session=effect.session_id,
            due=effect.due,
            sheets=self._papers.sheet_ids(effect.application_id),
        )
        self._devices.coin.open(
            lambda inserted: tell(MoneyChanged(inserted)), lambda yen: tell(CoinRejected(yen))
        )

    def _take(self, application_id: str, due: int) -> Event:
        coin = self._devices.coin
        coin.close()
        self._journal.append("take_money.intent", application_id, due=due)
        try:
            change = coin.take(due, application_id)
        except Failed as failed:
            self._journal.append("take_money.failed", application_id, failure=failed.failure)
            raise
        self._journal.append("take_money.done", application_id, due=due, change=change)
        return MoneyTaken(change)

    def _give_back(self, application_id: str) -> Event:
        coin = self._devices.coin
        coin.close()
        self._journal.append("give_back.intent", application_id)
        amount = coin.give_back() + coin.refund(application_id)
        voided = self._devices.printer.void(application_id)
        self._journal.append("give_back.done", application_id, amount=amount, voided=voided)
        return MoneyReturned(amount, self._carried_off(application_id))

    def _carried_off(self, application_id: str) -> bool:
        printer = self._devices.printer
        sheets = self._papers.sheet_ids(application_id)
        return any(printer.has_printed(sheet) and not printer.is_void(sheet) for sheet in sheets)

    def _print(self, application_id: str, number: int) -> Event:
        printer = self._devices.printer
        sheet_id, pdf, boxes = self._papers.sheet(application_id, number)
        if not printer.has_printed(sheet_id):
            self._journal.append("print_sheet.intent", application_id, sheet=sheet_id)
            try:
                printer.print_sheet(sheet_id, pdf, boxes)
            except Failed as failed:
                self._journal.append(
                    "print_sheet.failed", application_id, sheet=sheet_id, failure=failed.failure
                )
                raise
        self._journal.append("print_sheet.done", application_id, sheet=sheet_id)
        return SheetPrinted(number)

    def _offer_paper(self, application_id: str) -> Event | None:
        self._journal.append("hand_over.intent", application_id)
        lies_there = any(
            sheet.sheet_id.startswith(f"{application_id}-") for sheet in self._devices.printer.tray()
        )
        # someone quick has taken it while the last sheet was still being noted
        return None if lies_there else PaperTaken()

    def _print_receipt(self, effect: f.PrintReceipt) -> Event:
        from .devices.receipt import receipt_pdf

        pdf = receipt_pdf(effect, self._clock.now(), self._terminal_id)
        self._devices.printer.print_sheet(f"{effect.application_id}-receipt", pdf)
        return ReceiptPrinted()

    def _settle(self, effect: f.SettleNote) -> None:
        note = Note(
            note_id=new_ulid(self._clock),
            kind=effect.kind,
            at=self._clock.now(),
            amount=effect.amount,
            sheets_printed=effect.sheets_printed,
            reason=effect.reason,
        )
        self._outbox.put_note(effect.session_id, effect.application_id, note)
