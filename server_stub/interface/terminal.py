"""Terminal <-> centre (証明書交付センター): the messages. All money is whole yen, all times are ISO 8601 with offset.

Paths, relative to the centre's base URL; every request carries `Authorization: Bearer TERMINAL-KEY` and `traceparent`:

    GET  /v1/municipalities                          -> MunicipalityList
    GET  /v1/ordinance-services                      -> OrdinanceServices (条例利用: whose 住民基本台帳カード can be used)
    POST /v1/sessions                                -> SessionOpened
    POST /v1/sessions/{session_id}/nonce             -> Nonce
    POST /v1/sessions/{session_id}/authentication    AuthenticationRequest -> SignedOffers
    POST /v1/sessions/{session_id}/applications      ApplicationRequest (+ Idempotency-Key) -> SignedManifest
    GET  /v1/applications/{application_id}/sheets/{number} -> application/pdf, front and back of one sheet
    POST /v1/applications/{application_id}/reports     StatusReport -> ReportTaken (idempotent by report_id)
    POST /v1/sessions/{session_id}/end               SessionEnd -> 204; cancels what was not paid

Every refusal is `FailureBody` with status 4xx or 5xx.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from .application_states import ReportKind as ReportKind
from .offers import Answers, Refs, Symbol
from .values import (
    MOST_BOXES,
    MOST_MUNICIPALITIES,
    MOST_OFFERS,
    MOST_SHEETS,
    Base64,
    Box,
    CardNumber,
    Code,
    Code5,
    CopyNumber,
    Identifier,
    Identity,
    IssueNumber,
    Method,
    Model,
    MunicipalityInfo,
    PinText,
    Place,
    Ulid,
    Words,
    Yen,
)

NONCE_CONTEXT: Literal["JPKI-SIM/konbini/authentication/v1"] = "JPKI-SIM/konbini/authentication/v1"


class SessionOpened(Model):
    session_id: Ulid
    terminal_id: Identifier
    expires_at: datetime


class Nonce(Model):
    """What the card signs: SHA-256 with DigestInfo over `signed_text`."""

    nonce: Base64
    context: Literal["JPKI-SIM/konbini/authentication/v1"] = NONCE_CONTEXT
    expires_at: datetime


def signed_text(context: str, session_id: str, nonce: str) -> bytes:
    """The bytes that the holder's key signs: context, session and nonce, so that no signature serves twice."""
    return f"{context}\n{session_id}\n{nonce}".encode()


class JpkiProof(Model):
    """The card's authentication certificate and its signature over `signed_text`."""

    method: Literal[Method.JPKI] = Method.JPKI
    certificate: Base64
    signature: Base64


class OrdinanceProof(Model):
    """What a 住民基本台帳カード and its holder say for one kind of certificate: the card's municipality and number, and the PIN that
    was registered for that kind. The card itself proves nothing: what it could do is not published."""

    method: Literal[Method.ORDINANCE] = Method.ORDINANCE
    municipality: Code5
    card: CardNumber
    kind: Code
    pin: PinText


def _method(told: Any) -> str:
    method = told.get("method", Method.JPKI) if isinstance(told, dict) else getattr(told, "method", "")
    return str(method)


class AuthenticationRequest(Model):
    """`municipality` is given for the 本籍地 and empty for the 住所地, which the centre finds itself."""

    place: Place
    municipality: Code5 | None = None
    proof: Annotated[
        Annotated[JpkiProof, Tag("jpki")] | Annotated[OrdinanceProof, Tag("ordinance")],
        Discriminator(_method),
    ]


class OrdinanceKind(Model):
    """One kind of certificate as it stands in the menu before the PIN."""

    kind: Code
    words: Words
    symbol: Symbol
    place: Place


class OrdinanceService(Model):
    """A municipality whose 住民基本台帳カード can be used here: under which identifier (`aid`, hex) its cards have the application, and
    for which kinds a PIN may have been registered. Whether it was is told to nobody without the PIN."""

    municipality: MunicipalityInfo
    aid: Annotated[str, Field(pattern=r"^F([0-9A-F]{2}){4,15}[0-9A-F]$")]
    kinds: Annotated[tuple[OrdinanceKind, ...], Field(max_length=MOST_OFFERS)]


class OrdinanceServices(Model):
    services: Annotated[tuple[OrdinanceService, ...], Field(max_length=MOST_MUNICIPALITIES)]


class SheetEntry(Model):
    """One sheet of paper: `copy_number` of copies, `k` of `n` within the copy.

    `subjects`, `answers` (to the questions that concern them), `secret_boxes` (where 個人番号 stand) and `named` (whose names stand on
    a sheet without any item that is asked about: 別紙) are read off the front that was made.
    """

    number: Annotated[int, Field(ge=1)]
    copy_number: CopyNumber
    k: Annotated[int, Field(ge=1)]
    n: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    subjects: Refs
    issue_number: IssueNumber
    answers: Answers = {}
    secret_boxes: Annotated[tuple[Box, ...], Field(max_length=MOST_BOXES)] = ()
    named: Refs = ()


class Manifest(Model):
    """What was made: kind, municipality, copies, fee and sheets as the issuing server rendered them."""

    application_id: Ulid
    session_id: Ulid
    terminal_id: Identifier
    holder: Identity
    kind: Code
    municipality: Code5
    copies: Annotated[int, Field(ge=1, le=99)]
    fee_total: Yen
    generation: Annotated[int, Field(ge=0, lt=2**63)]
    received_at: datetime
    sheets: Annotated[tuple[SheetEntry, ...], Field(min_length=1, max_length=MOST_SHEETS)]


class SignedManifest(Model):
    """`text` is the manifest's JSON exactly as signed with the centre's Ed25519 key, which the terminal has pinned."""

    text: Annotated[str, Field(max_length=1_000_000)]
    signature: Base64
    key_id: Identifier


class OutageNotice(Model):
    """Why nothing of a municipality can be had now: an announced outage's public text, for one session at one terminal. `reopens`: the
    end that is announced, as 2026-06-03T15:00."""

    session_id: Ulid
    terminal_id: Identifier
    notice: Words
    reopens: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$")]


class SignedNotice(Model):
    """The fact `notice` of the refusal Outage_Announced: `text` is the JSON of `OutageNotice` as signed with the centre's Ed25519 key.
    Words that nobody has signed are shown by no terminal."""

    text: Annotated[str, Field(max_length=4_000)]
    signature: Base64
    key_id: Identifier


class StatusReport(Model):
    """What became of an application at the terminal; delivered through a durable outbox, any number of times.

    `at` is when it happened, not when it is told: a payment told late counts from the moment the money was taken in.
    """

    report_id: Ulid
    kind: ReportKind
    at: datetime
    amount: Yen = 0
    sheets_printed: Annotated[int, Field(ge=0, le=10_000)] = 0
    reason: str = ""


class ReportTaken(Model):
    application_id: Ulid
    state: Identifier


class ApplicationStanding(Model):
    """Tell that a prepared paper may be paid."""

    application_id: Ulid
    state: Identifier


class SessionEnd(Model):
    reason: str = ""
