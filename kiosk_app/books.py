"""Journal, coin unit's book, tray and outbox, compared with one another after every start.

What may differ and does not count: an outbox that was lost (it is made again), paper that somebody took while the power was
off, receipts. Not compared: what lies in the cash box altogether, and how much paper the tray holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .devices.interface import CoinUnit, Printer
from .journal import CLOSED, Journal, Record
from .outbox import Outbox
from .reports import DUE, key_of

SETTLED = "staff.settled"
RECEIPT = "-receipt"


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` (charge, earlier_charges, sheet, report) of `whom` (application, sheet or record number): what the journal says
    and what was found."""

    what: str
    whom: str
    journal: str
    found: str

    @property
    def key(self) -> str:
        return f"{self.what}:{self.whom}:{self.journal}:{self.found}"


def compare(journal: Journal, coin: CoinUnit, printer: Printer, outbox: Outbox) -> list[Difference]:
    """Every difference that staff have not accepted yet. Applications still open are left out: they are a trouble of their
    own. Raises Failed by the name of what cannot be read."""
    accepted = {
        str(key) for record in journal.records if record.kind == SETTLED for key in record.facts["accepted"]
    }
    found = [*_charges(journal, coin), *_sheets(journal, printer), *_reports(journal, outbox)]
    return [one for one in found if one.key not in accepted]


def _charges(journal: Journal, coin: CoinUnit) -> Iterator[Difference]:
    """Application by application; those of journals that were put away by their number and sum."""
    book = coin.charges()
    for application_id in journal.open_applications():
        book.pop(application_id, None)
    for record in journal.records:
        if record.kind == CLOSED:
            kept, found = int(record.facts["kept"]), book.pop(record.application_id, 0)
            if kept != found:
                yield Difference("charge", record.application_id, str(kept), str(found))
    past = journal.past
    if (len(book), sum(book.values())) == (past.charges, past.kept):
        return
    if past.charges:
        told = (f"{past.charges}/{past.kept}", f"{len(book)}/{sum(book.values())}")
        yield Difference("earlier_charges", "", *told)
        return
    for application_id, yen in book.items():
        yield Difference("charge", application_id, "0", str(yen))


def _sheets(journal: Journal, printer: Printer) -> Iterator[Difference]:
    begun: set[str] = set()
    printed: dict[str, set[str]] = {}
    drawn_in: set[str] = set()
    for record in journal.records:
        if record.kind == "print_sheet.intent":
            begun.add(str(record.facts["sheet"]))
        elif record.kind == "print_sheet.done":
            printed.setdefault(record.application_id, set()).add(str(record.facts["sheet"]))
        elif record.kind in ("give_back.done", "draw_in.done"):
            drawn_in.add(record.application_id)
    for sheets in printed.values():
        for sheet_id in sorted(sheets):
            if not printer.has_printed(sheet_id):
                yield Difference("sheet", sheet_id, "printed", "nowhere")
    still_open = journal.open_applications()
    for sheet in printer.tray():
        application_id = sheet.sheet_id.split("-")[0]
        if sheet.sheet_id.endswith(RECEIPT) or application_id in still_open:
            continue
        if sheet.sheet_id not in begun and not journal.earlier_knows(sheet.sheet_id):
            yield Difference("sheet", sheet.sheet_id, "unknown", "tray")
        elif application_id in drawn_in:
            yield Difference("sheet", sheet.sheet_id, "drawn in", "tray")


def _reports(journal: Journal, outbox: Outbox) -> Iterator[Difference]:
    """A message whose record is gone, or is another one, came from a journal that has lost its end or is not this one."""
    mine: dict[int, Record] = dict(journal.numbered())
    for (session_id, application_id, kind), number in outbox.known().items():
        if number <= journal.past.records:
            continue
        record = mine.get(number)
        if record is None or record.kind != DUE or key_of(record) != (session_id, application_id, kind):
            yield Difference("report", str(number), "unknown" if record is None else record.kind, kind)
