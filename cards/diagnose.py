"""Look at a tester's own reader and card: what is there, how fast it is, and everything that stands in the way.

It spends no try and sends no PIN. Of a card of the production hierarchy it reads no holder's certificate at all: the
issuer is told by the certificate of the CA. Of any other it keeps the issuer's O and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cards.readers.call_with_timeout import OPENING_SECONDS, PATIENCE_SECONDS, NoAnswer, call_with_timeout

from .diagnosis import (
    WARNING_DAYS,
    CardFinding,
    Diagnosis,
    Hierarchy,
    Interface,
    Problem,
    ReaderFinding,
    Validity,
    VpcdFinding,
)
from .errors import CardError
from .ports import Listener, listeners, pcsc_programs
from .probe import Probe
from .readers.drivers import driver_of, maker_of, vpcd_ports
from .readers.interface import CardConnection
from .readers.pcsc import PcscReader, reader_names
from .vpcd import DEFAULT_PORT

SLOW_MS = 100.0
_REFUSED = {
    "face": "Card_Face_Authentication",
    "next": "Card_Next_Not_Supported",
    "juki": "Card_Resident_Register_Card",
    "android": "Card_Phone_Not_Supported",
    "iphone": "Card_Phone_Not_Supported",
    "other": "Card_Kind_Not_Supported",
    "no_jpki": "Card_Not_My_Number",
}
_BY_CODE = {"8010006A": "Found_Service_Refusing", "8010000F": "Found_Protocol_Mismatch"}
"""Codes of PC/SC for which a diagnosis has a closer name than the terminal: SCARD_W_SECURITY_VIOLATION,
SCARD_E_PROTO_MISMATCH."""
_OF_OTHERS = ("Reader_Busy", "Found_Transaction_Held", "Found_Protocol_Mismatch")


def diagnose(
    reader: str = "",
    *,
    vpcd_port: int | None = None,
    patience: float = PATIENCE_SECONDS,
    opening: float = OPENING_SECONDS,
) -> Diagnosis:
    """Look at every reader whose name contains `reader`, and at who listens where a vpcd would (two slots each).

    `vpcd_port`: None for those of this machine's configuration, and the usual one. A card that leaves a command without an
    answer for `patience` real seconds is given up as mute; a reader on which no connection stands after `opening` ones is
    held by another program's transaction. Raises nothing: what cannot be looked at is a problem in the answer.
    """
    found = diagnose_ports(*((DEFAULT_PORT, *vpcd_ports()) if vpcd_port is None else (vpcd_port,)))
    try:
        names = reader_names()
    except CardError as error:
        found.problems.insert(0, Problem(_name_of(error)))
        return found
    found.service = True
    for name in names:
        if reader in name:
            found.readers.append(_look_at_reader(name, found.problems, opening, patience))
    if not found.readers:
        found.problems.insert(0, Problem("Reader_Absent", reader))
    return found


def interface_of(atr: bytes) -> Interface:
    """Tell contact from contactless by the ATR: readers make up `3B 8n 80 01 …` for contactless cards (PC/SC part 3)."""
    made_up = atr[:1] == b"\x3b" and atr[1:2] and atr[1] & 0xF0 == 0x80 and atr[2:4] == b"\x80\x01"
    return Interface.CONTACTLESS if made_up else Interface.CONTACT


def look_at_card(
    connect: Callable[[], CardConnection], now: datetime | None = None
) -> tuple[CardFinding, list[str]]:
    """Tell what lies on one reader, and the names of what is wrong with it at the moment `now` (aware; None: the machine's).

    Raises CardError if it cannot be reached.

    `connect` is called once more for the extended length, which some readers answer by losing the card.
    """
    problems: list[str] = []
    with connect() as connection:
        atr = connection.atr
        card = CardFinding(atr.hex(" ").upper(), interface_of(atr), looked_at=now or datetime.now(UTC))
        talk = Probe(connection)
        talk.identify(card)
        if card.kind != "no_jpki":
            talk.count_tries(card)
            talk.find_issuer(card, problems)
        talk.measure(card)
        if card.kind != "no_jpki":
            talk.ask_card_manager(card)
    if card.kind != "no_jpki":
        with connect() as connection:
            card.extended_length = Probe(connection).takes_extended_length()
    return card, [*_judged(card), *problems]


def diagnose_ports(*ports: int) -> Diagnosis:
    """Find only who listens where a vpcd would: on each of `ports` and the next. Raises nothing."""
    found = Diagnosis()
    looked_at = sorted({slot for port in ports for slot in (port, port + 1)})
    heard = [one for slot in looked_at for one in listeners(range(slot, slot + 1))]
    for one in heard:
        found.vpcd.append(VpcdFinding(one.address, one.port, one.program, one.open_to_network))
        where = f"{one.address}:{one.port}"
        if _foreign(one):
            found.problems.append(Problem("Vpcd_Port_Taken", where))
        elif one.open_to_network:
            found.problems.append(Problem("Vpcd_Open_To_Network", where, (one.port,)))
    return found


def _foreign(one: Listener) -> bool:
    return one.program not in ("", "pcscd")


def _look_at_reader(name: str, problems: list[Problem], opening: float, patience: float) -> ReaderFinding:
    reader = PcscReader(name)
    found = ReaderFinding(name, driver_of(name))
    found.card_present = reader.present()
    wrong: list[str] = []
    try:
        found.maker = call_with_timeout(lambda _open: maker_of(name), opening=opening, answer=opening)
        if found.card_present:
            found.card, wrong = call_with_timeout(
                lambda open_by: look_at_card(lambda: open_by(reader.connect)),
                opening=opening,
                answer=patience,
            )
    except CardError as error:
        wrong = [_name_of(error)]
    except NoAnswer as error:
        wrong = ["Card_Mute" if error.opened or not reader.in_use() else "Found_Transaction_Held"]
    for one in wrong:
        programs = pcsc_programs() if one in _OF_OTHERS else ()
        problems.append(Problem(one, name, programs=programs, detail=_detail(one, found.card)))
    return found


def _name_of(error: CardError) -> str:
    return _BY_CODE.get(str(error.facts.get("code")), error.failure)


def _ended(card: CardFinding) -> list[Validity]:
    return [one for one in card.validity if one.days_left(card.looked_at) < 0]


def _ending(card: CardFinding) -> list[Validity]:
    return [one for one in card.validity if 0 <= one.days_left(card.looked_at) <= WARNING_DAYS]


def _detail(problem: str, card: CardFinding | None) -> str:
    about = {"Found_Expired": _ended, "Found_Expires_Soon": _ending}.get(problem)
    if about is None or card is None:
        return ""
    return "、".join(f"{one.what} {one.in_words(card.looked_at)}" for one in about(card))


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
    others = [left for pin, left in card.tries_left.items() if pin != "authentication_pin"]
    if card.kind != "face" and (0 in others or 1 in others):
        wrong.append("Found_Other_Pin_Low")
    if _ended(card):
        wrong.append("Found_Expired")
    if _ending(card):
        wrong.append("Found_Expires_Soon")
    if card.extended_length is False:
        wrong.append("Found_No_Extended_Length")
    if card.median_ms is not None and card.median_ms > SLOW_MS:
        wrong.append("Found_Slow_Commands")
    return wrong
