"""A look at a tester's own reader and card: what is there, how fast it is, and everything that stands in the way.

It spends no try and sends no PIN. Of a card of the production hierarchy it reads no holder's certificate at all: the
issuer is told by the certificate of the CA. Of any other it keeps the issuer's O and nothing else.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from cryptography import x509
from cryptography.x509.oid import NameOID

from .apdu import FILE_NOT_FOUND, MAX_SHORT, NO_DIAGNOSIS, OK, PIN_BLOCKED, Command, Response, tries_in
from .diagnosis import CardFinding, Diagnosis, Hierarchy, Interface, Problem, ReaderFinding, VpcdFinding
from .errors import CardError
from .jpki import AUTHENTICATION_CERTIFICATE, AUTHENTICATION_PIN, JPKI_AID, PLASTIC_LABEL, TOKEN_INFO
from .patience import patiently
from .ports import listeners
from .readers.drivers import driver_of, maker_of
from .readers.interface import CardConnection
from .readers.pcsc import PcscReader, reader_names
from .vpcd import DEFAULT_PORT

TEXT_AID = bytes.fromhex("D3921000310001010408")
TEXT_PIN = 0x0011
SIGNATURE_PIN = 0x001B
AUTHENTICATION_CA = 0x000B
HIERARCHIES = {
    "JPKI": Hierarchy.PRODUCTION,
    "JPKI-TEST": Hierarchy.TEST,
    "JPKI-SIM": Hierarchy.SIMULATOR,
}
"""By the O of the issuer; anything else is unknown."""
COMMANDS = 20
"""How many commands are timed, unless they take longer than SECONDS together."""
SECONDS = 2.0
SLOW_MS = 100.0
PATIENCE_SECONDS = 10.0
_KINDS = {
    PLASTIC_LABEL: "plastic",
    "JPKIAPICCTOKEN": "juki",
    "JPKIAPGPSETOKEN": "android",
    "JPKIAPIOSTOKEN": "iphone",
}
_REFUSED = {
    "juki": "Card_Resident_Register_Card",
    "android": "Card_Phone_Not_Supported",
    "iphone": "Card_Phone_Not_Supported",
    "other": "Card_Kind_Not_Supported",
    "no_jpki": "Card_Not_My_Number",
}
_SECURITY_VIOLATION = "8010006A"
_DETOURS = 8


def diagnose(
    reader: str = "", *, vpcd_port: int = DEFAULT_PORT, patience: float = PATIENCE_SECONDS
) -> Diagnosis:
    """Look at every reader whose name contains `reader`, and at who listens where a vpcd would (two slots).

    A card that leaves a command without an answer for `patience` real seconds is given up as mute.
    Raises nothing: what cannot be looked at is a problem in the answer.
    """
    found = diagnose_ports(vpcd_port)
    try:
        names = reader_names()
    except CardError as error:
        refused = error.facts.get("code") == _SECURITY_VIOLATION
        found.problems.insert(0, Problem("Found_Service_Refusing" if refused else error.failure))
        return found
    found.service = True
    for name in names:
        if reader in name:
            found.readers.append(_look_at_reader(name, found.problems, patience))
    if not found.readers:
        found.problems.insert(0, Problem("Reader_Absent", reader))
    return found


def interface_of(atr: bytes) -> Interface:
    """PC/SC part 3: readers make up `3B 8n 80 01 …` for contactless cards."""
    made_up = atr[:1] == b"\x3b" and atr[1:2] and atr[1] & 0xF0 == 0x80 and atr[2:4] == b"\x80\x01"
    return Interface.CONTACTLESS if made_up else Interface.CONTACT


def look_at_card(connect: Callable[[], CardConnection]) -> tuple[CardFinding, list[str]]:
    """What lies on one reader, and the names of what is wrong with it. Raises CardError if it cannot be reached.

    `connect` is called once more for the extended length, which some readers answer by losing the card.
    """
    problems: list[str] = []
    with connect() as connection:
        atr = connection.atr
        card = CardFinding(atr.hex(" ").upper(), interface_of(atr))
        talk = _Talk(connection)
        talk.identify(card)
        if card.kind != "no_jpki":
            talk.count_tries(card)
            talk.find_issuer(card, problems)
        talk.measure(card)
    if card.kind != "no_jpki":
        with connect() as connection:
            card.extended_length = _Talk(connection).takes_extended_length()
    return card, [*_judged(card), *problems]


def diagnose_ports(port: int = DEFAULT_PORT) -> Diagnosis:
    """Only who listens where a vpcd would. Raises nothing."""
    found = Diagnosis()
    for one in listeners(range(port, port + 2)):
        found.vpcd.append(VpcdFinding(one.address, one.port, one.program, one.open_to_network))
        where = f"{one.address}:{one.port}"
        if one.program not in ("", "pcscd"):
            found.problems.append(Problem("Vpcd_Port_Taken", where))
        elif one.open_to_network:
            found.problems.append(Problem("Vpcd_Open_To_Network", where))
    return found


def _look_at_reader(name: str, problems: list[Problem], patience: float) -> ReaderFinding:
    reader = PcscReader(name)
    found = ReaderFinding(name, driver_of(name), maker_of(name))
    found.card_present = reader.present()
    if not found.card_present:
        return found
    try:
        found.card, wrong = patiently(lambda wrap: look_at_card(lambda: wrap(reader.connect())), patience)
    except CardError as error:
        wrong = [error.failure]
    problems.extend(Problem(one, name) for one in wrong)
    return found


def _judged(card: CardFinding) -> list[str]:
    wrong = [_REFUSED[card.kind]] if card.kind in _REFUSED else []
    if card.hierarchy is Hierarchy.PRODUCTION:
        wrong.append("Found_Production_Card")
    if card.hierarchy is Hierarchy.UNKNOWN:
        wrong.append("Found_Unknown_Authority")
    if card.tries_left.get("authentication_pin") == 0:
        wrong.append("Card_Pin_Blocked")
    if card.tries_left.get("authentication_pin") == 1:
        wrong.append("Found_Last_Try")
    if card.extended_length is False:
        wrong.append("Found_No_Extended_Length")
    if card.median_ms is not None and card.median_ms > SLOW_MS:
        wrong.append("Found_Slow_Commands")
    return wrong


class _Talk:
    """The questions, over one connection."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection

    def identify(self, card: CardFinding) -> None:
        selected = self._select_application(JPKI_AID)
        if selected.sw != OK:
            return
        card.label = self._file(TOKEN_INFO, 32).decode("ascii", "replace").rstrip(" \0")
        card.kind = _KINDS.get(card.label, "other")

    def count_tries(self, card: CardFinding) -> None:
        """Leaves the JPKI application selected."""
        for pin, fid in (("authentication_pin", AUTHENTICATION_PIN), ("signature_password", SIGNATURE_PIN)):
            if self._select_file(fid):
                card.tries_left[pin] = self._tries()
        if self._select_application(TEXT_AID).sw == OK and self._select_file(TEXT_PIN):
            card.tries_left["text_pin"] = self._tries()
        self._select_application(JPKI_AID)

    def find_issuer(self, card: CardFinding, problems: list[str]) -> None:
        """First by the CA's own certificate, so that no holder's certificate of production is ever read."""
        organisation = _issuer_organisation(self._object(AUTHENTICATION_CA))
        if organisation is None or HIERARCHIES.get(organisation) is not Hierarchy.PRODUCTION:
            der = self._object(AUTHENTICATION_CERTIFICATE)
            own = _issuer_organisation(der)
            if own is None:
                problems.append("Certificate_Malformed" if der else "Card_No_Authentication_Certificate")
            organisation = own or organisation
        if organisation is not None:
            card.organisation = organisation
            card.hierarchy = HIERARCHIES.get(organisation, Hierarchy.UNKNOWN)

    def measure(self, card: CardFinding) -> None:
        """The time of GET CHALLENGE with 8 bytes, seen from this program."""
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
        """Does one command bring more than 256 bytes of the CA's certificate? None if there is none to read."""
        try:
            if self._select_application(JPKI_AID).sw != OK or not self._select_file(AUTHENTICATION_CA):
                return None
            response = self._ask(Command(0x00, 0xB0, 0x00, 0x00, le=2 * MAX_SHORT, extended=True))
        except CardError:
            return False
        return response.sw == OK and len(response.data) > MAX_SHORT

    def _select_application(self, aid: bytes) -> Response:
        """Twice if the first command after power-on is answered 6F00."""
        command = Command(0x00, 0xA4, 0x04, 0x0C, aid)
        response = self._ask(command)
        return self._ask(command) if response.sw == NO_DIAGNOSIS else response

    def _select_file(self, fid: int) -> bool:
        return self._ask(Command(0x00, 0xA4, 0x02, 0x0C, fid.to_bytes(2, "big"))).sw == OK

    def _tries(self) -> int | None:
        """An empty VERIFY costs nothing (domain: case 1, no Lc)."""
        sw = self._ask(Command(0x00, 0x20, 0x00, 0x80)).sw
        return 0 if sw in (PIN_BLOCKED, 0x6983) else tries_in(sw)

    def _file(self, fid: int, length: int) -> bytes:
        return self._read(0, length) if self._select_file(fid) else b""

    def _object(self, fid: int) -> bytes:
        """The DER object at the beginning of a file; empty if there is none, short if it breaks off."""
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
        return Response.parse(answer) if len(answer) >= 2 else Response(b"", FILE_NOT_FOUND)


def _issuer_organisation(der: bytes) -> str | None:
    """O of the issuer; '' if it names none, None if `der` is no certificate."""
    try:
        issuer = x509.load_der_x509_certificate(der).issuer
        names = issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    except ValueError:
        return None
    return str(names[0].value) if names else ""
