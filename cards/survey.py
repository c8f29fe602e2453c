"""Survey a card: what each application answers, without a PIN, without costing a try, and without keeping what is personal.

A survey is lines, place -> what was found. Of a file it keeps whether it can be selected and read, its size and which objects stand in
it by tag and length: no value. Of VERIFY only the empty one is sent, and only to files that the profiles know for PINs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from cards.readers.interface import CardConnection

from .apdu import (
    CARD_MANAGER_AID,
    FILE_NOT_FOUND,
    MAX_SHORT,
    NO_DIAGNOSIS,
    OK,
    Command,
    Response,
    tries_in,
)
from .errors import CardError
from .trace import Revealable

AIDS = {
    "jpki": bytes.fromhex("D392F000260100000001"),
    "text": bytes.fromhex("D3921000310001010408"),
    "surface": bytes.fromhex("D3921000310001010402"),
    "juki": bytes.fromhex("D3921000310001010401"),
    "common": bytes.fromhex("D3921000310001010100"),
}
PINS: dict[str, tuple[int, ...]] = {
    "jpki": (0x18, 0x1B),
    "text": (0x11, 0x12, 0x14, 0x15),
    "surface": (0x11, 0x12, 0x13),
    "juki": (0x1C,),
    "common": (0x1C,),
}
"""The only files that an empty VERIFY is sent to."""
OPENING = {
    "authentication_pin": ("jpki", 0x18),
    "signature_password": ("jpki", 0x1B),
    "text_pin": ("text", 0x11),
}
"""PINs that a person may type for the parts behind them."""
LEAST_TRIES = 2
"""No PIN is sent to a counter below: a last try is a person's to take, elsewhere."""
FILES = range(0x01, 0x1F)
"""What a short identifier can name."""
DATA_OBJECTS = (0x0042, 0x0045, 0x0066, 0x00F0, 0x00F2, 0x00F7, 0x00F8, 0x5F51, 0x7F21)
CONTACT_ATR = 0x5F51
PRODUCTION = "JPKI"
TEST_HIERARCHY, SIMULATOR = "JPKI-TEST", "JPKI-SIM"
SURVEY_FORMAT, SURVEY_VERSION = "konbini-card-survey", 1
_CERTIFICATE, _CA, _SIGNATURE_CA = 0x0A, 0x0B, 0x02
_TOKEN, _PRESENCE = 0x06, 0x08
_LAST_OFFSET = 0x7FFF
_OBJECTS = 24
"""More objects than any known file has: a broken one is not walked without end."""


@dataclass(slots=True)
class Survey:
    """Hold what was found.

    `facts`: what cards of one profile have in common, to be compared. `notes`: what differs from card to card of the same profile
    (sizes of certificates, tries) or is said for people, never compared.
    """

    facts: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    identity: str = field(default="", repr=False)
    """By which the same card is known again while a person types; never saved, '' for a production card."""

    @property
    def organisation(self) -> str:
        """Return the O of the CA on the card, '' if it has none."""
        return self.notes.get("CA O", "")

    @property
    def production(self) -> bool:
        return self.organisation == PRODUCTION

    @property
    def of_a_test_hierarchy(self) -> bool:
        """Tell whether the card holds nobody's real data, by the CA that it carries."""
        return self.organisation == TEST_HIERARCHY or self.organisation.startswith(SIMULATOR)

    def to_json(self) -> dict[str, Any]:
        return {
            "format": SURVEY_FORMAT,
            "version": SURVEY_VERSION,
            "facts": self.facts,
            "notes": self.notes,
        }


