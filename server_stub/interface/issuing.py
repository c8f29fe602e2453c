"""Centre <-> issuing server (証明発行サーバ): the messages.

Paths, relative to the issuing server's base URL; every request carries `Authorization: Bearer CENTRE-KEY` and `traceparent`:

    GET  /v1/municipalities               -> MunicipalityList (those hosted here)
    POST /v1/offers                       OffersRequest -> Offers
    POST /v1/applications                 IssueRequest -> IssuedPaper (idempotent by application_id)
    POST /v1/applications/{application_id}/reports  LedgerReport -> ReportTaken (idempotent by report_id)
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from .terminal import (
    MOST_BOXES,
    MOST_MEMBERS,
    MOST_SHEETS,
    ApplicationRequest,
    Box,
    Code5,
    Identifier,
    Model,
    Place,
    Ref,
    RegisterText,
    StatusReport,
    TerminalKind,
    Ulid,
    Yen,
)


class TerminalFacts(Model):
    """Where the resident stands; the ledger keeps it. `area` is a municipality code (管内/管外)."""

    terminal_id: Identifier
    operator: RegisterText
    shop: RegisterText
    area: Code5
    kind: TerminalKind


class OffersRequest(Model):
    """`holder_ref` is the centre's own computation from the certificate it has just checked."""

    holder_ref: Ref
    place: Place
    municipality: Code5
    terminal: TerminalFacts


class IssueRequest(Model):
    """`received_at` is the centre's time of receipt: what was received before the end of service is completed."""

    application_id: Ulid
    holder_ref: Ref
    place: Place
    application: ApplicationRequest
    terminal: TerminalFacts
    received_at: datetime


class IssuedPage(Model):
    """One front in `pdf`, in page order. `subjects` come from the records that were rendered, never from the request."""

    copy_number: Annotated[int, Field(ge=1)]
    k: Annotated[int, Field(ge=1)]
    n: Annotated[int, Field(ge=1)]
    subjects: Annotated[tuple[Ref, ...], Field(max_length=MOST_MEMBERS)]
    issue_number: Identifier
    secret_boxes: Annotated[tuple[Box, ...], Field(max_length=MOST_BOXES)] = ()


class IssuedPaper(Model):
    """`holder_ref` is found from the rendered record's own issue notice; `pdf` is base64, one page a sheet."""

    application_id: Ulid
    holder_ref: Ref
    generation: Annotated[int, Field(ge=0, lt=2**63)]
    fee_total: Yen
    pages: Annotated[tuple[IssuedPage, ...], Field(min_length=1, max_length=MOST_SHEETS)]
    pdf: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=48_000_000)]


class LedgerReport(StatusReport):
    """A report of the terminal as it came, or a cancellation that the centre made by itself.

    `expired`: such a cancellation, made only because the session had run out. It gives way to a payment that the terminal
    made before it (`at`) and could not tell in time; what the terminal itself cancelled stays cancelled.
    """

    expired: bool = False
