"""What the sample people are there for, checked against the files, the clock's first day and the font."""

from __future__ import annotations

import subprocess
import tomllib
import unicodedata
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from server_stub.interface.clock import STAGE_START
from server_stub.interface.secret import Secret
from server_stub.registry.importers import read_people
from server_stub.registry.importers.person_record import could_be_real
from server_stub.registry.records import Person, ResidentStatus
from tests.registry.helper import KOBE, SHIPPED, read_cells

STAGE_DAY = STAGE_START.date()
SELECTORS = range(0xE0100, 0xE01F0)


@cache
def people() -> dict[str, Person]:
    return read_people(KOBE, SHIPPED)


def called(name: str) -> Person:
    """By the name without space and without variation selectors."""
    [found] = [
        person
        for person in people().values()
        if "".join(char for char in person.name if ord(char) not in SELECTORS and char != "　") == name
    ]
    return found


def birthday(person: Person, age: int) -> date:
    born = person.birth.inner
    return born.replace(year=born.year + age)


@pytest.fixture(scope="session")
def font() -> TTFont:
    """The font as fontconfig finds it by its family name."""
    found = subprocess.run(
        ["fc-match", "-f", "%{family}|%{file}", "IPAmjMincho"], capture_output=True, text=True, check=True
    ).stdout
    family, file = found.split("|")
    assert "IPAmjMincho" in family
    return TTFont(file)


def variants(font: TTFont) -> dict[tuple[int, int], str | None]:
    """(base, selector) -> glyph name, None where it is the plain glyph."""
    [table] = [table for table in font["cmap"].tables if table.format == 14]
    return {(base, selector): glyph for selector, pairs in table.uvsDict.items() for base, glyph in pairs}


def variants_in(text: str) -> list[tuple[int, int]]:
    return [
        (ord(base), ord(selector))
        for base, selector in zip(text, text[1:], strict=False)
        if ord(selector) in SELECTORS
    ]


def test_the_town_is_large_enough() -> None:
    assert len(people()) >= 24
    assert len({person.household for person in people().values()}) >= 9
    sizes = [
        sum(other.household == person.household for other in people().values())
        for person in people().values()
    ]
    assert {1, 2, 3, 6} <= set(sizes)


def test_names_are_distinct() -> None:
    names = [person.name for person in people().values()]
    assert len(set(names)) == len(names)


def test_one_is_fifteen_on_the_first_day_and_the_twin_is_fourteen() -> None:
    fifteen, fourteen = called("摩耶陽菜"), called("摩耶結菜")
    assert birthday(fifteen, 15) <= STAGE_DAY < birthday(fourteen, 15)
    assert birthday(fourteen, 14) <= STAGE_DAY
    own = {"key": "", "order": 0, "name": "", "reading": None, "my_number": Secret("")}
    assert replace(fifteen, **own, birth=fourteen.birth) == replace(fourteen, **own)


def test_one_has_moved_out_one_will_and_one_has_died() -> None:
    status = {person.name: person.status for person in people().values()}
    assert {name for name, found in status.items() if found is not ResidentStatus.RESIDENT} == {
        "垂水　涼", "舞子　遥", "有馬　重三", "妙法寺　渚",
    }  # fmt: skip
    moved_out, moving_out = called("垂水涼"), called("舞子遥")
    assert moved_out.moves_on is not None and moving_out.moves_on is not None
    assert moved_out.moves_on < STAGE_DAY < moving_out.moves_on


def test_foreign_residents_have_a_common_name_and_one_lives_with_japanese_nationals() -> None:
    foreign = [person for person in people().values() if person.foreign]
    assert [person.alias for person in foreign if person.alias] != []
    mixed = called("北野健")
    household = [person for person in people().values() if person.household == mixed.household]
    assert {person.foreign is None for person in household} == {True, False}


def test_the_font_has_the_variants_and_draws_them_unlike_the_plain_form(font: TTFont) -> None:
    known, plain = variants(font), font.getBestCmap()
    for name in ("辻千代", "渡邉文子", "葛原守"):
        pairs = variants_in(called(name).name)
        assert pairs
        for base, selector in pairs:
            assert known[base, selector] not in (None, plain[base])


