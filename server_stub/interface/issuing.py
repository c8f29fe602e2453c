"""Centre <-> issuing server (証明発行サーバ): the messages.

Paths, relative to the issuing server's base URL; every request carries `Authorization: Bearer CENTRE-KEY` and `traceparent`:

    GET  /v1/municipalities               -> MunicipalityList (those hosted here)
    POST /v1/ordinance-services           OrdinanceServicesRequest -> OrdinanceServices (条例利用)
    POST /v1/offers                       OffersRequest -> OfferList
    POST /v1/applications                 IssueRequest -> IssuedPaper (idempotent by application_id)
    POST /v1/applications/{application_id}/reports  LedgerReport -> ReportTaken (idempotent by report_id)
    POST /v1/applications/{application_id}/standing StandingRequest -> 204: what is prepared may be paid
    POST /v1/look                         -> 204: it works, and has looked after its own alarms
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from .offers import Answers, ApplicationRequest, Offer, Refs, each_kind_once
from .terminal import StatusReport
from .values import (
    MOST_BOXES,
    MOST_OFFERS,
    MOST_SHEETS,
    Box,
    Code,
    Code5,
    CopyNumber,
    Identifier,
    Identity,
    IssueNumber,
    Model,
    MunicipalityInfo,
    Place,
    Ref,
    RegisterText,
    TerminalKind,
    Ulid,
    Yen,
)

MOST_EARLIER = 50
"""Certificates of one person that a centre tells."""
Earlier = Annotated[tuple[Ref, ...], Field(max_length=MOST_EARLIER)]


class TerminalFacts(Model):
    """Where the resident stands; the ledger keeps it. `area` is a municipality code (管内/管外)."""

    terminal_id: Identifier
    operator: RegisterText
    shop: RegisterText
    area: Code5
    kind: TerminalKind


class OrdinanceServicesRequest(Model):
    """Which 住民基本台帳カード can be used at this terminal now?"""

    terminal: TerminalFacts


class OffersRequest(Model):
    """`holder` is the centre's own finding, from the proof that it has just checked. `earlier`: references of the same person's other
    authentication certificates, by the issue notices, for a 本籍地 that carries a registration over (利用登録)."""

    holder: Identity
    place: Place
    municipality: Code5
    terminal: TerminalFacts
    earlier: Earlier = ()


class OfferList(Model):
    """What this municipality offers the holder now; the centre signs it for session and terminal. `pdf_linked`: the kinds whose
    papers the existing system makes, which stop with it."""

    municipality: MunicipalityInfo
    offers: Annotated[tuple[Offer, ...], Field(max_length=MOST_OFFERS), AfterValidator(each_kind_once)]
    pdf_linked: Annotated[tuple[Code, ...], Field(max_length=MOST_OFFERS)] = ()


class IssueRequest(Model):
    """`received_at` is the centre's time of receipt: what was received before the end of service is completed. `earlier` as in
    OffersRequest."""

    application_id: Ulid
    holder: Identity
    place: Place
    application: ApplicationRequest
    terminal: TerminalFacts
    received_at: datetime
    earlier: Earlier = ()


class StandingRequest(Model):
    """May what is prepared still be paid? `earlier` as in OffersRequest."""

    earlier: Earlier = ()


class IssuedPage(Model):
    """One front in `pdf`, in page order. `subjects` and `answers` are read off the front that was made, never taken from the
    request; `secret_boxes`: where 個人番号 stand; `named`: whose names stand on a sheet without any item that is asked about (別紙)."""

    copy_number: CopyNumber
    k: Annotated[int, Field(ge=1)]
    n: Annotated[int, Field(ge=1)]
    subjects: Refs
    issue_number: IssueNumber
    answers: Answers = {}
    secret_boxes: Annotated[tuple[Box, ...], Field(max_length=MOST_BOXES)] = ()
    named: Refs = ()


class IssuedPaper(Model):
    """`holder` is found from the rendered records' own issue notices, `kind`, `municipality` and `fee_total` from the papers
    that were made; `pdf` is base64, one page a sheet."""

    application_id: Ulid
    holder: Identity
    kind: Code
    municipality: Code5
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
