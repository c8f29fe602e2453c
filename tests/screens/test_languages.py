"""Every language says the whole catalogue, in a face of its own, and is chosen with two touches from any screen."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtGui import QFontInfo, QRawFont

from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.screens import languages, texts, theme
from kiosk_app.screens.gallery import FAMILY, HOUSEHOLD, KOBE, SEAL, in_language, samples
from kiosk_app.screens.texts import LANGUAGES, NAMES, RefusalWords, Words, catalogue, translation, unread
from kiosk_app.screens.window import KioskWindow, texts_shown, touchables
from kiosk_app.screens.wrap import wrap
from server_stub.interface.clock import Clock
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.font_files import font_file
from server_stub.interface.values import FailureBody
from tests.long import LONG
from tests.screens.pages import (
    Hand,
    assert_all_ink_is_shown,
    assert_nothing_is_cut,
    assert_nothing_overlaps,
    assert_readable,
    assert_touchable,
    page_of,
)
from tests.screens.pages import texts as texts_on

FURTHER = ("zh", "ko", "vi", "pt")
KANA = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
FULL_WIDTH = re.compile(r"[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]")
HAN = re.compile(r"[\u4e00-\u9fff]")
JAPANESE_FORMS = re.compile("[証図駅変発対応続価広単円気読売帰]")
"""Forms of characters that simplified Chinese writes otherwise."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def rows_to_say() -> set[str]:
    """The keys of the catalogue that have words of their own."""
    return {key for key, cells in catalogue().items() if not cells["ja"].startswith("@")}


@pytest.mark.parametrize("language", FURTHER)
def test_every_row_of_the_catalogue_is_said_with_its_facts(language: str) -> None:
    rows, told = translation(language), catalogue()
    assert set(rows) == rows_to_say()
    for key, row in rows.items():
        assert row.text.strip() or key == "between.sentences", key
        if not key.endswith(".one"):
            assert placeholders(row.text) == placeholders(told[key]["ja"]), key
        else:
            assert placeholders(row.text) <= placeholders(told[key.removesuffix(".one")]["ja"]), key


@pytest.mark.parametrize("language", FURTHER)
def test_no_letters_of_another_language_are_left(language: str) -> None:
    for key, row in translation(language).items():
        assert not KANA.search(row.text), key
        if language == "zh":
            assert not JAPANESE_FORMS.search(row.text), (key, row.text)
        else:
            assert not FULL_WIDTH.search(row.text) and not HAN.search(row.text), key


@pytest.mark.parametrize("language", FURTHER)
def test_what_a_sentence_says_to_press_is_on_a_button(language: str) -> None:
    """Buttons are named in “ ” (in Korean ‘ ’); their words are rows of the same file."""
    rows = {row.text for row in translation(language).values()}
    quoted = re.compile("‘([^’{}]+)’" if language == "ko" else "“([^”{}]+)”")
    samples_of_paper = {"样本", "견본", "mẫu"}
    for key, row in translation(language).items():
        for name in quoted.findall(row.text):
            assert name in rows or name in samples_of_paper or name == "-", (key, name)


def test_who_has_read_nothing_is_told_so_and_ja_and_en_are_not() -> None:
    assert unread("ja") == unread("en") == 0
    for language in FURTHER:
        assert unread(language) == sum(not row.read_by for row in translation(language).values())


def test_a_row_counts_as_read_when_somebody_has_put_a_name_there(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "xx.csv").write_text(
        "key,text,read_by\nmain.next,Далее,M. Petrova 2026-06-01\nmain.end,Готово, \n", encoding="utf-8"
    )
    monkeypatch.setattr(texts, "_FOLDER", folder)
    assert unread("xx") == 1
    assert texts.translation("xx")["main.next"].read_by == "M. Petrova 2026-06-01"


def test_a_row_without_a_translation_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {key: row for key, row in translation("vi").items() if key != "main.next"}
    monkeypatch.setattr(texts, "translation", lambda language: rows if language == "vi" else {})
    assert Words("vi")("main.next") == "Next"
    assert Words("vi")("main.end") == "Kết thúc"


def test_a_row_that_says_the_same_as_another_does_so_in_every_language() -> None:
    for language in FURTHER:
        words = Words(language)
        assert words("Card_Removed.ask") == words(catalogue()["Card_Removed.ask"]["ja"].removeprefix("@"))


