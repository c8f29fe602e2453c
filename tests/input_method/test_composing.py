"""What is typed becomes text, whatever is touched in whatever order."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_app.input_method.composing import (
    MARKS,
    NOT_TAKEN,
    TOO_LONG,
    Composition,
    Refusal,
    composition,
    marked,
)
from kiosk_app.input_method.entries import DOMICILE, HEAD, READING_MOST, TELEPHONE, Entry
from server_stub.interface.letter_forms import letters

KANA = "".join(chr(code) for code in range(0x3041, 0x3097))
SEQUENCE = "邉\U000e0118"


def shown(letter: str) -> bool:
    return letter != "龘"


def typed(text: str = "", entry: Entry = HEAD) -> Composition:
    return composition(entry, text, shown)


def reading(kana: str, begun: Composition | None = None) -> Composition:
    made = begun or typed()
    for one in kana:
        made = made.kana(one)
    return made


# --- one way after the other --------------------------------------------------------------------------------------------------


def test_kana_become_a_candidate_and_stand_in_the_text() -> None:
    made = reading("わたなべ")
    assert (made.text, made.reading, made.complete) == ("", "わたなべ", False)
    made = made.choose("渡邉")
    assert (made.text, made.reading, made.complete) == ("渡邉", "", True)
    made = reading("けん", made.put("　")).choose("健")
    assert made.text == "渡邉　健"


def test_digits_commit_the_kana_before_them() -> None:
    made = reading("いろは", typed(entry=DOMICILE)).put("１２").put("番地")
    assert made.text == "いろは１２番地"


def test_what_is_inserted_stands_at_the_cursor() -> None:
    made = typed("山川").left()
    assert reading("だ", made).choose("田").text == "山田川"
    assert made.left().left().put("大").text == "大山川"
    assert made.right().right().put("子").text == "山川子"


def test_the_cursor_moves_within_the_reading_and_not_out_of_it() -> None:
    made = reading("わたばべ", typed("山")).left().delete().kana("な")
    assert (made.reading, made.text) == ("わたなべ", "山")
    for _ in range(9):
        made = made.left()
    assert made.kana("お").reading == "おわたなべ"


def test_a_letter_and_its_selector_are_one() -> None:
    made = typed("渡" + SEQUENCE)
    assert made.length == 2
    assert made.letter == SEQUENCE
    assert made.delete().text == "渡"
    assert made.left().put("　").text == f"渡　{SEQUENCE}"


def test_a_form_replaces_the_letter_before_the_cursor() -> None:
    assert typed("渡辺　健").left().left().vary(SEQUENCE).text == f"渡{SEQUENCE}　健"
    assert reading("わ", typed("辺")).vary("邉").text == "辺", "not while something is being converted"
    assert typed().vary("邉").text == ""


# --- marks, against Unicode's own composition -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("mark", "combining"), [("゛", "\u3099"), ("゜", "\u309a")])
def test_voiced_kana_are_those_of_unicode(mark: str, combining: str) -> None:
    for kana in KANA:
        plain = unicodedata.normalize("NFD", kana)[0]
        whole = unicodedata.normalize("NFC", plain + combining)
        if len(whole) == 1 and "ゝ" not in whole:
            assert marked(plain, mark) == whole
            assert marked(whole, mark) == plain, "a second touch takes it back"


def test_small_kana_are_those_of_unicode() -> None:
    for kana in KANA:
        name = unicodedata.name(kana)
        small = next(
            (k for k in KANA if unicodedata.name(k) == name.replace("LETTER ", "LETTER SMALL ", 1)), None
        )
        if small is not None and kana not in "かけ":
            assert marked(kana, "小") == small
            assert marked(small, "小") == kana


def test_a_mark_takes_the_place_of_another() -> None:
    assert marked("ば", "゜") == "ぱ"
    assert marked("っ", "゛") == "づ"
    assert marked("ん", "゛") == "ん"


# --- what is not taken -----------------------------------------------------------------------------------------------------------


def test_the_text_has_a_most_and_what_is_too_much_stays_to_be_shortened() -> None:
    full = typed("山" * HEAD.most)
    refused = full.put("　")
    assert (refused.text, refused.refusal) == (full.text, Refusal(TOO_LONG, (("limit", HEAD.most),)))
    almost = reading("やまだ", typed("山" * (HEAD.most - 1)))
    kept = almost.choose("山田")
    assert (kept.reading, kept.text) == ("やまだ", almost.text)
    assert almost.choose("山").text == full.text
    assert full.vary("川").text == "山" * (HEAD.most - 1) + "川", "the same length"


def test_a_reading_has_a_most() -> None:
    made = reading("あ" * (READING_MOST + 1))
    assert made.reading == "あ" * READING_MOST
    assert made.refusal == Refusal(TOO_LONG, (("limit", READING_MOST),))
    assert made.delete().refusal is None


@pytest.mark.parametrize(
    ("entry", "text"),
    [(HEAD, "１"), (HEAD, "a"), (HEAD, "龘"), (HEAD, "😀"), (HEAD, "한"), (DOMICILE, "1"), (DOMICILE, "龘"), (TELEPHONE, "１"),
     (HEAD, "\U000e0118"), (HEAD, "\ue000")],
)  # fmt: skip
def test_what_a_field_does_not_take_is_refused_and_not_offered(entry: Entry, text: str) -> None:
    made = typed(entry=entry).put(text)
    assert (made.text, made.refusal) == ("", Refusal(NOT_TAKEN))
    assert typed(entry=entry).offered((text,)) == ()


def test_of_a_place_what_ends_as_a_place_is_offered_first() -> None:
    assert typed(entry=DOMICILE).offered(("可能長", "加納町", "叶超", "叶町")) == (
        "加納町",
        "叶町",
        "可能長",
        "叶超",
    )
    assert typed().offered(("可能長", "加納町")) == ("可能長", "加納町")


@pytest.mark.parametrize(
    "number", ["0312345678", "03-1234-5678", "09012345678", "090-1234-5678", "0120-123-456"]
)
def test_a_telephone_number_is_complete(number: str) -> None:
    assert typed(number, TELEPHONE).complete


@pytest.mark.parametrize(
    "number", ["", "031234567", "090123456789", "1012345678", "03--1234567", "-0312345678", "0312345678-"]
)
def test_what_is_no_telephone_number_is_not_complete(number: str) -> None:
    assert not typed(number, TELEPHONE).complete


def test_a_name_of_spaces_is_no_name() -> None:
    assert not typed("　").complete
    assert not typed().complete


# --- any way ------------------------------------------------------------------------------------------------------------------------

ACTS = st.one_of(
    st.tuples(st.just("kana"), st.sampled_from(KANA)),
    st.tuples(st.just("mark"), st.sampled_from(sorted(MARKS))),
    st.tuples(
        st.sampled_from(["put", "choose", "vary"]),
        st.sampled_from(["山田", SEQUENCE, "　", "１", "龘", "番地", "ー"]),
    ),
    st.tuples(st.sampled_from(["delete", "left", "right", "commit"]), st.none()),
)


@given(st.sampled_from([HEAD, DOMICILE]), st.lists(ACTS, max_size=80))
def test_no_way_of_typing_breaks_the_text(entry: Entry, acts: list[tuple[str, str | None]]) -> None:
    made = typed(entry=entry)
    for name, told in acts:
        before = made
        made = getattr(made, name)(*([] if told is None else [told]))
        assert made.length <= entry.most and len(made.reading) <= READING_MOST
        assert 0 <= made.at <= len(made.reading)
        assert all(entry.takes(letter[0]) and shown(letter) for letter in letters(made.text))
        assert letters(made.text) == (*made.before, *made.after), "letters stay whole"
        if made.refusal is not None:
            assert (made.text, made.reading, made.at) == (
                before.text,
                before.reading,
                before.at,
            ) or name == "put"
        if name in ("left", "right"):
            assert (made.text, made.reading) == (before.text, before.reading)
        if name == "delete":
            lost = len(before.reading) + before.length - len(made.reading) - made.length
            assert lost == (1 if before.at or (before.before and not before.reading) else 0)
