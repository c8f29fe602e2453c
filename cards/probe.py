"""Ask a card for a diagnosis, without costing a try, changing it, or opening what is personal."""

from __future__ import annotations

import statistics
import time
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import NameOID

from cards.readers.interface import CardConnection

from .apdu import (
    AUTHENTICATION_BLOCKED,
    CARD_MANAGER_AID,
    MAX_SHORT,
    NO_DIAGNOSIS,
    OK,
    PIN_BLOCKED,
    Command,
    Response,
    tries_in,
)
from .diagnosis import JST, CardFinding, Hierarchy, Validity
from .errors import CardError
from .jpki import (
    AUTHENTICATION_CERTIFICATE,
    AUTHENTICATION_PIN,
    JPKI_AID,
    NEXT_LABEL,
    PLASTIC_LABEL,
    TOKEN_INFO,
)
from .survey import AIDS, CONTACT_ATR

AUTHENTICATION_CA = 0x000B
SIGNATURE_CA = 0x0002
CARD_EXPIRY = 0x00F2
"""GET DATA: the day on which the card ends, YYYYMMDD."""
_PINS: dict[str, dict[str, int]] = {
    "jpki": {"authentication_pin": AUTHENTICATION_PIN, "signature_password": 0x1B},
    "text": {"text_pin": 0x11, "text_code_a": 0x14, "text_code_b": 0x15},
    "surface": {"surface_birth": 0x11, "surface_code_b": 0x12, "surface_code_a": 0x13},
    "juki": {"juki_pin": 0x1C},
    "common": {"common_pin": 0x1C},
}
"""By application: each PIN by its name in diagnosis.PIN_NAMES, and its file."""
HIERARCHIES = {
    "JPKI": Hierarchy.PRODUCTION,
    "JPKI-TEST": Hierarchy.TEST,
    "JPKI-SIM": Hierarchy.SIMULATOR,
}
"""By the O of the issuer; anything else is unknown."""
COMMANDS = 20
"""How many commands are timed, unless they take longer than SECONDS together."""
SECONDS = 2.0
_KINDS = {
    PLASTIC_LABEL: "plastic",
    NEXT_LABEL: "next",
    "JPKIAPICCTOKEN": "juki",
    "JPKIAPGPSETOKEN": "android",
    "JPKIAPIOSTOKEN": "iphone",
}
_DETOURS = 8