def test_servers_words_are_shown_in_english_where_this_language_is_not_among_them() -> None:
    words = {"ja": "証明書", "en": "Certificate"}
    for language in FURTHER:
        assert Words(language).offered(words) == "Certificate"
        assert Words(language).offered(words | {language: "X"}) == "X"
        assert Words(language).offered({"ja": "証明書"}) == "証明書"
        assert Words(language).either("神戸市", "Kobe City") == "Kobe City"
        own = RefusalWords(Words(language), "Not_In_The_Catalogue", {}, {"ja": "だめです。", "en": "No. Go."})
        assert (own.happened, own.advice) == ("No.", "Go.")


@pytest.mark.parametrize(
    ("language", "amount", "day", "moment"),
    [
        ("zh", "1,250日元", "1月4日", "1月4日9:00"),
        ("ko", "1,250엔", "1월 4일", "1월 4일 9:00"),
        ("vi", "1.250 yên", "ngày 4 tháng 1", "9:00 ngày 4 tháng 1"),
        ("pt", "¥1.250", "4 de janeiro", "9:00 de 4 de janeiro"),
    ],
)
def test_money_and_days_are_written_as_each_language_does(
    language: str, amount: str, day: str, moment: str
) -> None:
    words = Words(language)
    assert words.money(1250) == amount
    assert words.day("2027-01-04") == day
    assert words.moment("2027-01-04T09:00") == moment


def test_chinese_is_broken_between_characters_but_no_mark_begins_a_line() -> None:
    told = "请输入白天可以联系到您的电话号码，然后按“下一步”（10位或11位My Number）。"
    for limit in range(4, 40):
        lines = wrap(told, limit, len, anywhere=True)
        assert "".join(lines).replace(" ", "") == told.replace(" ", "")
        assert all(len(line) <= limit for line in lines)
        if limit >= 9:
            assert not [line for line in lines if line[0] in "，。”）"]
            assert not [line for line in lines if line[-1] in "“（"]
            assert any("Number" in line for line in lines)


