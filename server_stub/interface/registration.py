"""住登外戸籍 利用登録: the messages from the terminal over the centre to the issuing server of the 本籍地, and those of the status site.

Terminal -> centre, beside the paths of `terminal.py`:

    GET  /v1/registration-services                                   -> RegistrationServices
    POST /v1/sessions/{session_id}/registration-authentication       RegistrationAuthentication -> RegistrationOpened
    POST /v1/sessions/{session_id}/registrations                     RegistrationRequest (+ Idempotency-Key) -> RegistrationReceived
    POST /v1/sessions/{session_id}/registrations/{application_id}/slip   (+ Idempotency-Key) -> SlipOrder

The reports about the slip are those about any application: `POST /v1/applications/{SlipOrder.application_id}/reports`.

Centre -> issuing server, beside the paths of `issuing.py`:

    POST /v1/registration-services   RegistrationServicesRequest -> RegistrationServices
    POST /v1/holders                 HolderCheck -> HolderAllowed (the 住所地: may this holder use a terminal?)
    POST /v1/registrations           RegistrationApplication -> RegistrationAccepted (idempotent by application_id)
    POST /v1/slips                   SlipRequest -> SlipAccepted (idempotent by application_id)

Status site -> issuing server, under a key of its own:

    POST /v1/registration-status     StatusQuery -> RegistrationStatus; Registration_Unknown

**申請番号**: 16 digits, shown as 4-4-4-4: five of the municipality, ten random ones, a check digit (`check_digit`). It is the
secret of whoever applied: both servers and the terminal have it in the secret type only.

**What is signed** is the text of `registration_text.py`, UTF-8, with the card's signature key (署名用): RSASSA-PKCS1-v1_5 with SHA-256.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from .issuing import Earlier, TerminalFacts
from .secret import Secret
from .terminal import JpkiProof
from .values import (
    MOST_MUNICIPALITIES,
    Base64,
    Code,
    Code5,
    FailureBody,
    Identity,
    Model,
    Ulid,
    Words,
    Yen,
)

SLIP = "registration_slip"
"""What the charge for a printed 申請番号 is called where a certificate has its kind. It is no kind of certificate."""
RANDOM_DIGITS = 10
NUMBER_LENGTH = 5 + RANDOM_DIGITS + 1
_WEIGHTS = (2, 3, 4, 5, 6, 7)


def check_digit(digits: str) -> str:
    """Make the check digit of `digits` (ASCII): modulus 11 with the weights 2 to 7 from the right, again and again.

    11 minus the rest; 10 and 11 become 0. It is the arithmetic of 個人番号 and 全国地方公共団体コード, and the one under which the
    number that Kobe's document shows (1355-5000-0000-0272) is right; no document says so (unproven).
    """
    total = sum(int(digit) * _WEIGHTS[place % len(_WEIGHTS)] for place, digit in enumerate(reversed(digits)))
    return str((11 - total % 11) % 11 % 10)


def number_of(municipality: str, random: int) -> Secret:
    """Make the 申請番号 of a municipality (5 digits) with `random` (0 to 10**10 - 1) in it."""
    digits = f"{municipality}{random:0{RANDOM_DIGITS}d}"
    return Secret(digits + check_digit(digits))


def read_number(text: str) -> Secret | None:
    """Read a number as people write it: full-width digits, blanks and any hyphens. None for what is no 申請番号, a wrong check
    digit included."""
    plain = re.sub(r"[\s\-‐‑‒–—―−ー]", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch(r"[0-9]{16}", plain) or plain[-1] != check_digit(plain[:-1]):
        return None
    return Secret(plain)


def municipality_of(number: Secret) -> str:
    """Tell whose number it is: the first five digits."""
    return number.reveal()[:5]


def grouped(number: Secret) -> Secret:
    """Write a number in four groups of four, as a screen and a slip show it."""
    digits = number.reveal()
    return Secret("-".join(digits[at : at + 4] for at in range(0, len(digits), 4)))


def _number(told: object) -> Secret:
    text = told.reveal() if isinstance(told, Secret) else told
    found = read_number(text) if isinstance(text, str) and len(text) == NUMBER_LENGTH else None
    if found is None:
        raise ValueError("16 digits, the last of them the check digit")
    return found


RegistrationNumber = Annotated[
    Secret,
    PlainValidator(_number),
    PlainSerializer(lambda number: number.reveal(), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "password", "pattern": "^[0-9]{16}$"}),
]
"""申請番号 on its way: a secret on both sides, digits on the line alone."""


def reference_of(session_id: str) -> str:
    """Make the 受付番号 of a session, 4-4 digits: it stands in the text that is signed, so that no signature serves in another
    session. Terminal and centre compute it each for itself."""
    digest = hashlib.sha256(f"JPKI-SIM/konbini/registration/v1\n{session_id}".encode()).digest()
    digits = f"{int.from_bytes(digest[:8], 'big') % 10**8:08d}"
    return f"{digits[:4]}-{digits[4:]}"


# --- terminal and centre -----------------------------------------------------------------------------------------------------


class RegistrationService(Model):
    """One municipality that takes applications. `hours` in words; `refusal`: why not at this moment."""

    municipality: Code5
    hours: Words
    slip_fee: Yen
    refusal: FailureBody | None = None


class RegistrationServices(Model):
    """Who takes applications; a municipality that is not here does not (Registration_Not_Offered)."""

    services: Annotated[tuple[RegistrationService, ...], Field(max_length=MOST_MUNICIPALITIES)]


class RegistrationAuthentication(Model):
    """The card's authentication certificate and its signature over the session's nonce, as for a certificate."""

    proof: JpkiProof


class RegistrationOpened(Model):
    """`home`: the municipality whose resident the holder is; for a 本籍 in the same one nobody need apply."""

    holder: Identity
    home: Code5
    day: date
    """The centre's day (JST): it stands in the text as 申請日."""


