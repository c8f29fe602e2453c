"""Testers' own test cards: pinned by their certificates in an untracked file, and linked to fictional people.

Only cards of the test hierarchy (O=JPKI-TEST) are taken; a production card (O=JPKI) is refused by name before any PIN, and
nothing of it is kept. No PIN is asked for here.
"""

from __future__ import annotations

import base64
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cryptography import x509
from cryptography.x509.oid import NameOID
from pydantic import Base64Bytes, Field

from cards.errors import CardError
from cards.jpki import JpkiClient
from cards.readers.call_with_timeout import OPENING_SECONDS, PATIENCE_SECONDS, NoAnswer, call_with_timeout
from cards.readers.interface import CardConnection, Reader
from kiosk_app.card_trust import PRODUCTION, fingerprint_of, issued_by, organisation_of
from server_stub.interface.binding import holder_ref
from server_stub.interface.clock import JST, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import FILE_NAME, HEADER, EnrolledCard, NoticeKind
from server_stub.settings_file import Settings, file_named, read_settings, settings_wrong

from . import paths
from .template import take_notices
from .towns import Town, beginning_of

TEST_HIERARCHY = "JPKI-TEST"
_HEAD = "# 試験用カード（O=JPKI-TEST）の登録。konbini card enrol が書きます。この機械だけのもので、記録には入れません。\n"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """`calling` and `person`: the fictional person (呼び名, 宛名番号) as whom the card goes."""

    calling: str
    person: str
    card: EnrolledCard

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.card.certificate)

    @property
    def holder_ref(self) -> str:
        parsed = x509.load_der_x509_certificate(self.card.certificate)
        return holder_ref(parsed.issuer.public_bytes(), parsed.serial_number)


class _Row(Settings):
    calling: str
    person: str
    fingerprint: str
    certificate: Annotated[Base64Bytes, Field(strict=False)]
    issuer: Annotated[Base64Bytes, Field(strict=False)]


class _File(Settings):
    card: list[_Row]


def enrolment_file() -> Path:
    return paths.home() / "enrolled.toml"


def read_test_card(reader: Reader) -> EnrolledCard:
    """What is pinned of the card on `reader`.

    Raises Failed: Certificate_Production, Certificate_Unknown_Issuer for any other hierarchy or for a card whose two
    certificates do not belong together, and by the names of card and reader.
    """
    try:
        card = call_with_timeout(
            lambda open_by: _pinned_of(open_by(reader.connect)),
            opening=OPENING_SECONDS,
            answer=PATIENCE_SECONDS,
        )
    except NoAnswer as error:
        raise Failed("Card_Mute" if error.opened else "Reader_Busy") from error
    except CardError as error:
        raise Failed(error.failure, **error.facts) from error
    if not issued_by(card.certificate, card.issuer):
        raise Failed("Certificate_Unknown_Issuer", detail="the CA certificate on the card did not sign it")
    return card


def _pinned_of(opened: CardConnection) -> EnrolledCard:
    with opened as connection:
        client = JpkiClient(connection)
        client.open()
        certificate = client.read_authentication_certificate()
        organisation = organisation_of(certificate)
        if organisation == PRODUCTION:
            raise Failed("Certificate_Production")
        if organisation != TEST_HIERARCHY:
            raise Failed("Certificate_Unknown_Issuer", expected=f"O={TEST_HIERARCHY}")
        return EnrolledCard(certificate, client.read_authentication_ca_certificate())


def load_enrolments(file: Path | None = None) -> list[Enrolment]:
    """Raises Failed(Settings_Wrong, file, field, expected) for a file that is not as `save_enrolment` writes it."""
    path = file or enrolment_file()
    if not path.exists():
        return []
    found = []
    for number, row in enumerate(read_settings(path, _File).card, start=1):
        entry = Enrolment(row.calling, row.person, EnrolledCard(row.certificate, row.issuer))
        good = _fits(entry, row.fingerprint)
        if not good:
            raise settings_wrong(
                file_named(path),
                f"card[{number}]",
                "試験用の証明書と、その発行者、その証明書の拇印",
            )
        found.append(entry)
    return found


def _fits(entry: Enrolment, fingerprint: str) -> bool:
    try:
        return (
            entry.fingerprint == fingerprint
            and issued_by(entry.card.certificate, entry.card.issuer)
            and organisation_of(entry.card.certificate) == TEST_HIERARCHY
        )
    except ValueError:  # no certificate
        return False


def save_enrolment(new: Enrolment, file: Path | None = None) -> None:
    """Add `new`; it takes the place of an earlier one of the same card or the same person."""
    path = file or enrolment_file()
    kept = [
        one
        for one in load_enrolments(path)
        if one.fingerprint != new.fingerprint and one.person != new.person
    ]
    part = path.with_name(path.name + ".part")
    paths.write_private(part, (_HEAD + "".join(map(_table, [*kept, new]))).encode())
    part.replace(path)


def link(databases: Path, towns: Sequence[Town], enrolments: Sequence[Enrolment]) -> None:
    """Tell centre and replicas in the folder `databases` (a stage's copy of the template) whose cards these are, the way
    they hear of every card: by issue notices. Raises Failed(Settings_Wrong) for a person of none of the towns."""
    notices = databases / FILE_NAME
    with notices.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_notice(one, _home_of(one, towns)) for one in enrolments)
    take_notices(databases, towns, Clock(beginning_of(towns)))


def for_person(calling: str, enrolments: Iterable[Enrolment]) -> Enrolment | None:
    return next((one for one in enrolments if one.calling == calling), None)


def _table(one: Enrolment) -> str:
    rows = {
        "calling": one.calling,
        "person": one.person,
        "fingerprint": one.fingerprint,
        "certificate": base64.b64encode(one.card.certificate).decode(),
        "issuer": base64.b64encode(one.card.issuer).decode(),
    }
    return "\n[[card]]\n" + "".join(f'{key} = "{value}"\n' for key, value in rows.items())


def _home_of(one: Enrolment, towns: Sequence[Town]) -> str:
    for town in towns:
        if any(card.person == one.person for card in town.cards):
            return town.code
    raise settings_wrong(file_named(enrolment_file()), one.calling, "動かす市区町村の住民")


def _notice(one: Enrolment, municipality: str) -> tuple[str, ...]:
    parsed = x509.load_der_x509_certificate(one.card.certificate)
    names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    row = {
        HEADER[0]: str(names[0].value) if names else one.fingerprint[:32],
        HEADER[1]: f"{parsed.serial_number:X}",
        HEADER[2]: base64.b64encode(parsed.issuer.public_bytes()).decode(),
        HEADER[3]: one.person,
        HEADER[4]: municipality,
        HEADER[5]: str(NoticeKind.AUTHENTICATION),
        HEADER[6]: parsed.not_valid_before_utc.astimezone(JST).isoformat(timespec="seconds"),
        HEADER[7]: parsed.not_valid_after_utc.astimezone(JST).isoformat(timespec="seconds"),
    }
    return tuple(row[column] for column in HEADER)
