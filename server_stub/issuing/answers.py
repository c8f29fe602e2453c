"""From a paper to the answer for the centre and to the ledger's rows."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import datetime

from server_stub.interface.issuing import IssuedPage, IssuedPaper, IssueRequest

from .copies import Paper
from .entries import Application, Copy
from .tenants import Tenant


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
