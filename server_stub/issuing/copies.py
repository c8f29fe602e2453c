"""One application's papers: their 発行番号, the answer for the centre, and what the ledger keeps of them."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from server_stub.certificates.terms import NumberPattern, ServiceTerms
from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import IssuedPage, IssuedPaper, IssueRequest
from server_stub.interface.offers import Offer
from server_stub.interface.registration import SLIP, SlipRequest
from server_stub.interface.values import MOST_SHEETS, Identity, MunicipalityInfo, Place
from server_stub.paper.typesetting import Rendered

from .tables import Application, Copy
from .tenants import Tenant

MOST_DRAWS = 5
"""So often is the paper made with new 発行番号 while one of them is in the ledger: after a change of their form, or of a count that was
set back, some may be."""
Draw = Callable[[str, date | None, int], Sequence[int]]
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U/V mix-ups when a number is read over the telephone."""


RESTORED = "Z"
"""The first random character of every number that a restored ledger gives out, and of no other."""
MARK_LENGTH = 7
_MARKS_SINCE = datetime(2020, 1, 1, tzinfo=JST)


def new_mark(now: datetime, before: str = "") -> str:
    """Make the mark of a restoration, such as `Z8KQ4MT`: the seconds since 2020 (until 2043) in the letters of a number, later than that of
    `before`. Numbers of different marks differ, whatever else is drawn."""
    seconds = int((now - _MARKS_SINCE).total_seconds())
    if before:
        seconds = max(seconds, _number_of(before[1:]) + 1)
    digits = ""
    for _ in range(MARK_LENGTH - 1):
        seconds, digit = divmod(seconds, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    if seconds:
        raise ValueError("the marks of restorations have run out")
    return RESTORED + digits


def _number_of(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * len(ALPHABET) + ALPHABET.index(digit)
    return number


def new_issue_numbers(
    pattern: NumberPattern, info: MunicipalityInfo, day: date, count: int, draw: Draw, mark: str = ""
) -> list[str]:
    """Make `count` numbers in the form of `pattern`, by default such as `28100-20260603-7K3M-Q9TX-2HRD`: municipality code, day of
    issue, 12 random characters (58 bits).

    That random part alone makes a number unique, so that two servers of one municipality need no common counter; a running number
    is drawn from the ledger, never made of the time: two applications of one second never meet (the cause of the Kawasaki case).
    The ledger refuses a number twice. `draw`: `Ledger.draw_numbers`.

    `mark`: of the ledger's latest restoration from a backup. Nobody knows all numbers that were drawn after the backup: those of
    before begin with another mark, so none of them can come again. (Running numbers: `Restoration.complete`.)
    """
    running: Sequence[int] = [0] * count
    if pattern.running is not None:
        running = draw(info.code, day if pattern.running == "number" else None, count)
    return [pattern.format(info.code, info.name, day, _random(mark), number) for number in running]


def _random(mark: str = "") -> str:
    begun = mark or secrets.choice(ALPHABET.replace(RESTORED, ""))
    drawn = begun + "".join(secrets.choice(ALPHABET) for _ in range(12 - len(begun)))
    return "-".join(drawn[at : at + 4] for at in (0, 4, 8))


def request_digest(request: IssueRequest) -> str:
    """Return the digest of all that was asked. `received_at` and `earlier` are left out: a repeated delivery may
    carry later ones."""
    return hashlib.sha256(request.model_dump_json(exclude={"received_at", "earlier"}).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Paper:
    """The papers of one application as they were made: for whom (by the records' own issue notices), at what fee."""

    holder: Identity
    rendered: Rendered
    fee_total: int
    issue_numbers: tuple[str, ...]
    entries: tuple[tuple[str, str], ...] = ()
    """記載事項: question and answer of what was chosen to stand on it, in Japanese."""


def chosen_entries(offer: Offer, rendered: Rendered) -> tuple[tuple[str, str], ...]:
    """List the questions that the first copy answers, by what stands on its fronts, with their answers."""
    answers: dict[str, str] = {}
    for page in rendered.pages:
        if page.copy_number == 1:
            answers.update(page.answers)
    found = []
    for question in offer.questions:
        if question.code in answers:
            choice = question.choice(answers[question.code])
            found.append(
                (question.words["ja"], answers[question.code] if choice is None else choice.words["ja"])
            )
    return tuple(found)


def copy_fee(terms: ServiceTerms, rendered: Rendered) -> int:
    """What one copy costs, by who stands on it."""
    persons = {person for page in rendered.pages if page.copy_number == 1 for person in page.subjects}
    return terms.fee * len(persons) if terms.fee_per_person else terms.fee


def answer_of(tenant: Tenant, generation: int, request: IssueRequest, paper: Paper) -> IssuedPaper:
    """Put what was rendered into the answer: kind, municipality, fee and pages are the paper's, never the request's.

    Raises Failed(Application_Too_Large) for more sheets than one application can have.
    """
    if len(paper.rendered.pages) > MOST_SHEETS:
        raise Failed("Application_Too_Large", sheets=len(paper.rendered.pages))
    # made here from checked parts: looking through 90 kB of our own base64 once more would cost more than making it
    return IssuedPaper.model_construct(
        application_id=request.application_id,
        holder=paper.holder,
        kind=paper.rendered.kind,
        municipality=paper.rendered.municipality,
        generation=generation,
        fee_total=paper.fee_total,
        pages=tuple(
            IssuedPage(
                copy_number=page.copy_number,
                k=page.k,
                n=page.n,
                subjects=tuple(tenant.ref(person) for person in page.subjects),
                issue_number=paper.issue_numbers[page.copy_number - 1],
                answers=dict(page.answers),
                secret_boxes=page.secret_boxes,
                named=tuple(tenant.ref(person) for person in page.named),
            )
            for page in paper.rendered.pages
        ),
        pdf=base64.b64encode(paper.rendered.pdf).decode(),
    )


def ledger_entry(
    request: IssueRequest,
    answer: IssuedPaper,
    digest: str,
    paper: Paper,
    received_at: datetime,
    now: datetime,
) -> Application:
    asked, terminal = request.application, request.terminal
    return Application(
        application_id=request.application_id,
        municipality=asked.municipality,
        kind=asked.kind,
        place=request.place.value,
        holder=answer.holder,
        request_digest=digest,
        copies=asked.copies,
        fee_total=answer.fee_total,
        generation=answer.generation,
        received_at=received_at,
        prepared_at=now,
        issued_on=now.date(),
        paper_sha256=hashlib.sha256(paper.rendered.pdf).hexdigest(),
        terminal_id=terminal.terminal_id,
        operator=terminal.operator,
        shop=terminal.shop,
        area=terminal.area,
        terminal_kind=terminal.kind.value,
    )


def slip_entry(request: SlipRequest, fee: int, received_at: datetime, now: datetime) -> Application:
    """Make the ledger's entry for a printed 申請番号: no certificate, no copies with a 発行番号, of no generation of the replica."""
    asked = request.model_dump_json(exclude={"received_at"}).encode()
    terminal = request.terminal
    return Application(
        application_id=request.application_id,
        municipality=request.municipality,
        kind=SLIP,
        place=Place.DOMICILE.value,
        holder=request.holder,
        request_digest=hashlib.sha256(asked).hexdigest(),
        copies=1,
        fee_total=fee,
        generation=0,
        received_at=received_at,
        prepared_at=now,
        issued_on=now.date(),
        paper_sha256=hashlib.sha256(b"").hexdigest(),
        terminal_id=terminal.terminal_id,
        operator=terminal.operator,
        shop=terminal.shop,
        area=terminal.area,
        terminal_kind=terminal.kind.value,
    )


def ledger_copies(
    answer: IssuedPaper, as_of: datetime | None, entries: tuple[tuple[str, str], ...]
) -> list[Copy]:
    """List the copies of an answer. `as_of`: the 作成日時 of the delivery that the records are from."""
    by_copy: dict[int, Copy] = {}
    for page in answer.pages:
        known = by_copy.get(page.copy_number)
        subjects = tuple(dict.fromkeys((*(known.subjects if known else ()), *page.subjects)))
        by_copy[page.copy_number] = (
            replace(known, subjects=subjects)
            if known
            else Copy(
                answer.application_id, page.copy_number, page.issue_number, page.n, subjects, as_of, entries
            )
        )
    return list(by_copy.values())
