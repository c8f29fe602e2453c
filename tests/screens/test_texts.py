"""The catalogue says everything in Japanese and English (the other languages: test_languages.py)."""

from __future__ import annotations

import re
import string

import pytest

from kiosk_app.screens.texts import CATALOGUE_LANGUAGES, LANGUAGES, RefusalWords, Words, catalogue
from server_stub.certificates import load_kinds
from server_stub.interface.failures import CATALOGUE

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_row_is_there_in_both_languages_with_the_same_facts() -> None:
    for key, cells in catalogue().items():
        assert set(cells) == set(CATALOGUE_LANGUAGES), key
        assert key == "between.sentences" or all(cells.values()), key
        # English tells one from many; Japanese may leave the number out of the row for one
        if not key.endswith(".one"):
            assert placeholders(cells["ja"]) == placeholders(cells["en"]), key
        assert not JAPANESE.search(cells["en"]), f"{key} has Japanese in its English"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_failure_says_what_happened_what_to_do_and_whom_to_ask(language: str) -> None:
    words = Words(language)
    for name in CATALOGUE:
        for part in ("what", "do", "ask"):
            assert words(f"{name}.{part}"), f"{name}.{part}"


def test_no_words_are_left_of_a_failure_that_is_gone() -> None:
    spoken = {key.split(".")[0] for key in catalogue() if key[0].isupper()}
    assert spoken == set(CATALOGUE)


def test_a_certificate_has_one_name_in_english() -> None:
    """The one that its kind has, on every screen that offers it."""
    for kind in load_kinds().values():
        for key, cells in catalogue().items():
            if key[0].islower() and kind.words["ja"] in cells["ja"]:
                assert kind.words["en"].lower() in cells["en"].lower(), key


def test_the_japanese_asks_politely() -> None:
    for key, cells in catalogue().items():
        if key[0].isupper() and key.endswith((".do", ".what")) and not cells["ja"].startswith("@"):
            assert cells["ja"].endswith(("。", "ました")), f"{key}: {cells['ja']}"


def test_a_refusal_with_words_of_its_own_is_told_in_them() -> None:
    own = {
        "ja": "届出を受け付けたばかりです。翌開庁日にお越しください。お待ちしています。",
        "en": "It is too early. Come back.",
    }
    told = RefusalWords(Words("ja"), "Register_Being_Written", {}, own)
    assert told.happened == told.choice == "届出を受け付けたばかりです。"
    assert told.advice == "翌開庁日にお越しください。お待ちしています。"
    assert told.ask("神戸市 000-000-0000") == "神戸市 000-000-0000"
    english = RefusalWords(Words("en"), "Register_Being_Written", {}, own)
    assert (english.happened, english.advice) == ("It is too early.", "Come back.")
    only_japanese = RefusalWords(Words("en"), "Register_Being_Written", {}, {"ja": "できません"})
    assert (only_japanese.happened, only_japanese.advice) == ("できません", "")


def test_a_name_of_the_catalogue_keeps_its_own_words_whatever_a_server_says() -> None:
    told = RefusalWords(Words("ja"), "Card_Removed", {}, {"ja": "別の文。"})
    assert told.happened == RefusalWords(Words("ja"), "Card_Removed", {}).happened != "別の文。"


def test_words_that_were_offered_are_shown_in_the_language_or_else_in_japanese() -> None:
    words = {"ja": "証明書", "en": "Certificate"}
    assert [Words(one).offered(words) for one in CATALOGUE_LANGUAGES] == ["証明書", "Certificate"]
    assert Words("en").offered({"ja": "証明書"}) == "証明書"


def test_a_wrong_pin_locks_itself_and_not_the_card() -> None:
    told = [(key, sentence) for key, cells in catalogue().items() for sentence in cells.values()]
    assert not [
        key for key, sentence in told if re.search(r"\block\w*\s+(the|your|this) card\b", sentence, re.I)
    ]
    assert not [
        key for key, sentence in told if re.search(r"\bcard (is|gets|will be) locked", sentence, re.I)
    ]
    assert not [key for key, sentence in told if re.search("カードが(ロック|使えなく)", sentence)]


@pytest.mark.parametrize(("language", "amount"), [("ja", "1,250円"), ("en", "¥1,250")])
def test_money_is_written_as_each_language_does(language: str, amount: str) -> None:
    assert Words(language).money(1250) == amount


def test_facts_that_are_known_are_told() -> None:
    told = RefusalWords(Words("ja"), "Card_Pin_Wrong", {"attempts_remaining": 2, "sw": "63C2"})
    assert told.known == ["入力できるのは、あと2回です。"]
    told = RefusalWords(Words("en"), "Card_Pin_Wrong", {"attempts_remaining": 1})
    assert told.known == ["You can try once more."]
    told = RefusalWords(Words("en"), "Service_Closed_Now", {"hours": "6:30~23:00"})
    assert told.known == ["Service hours are 6:30–23:00."]
    told = RefusalWords(
        Words("ja"), "Service_Closed_Now", {"kind": "residence", "opens": "6:30", "closes": "23:00"}
    )
    assert told.known == ["取扱時間は6:30〜23:00です。"]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("ja", "次の取扱日は1月4日です。"), ("en", "The service opens again on 4 January.")],
)
def test_a_closed_day_tells_the_next_open_one(language: str, sentence: str) -> None:
    told = RefusalWords(
        Words(language), "Service_Closed_Today", {"kind": "residence", "next_open": "2027-01-04"}
    )
    assert told.known == [sentence]
    assert RefusalWords(Words(language), "Service_Closed_Today", {"next_open": ""}).known == []


def test_a_fact_that_is_no_number_does_not_stop_the_words() -> None:
    told = RefusalWords(Words("ja"), "Card_Pin_Wrong", {"attempts_remaining": None})
    assert told.known == []


def test_an_unknown_key_is_an_error_and_an_unknown_language_is_japanese() -> None:
    with pytest.raises(KeyError):
        Words("ja")("no.such.key")
    assert Words("xx")("main.next") == "次へ"
