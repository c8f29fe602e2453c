"""From a profile to a card: files of the right shape, secrets as given, no number that could be somebody's."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cards.contents import CONTENTS
from cards.contents.facts import birth_code, birthday, check_digit, is_sample_my_number, sample_my_number
from cards.errors import CardError
from cards.personalise import personalise
from cards.profiles import load_profile
from cards.profiles.schema import ContentName
from tests.cards.helper import HOLDER, NOW, Plain, authority, image, key_source


def content(fid: int, application: str = "jpki", profile: str = "plain") -> bytes:
    return image(profile).application(application).files[fid].content


def objects(data: bytes) -> dict[int, bytes]:
    """BER objects with two-byte tags; a reader of its own, apart from the writer."""
    found = {}
    while (
        data
        and data[0] not in (0xFF, 0x00)
        or data[:2] in (b"\xff\x10", b"\xff\x20", b"\xff\x30", b"\xff\x40")
    ):
        tag, length, at = int.from_bytes(data[:2], "big"), data[2], 3
        if length & 0x80:
            at += length & 0x7F
            length = int.from_bytes(data[3:at], "big")
        found[tag] = data[at : at + length]
        data = data[at + length :]
    return found


def test_token_information_is_160_bytes_and_begins_with_the_label() -> None:
    info = content(0x06)
    assert len(info) == 160
    assert info[:32] == b"JPKIAPICCTOKEN2".ljust(32)
    assert info[96:100].hex() == "0000040d" and info[116:124].hex() == "0000001000000006"
    assert info[124:140] == b"\xff" * 16 and info[140:144] == b"0301" and info[144:] == b"9" * 16


def test_the_basic_four_attributes_are_found_by_their_offsets() -> None:
    raw = content(0x02, "text")
    inner = objects(objects(raw)[0xFF20])
    places = [int.from_bytes(inner[0xDF21][i : i + 2], "big") for i in range(0, 8, 2)]
    assert [raw[place : place + 2].hex() for place in places] == ["df22", "df23", "df24", "df25"]
    assert inner[0xDF22].decode() == HOLDER.name and inner[0xDF23].decode() == HOLDER.address
    assert (inner[0xDF24], inner[0xDF25]) == (b"19900517", b"2")


def test_the_face_is_found_by_its_offsets() -> None:
    raw = content(0x02, "surface")
    inner = objects(objects(raw)[0xFF20])
    places = [int.from_bytes(inner[0xDF21][i : i + 2], "big") for i in range(0, 18, 2)]
    assert [raw[place : place + 2].hex() for place in places] == [f"df{n:x}" for n in range(0x22, 0x2B)]
    assert inner[0xDF25].startswith(b"\x89PNG") and inner[0xDF27][4:8] == b"jP  "
    assert (inner[0xDF22], inner[0xDF23]) == (b"19900517", b"2")
    assert inner[0xDF29] == b"20360517"


def test_what_is_printed_is_drawn_with_a_mark_that_it_is_a_sample() -> None:
    """Each picture has ink where the mark stands, and another name gives another picture behind the same mark."""
    other = replace(HOLDER, name="別人　太郎", address="別の住所", person_key="person-2")
    faces = [
        {application.name: application.files for application in made.applications}["surface"]
        for made in (image(), personalise(load_profile("plain"), other, authority(), key_source, NOW))
    ]
    for fid, outer, tag, size, mark in (
        (0x02, 0xFF20, 0xDF25, (480, 24), 48),
        (0x02, 0xFF20, 0xDF26, (480, 40), 40),
        (0x05, 0xFF40, 0xDF41, (96, 12), 24),
    ):
        first, second = (
            Image.open(io.BytesIO(objects(objects(files[fid].content)[outer])[tag])) for files in faces
        )
        assert first.size == second.size == size and first.mode == "1"
        left, right = (picture.crop((0, 0, mark, min(size[1], 24))) for picture in (first, second))
        assert left.getextrema()[0] == 0 and left.tobytes() == right.tobytes()
        assert first.tobytes() != second.tobytes()


def test_the_integrity_record_digests_what_it_vouches_for() -> None:
    record = objects(objects(content(0x03, "text"))[0xFF30])
    number, attributes = content(0x01, "text"), objects(content(0x02, "text"))[0xFF20]
    assert len(number) == 17 and number.endswith(b"\xff\xff")
    assert record[0xDF31] == hashlib.sha256(number).digest()
    assert record[0xDF32] == hashlib.sha256(attributes[11:]).digest()


def test_codes_follow_from_holder_and_card() -> None:
    card = image()
    number = content(0x01, "text")[3:15].decode()
    assert card.pin("text", 0x14).value == card.pin("surface", 0x13).value == number
    code_b = card.pin("text", 0x15).value
    assert code_b == card.pin("surface", 0x12).value
    assert len(code_b) == 14 and code_b[:10] == "0205172036"
    assert card.pin("surface", 0x11).value == "020517"


def test_secrets_given_take_the_place_of_samples() -> None:
    made = personalise(
        load_profile("plain"),
        HOLDER,
        authority(),
        key_source,
        NOW,
        secrets={"authentication_pin": Plain("7351"), "signature_password": Plain("QW34ER56")},
        my_number=Plain("123456789019"),
    )
    assert made.pin("jpki", 0x18).value == "7351" and made.pin("jpki", 0x1B).value == "QW34ER56"
    assert made.application("text").files[1].content[3:15] == b"123456789019"


@pytest.mark.parametrize(
    ("secrets", "key"),
    [
        ({"authentication_pin": Plain("12345")}, "applications.jpki.files.0018.secret"),
        ({"authentication_pin": Plain("12a4")}, "applications.jpki.files.0018.secret"),
        ({"signature_password": Plain("abc123")}, "applications.jpki.files.001B.secret"),
    ],
)
def test_a_secret_that_the_card_could_not_hold_is_refused(secrets: dict[str, Plain], key: str) -> None:
    with pytest.raises(CardError) as caught:
        personalise(load_profile("plain"), HOLDER, authority(), key_source, NOW, secrets=secrets)
    assert (caught.value.failure, caught.value.facts["key"]) == ("Settings_Wrong", key)
    assert all(secret.text not in str(caught.value) for secret in secrets.values())


@pytest.mark.parametrize("number", ["123456789018", "12345678901", "", "12345678901x"])
def test_a_number_that_could_be_somebody_s_is_refused(number: str) -> None:
    with pytest.raises(CardError) as caught:
        personalise(load_profile("plain"), HOLDER, authority(), key_source, NOW, my_number=Plain(number))
    assert caught.value.facts["key"] == "my_number"


@given(st.text(max_size=30))
def test_made_up_numbers_have_a_wrong_check_digit(person: str) -> None:
    number = sample_my_number(person)
    assert is_sample_my_number(number) and int(number[-1]) != check_digit(number[:11])


def test_the_check_digit_is_the_one_of_the_ordinance() -> None:
    # the example number of the ministry's own leaflets
    assert check_digit("12345678901") == 8


@pytest.mark.parametrize(
    ("birth", "code"),
    [
        (date(1990, 5, 17), "020517"),
        (date(2019, 4, 30), "310430"),
        (date(2019, 5, 1), "010501"),
        (date(1989, 1, 7), "640107"),
        (date(1926, 12, 25), "011225"),
    ],
)
def test_birth_codes_use_the_year_of_the_era(birth: date, code: str) -> None:
    assert birth_code(birth) == code


@pytest.mark.parametrize(
    ("birth", "number", "issued", "expected"),
    [
        (date(1990, 5, 17), 10, date(2026, 6, 3), date(2036, 5, 17)),
        (date(1990, 6, 3), 10, date(2026, 6, 3), date(2036, 6, 3)),
        (date(1990, 6, 4), 10, date(2026, 6, 3), date(2035, 6, 4)),
        (date(2012, 2, 29), 5, date(2026, 6, 3), date(2031, 2, 28)),
    ],
)
def test_a_card_ends_on_a_birthday(birth: date, number: int, issued: date, expected: date) -> None:
    assert birthday(birth, number, issued) == expected


def test_every_content_a_profile_may_name_can_be_made() -> None:
    certificates = {name for name in ContentName.__args__ if name.endswith("_certificate")}
    assert set(CONTENTS) | certificates | {"certificate_presence"} == set(ContentName.__args__)


def test_a_holder_s_data_is_on_the_card_and_nobody_else_s() -> None:
    other = replace(HOLDER, person_key="person-2", name="別人　太郎", address="別の住所")
    made = personalise(load_profile("plain"), other, authority(), key_source, NOW)
    every = b"".join(file.content for app in made.applications for file in app.files.values())
    assert "別人".encode() in every and "花子".encode() not in every