def load_survey(path: Path) -> Survey:
    """Read a survey that was saved. Raises CardError(Settings_Wrong)."""
    wrong = CardError("Settings_Wrong", file=path.name, expected=f'format "{SURVEY_FORMAT}"')
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if (data["format"], data["version"]) != (SURVEY_FORMAT, SURVEY_VERSION):
            raise wrong
        facts, notes = (
            {str(key): str(value) for key, value in data[part].items()} for part in ("facts", "notes")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise wrong from error
    return Survey(facts, notes)


def survey_card(connection: CardConnection) -> Survey:
    """Look at everything that needs no PIN, some hundred commands. Raises CardError if the line breaks."""
    ask = _Asker(connection)
    found = Survey()
    found.facts["ATR"] = connection.atr.hex(" ").upper()
    _look_at_card_manager(ask, found)
    for name, aid in AIDS.items():
        selected = ask.select_application(aid)
        found.facts[f"{name} SELECT"] = f"{selected:04X}"
        if selected != OK:
            continue
        found.facts[f"{name} SELECT MF"] = ask.sw(Command(0x00, 0xA4, 0x00, 0x00))
        found.facts[f"{name} READ without EF"] = ask.sw(Command(0x00, 0xB0, 0x00, 0x00, le=1))
        found.facts[f"{name} CLA 08"] = ask.sw(Command(0x08, 0xB0, 0x00, 0x00, le=1))
        # the selection of a file is no longer sure after those
        ask.select_application(aid)
        for fid in FILES:
            _look_at_file(ask, found, name, fid)
    if found.facts["jpki SELECT"] == "9000":
        _look_at_certificates(ask, found)
    ask.select_application(CARD_MANAGER_AID)
    return found


def survey_behind_pins(connection: CardConnection, survey: Survey, pins: Mapping[str, Revealable]) -> None:
    """Add to `survey` of the same card what each of `pins` (names of `OPENING`) opens. Each is sent once, whatever the card answers.

    Raises CardError: Card_Kind_Not_Supported (no card of a test hierarchy: no PIN is sent), Card_Changed (another card lies there),
    Card_Pin_Blocked (fewer than LEAST_TRIES tries left: not sent), Card_Pin_Wrong(attempts_remaining), and those of the line. The
    application is left again in any case.
    """
    if not survey.of_a_test_hierarchy:
        raise CardError("Card_Kind_Not_Supported", organisation=survey.organisation)
    ask = _Asker(connection)
    if _identity(ask) != survey.identity:
        raise CardError("Card_Changed")
    try:
        for name, pin in pins.items():
            _look_behind(ask, survey, name, pin)
    finally:
        ask.leave()


def _look_behind(ask: _Asker, survey: Survey, name: str, pin: Revealable) -> None:
    application, fid = OPENING[name]
    ask.select_application(AIDS[application])
    ask.select_file(fid)
    tries = tries_in(ask.empty_verify())
    if tries is None or tries < LEAST_TRIES:
        raise CardError("Card_Pin_Blocked", what=name, attempts_remaining=tries)
    sw = ask.exchange(Command(0x00, 0x20, 0x00, 0x80, pin.reveal().encode())).sw
    if sw != OK:
        raise CardError("Card_Pin_Wrong", what=name, attempts_remaining=tries_in(sw))
    for one in FILES:
        before = survey.facts.get(f"{application} {one:04X} READ")
        if before not in (None, "9000"):
            _look_at_file(ask, survey, application, one, after=f" after {name}")
    ask.leave()


def _look_at_card_manager(ask: _Asker, found: Survey) -> None:
    found.facts["card manager SELECT"] = f"{ask.select_application(CARD_MANAGER_AID):04X}"
    found.facts["card manager SELECT MF"] = ask.sw(Command(0x00, 0xA4, 0x00, 0x00))
    found.facts["card manager GET CHALLENGE"] = ask.sw(Command(0x00, 0x84, 0x00, 0x00, le=8))
    for tag in DATA_OBJECTS:
        response = ask.exchange(Command(0x00, 0xCA, tag >> 8, tag & 0xFF, le=MAX_SHORT))
        found.facts[f"GET DATA {tag:04X}"] = f"{response.sw:04X}"
        if response.sw == OK:
            found.facts[f"GET DATA {tag:04X} size"] = str(len(response.data))
            if tag == CONTACT_ATR:
                found.facts["contact ATR"] = response.data.hex(" ").upper()


def _look_at_file(ask: _Asker, found: Survey, application: str, fid: int, after: str = "") -> None:
    where = f"{application} {fid:04X}"
    if not after:
        selected = ask.select_file(fid)
        if selected != OK:
            if selected != FILE_NOT_FOUND:
                found.facts[f"{where} SELECT"] = f"{selected:04X}"
            return
        found.facts[f"{where} SELECT"] = "9000"
    else:
        ask.select_file(fid)
    if fid in PINS[application] and not after:
        sw = ask.empty_verify()
        tries = tries_in(sw)
        found.facts[f"{where} VERIFY"] = f"{sw:04X}" if tries is None else "63Cx"
        if tries is not None:
            found.notes[f"{where} tries"] = str(tries)
    read = ask.exchange(Command(0x00, 0xB0, 0x00, 0x00, le=1))
    found.facts[f"{where} READ{after}"] = f"{read.sw:04X}"
    if read.sw == OK:
        size = ask.size()
        shape = "" if (application, fid) in _PLAIN else ask.shape(size)
        certificate = shape.startswith("30:")
        # a certificate's length is its holder's; whether something follows it is the card's
        (found.notes if certificate or _personal(application, fid) else found.facts)[
            f"{where} size{after}"
        ] = str(size)
        if certificate:
            found.facts[f"{where} filler{after}"] = "yes" if ask.object_end() < size else "no"
            found.facts[f"{where} objects{after}"] = "30"
        elif shape:
            tags = " ".join(part.partition(":")[0] for part in shape.split())
            found.facts[f"{where} objects{after}"] = tags
            found.notes[f"{where} lengths{after}"] = shape
    elif not after:
        record = ask.exchange(Command(0x00, 0xB2, 0x01, 0x04, le=MAX_SHORT))
        found.facts[f"{where} READ RECORD"] = f"{record.sw:04X}"
        if record.sw == OK:
            found.facts[f"{where} record size"] = str(len(record.data))


_PLAIN = {("jpki", 0x06), ("jpki", 0x08)}
"""Files that hold no BER-TLV."""
_LABEL_LENGTH, _PRESENCE_LENGTH = 32, 3


def _personal(application: str, fid: int) -> bool:
    """Tell whether the length of a file follows from its holder (name, address, pictures)."""
    return (application, fid) in {("text", 0x02), ("surface", 0x01), ("surface", 0x02), ("surface", 0x05)}


def _look_at_certificates(ask: _Asker, found: Survey) -> None:
    """Check who signed the certificates. Of a production card no holder's certificate is read."""
    ask.select_application(AIDS["jpki"])
    found.facts["token label"] = ask.head(_TOKEN, _LABEL_LENGTH).decode("ascii", "replace").rstrip(" \0")
    found.facts["certificates present"] = ask.head(_PRESENCE, _PRESENCE_LENGTH).hex(" ").upper()
    ca = _parsed(ask.certificate(_CA))
    found.notes["CA O"] = _organisation(ca)
    found.facts["CA key"] = _key(ca)
    found.facts["CA signature"] = _signed(ca, ca)
    signature_ca = _parsed(ask.certificate(_SIGNATURE_CA))
    found.facts["signature CA signature"] = _signed(signature_ca, signature_ca)
    if not found.production:
        certificate = _parsed(ask.certificate(_CERTIFICATE))
        found.identity = _identity(ask)
        found.facts["certificate signature"] = _signed(certificate, ca)
        found.facts["certificate key"] = _key(certificate)


def _identity(ask: _Asker) -> str:
    """Tell this card from others by its CA and certificate."""
    ask.select_application(AIDS["jpki"])
    return hashlib.sha256(ask.certificate(_CA) + ask.certificate(_CERTIFICATE)).hexdigest()


def _parsed(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        return None


def _organisation(certificate: x509.Certificate | None) -> str:
    names = (
        [] if certificate is None else certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    )
    return str(names[0].value) if names else ""


def _key(certificate: x509.Certificate | None) -> str:
    key = None if certificate is None else certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return f"RSA {key.key_size}"
    return f"EC {key.curve.name}" if isinstance(key, EllipticCurvePublicKey) else "absent"


def _signed(certificate: x509.Certificate | None, by: x509.Certificate | None) -> str:
    if certificate is None or by is None:
        return "absent"
    try:
        certificate.verify_directly_issued_by(by)
    except (InvalidSignature, ValueError, TypeError):
        return "wrong"
    return "valid"


class _Asker:
    """Ask over one connection."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection

    def exchange(self, command: Command) -> Response:
        answer = self._connection.transmit(command.encode())
        return Response.parse(answer) if len(answer) >= 2 else Response(b"", NO_DIAGNOSIS)

    def sw(self, command: Command) -> str:
        return f"{self.exchange(command).sw:04X}"

    def select_application(self, aid: bytes) -> int:
        """Select it, twice if the first command after power-on is answered 6F00."""
        command = Command(0x00, 0xA4, 0x04, 0x0C, aid)
        sw = self.exchange(command).sw
        return self.exchange(command).sw if sw == NO_DIAGNOSIS else sw

    def select_file(self, fid: int) -> int:
        return self.exchange(Command(0x00, 0xA4, 0x02, 0x0C, fid.to_bytes(2, "big"))).sw

    def empty_verify(self) -> int:
        """Ask for the tries left (case 1, no Lc), which costs nothing."""
        return self.exchange(Command(0x00, 0x20, 0x00, 0x80)).sw

    def leave(self) -> None:
        """Leave the application; a card that cannot loses its power."""
        try:
            if self.select_application(CARD_MANAGER_AID) == OK:
                return
        except CardError:
            pass
        self._connection.close()

    def size(self) -> int:
        """Find how many bytes the current file has, by reading single ones. At least one is there."""
        low, high = 0, _LAST_OFFSET + 1
        while high - low > 1:
            middle = (low + high) // 2
            if self.exchange(Command(0x00, 0xB0, middle >> 8, middle & 0xFF, le=1)).sw == OK:
                low = middle
            else:
                high = middle
        return low + 1

    def shape(self, size: int) -> str:
        """List the objects of the current file as TAG:LENGTH, those within one after it; '' if it holds no BER-TLV.

        Values are not read, but for the few bytes behind a short header."""
        found: list[str] = []
        place = 0
        while place < size and len(found) < _OBJECTS:
            header = _header(self._read(place, min(6, size - place)))
            if header is None or place + header[2] + (0 if header[3] else header[1]) > size:
                break
            tag, length, header_length, constructed = header
            found.append(f"{tag}:{length}")
            place += header_length + (0 if constructed else length)
        return " ".join(found)

    def object_end(self) -> int:
        header = _header(self._read(0, 6))
        return 0 if header is None else header[1] + header[2]

    def head(self, fid: int, length: int) -> bytes:
        return self._read(0, length) if self.select_file(fid) == OK else b""

    def certificate(self, fid: int) -> bytes:
        """Read the object at the beginning of a file; empty if there is none."""
        if self.select_file(fid) != OK or not (end := self.object_end()):
            return b""
        data = b""
        while len(data) < end:
            part = self._read(len(data), min(MAX_SHORT, end - len(data)))
            if not part:
                break
            data += part
        return data

    def _read(self, offset: int, length: int) -> bytes:
        if offset > _LAST_OFFSET:
            return b""
        return self.exchange(Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length)).data


_CONTAINERS = frozenset({"FF10", "FF20", "FF30", "FF40", "FF50", "7F21", "A1"})
"""Outer objects of the 券面 applications. A certificate (30) is not looked into."""


def _header(data: bytes) -> tuple[str, int, int, bool] | None:
    """Read tag, length of the value, length of the header, and whether objects stand in it; None if these bytes are no header."""
    if len(data) < 2 or data[0] in (0x00, 0xFF) and data[1] in (0x00, 0xFF):
        return None
    tag_length = 2 if data[0] & 0x1F == 0x1F else 1
    rest = data[tag_length:]
    if not rest:
        return None
    if rest[0] < 0x80:
        length, more = rest[0], 0
    else:
        more = rest[0] & 0x7F
        if not 1 <= more <= 2 or len(rest) < 1 + more:
            return None
        length = int.from_bytes(rest[1 : 1 + more], "big")
    tag = data[:tag_length].hex().upper()
    return tag, length, tag_length + 1 + more, tag in _CONTAINERS
