"""The forms of a letter that a register may have, against the fonts that are installed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kiosk_app.input_method.variants import forms, sequences
from kiosk_app.screens.names import can_be_shown, register_face, register_font
from server_stub.interface import letter_forms
from server_stub.interface.letter_forms import letters, related

FAMILIES = [
    "辺邉邊",
    "高髙",
    "崎﨑嵜",
    "吉𠮷",
    "斎齋",
    "斉齊",
    "浜濱濵",
    "沢澤",
    "島嶋嶌",
    "徳德",
    "真眞",
    "恵惠",
    "広廣",
    "国國",
    "富冨",
    "館舘",
]
"""As residents know them from their own names."""


@pytest.mark.parametrize("family", FAMILIES)
def test_every_member_of_a_family_leads_to_every_other(family: str) -> None:
    for one in family:
        assert set(family) - {one} <= set(related(one))
        assert one not in related(one)


def test_kana_and_signs_have_no_other_form() -> None:
    for one in "あアー　１々":
        assert forms(one, register_face()) == ()


def test_a_sequence_leads_back_to_its_character_and_to_the_others() -> None:
    told = forms("邉\U000e0118", register_face())
    assert told[0] == "邉"
    assert {"辺", "邊", "邉\U000e0113"} <= set(told)
    assert "邉\U000e0118" not in told


def test_without_the_registers_face_there_are_characters_only() -> None:
    assert set(forms("邉")) == set(related("邉"))


def test_sequences_are_those_that_fonttools_finds_in_the_font_and_no_picture_comes_twice() -> None:
    from fontTools.ttLib import TTFont

    with TTFont(register_font(), lazy=True) as font:
        table = next(one for one in font["cmap"].tables if one.format == 14)
        nominal = font.getBestCmap()
    for character in "邉邊辺葛辻祇噌":
        glyphs = {
            glyph
            for pairs in table.uvsDict.values()
            for code, glyph in pairs
            if code == ord(character) and glyph
        } - {nominal[ord(character)]}
        found = sequences(character, register_face())
        assert len(found) == len(glyphs), character
        for one in found:
            selector = dict(table.uvsDict[ord(one[1])])
            assert selector[ord(character)] in glyphs


def test_every_form_in_the_file_can_be_shown_here(qapp: object) -> None:
    with (Path(letter_forms.__file__).parent / "letter_forms.csv").open(
        encoding="utf-8", newline=""
    ) as source:
        rows = list(csv.DictReader(source))
    assert len(rows) > 7000
    lacking = {one for row in rows for one in row["character"] + row["variants"] if not can_be_shown(one)}
    assert lacking == set()


def test_what_no_face_has_cannot_be_shown(qapp: object) -> None:
    assert [can_be_shown(one) for one in ("邉", "邉\U000e0118", "𠮷", "　")] == [True] * 4
    assert [can_be_shown(one) for one in ("邉\U000e01ef", "\U000f1234", "\u0e01")] == [False] * 3


def test_letters_joined_are_the_text() -> None:
    for text in ("", "渡邉\U000e0118健", "\U000e0118", "邉\U000e0118\U000e0118", "葛\ufe00"):
        assert "".join(letters(text)) == text
    assert letters("渡邉\U000e0118") == ("渡", "邉\U000e0118")
