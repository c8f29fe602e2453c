"""A tester's own card beside the profiles: what is told of it, and that it costs the card nothing and its holder nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cards.comparison import compare
from cards.errors import CardError
from cards.readers.virtual import VirtualReader
from cards.survey import Survey, load_survey, survey_behind_pins, survey_card
from cards.virtual import VirtualCard
from tests.cards.helper import HOLDER, Plain, card
from tests.pcsc.helper import Kept, card_of

Asked = list[bytes | None]
SELECT_CERTIFICATE = bytes.fromhex("00A4020C02000A")
TEXT_PIN = {"text_pin": Plain("1234")}


def survey_of(
    lying: VirtualCard, pins: Mapping[str, Plain] | None = None, asked: Asked | None = None
) -> Survey:
    reader = VirtualReader()
    reader.insert(lying)
    with Kept(reader.connect(), [] if asked is None else asked) as connection:
        found = survey_card(connection)
        if pins is not None:
            survey_behind_pins(connection, found, pins)
    return found


def verified(asked: Asked) -> list[bytes]:
    """The commands that sent a PIN."""
    return [one for one in asked if one is not None and one[1] == 0x20 and len(one) > 4]


def tries(lying: VirtualCard) -> dict[str, int]:
    return {
        f"{application.name} {file.fid:04X}": file.pin.tries
        for application in lying.image.applications
        for file in application.files.values()
        if file.pin is not None
    }


@pytest.mark.parametrize("profile", ["plain", "pin_one_left", "under_15", "juki_card", "android", "no_jpki"])
def test_a_survey_sends_no_pin_and_only_commands_that_change_nothing(profile: str) -> None:
    lying, asked = card(profile), Asked()
    before = tries(lying)
    survey_of(lying, asked=asked)
    assert tries(lying) == before
    assert {one[1] for one in asked if one is not None} <= {0xA4, 0xB0, 0xB2, 0xCA, 0x84, 0x20}
    assert verified(asked) == []


def test_of_a_production_card_no_certificate_of_the_holder_is_read() -> None:
    asked: Asked = []
    found = survey_of(card_of("JPKI"), asked=asked)
    assert found.production and "certificate signature" not in found.facts
    read, selected = [], False
    for one in asked:
        if one is not None and one[1] == 0xA4:
            selected = one == SELECT_CERTIFICATE
        elif one is not None and one[1] == 0xB0 and selected:
            read.append(one[-1])
    # single bytes to find the size, and the header of the object
    assert read and set(read) <= {1, 6}


def test_what_is_saved_holds_nothing_of_the_person(tmp_path: Path) -> None:
    lying = card_of("JPKI-TEST")
    found = survey_of(lying, {"text_pin": Plain("1234"), "signature_password": Plain("ABC123")})
    told = json.dumps(found.to_json(), ensure_ascii=False)
    image = lying.image
    secrets = [
        pin.value for pin in (file.pin for a in image.applications for file in a.files.values()) if pin
    ]
    certificate = image.application("jpki").files[0x0A].content
    personal = [
        HOLDER.name,
        HOLDER.address,
        "19900517",
        HOLDER.municipality,
        certificate[20:30].hex(),
        found.identity,
    ]
    personal += [image.data_objects[0x45].decode(), image.data_objects[0xF2].decode()]
    plain = told.replace(" ", "").lower()
    assert [one for one in (*personal, *secrets) if one.lower() in plain] == []
    file = tmp_path / "survey.json"
    file.write_text(told, encoding="utf-8")
    assert load_survey(file).facts == found.facts


@pytest.mark.parametrize("profile", ["plain", "contactless", "filler", "under_15", "juki_card", "draft_2028"])
def test_a_card_of_a_profile_differs_from_it_in_no_line(profile: str) -> None:
    """The card has another holder, other keys and another authority than the one it is compared with."""
    found = compare(survey_of(card(profile)), profile)
    assert found.differences == () and found.counts[profile] == 0


def test_each_difference_is_told_with_the_profiles_that_are_as_the_card() -> None:
    lying = card("filler")
    found = compare(survey_of(lying), "plain")
    (one,) = found.differences
    assert (one.where, one.card, one.profile) == ("jpki 000A filler", "yes", "no")
    assert one.like[0] == "filler"
    assert "同じ型: filler" in found.text(80)


def test_of_an_application_that_is_not_there_one_line_is_told() -> None:
    found = compare(survey_of(card("no_jpki")), "plain")
    assert [one.where for one in found.differences if one.where.startswith("jpki")] == ["jpki SELECT"]


def test_of_a_file_that_is_not_there_one_line_is_told() -> None:
    found = compare(survey_of(card("under_15")), "plain")
    assert {(one.where, one.card, one.profile) for one in found.differences} == {
        ("jpki 0001 SELECT", "ありません", "9000"),
        ("jpki 001A SELECT", "ありません", "9000"),
        ("certificates present", "00 8F 00", "8F 8F 00"),
    }


def test_the_nearest_profile_is_chosen_where_none_is_named() -> None:
    assert compare(survey_of(card("filler"))).profile == "filler"


def test_what_a_typed_pin_opens_is_looked_at_and_shut_again() -> None:
    lying, asked = card(), Asked()
    found = survey_of(lying, TEXT_PIN, asked)
    assert found.facts["text 0001 READ"] == "6982" and found.facts["text 0001 READ after text_pin"] == "9000"
    assert found.facts["text 0001 size after text_pin"] == "17"
    assert len(verified(asked)) == 1
    lying.power_on()
    assert compare(found, "plain").differences == ()


def test_a_wrong_pin_is_sent_once_and_nothing_after_it() -> None:
    lying, asked = card(), Asked()
    with pytest.raises(CardError) as caught:
        survey_of(lying, {"text_pin": Plain("9999"), "signature_password": Plain("ABC123")}, asked)
    assert caught.value.failure == "Card_Pin_Wrong"
    assert caught.value.facts == {"what": "text_pin", "attempts_remaining": 2}
    assert len(verified(asked)) == 1


@pytest.mark.parametrize("left", [0, 1])
def test_no_pin_is_sent_where_a_mistake_would_block(left: int) -> None:
    lying, asked = card(), Asked()
    lying.image.pin("text", 0x11).tries = left
    with pytest.raises(CardError) as caught:
        survey_of(lying, TEXT_PIN, asked)
    assert caught.value.failure == "Card_Pin_Blocked"
    assert verified(asked) == []


@pytest.mark.parametrize("organisation", ["JPKI", "SOMEBODY"])
def test_no_pin_is_sent_to_a_card_that_is_no_test_card(organisation: str) -> None:
    asked: Asked = []
    with pytest.raises(CardError) as caught:
        survey_of(card_of(organisation), TEXT_PIN, asked)
    assert caught.value.failure == "Card_Kind_Not_Supported"
    assert verified(asked) == []


def test_no_pin_is_sent_to_a_card_that_has_taken_the_place_of_the_one_looked_at() -> None:
    reader, other, asked = VirtualReader(), card_of("JPKI-TEST"), Asked()
    reader.insert(card())
    with reader.connect() as connection:
        found = survey_card(connection)
    reader.remove()
    reader.insert(other)
    with Kept(reader.connect(), asked) as connection, pytest.raises(CardError) as caught:
        survey_behind_pins(connection, found, TEXT_PIN)
    assert caught.value.failure == "Card_Changed"
    assert verified(asked) == []
