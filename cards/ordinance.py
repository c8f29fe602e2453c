"""Read the application for 条例利用 of a 住民基本台帳カード: whose card it is, by its number. Our own layout (applets/ordinance)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .apdu import (
    CARD_MANAGER_AID,
    FILE_NOT_FOUND,
    MAX_SHORT,
    NO_DIAGNOSIS,
    OK,
    Command,
    Response,
    command_name,
)
from .errors import CardError
from .readers.interface import CardConnection
from .trace import ObservedConnection, Observer, nobody

CARD_FILE = 0x0001
END = date(2025, 12, 28)
"""From this day on no 住民基本台帳カード is read any more: the last of them, issued ten years before, ended with it (docs/facts.md)."""
_TAG = 0x01
_SERIAL, _MUNICIPALITY, _EXPIRY = 15, 5, 8
_LENGTH = _SERIAL + _MUNICIPALITY + _EXPIRY


@dataclass(frozen=True, slots=True)
class OrdinanceCard:
    """What a card tells without a PIN. `aid`: under which identifier; `number`: 15 digits; `municipality`: 5 digits, who issued it;
    `expires_on`: the last day on which it is valid."""

    aid: bytes
    number: str
    municipality: str
    expires_on: date


def read_ordinance_card(
    connection: CardConnection, aids: Iterable[bytes], observer: Observer = nobody, *, bodies: bool = False
) -> OrdinanceCard:
    """Read the card by the first of `aids` that it knows, and leave the application again.

    Raises CardError: Card_Resident_Register_Card for a card that knows none of them, Card_Answer_Unexpected for one that is not
    laid out as ours, and those of the transport.
    """
    card = ObservedConnection(connection, observer, bodies=bodies)
    for aid in aids:
        select = Command(0x00, 0xA4, 0x04, 0x0C, aid)
        answer = _send(card, select)
        if answer.sw == NO_DIAGNOSIS:  # the first command after power-on may be lost that way
            answer = _send(card, select)
        if answer.sw == FILE_NOT_FOUND:
            continue
        _expect(select, answer)
        found = _read(card, aid)
        _send(card, Command(0x00, 0xA4, 0x04, 0x0C, CARD_MANAGER_AID))
        return found
    raise CardError("Card_Resident_Register_Card")


def before_the_end(day: date) -> bool:
    """Tell whether there may still be a valid 住民基本台帳カード on `day`."""
    return day < END


def _read(card: CardConnection, aid: bytes) -> OrdinanceCard:
    for command in (
        Command(0x00, 0xA4, 0x02, 0x0C, CARD_FILE.to_bytes(2, "big")),
        Command(0x00, 0xB0, 0x00, 0x00, le=MAX_SHORT),
    ):
        answer = _send(card, command)
        _expect(command, answer)
    data = answer.data
    text = data[2:].decode("ascii", "replace")
    if data[:2] != bytes((_TAG, _LENGTH)) or len(text) != _LENGTH or not text.isdecimal():
        raise CardError("Card_Answer_Unexpected", command=command_name(command), received=len(data))
    try:
        expires_on = date(int(text[-8:-4]), int(text[-4:-2]), int(text[-2:]))
    except ValueError as error:
        raise CardError("Card_Answer_Unexpected", command=command_name(command), item="expiry") from error
    return OrdinanceCard(aid, text[:_SERIAL], text[_SERIAL:-_EXPIRY], expires_on)


def _send(card: CardConnection, command: Command) -> Response:
    answer = card.transmit(command.encode())
    if len(answer) < 2:
        raise CardError("Card_Answer_Unexpected", command=command_name(command), received=len(answer))
    response = Response.parse(answer)
    if response.sw >> 8 == 0x6C:
        return _send(card, command.with_le(response.sw & 0xFF or MAX_SHORT))
    return response


def _expect(command: Command, response: Response) -> None:
    if response.sw != OK:
        raise CardError("Card_Answer_Unexpected", command=command_name(command), sw=f"{response.sw:04X}")