class RegistrationRequest(Model):
    """`text` as it was shown and signed; `signature` over it and the signature certificate (署名用), in Base64; `card`: the
    authentication certificate of the same card, read again before the signature, in Base64."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]
    certificate: Base64
    signature: Base64
    card: Base64


class RegistrationReceived(Model):
    """`number` is shown this once. `message`: the municipality's own; `site`: address of the status site, '' where there is none."""

    application_id: Ulid
    municipality: Code5
    number: RegistrationNumber
    message: Words
    slip_fee: Yen
    site: Annotated[str, Field(max_length=300)] = ""


class SlipOrder(Model):
    """A charge for the printed number, from now on an application like any other: it is reported paid, handed over, cancelled or in
    doubt under `application_id`, and cancelled with its session while it is not paid."""

    application_id: Ulid
    municipality: Code5
    fee: Yen


# --- centre and issuing server -----------------------------------------------------------------------------------------------


class RegistrationServicesRequest(Model):
    """Who takes applications at this terminal?"""

    terminal: TerminalFacts


class HolderCheck(Model):
    """Ask the 住所地 whether something stands against this holder that counts everywhere."""

    holder: Identity
    municipality: Code5
    terminal: TerminalFacts


class HolderAllowed(Model):
    """Nothing does."""


class RegistrationApplication(Model):
    """An application as the centre hands it on, signature and status of the certificate checked.

    `home`: the municipality of the holder's issue notice. `serial`: of the authentication certificate, upper-case hex (シリアル番号連携).
    `earlier`: references of the same person's other authentication certificates, by the issue notices.
    """

    application_id: Ulid
    municipality: Code5
    holder: Identity
    home: Code5
    serial: Annotated[str, Field(pattern=r"^[0-9A-F]{1,40}$")]
    earlier: Earlier = ()
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    certificate: Base64
    signature: Base64
    terminal: TerminalFacts
    received_at: datetime


class RegistrationAccepted(Model):
    application_id: Ulid
    number: RegistrationNumber
    message: Words
    slip_fee: Yen


class SlipRequest(Model):
    """`registration`: the application_id of the application whose number is printed; `application_id`: of the slip itself."""

    application_id: Ulid
    registration: Ulid
    municipality: Code5
    holder: Identity
    terminal: TerminalFacts
    received_at: datetime


class SlipAccepted(Model):
    application_id: Ulid
    kind: Code
    fee: Yen


# --- status site -------------------------------------------------------------------------------------------------------------


class RegistrationState(StrEnum):
    """Where an application stands at the issuing server. ENDED: a usable one that counts no more (replaced, or ended by an
    official)."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    USABLE = "usable"
    REJECTED = "rejected"
    ENDED = "ended"


class Shown(StrEnum):
    """What the status site tells: 審査中, 利用可能, 却下."""

    UNDER_REVIEW = "under_review"
    USABLE = "usable"
    REJECTED = "rejected"


class StatusQuery(Model):
    number: RegistrationNumber


class RegistrationStatus(Model):
    """All that the site tells, and nothing about the person: the municipality's name and message, the day on which it became usable
    (登録完了日)."""

    municipality: Code5
    name: Words
    status: Shown
    message: Words
    completed_on: date | None = None
