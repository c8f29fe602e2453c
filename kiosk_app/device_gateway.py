"""What the terminal does with its own devices, its journal and its outbox, one effect at a time. Runs on the device thread;
the journal has a record before and after everything that cannot be undone.

Nobody's money meets anybody else: coins are accepted for one application only, while the escrow is empty and nothing is
open in the journal; and an application is closed only when a record says where its money and paper went. Otherwise the
terminal is out of service until staff have settled it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kiosk_app.devices.interface import CoinUnit, Printer, Speaker
from kiosk_app.flow.events import (
    CoinRejected,
    Event,
    MoneyChanged,
    MoneyReturned,
    MoneyTaken,
    PaperTaken,
    ReceiptPrinted,
    ServiceResumed,
    ServiceStopped,
    SheetPrinted,
)
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind, StatusReport
from server_stub.interface.values import Box

from .books import SETTLED, Difference, compare
from .flow import effects as f
from .journal import CLOSED, Journal
from .outbox import Outbox
from .recovery import Recovered, give_all_back, recover, write_if_possible
from .reports import Reports

ENDS = ("give_back.done", "hand_over.done", "draw_in.done")
"""One of these must be there before an application is closed."""
CHECKED = "checked"
"""How staff settle: they have compared the books, and what differs is accepted. Any other word accepts nothing."""


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


class DeviceGateway:
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
        self.reports = Reports(journal, outbox)
        self._papers = papers
        self._clock = clock
        self._terminal_id = terminal_id
        self._accepting = ""
        """The application for which coins are or were accepted in the present visit."""
        self._differences: list[Difference] = []
        self._not_compared = ""
        """Why the books could not be compared, by its name."""

    # --- the books -----------------------------------------------------------------------------------------------------

    def recover(self) -> list[Recovered]:
        """See recovery.recover; then the books are compared (`check` tells), and a long journal is put away."""
        self.reports.catch_up()
        coin, printer = self._devices.coin, self._devices.printer
        recovered = recover(self._journal, coin, printer, self.reports, self._clock)
        self._accepting = ""
        self._compare()
        return recovered

    def put_away(self) -> None:
        """Put the journal away if it is long and every book agrees with it. Raises Failed(Journal_Not_Written)."""
        if not self._trouble() and not self._outbox.waiting:
            charges = self._devices.coin.charges()
            self._journal.put_away(len(charges), sum(charges.values()))

    def _compare(self) -> None:
        self._not_compared = ""
        try:
            coin, printer = self._devices.coin, self._devices.printer
            self._differences = compare(self._journal, coin, printer, self._outbox)
        except Failed as failed:
            self._not_compared = failed.failure

    def check(self) -> Event:
        """Whether the next resident may begin."""
        name = self._trouble()
        if not name:
            return ServiceResumed()
        told = [one.key for one in self._differences]
        told += [":".join(one) for one in self._refused()]
        return ServiceStopped(name, (("found", tuple(told)),))

    def _trouble(self) -> str:
        """What keeps the next resident away, by its name; '' for nothing. The application of the present visit is none."""
        waits = self.reports.catch_up()
        if self._not_compared:
            self._compare()
        others = [one for one in self._journal.open_applications() if one != self._accepting]
        try:
            if not self._accepting and self._devices.coin.state().inserted:
                return "Escrow_Not_Empty"
        except Failed as failed:
            return failed.failure
        if others:
            return "Application_Left_Open"
        if self._not_compared or self._differences:
            return self._not_compared or "Books_Differ"
        if self._refused():
            return "Report_Refused"
        if not self._journal.is_writable():
            return "Journal_Not_Written"
        return waits

    def _refused(self) -> list[tuple[str, str, str]]:
        try:
            return self._outbox.refused()
        except Failed:
            return []  # the outbox itself is the trouble then

    def settle(self, how: str) -> tuple[list[Recovered], Event]:
        """Staff settle what is open: everything is returned or handed over as after a power cut, and the journal says how.
        With CHECKED, differences and refused reports are accepted, too. Raises Failed(Journal_Not_Written)."""
        reason = self._trouble()
        recovered = self.recover()
        accepted, refused = (self._differences, self._refused()) if how == CHECKED else ([], [])
        self._journal.append(
            SETTLED,
            "",
            how=how,
            reason=reason,
            applications=[one.application_id for one in recovered],
            returned=sum(one.returned for one in recovered),
            accepted=[one.key for one in accepted],
            refused=[list(one) for one in refused],
        )
        if how == CHECKED:
            self._differences = []
            if refused:
                self._outbox.acknowledge(refused)
        return recovered, self.check()

    # --- effects -------------------------------------------------------------------------------------------------------

    def perform(self, effect: f.Effect, tell: Tell) -> Event | None:
        """Raises Failed by the device's own name."""
        match effect:
            case f.Say(cue):
                self._devices.speaker.say(cue)
            case f.CashInStart():
                self._open_coins(effect, tell)
            case f.CashInEnd(purchase):
                return self._take(purchase.id, purchase.due)
            case f.CashInRollback(application_id):
                return self._give_back(application_id)
            case f.PrintSheet(application_id, number):
                return self._print(application_id, number)
            case f.ClearJam():
                self._devices.printer.clear_jam()
            case f.PresentMedia(application_id):
                return self._offer_paper(application_id)
            case f.MediaTaken(application_id):
                write_if_possible(self._journal, "hand_over.done", application_id)
            case f.RetractMedia(application_id):
                write_if_possible(self._journal, "draw_in.intent", application_id)
                voided = self._devices.printer.void(application_id)
                write_if_possible(self._journal, "draw_in.done", application_id, voided=voided)
            case f.PrintReceipt():
                return self._print_receipt(effect)
            case f.QueueReport():
                self._settle(effect)
            case f.EndSession(session_id, application_id, reason):
                self._end(session_id, application_id, reason)
            case f.CheckBooks():
                return self.check()
            case _:
                raise TypeError(f"{type(effect).__name__} is no matter of the devices")
        return None

    def cancel_late(self, session_id: str, application_id: str) -> None:
        """An answer came after its visit had ended: what it brought is cancelled at the centre."""
        if application_id:
            report = f.QueueReport(session_id, application_id, ReportKind.CANCELLED, reason="late answer")
            self._settle(report)
        self.reports.end(session_id, application_id, "late answer")

    def _end(self, session_id: str, application_id: str, reason: str) -> None:
        """Close the application if its money and paper are where a record says; or it and its session stay open, and the
        terminal begins no other visit."""
        self._accepting = ""
        records = self._journal.of(application_id) if application_id else []
        if not records:
            self.reports.end(session_id, application_id, reason)
            return
        coin = self._devices.coin
        try:
            if not any(record.kind in ENDS for record in records) or coin.state().inserted:
                return
            kept = coin.taken_for(application_id)
        except Failed:
            return
        self.reports.end(session_id, application_id, reason)
        if self.reports.written:
            write_if_possible(self._journal, CLOSED, application_id, outcome=reason, kept=kept)

    def _open_coins(self, effect: f.CashInStart, tell: Tell) -> None:
        """Raises Failed(Terminal_Out_Of_Service): then nothing was accepted, and what lies there is not this resident's."""
        trouble = self._trouble()
        if trouble:
            raise Failed("Terminal_Out_Of_Service", reason=trouble)
        purchase = effect.purchase
        self._accepting = purchase.id
        self._journal.append(
            "application.begun",
            purchase.id,
            session=effect.session_id,
            due=purchase.due,
            sheets=self._papers.sheet_ids(purchase.id),
        )
        self._devices.coin.open(
            lambda inserted: tell(MoneyChanged(inserted)), lambda yen: tell(CoinRejected(yen))
        )

    def _take(self, application_id: str, due: int) -> Event:
        if application_id != self._accepting:
            raise Failed("Terminal_Out_Of_Service", reason="no coins were accepted")
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
        if application_id != self._accepting:
            # what lies there belongs to somebody else
            return MoneyReturned(0)
        coin, printer = self._devices.coin, self._devices.printer
        coin.close()
        amount, _ = give_all_back(application_id, self._journal, coin, printer)
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
        # the sheet is out, and the printer knows it: without a record of it, too, this is no jam
        write_if_possible(self._journal, "print_sheet.done", application_id, sheet=sheet_id)
        return SheetPrinted(number)

    def _offer_paper(self, application_id: str) -> Event | None:
        write_if_possible(self._journal, "hand_over.intent", application_id)
        lies_there = any(
            sheet.sheet_id.startswith(f"{application_id}-") for sheet in self._devices.printer.tray()
        )
        # someone quick has taken it while the last sheet was still being noted
        return None if lies_there else PaperTaken()

    def _print_receipt(self, effect: f.PrintReceipt) -> Event:
        from kiosk_app.devices.receipt import receipt_pdf

        pdf = receipt_pdf(effect, self._clock.now(), self._terminal_id)
        self._devices.printer.print_sheet(f"{effect.purchase.id}-receipt", pdf)
        return ReceiptPrinted()

    def _settle(self, effect: f.QueueReport) -> None:
        report = StatusReport(
            report_id=new_ulid(self._clock),
            kind=effect.kind,
            at=self._clock.now(),
            amount=effect.amount,
            sheets_printed=effect.sheets_printed,
            reason=effect.reason,
        )
        self.reports.report(effect.session_id, effect.application_id, report)
