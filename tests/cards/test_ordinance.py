"""The application for 条例利用 of a 住民基本台帳カード, and the client that reads it."""

from __future__ import annotations

from datetime import date

import pytest

from cards.apdu import Response
from cards.errors import CardError
from cards.ordinance import END, OrdinanceCard, before_the_end, read_ordinance_card
from cards.personalise import personalise
from cards.profiles import load_profile
from cards.readers.virtual import VirtualReader
from cards.trace import Observer, nobody
from cards.virtual import VirtualCard
from tests.cards.helper import HOLDER, NOW, ask, authority, card, image, key_source, powered

OURS = bytes.fromhex("F04A554B4900000000")
TOWNS = bytes.fromhex("F04A554B4909202012")
SELECT = f"00A4040C{len(OURS):02X}{OURS.hex().upper()}"


def read(made: VirtualCard, *aids: bytes, observer: Observer = nobody, bodies: bool = False) -> OrdinanceCard:
    reader = VirtualReader()
    reader.insert(made)
    with reader.connect() as connection:
        return read_ordinance_card(connection, aids or (OURS,), observer, bodies=bodies)


def failure_of(made: VirtualCard, *aids: bytes) -> str:
    with pytest.raises(CardError) as caught:
        read(made, *aids)
    return caught.value.failure


def test_number_municipality_and_last_day_are_read() -> None:
    found = read(card("juki_ordinance"), TOWNS, OURS)
    assert (found.aid, found.municipality, found.expires_on) == (OURS, "28101", date(2022, 6, 30))
    assert len(found.number) == 15
    assert found.number.isdecimal()


def test_each_town_has_its_own_identifier() -> None:
    made = personalise(
        load_profile("juki_ordinance"), HOLDER, authority(), key_source, NOW, aids={"ordinance": TOWNS}
    )
    assert read(VirtualCard(made), OURS, TOWNS).aid == TOWNS
    assert failure_of(VirtualCard(made), OURS) == "Card_Resident_Register_Card"


def test_the_cards_that_a_person_has_had_have_numbers_of_their_own() -> None:
    assert read(card("juki_ordinance")).number != read(card("juki_ordinance_expired")).number


@pytest.mark.parametrize("profile", ["juki_card", "plain", "no_jpki"])
def test_a_card_without_the_application_is_refused(profile: str) -> None:
    assert failure_of(card(profile)) == "Card_Resident_Register_Card"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01\x1c" + b"1" * 27,
        b"\x02\x1c" + b"1" * 28,
        b"\x01\x1c" + b"1" * 20 + b"20221341",
        b"\x01\x1c" + b"x" * 28,
    ],
    ids=["empty", "short", "tag", "day", "letters"],
)
def test_a_card_that_is_not_laid_out_as_ours_is_refused_by_name(content: bytes) -> None:
    made = image("juki_ordinance")
    made.application("ordinance").files[1].content = content
    assert failure_of(VirtualCard(made)) == "Card_Answer_Unexpected"


def test_a_first_command_that_is_lost_is_sent_once_more() -> None:
    made = image("juki_ordinance")
    made.behaviour = image("first_command_fails").behaviour
    assert read(VirtualCard(made)).municipality == "28101"


def test_the_application_has_no_pin_and_knows_two_commands() -> None:
    made = powered("juki_ordinance")
    for command in (
        "0020008004313233340000"[:18],
        "0084000008",
        "802A00800101",
        "0024018004313233340000"[:18],
    ):
        assert Response.parse(ask(made, SELECT, command)).sw == 0x6D00


def test_the_number_of_a_card_stands_in_no_trace() -> None:
    told: list[str] = []

    def observer(kind: str, /, **data: object) -> None:
        told.append(f"{kind} {data}")

    number = read(card("juki_ordinance"), observer=observer, bodies=True).number
    assert told
    assert not any(number in one or number.encode().hex() in one.lower() for one in told)


def test_resident_cards_end_with_the_last_of_them() -> None:
    assert date(2025, 12, 28) == END
    assert before_the_end(date(2025, 12, 27))
    assert not before_the_end(date(2025, 12, 28))