def test_the_font_lacks_the_variant_of_one_person_and_has_that_of_the_twin(font: TTFont) -> None:
    lacking, twin = called("葛原修"), called("葛原守")
    assert [pair in variants(font) for pair in variants_in(lacking.name)] == [False]
    assert [pair in variants(font) for pair in variants_in(twin.name)] == [True]
    assert ord(lacking.name[0]) in font.getBestCmap()


def test_the_font_has_everything_else_that_can_be_printed(font: TTFont) -> None:
    known, plain = variants(font), font.getBestCmap()
    header, *rows = read_cells(KOBE / "住民記録.csv")
    lacking = {
        (row[0], column)
        for row in rows
        for column, text in zip(header, row, strict=True)
        if any(ord(char) not in plain for char in text if ord(char) not in SELECTORS)
        or any(pair not in known for pair in variants_in(text))
    }
    # 葛原勝 is the 筆頭者 of both brothers, written as each one's name is
    assert lacking == {(called("葛原修").key, column) for column in ("氏名", "世帯主氏名", "筆頭者")}


def test_a_character_beyond_the_basic_plane_is_among_the_names() -> None:
    assert {unicodedata.name(person.name[0]) for person in people().values() if "𠮷" in person.name} == {
        "CJK UNIFIED IDEOGRAPH-20BB7"
    }


def test_no_my_number_could_be_somebodys() -> None:
    header, *rows = read_cells(KOBE / "住民記録.csv")
    numbers = {row[0]: row[header.index("個人番号")] for row in rows}
    assert len(set(numbers.values())) == len(numbers) == len(people())
    assert not [number for number in numbers.values() if could_be_real(number)]


def cards() -> list[dict[str, object]]:
    text = (Path(KOBE).parent / "cards.toml").read_text(encoding="utf-8")
    found: list[dict[str, object]] = tomllib.loads(text)["card"]
    return found


def test_everybody_has_an_ordinary_card() -> None:
    ordinary = {
        card["person"]: card["profile"]
        for card in cards()
        if card["state"] == "good" and card["linked"] and card["profile"] in ("plain", "under_15")
    }
    assert set(ordinary) == set(people())
    assert {key for key, profile in ordinary.items() if profile == "under_15"} == {
        key for key, person in people().items() if birthday(person, 15) > STAGE_DAY
    }


def test_cards_have_distinct_names_known_owners_and_every_special_case() -> None:
    found = cards()
    assert len({card["name"] for card in found}) == len(found)
    assert {card["person"] for card in found} <= set(people())
    assert all(set(card) == {"name", "person", "profile", "state", "linked", "purpose"} for card in found)
    assert {card["profile"] for card in found} == {
        "plain", "under_15", "pin_one_left", "pin_blocked", "expired", "not_yet_valid", "foreign_ca", "truncated_der",
        "juki_card", "no_jpki", "mute", "moved", "filler", "slow", "signature_pin_blocked", "text_pin_blocked",
        "juki_pin_blocked", "impostor_ca", "garbage_key", "wrong_der_length", "wrong_kind", "no_authentication_certificate",
        "android", "iphone", "draft_2028", "face_authentication", "former_name", "readings", "residence_card", "unknown_token",
    }  # fmt: skip
    assert {card["state"] for card in found} == {"good", "held", "revoked"}
    assert [card["name"] for card in found if card["profile"] == "plain" and not card["linked"]] == [
        "六甲翠の発行通知のないカード"
    ]


def test_the_table_of_the_people_agrees_with_the_files() -> None:
    """scenarios/towns/kobe/README.md is what scenario authors read."""
    lines = (Path(KOBE).parent / "README.md").read_text(encoding="utf-8").splitlines()
    table = {}
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 8 and cells[1].startswith("`"):
            table[cells[1].strip("`")] = (cells[0], cells[2], cells[3].strip("`"), cells[4], cells[5][:10])
    names = {card["person"]: str(card["name"]).removesuffix("のカード") for card in cards() if card["linked"] and card["profile"] in ("plain", "under_15") and card["state"] == "good"}  # fmt: skip
    assert table == {
        key: (names[key], person.name, person.household, person.relationship, person.birth.inner.isoformat())
        for key, person in people().items()
    }
