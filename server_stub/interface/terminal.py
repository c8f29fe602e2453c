"""Terminal <-> centre (証明書交付センター): the messages. All money is whole yen, all times are ISO 8601 with offset.

Paths, relative to the centre's base URL; every request carries `Authorization: Bearer TERMINAL-KEY` and `traceparent`:

    GET  /v1/municipalities                          -> MunicipalityList
    POST /v1/sessions                                -> SessionOpened
    POST /v1/sessions/{session_id}/nonce             -> Nonce
    POST /v1/sessions/{session_id}/authentication    AuthenticationRequest -> Offers
    POST /v1/sessions/{session_id}/applications      ApplicationRequest (+ Idempotency-Key) -> SignedManifest
    GET  /v1/applications/{application_id}/sheets/{number} -> application/pdf, front and back of one sheet
    POST /v1/applications/{application_id}/reports     StatusReport -> ReportTaken (idempotent by report_id)
    POST /v1/sessions/{session_id}/end               SessionEnd -> 204; cancels what was not paid

Every refusal is `FailureBody` with status 4xx or 5xx.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .application_states import ReportKind as ReportKind

NONCE_CONTEXT: Literal["JPKI-SIM/konbini/authentication/v1"] = "JPKI-SIM/konbini/authentication/v1"


# Nothing that comes in is longer than this; what is, is no message at all (Answer_Malformed, Request_Malformed).
MOST_MUNICIPALITIES = 3000
"""Japan has about 1,900 with the wards of its large cities."""
MOST_MEMBERS = 200
"""Of one household."""
MOST_OFFERS, MOST_SHEETS, MOST_BOXES = 50, 500, 100
LONGEST_FACTS = 8000
"""Letters of all facts of a failure, as JSON."""


class Model(BaseModel):
    """A message: unknown fields are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Code5 = Annotated[
    str, Field(pattern=r"^[0-9]{5}$", description="全国地方公共団体コード, 5 digits without check digit")
]
Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=16384)]
Ref = Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
Ulid = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
Yen = Annotated[int, Field(ge=0, le=1_000_000)]
LONGEST_TEXT, LONGEST_NAME = 300, 100
RegisterText = Annotated[str, Field(max_length=LONGEST_TEXT)]
"""Of a person's name, a relationship, hours: no cell of any form holds more."""
PlaceName = Annotated[str, Field(max_length=LONGEST_NAME)]
Identifier = Annotated[str, Field(max_length=100)]
Millimetres = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]


class CertificateKind(StrEnum):
    RESIDENCE = "residence"
    SEAL_REGISTRATION = "seal_registration"


class Place(StrEnum):
    """Which municipality's certificates: of the address (住所地) or of the family register (本籍地)."""

    ADDRESS = "address"
    DOMICILE = "domicile"


class TerminalKind(StrEnum):
    STORE = "store"
    MUNICIPAL = "municipal"


class FailureBody(Model):
    """A refusal by its name in the catalogue, with facts and never with a stack trace."""

    failure: Identifier
    facts: dict[str, Any] = {}

    @field_validator("facts")
    @classmethod
    def _not_too_long(cls, facts: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(facts, ensure_ascii=False, default=str)) > LONGEST_FACTS:
            raise ValueError("too many facts")
        return facts


class MunicipalityInfo(Model):
    code: Code5
    prefecture: PlaceName
    name: PlaceName
    prefecture_en: PlaceName
    name_en: PlaceName
    kana: PlaceName
    participating: bool
    accent: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#1F5FA8"
    telephone: Identifier = ""


class MunicipalityList(Model):
    municipalities: Annotated[tuple[MunicipalityInfo, ...], Field(max_length=MOST_MUNICIPALITIES)]


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


class AuthenticationRequest(Model):
    """`municipality` is given for the 本籍地 and empty for the 住所地, which the centre finds itself."""

    place: Place
    municipality: Code5 | None = None
    certificate: Base64
    signature: Base64


class Member(Model):
    """Someone who may stand on the paper. `ref` is a pseudonym that the issuing server makes from its own record."""

    ref: Ref
    name: RegisterText
    relationship: RegisterText
    holder: bool
    refusal: FailureBody | None = None


class OptionName(StrEnum):
    """Yes/no options of 住民票の写し (domain facts: options by certificate)."""

    RELATIONSHIP = "relationship"
    DOMICILE = "domicile"
    MY_NUMBER = "my_number"


class Offer(Model):
    """What this holder may get now, or the name of what stands against it. `hours` is wording for people."""

    kind: CertificateKind
    fee: Yen
    max_copies: Annotated[int, Field(ge=1, le=99)]
    hours: RegisterText
    options: Annotated[tuple[OptionName, ...], Field(max_length=20)] = ()
    members: Annotated[tuple[Member, ...], Field(max_length=MOST_MEMBERS)] = ()
    whole_household: bool = False
    refusal: FailureBody | None = None


class Offers(Model):
    municipality: MunicipalityInfo
    offers: Annotated[tuple[Offer, ...], Field(max_length=MOST_OFFERS)]


class ApplicationOptions(Model):
    """`members` empty: the whole household (residence) or the holder (others)."""

    members: Annotated[tuple[Ref, ...], Field(max_length=MOST_MEMBERS)] = ()
    relationship: bool = False
    domicile: bool = False
    my_number: bool = False


class ApplicationRequest(Model):
    """`fee_total` is what the resident confirmed; another fee now is Fee_Changed, never a silent charge."""

    kind: CertificateKind
    municipality: Code5
    options: ApplicationOptions = ApplicationOptions()
    copies: Annotated[int, Field(ge=1, le=99)]
    fee_total: Yen


class Box(Model):
    """A rectangle on the front of a sheet in millimetres from the upper left corner."""

    x: Millimetres
    y: Millimetres
    width: Millimetres
    height: Millimetres


class SheetEntry(Model):
    """One sheet of paper: `copy_number` of copies, `k` of `n` within the copy. `secret_boxes`: where 個人番号 stand."""

    number: Annotated[int, Field(ge=1)]
    copy_number: Annotated[int, Field(ge=1)]
    k: Annotated[int, Field(ge=1)]
    n: Annotated[int, Field(ge=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    subjects: Annotated[tuple[Ref, ...], Field(max_length=MOST_MEMBERS)]
    issue_number: Identifier
    secret_boxes: Annotated[tuple[Box, ...], Field(max_length=MOST_BOXES)] = ()


class Manifest(Model):
    application_id: Ulid
    session_id: Ulid
    terminal_id: Identifier
    holder_ref: Ref
    kind: CertificateKind
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


class SessionEnd(Model):
    reason: str = ""