# --- faces ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "family"),
    [
        ("en", "Open Sans"), ("vi", "Open Sans"), ("pt", "Open Sans"),
        ("zh", "Noto Sans CJK SC"), ("ko", "Noto Sans CJK KR"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("bold", [False, True])
def test_each_language_has_its_own_face(window: KioskWindow, language: str, family: str, bold: bool) -> None:
    face = theme.font(theme.TEXT, bold, language=language)
    assert QFontInfo(face).family() == family
    assert QRawFont.fromFont(face).weight() >= 700 if bold else QRawFont.fromFont(face).weight() <= 400
    letters = {one for row in translation(language).values() for one in row.text if not one.isspace()}
    raw = QRawFont.fromFont(face)
    assert not sorted(letter for letter in letters - set("←→") if not raw.supportsCharacter(ord(letter)))


def test_the_finder_of_the_house_knows_the_file_of_every_face() -> None:
    for family in set(theme.FACES.values()):
        assert font_file(family).is_file()


def test_a_language_without_its_face_is_not_offered(
    window: KioskWindow, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme, "can_be_set", lambda language: language != "ko")
    window.show_view(v.TopMenu())
    hand.touch("言語・表示 / Language")
    assert set(NAMES.values()) - set(touchables(window)) == {"한국어"}


def test_a_missing_file_of_a_face_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("KONBINI_FONTS", str(tmp_path))
    font_file.cache_clear()
    theme.can_be_set.cache_clear()
    try:
        assert [one for one in LANGUAGES if theme.can_be_set(one)] == ["ja", "en"]
    finally:
        monkeypatch.undo()
        font_file.cache_clear()
        theme.can_be_set.cache_clear()


# --- the choice ----------------------------------------------------------------------------------------------------------


def test_japanese_and_english_are_one_touch_apart(window: KioskWindow, hand: Hand) -> None:
    window.show_view(v.Consent(step=v.Step.NONE))
    hand.touch("English")
    window.show_view(v.Consent(language="en"))
    hand.touch("日本語")
    window.show_view(v.Consent(language="ko"))
    hand.touch("日本語")
    assert hand.events == [e.LanguageChosen("en"), e.LanguageChosen("ja"), e.LanguageChosen("ja")]


def test_one_touch_opens_six_languages_and_the_next_chooses_one(window: KioskWindow, hand: Hand) -> None:
    window.show_view(v.Consent(can_cancel=True))
    hand.touch("言語・表示 / Language")
    assert window.screen_name() == languages.LANGUAGES_SCREEN
    assert {*NAMES.values(), "中止する", "戻る"} <= set(touchables(window))
    hand.touch("Tiếng Việt")
    assert hand.events == [e.LanguageChosen("vi")]
    window.show_view(v.Consent(language="vi", can_cancel=True))
    assert window.screen_name() == "Consent"
    assert Words("vi")("consent.agree") in touchables(window)


@pytest.mark.parametrize(
    ("name", "look"), [("大きな文字", v.Look(large=True)), ("黒い背景", v.Look(contrast=True))]
)
def test_the_look_is_chosen_there_too_and_what_stood_there_comes_back_in_it(
    window: KioskWindow, hand: Hand, name: str, look: v.Look
) -> None:
    view = samples()["ChooseCopies"]
    window.show_view(view)
    hand.touch(Words("ja")("chrome.languages"))
    hand.touch(name)
    assert hand.events[-1] == e.LookChosen(look)
    window.show_view(replace(view, look=look))
    assert window.screen_name() == "ChooseCopies"


@pytest.mark.parametrize("name", ["戻る", "日本語"])
def test_back_and_the_present_language_show_again_what_stood_there(
    window: KioskWindow, hand: Hand, name: str
) -> None:
    view = samples()["ChooseScope"]
    window.show_view(view)
    hand.touch(FAMILY[1].name)
    before = texts_shown(window)
    hand.touch("言語・表示 / Language", name)
    assert window.screen_name() == "ChooseScope"
    assert texts_shown(window) == before
    assert not [one for one in hand.events if isinstance(one, e.LanguageChosen)]


def test_what_happens_at_the_terminal_takes_the_choice_away(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["Pay"])
    hand.touch("言語・表示 / Language")
    window.show_view(samples()["Pay_part"])
    assert window.screen_name() == "Pay"


def test_the_choice_goes_by_itself_where_nobody_chooses(
    window: KioskWindow, hand: Hand, clock: Clock
) -> None:
    window.show_view(v.TopMenu())
    hand.touch("言語・表示 / Language")
    clock.advance(timedelta(seconds=59))
    window.count_down()
    assert window.screen_name() == languages.LANGUAGES_SCREEN
    clock.advance(timedelta(seconds=1))
    window.count_down()
    assert window.screen_name() == "TopMenu"


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_a_visit_begins_it_is_said_that_nobody_has_read_the_translation(
    window: KioskWindow, language: str
) -> None:
    warning = Words(language)("language.unread")
    for view in (v.TopMenu(language=language), v.Consent(language=language)):
        window.show_view(view)
        assert (warning in texts_shown(window)) == (language in FURTHER)


# --- the look ------------------------------------------------------------------------------------------------------------


def views_of(language: str) -> dict[str, v.View]:
    """Of each screen one sample; with KONBINI_LONG all of them, and every failure where it can stand."""
    found = {name: view for name, view in samples().items() if LONG or "_" not in name}
    if LONG:
        facts = (
            ("opens", "6:30"),
            ("closes", "23:00"),
            ("next_open", "2027-01-04"),
            ("attempts_remaining", 1),
        )
        for name in CATALOGUE:
            found[name] = v.Refusal(
                failure=name, facts=facts, returned=2500, card_inside=True, can_retry=True
            )
            refused = [
                offer.model_copy(update={"refusal": FailureBody(failure=name)}) for offer in (HOUSEHOLD, SEAL)
            ]
            if name.startswith(OF_OFFERS):
                found[f"{name}_tile"] = v.ChooseCertificate(
                    municipality=KOBE, offers=tuple(refused), step=v.Step.CERTIFICATE
                )
    return {name: in_language(view, language) for name, view in found.items()}


OF_OFFERS = (
    "Holder", "Seal", "Household", "Service", "Municipality", "Terminal_Kind", "Ordinance", "Existing_System", "Outage",
)  # fmt: skip


@pytest.mark.parametrize("language", FURTHER)
def test_no_text_is_cut_and_nothing_overlaps(window: KioskWindow, language: str) -> None:
    for name, view in views_of(language).items():
        window.show_view(view)
        page = page_of(window)
        try:
            assert_nothing_is_cut(page)
            assert_nothing_overlaps(page)
            assert_touchable(page)
            if LONG:
                assert_all_ink_is_shown(page)
                assert_readable(page, window)
        except AssertionError as error:
            raise AssertionError(f"{name} ({language}): {error}") from error
        assert all(one.language in (language, "ja", "en") for one in texts_on(page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_choice_itself_keeps_the_rules(window: KioskWindow, hand: Hand, language: str) -> None:
    window.show_view(v.Consent(language=language, can_cancel=True))
    hand.touch(Words(language)("chrome.languages"))
    page = page_of(window)
    assert_nothing_is_cut(page)
    assert_all_ink_is_shown(page)
    assert_nothing_overlaps(page)
    assert_touchable(page)
    assert_readable(page, window)
