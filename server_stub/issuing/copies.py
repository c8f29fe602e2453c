"""One paper: from the records of one generation to a PDF with its 発行番号, and to the answer for the centre."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from server_stub.interface.issuing import IssuedPage, IssuedPaper, IssueRequest
from server_stub.interface.terminal import ApplicationOptions
from server_stub.interface.values import Box
from server_stub.municipalities import Municipality
from server_stub.paper.content import Issuer
from server_stub.paper.fronts import RenderedPage, render_residence, render_seal
from server_stub.registry.records import Person, Seal

from .tables import Application, Copy
from .tenants import Tenant
from .wording import residence_front, seal_front

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U/V mix-ups when a number is read over the telephone."""


def new_issue_number(municipality: str, day: date) -> str:
    """`28100-20260603-7K3M-Q9TX-2HRD`: municipality code, day of issue, 12 random characters (58 bits).

    The random part alone makes it unique, so that two servers of one municipality need no common counter and two
    applications of one second never meet (the cause of the Kawasaki case); the ledger refuses a number twice.
    """
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join((municipality, day.strftime("%Y%m%d"), *groups))


@dataclass(frozen=True, slots=True)
class Records:
    """What goes on one copy: persons of one household in the order of the register; with `seal`, the one person it is of."""

    persons: tuple[Person, ...]
    whole_household: bool = False
    seal: Seal | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One front. `persons`: keys of the records that stand on it."""

    copy_number: int
    k: int
    n: int
    persons: tuple[str, ...]
    issue_number: str
    secret_boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """`pdf` has one page for each of `pages`, in this order."""

    pdf: bytes
    pages: tuple[Page, ...]


def set_paper(
    copies: Sequence[Records],
    options: ApplicationOptions,
    municipality: Municipality,
    *,
    issued_on: date,
    issue_numbers: Sequence[str],
) -> Paper:
    """One copy for each of `copies`, numbered with `issue_numbers`. The same arguments give the same bytes.

    Raises Failed: Character_Not_Printable, Text_Too_Long, Picture_Unreadable, Font_Missing.
    """
    issuer = issuer_of(municipality)
    if all(records.seal is not None for records in copies):
        rendered = render_seal(
            [
                seal_front(
                    records.persons[0],
                    records.seal,
                    attestation=municipality.attestations.seal_registration,
                    issued_on=issued_on,
                    issue_number=number,
                )
                for records, number in zip(copies, issue_numbers, strict=True)
                if records.seal is not None
            ],
            issuer,
        )
    else:
        texts = municipality.attestations
        rendered = render_residence(
            [
                residence_front(
                    records.persons,
                    options,
                    whole_household=records.whole_household,
                    attestation=texts.residence_household
                    if records.whole_household
                    else texts.residence_members,
                    issued_on=issued_on,
                    issue_number=number,
                )
                for records, number in zip(copies, issue_numbers, strict=True)
            ],
            issuer,
            municipality.layout,
        )
    return Paper(rendered.pdf, tuple(_page(page, copies, issue_numbers) for page in rendered.pages))


def issuer_of(municipality: Municipality) -> Issuer:
    """Who certifies, as it is printed."""
    return Issuer(
        municipality=municipality.info.name,
        title=municipality.title,
        mayor=municipality.mayor,
        seal_png=municipality.seal_png,
        accent=municipality.info.accent,
        seal_mm=municipality.seal_mm,
    )


def _page(page: RenderedPage, copies: Sequence[Records], issue_numbers: Sequence[str]) -> Page:
    records = copies[page.copy_number - 1]
    persons = [records.persons[index].key for index in page.person_indices]
    if records.seal is not None:
        persons.append(records.seal.person)
    return Page(
        copy_number=page.copy_number,
        k=page.k,
        n=page.n,
        persons=tuple(dict.fromkeys(persons)),
        issue_number=issue_numbers[page.copy_number - 1],
        secret_boxes=page.secret_boxes,
    )


def request_digest(request: IssueRequest) -> str:
    """Of all that was asked. `received_at` is left out: a repeated delivery of one application may carry a later one."""
    return hashlib.sha256(request.model_dump_json(exclude={"received_at"}).encode()).hexdigest()


def answer_of(
    tenant: Tenant, generation: int, request: IssueRequest, paper: Paper, holder_ref: str
) -> IssuedPaper:
    # made here from checked parts: looking through 90 kB of our own base64 once more would cost more than making it
    return IssuedPaper.model_construct(
        application_id=request.application_id,
        holder_ref=holder_ref,
        generation=generation,
        fee_total=request.application.fee_total,
        pages=tuple(
            IssuedPage(
                copy_number=page.copy_number,
                k=page.k,
                n=page.n,
                subjects=tuple(tenant.ref(person) for person in page.persons),
                issue_number=page.issue_number,
                secret_boxes=page.secret_boxes,
            )
            for page in paper.pages
        ),
        pdf=base64.b64encode(paper.pdf).decode(),
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
        kind=asked.kind.value,
        place=request.place.value,
        holder_ref=answer.holder_ref,
        request_digest=digest,
        copies=asked.copies,
        fee_total=answer.fee_total,
        generation=answer.generation,
        received_at=received_at,
        prepared_at=now,
        issued_on=now.date(),
        paper_sha256=hashlib.sha256(paper.pdf).hexdigest(),
        terminal_id=terminal.terminal_id,
        operator=terminal.operator,
        shop=terminal.shop,
        area=terminal.area,
        terminal_kind=terminal.kind.value,
    )


def ledger_copies(answer: IssuedPaper, as_of: datetime | None) -> list[Copy]:
    """`as_of`: the 作成日時 of the delivery that the records are from."""
    by_copy: dict[int, Copy] = {}
    for page in answer.pages:
        known = by_copy.get(page.copy_number)
        subjects = tuple(dict.fromkeys((*(known.subjects if known else ()), *page.subjects)))
        by_copy[page.copy_number] = (
            replace(known, subjects=subjects)
            if known
            else Copy(answer.application_id, page.copy_number, page.issue_number, page.n, subjects, as_of)
        )
    return list(by_copy.values())
