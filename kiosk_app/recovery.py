"""After a power cut, or when staff settle what a visit has left open: make journal, ledger, coins and tray agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind, StatusReport

from .devices.interface import CoinUnit, Printer
from .journal import CLOSED, Journal, Record
from .reports import Reports


@dataclass(frozen=True, slots=True)
class Recovered:
    """One interrupted application, or (`application_id` '') money that belonged to none. Amounts in yen.

    `outcome`: cancelled, handed over or in doubt.
    """

    application_id: str
    outcome: State
    returned: int = 0
    voided: int = 0


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What journal and devices say about one open application. `paid_at`: when the money was taken in, as far as is known."""

    session_id: str
    due: int
    sheets: tuple[str, ...]
    kinds: frozenset[str]
    taken: int
    paid_at: datetime | None
    printed: int
    drawn_in: int
    doubt: bool

    @property
    def all_printed(self) -> bool:
        return self.printed == len(self.sheets)

    @property
    def paid(self) -> bool:
        """The coin unit is the witness; only where there was nothing to pay the journal is."""
        return self.taken == self.due and (self.due > 0 or "take_money.intent" in self.kinds)


def recover(
    journal: Journal, coin: CoinUnit, printer: Printer, reports: Reports, clock: Clock
) -> list[Recovered]:
    """Settle every application that the journal has open, and empty the escrow. The first row that holds decides.

     The coin unit is the witness for money, the printer for paper; the journal only says what was tried. Money goes out even
     if the journal cannot be written, and an application for which a record or a device fails stays open.

     ==  =================================================================  ==========================================
     #   what is found                                                      what is done
     ==  =================================================================  ==========================================
     1   the paper was being drawn in, or lies in the box, paid             draw the rest in; report in_doubt
     2   the hand-over is in the journal                                    reports paid and handed_over
     3   money was being given back, or was                                 refund, void; report cancelled
     4   the right amount is taken, every sheet is printed, and none of     reports paid and handed_over
         them lies in the tray: somebody took them in the dark
     5   as 4, but sheets lie in the tray, for whoever comes next           draw them in; report in_doubt
     6   money is taken, but not the amount that was due                    refund, void; report in_doubt
     7   the right amount is taken, not every sheet is printed              refund, void; report cancelled
     8   nothing is taken, no sheet is printed                              escrow back; report cancelled
     9   nothing is taken, but sheets are printed                           void; report cancelled
    10   as 3, 7, 9, but a printed sheet is no longer there to be void      the same, but report in_doubt
     --  money in the escrow and no application open                        escrow back
     ==  =================================================================  ==========================================

     A sheet whose print was begun and not finished is never printed again here. Running it again changes nothing.
    """
    recovered = []
    for application_id, records in journal.open_applications().items():
        try:
            evidence = _evidence(application_id, records, coin, printer)
            result = _settle(application_id, evidence, journal, coin, printer, reports, clock)
            recovered.append(result)
            reports.end(evidence.session_id, application_id, "Visit_Interrupted")
            if reports.written:
                kept = coin.taken_for(application_id)
                journal.append(CLOSED, application_id, outcome=result.outcome.value, kept=kept)
        except Failed:
            # it stays open: the terminal begins no visit, and says why
            continue
    try:
        stray = coin.give_back()
    except Failed:
        return recovered
    if stray:
        recovered.append(Recovered("", State.CANCELLED, stray))
    return recovered


def give_all_back(
    application_id: str, journal: Journal, coin: CoinUnit, printer: Printer, **facts: object
) -> tuple[int, int]:
    """Everything in the escrow and everything taken for this application goes back, and its sheets become void, whether or
    not the journal can be written. Returns yen and sheets. Raises Failed by the device's name."""
    write_if_possible(journal, "give_back.intent", application_id, **facts)
    amount = coin.give_back() + coin.refund(application_id)
    voided = printer.void(application_id)
    write_if_possible(journal, "give_back.done", application_id, amount=amount, voided=voided)
    return amount, voided


def write_if_possible(journal: Journal, kind: str, application_id: str, **facts: object) -> bool:
    """A record of what must happen also without it; whether it was written. Without its done record an application is not
    closed."""
    try:
        journal.append(kind, application_id, **facts)
    except Failed:
        return False
    return True


def _evidence(application_id: str, records: list[Record], coin: CoinUnit, printer: Printer) -> _Evidence:
    begun = records[0].facts
    sheets = tuple(str(sheet) for sheet in begun["sheets"])
    return _Evidence(
        session_id=str(begun["session"]),
        due=int(begun["due"]),
        sheets=sheets,
        kinds=frozenset(record.kind for record in records),
        taken=coin.taken_for(application_id),
        paid_at=_paid_at(records),
        printed=sum(1 for sheet in sheets if printer.has_printed(sheet)),
        drawn_in=sum(1 for sheet in sheets if printer.is_void(sheet)),
        doubt=any(record.facts.get("doubt") is True for record in records),
    )


def _paid_at(records: list[Record]) -> datetime | None:
    """The power may have been gone for hours: the payment is as old as its last record."""
    times = [record.at for record in records if record.kind in ("take_money.intent", "take_money.done")]
    return datetime.fromisoformat(times[-1]) if times else None


def _settle(
    application_id: str,
    found: _Evidence,
    journal: Journal,
    coin: CoinUnit,
    printer: Printer,
    reports: Reports,
    clock: Clock,
) -> Recovered:
    def report(kind: ReportKind, amount: int) -> None:
        paid_at = found.paid_at if kind is ReportKind.PAID else None
        reports.report(
            found.session_id,
            application_id,
            StatusReport(
                report_id=new_ulid(clock),
                kind=kind,
                at=paid_at or clock.now(),
                amount=amount,
                sheets_printed=found.printed,
                reason="Visit_Interrupted",
            ),
        )

    giving_back = "give_back.intent" in found.kinds
    if "draw_in.intent" in found.kinds or (found.paid and found.drawn_in and not giving_back):
        voided = printer.void(application_id)
        report(ReportKind.PAID, found.taken)
        report(ReportKind.IN_DOUBT, found.taken)
        return Recovered(application_id, State.IN_DOUBT, 0, voided)
    if "hand_over.done" in found.kinds or (found.paid and found.all_printed and not giving_back):
        left = 0
        if "hand_over.done" not in found.kinds:
            # the next resident may stand there before the one who paid comes back
            printer.void(application_id)
            left = sum(1 for sheet in found.sheets if printer.is_void(sheet))
        report(ReportKind.PAID, found.due)
        if left:
            report(ReportKind.IN_DOUBT, found.taken)
            return Recovered(application_id, State.IN_DOUBT, 0, left)
        report(ReportKind.HANDED_OVER, found.due)
        return Recovered(application_id, State.HANDED_OVER)

    wrong_amount = found.doubt or found.taken not in (0, found.due)
    returned, voided = give_all_back(
        application_id, journal, coin, printer, after="power cut", doubt=wrong_amount
    )
    carried_off = any(printer.has_printed(sheet) and not printer.is_void(sheet) for sheet in found.sheets)
    outcome = State.IN_DOUBT if wrong_amount or carried_off else State.CANCELLED
    report(ReportKind(outcome.value), returned)
    return Recovered(application_id, outcome, returned, voided)