class Probe:
    """Ask over one connection. Every method raises CardError if the line breaks."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection

    def identify(self, card: CardFinding) -> None:
        selected = self._select_application(JPKI_AID)
        if selected.sw != OK:
            return
        card.label = self._file(TOKEN_INFO, 32).decode("ascii", "replace").rstrip(" \0")
        card.kind = _KINDS.get(card.label, "other")

    def count_tries(self, card: CardFinding) -> None:
        """Count the tries left of every PIN that is known to be there. Leaves the JPKI application selected."""
        for application, pins in _PINS.items():
            if self._select_application(AIDS[application]).sw == OK:
                for pin, fid in pins.items():
                    if self._select_file(fid):
                        card.tries_left[pin] = self._tries()
        if card.kind == "plastic" and "authentication_pin" not in card.tries_left:
            card.kind = "face"  # as ours shows it; how a real one does is unproven
        self._select_application(JPKI_AID)

    def ask_card_manager(self, card: CardFinding) -> None:
        """Ask what the card itself tells: the ATR of its contacts and the day on which it ends. Leaves no application selected."""
        self._select_application(CARD_MANAGER_AID)
        atr = self._data_object(CONTACT_ATR)
        if atr:
            # without its first byte: the direct convention of all these cards
            card.contact_atr = (atr if atr[:1] == b"\x3b" else b"\x3b" + atr).hex(" ").upper()
        try:
            day = datetime.strptime(self._data_object(CARD_EXPIRY).decode("ascii"), "%Y%m%d").replace(
                tzinfo=JST
            )
        except ValueError:
            return
        card.validity.append(Validity("カードの有効期限", day + timedelta(days=1, seconds=-1)))

    def find_issuer(self, card: CardFinding, problems: list[str]) -> None:
        """Find the issuer, first by the CA's own certificate, so that no holder's certificate of production is ever read."""
        ca = self._object(AUTHENTICATION_CA)
        organisation = _issuer_organisation(ca)
        if organisation is None or HIERARCHIES.get(organisation) is not Hierarchy.PRODUCTION:
            der = self._object(AUTHENTICATION_CERTIFICATE)
            card.validity += _validity("利用者証明用証明書", der)
            own = _issuer_organisation(der)
            if own is None:
                problems.append("Certificate_Malformed" if der else "Card_No_Authentication_Certificate")
            organisation = own or organisation
        card.validity += _validity("利用者証明用認証局", ca)
        card.validity += _validity("署名用認証局", self._object(SIGNATURE_CA))
        if organisation is not None:
            card.organisation = organisation
            card.hierarchy = HIERARCHIES.get(organisation, Hierarchy.UNKNOWN)

    def measure(self, card: CardFinding) -> None:
        """Measure the time of GET CHALLENGE with 8 bytes, seen from this program."""
        command = Command(0x00, 0x84, 0x00, 0x00, le=8)
        self._ask(command)
        times: list[float] = []
        ends = time.perf_counter() + SECONDS
        while len(times) < COMMANDS and (time.perf_counter() < ends or not times):
            begun = time.perf_counter()
            self._ask(command)
            times.append((time.perf_counter() - begun) * 1000)
        card.median_ms, card.commands = round(statistics.median(times), 3), len(times)

    def takes_extended_length(self) -> bool | None:
        """Tell whether one command brings more than 256 bytes of the CA's certificate. None if there is none to read."""
        try:
            if self._select_application(JPKI_AID).sw != OK or not self._select_file(AUTHENTICATION_CA):
                return None
            response = self._ask(Command(0x00, 0xB0, 0x00, 0x00, le=2 * MAX_SHORT, extended=True))
        except CardError:
            return False
        return response.sw == OK and len(response.data) > MAX_SHORT

    def _select_application(self, aid: bytes) -> Response:
        """Select an application, twice if the first command after power-on is answered 6F00."""
        command = Command(0x00, 0xA4, 0x04, 0x0C, aid)
        response = self._ask(command)
        return self._ask(command) if response.sw == NO_DIAGNOSIS else response

    def _select_file(self, fid: int) -> bool:
        return self._ask(Command(0x00, 0xA4, 0x02, 0x0C, fid.to_bytes(2, "big"))).sw == OK

    def _tries(self) -> int | None:
        """Ask for the tries left by an empty VERIFY (case 1, no Lc), which costs nothing."""
        sw = self._ask(Command(0x00, 0x20, 0x00, 0x80)).sw
        return 0 if sw in (PIN_BLOCKED, AUTHENTICATION_BLOCKED) else tries_in(sw)

    def _data_object(self, tag: int) -> bytes:
        response = self._ask(Command(0x00, 0xCA, tag >> 8, tag & 0xFF, le=MAX_SHORT))
        return response.data if response.sw == OK else b""

    def _file(self, fid: int, length: int) -> bytes:
        return self._read(0, length) if self._select_file(fid) else b""

    def _object(self, fid: int) -> bytes:
        """Read the DER object at the beginning of a file; empty if there is none, short if it breaks off."""
        head = self._file(fid, 4)
        if head[:2] != b"\x30\x82" or len(head) < 4:
            return head.strip(b"\xff\0")
        total, data = 4 + int.from_bytes(head[2:4], "big"), b""
        while len(data) < total:
            part = self._read(len(data), min(MAX_SHORT, total - len(data)))
            if not part:
                break
            data += part
        return data[:total]

    def _read(self, offset: int, length: int) -> bytes:
        if offset > 0x7FFF:
            return b""
        response = self._ask(Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length))
        return response.data if response.sw in (OK, 0x6282) else b""

    def _ask(self, command: Command) -> Response:
        response = self._exchange(command)
        if response.sw >> 8 == 0x6C:
            response = self._exchange(command.with_le(response.sw & 0xFF or MAX_SHORT))
        data = response.data
        for _ in range(_DETOURS):
            if response.sw >> 8 != 0x61:
                break
            response = self._exchange(Command(0x00, 0xC0, 0x00, 0x00, le=response.sw & 0xFF or MAX_SHORT))
            data += response.data
        return Response(data, response.sw)

    def _exchange(self, command: Command) -> Response:
        answer = self._connection.transmit(command.encode())
        return Response.parse(answer) if len(answer) >= 2 else Response(b"", NO_DIAGNOSIS)


def _validity(what: str, der: bytes) -> list[Validity]:
    """Tell when a certificate is valid; nothing for what is none."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return [Validity(what, certificate.not_valid_after_utc, certificate.not_valid_before_utc)]
    except ValueError:
        return []


def _issuer_organisation(der: bytes) -> str | None:
    """Return the O of the issuer; '' if it names none, None if `der` is no certificate."""
    try:
        issuer = x509.load_der_x509_certificate(der).issuer
        names = issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    except ValueError:
        return None
    return str(names[0].value) if names else ""
