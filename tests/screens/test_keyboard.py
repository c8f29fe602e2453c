"""Typing by touch: kana, candidates, forms of a letter, digits; and what is refused, and what nobody may see afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.input_method.composing import Composition
from kiosk_app.input_method.entries import DOMICILE, HEAD, PASSWORD_MOST, READING_MOST
from kiosk_app.screens.button import TouchGuard
from kiosk_app.screens.conversion import Conversion
from kiosk_app.screens.gallery import KOBE, in_language
from kiosk_app.screens.keyboard import KANA
from kiosk_app.screens.texts import RefusalWords, Words
from kiosk_app.screens.window import KioskWindow, texts_shown, touchables
from server_stub.interface.clock import Clock
from server_stub.interface.secret import Secret
from tests.screens.pages import Hand, assert_all_ink_is_shown, assert_rules, page_of, pixels

SEQUENCE = "邉\U000e0118"
NO_FACE = "\U00030000"
WORDS = {
    "わたなべ": ("渡辺", "渡邉", "渡邊"), "けん": ("健", "賢"), "かのうちょう": ("可能長", "加納町"), "ほし": ("星" + NO_FACE, "星"),
    "さき": tuple(f"咲{chr(0x4E00 + n)}" for n in range(30)), "ながい": ("長" * 24, "永井"),
}  # fmt: skip
CONVERT, FORMS, DIGITS = "漢字に変換", "字の形を選ぶ", "数字"


class Dictionary:
    """Knows what the tests know; each reading waits for `go` on the thread that asks."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.threads: set[int] = set()
        self.asked: list[str] = []

    def prepare(self) -> None:
        self.threads.add(threading.get_ident())

    def candidates(self, reading: str) -> tuple[str, ...]:
        self.threads.add(threading.get_ident())
        self.go.wait(60)
        self.asked.append(reading)
        return WORDS.get(reading, ())


@pytest.fixture
def dictionary() -> Dictionary:
    return Dictionary()


@pytest.fixture
def window(qtbot: QtBot, clock: Clock, dictionary: Dictionary) -> Iterator[KioskWindow]:
    window = KioskWindow(clock, converter=lambda: dictionary)
    qtbot.addWidget(window)
    window.show()
    yield window
    dictionary.go.set()
    window.close()


HEAD_VIEW = v.EnterHead(can_go_back=True, can_cancel=True)
DOMICILE_VIEW = v.EnterDomicile(municipality=KOBE, can_go_back=True, can_cancel=True)
TELEPHONE_VIEW = v.EnterTelephone(can_go_back=True, can_cancel=True)
PASSWORD_VIEW = v.EnterPassword(can_go_back=True, can_cancel=True)
Type = Callable[[str], None]


@pytest.fixture
def type_kana(hand: Hand) -> Type:
    def type_kana(reading: str) -> None:
        for one in reading:
            hand.touch(*{"べ": "へ゛", "ょ": "よ小"}.get(one, one))

    return type_kana


@pytest.fixture
def convert(qtbot: QtBot, window: KioskWindow, hand: Hand, type_kana: Type) -> Callable[[str, str], None]:
    def convert(reading: str, candidate: str) -> None:
        type_kana(reading)
        hand.touch(CONVERT)
        qtbot.waitUntil(lambda: candidate in touchables(window))
        hand.touch(candidate)

    return convert


def typed(window: KioskWindow) -> Composition:
    assert window._screen is not None
    found: Composition = window._screen.memory["typed"]
    return found


# --- what is told ----------------------------------------------------------------------------------------------------------------


def test_a_name_is_typed_converted_and_told_with_the_form_that_was_picked(
    window: KioskWindow, hand: Hand, convert: Callable[[str, str], None]
) -> None:
    window.show_view(HEAD_VIEW)
    assert "次へ" not in touchables(window)
    convert("わたなべ", "渡邉")
    hand.touch(FORMS, SEQUENCE, "空白")
    convert("けん", "健")
    hand.touch("次へ")
    assert hand.events == [e.HeadEntered(f"渡{SEQUENCE}　健")]


def test_a_place_is_typed_with_its_number(
    window: KioskWindow, hand: Hand, convert: Callable[[str, str], None]
) -> None:
    window.show_view(DOMICILE_VIEW)
    convert("かのうちょう", "加納町")
    hand.touch(DIGITS, "1", "0", "丁目", "5", "番地", "の", "3", "1字消す", "2", "次へ")
    assert hand.events == [e.DomicileEntered("加納町１０丁目５番地の２")]


def test_kana_may_stay_kana(window: KioskWindow, hand: Hand, type_kana: Type) -> None:
    window.show_view(HEAD_VIEW)
    type_kana("やまだ".replace("だ", "た"))
    hand.touch("゛", "かなのまま確定", "次へ")
    assert hand.events == [e.HeadEntered("やまだ")]


def test_the_cursor_leads_to_an_earlier_letter(window: KioskWindow, hand: Hand) -> None:
    window.show_view(replace(HEAD_VIEW, text="渡辺　健"))
    hand.touch("←", "←", FORMS, "邊", "→", "→", "1字消す", "次へ")
    assert hand.events == [e.HeadEntered("渡邊　")]


def test_a_telephone_number_is_told_when_it_is_whole(window: KioskWindow, hand: Hand) -> None:
    window.show_view(TELEPHONE_VIEW)
    hand.touch(*"078-000-000")
    assert "次へ" not in touchables(window)
    hand.touch("1", "1字消す", "2")
    assert_rules(window)
    hand.touch("次へ")
    assert hand.events == [e.TelephoneEntered("078-000-0002")]


def test_every_key_of_the_kana_table_types_what_stands_on_it(window: KioskWindow, hand: Hand) -> None:
    window.show_view(HEAD_VIEW)
    table = [one for column in KANA for one in column if one not in "小゛゜"]
    assert len(set(table)) == 47, "the fifty sounds as they are used, and ー"
    for one in table:
        hand.touch(one)
        assert typed(window).reading == one
        hand.touch("1字消す")


# --- what is refused -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("ja", "これ以上は入力できません。入力できるのは、50文字までです。"), ("en", "There is no room for more. You can enter up to 50 characters.")],
)  # fmt: skip
def test_what_is_too_long_is_refused_with_a_sentence_and_stays_as_it_was(
    window: KioskWindow, hand: Hand, language: str, sentence: str
) -> None:
    full = "町" * DOMICILE.most
    window.show_view(in_language(replace(DOMICILE_VIEW, text=full), language))
    hand.touch("数字" if language == "ja" else "Digits", "5")
    refusal = typed(window).refusal
    assert refusal is not None and refusal.failure == "Typed_Text_Too_Long"
    assert typed(window).text == full
    assert sentence in texts_shown(window)
    assert_rules(window)
    hand.touch("1字消す" if language == "ja" else "Delete")
    assert sentence not in texts_shown(window)


def test_a_word_of_kana_has_an_end(window: KioskWindow, hand: Hand) -> None:
    window.show_view(HEAD_VIEW)
    hand.touch(*["あ"] * (READING_MOST + 1))
    assert "これ以上は入力できません。入力できるのは、24文字までです。" in texts_shown(window)
    assert_rules(window)


def test_a_candidate_that_is_too_long_leaves_the_kana_to_be_shortened(
    qtbot: QtBot, window: KioskWindow, hand: Hand, type_kana: Type
) -> None:
    window.show_view(replace(HEAD_VIEW, text="山" * (HEAD.most - 3)))
    hand.touch("な", "か", "゛", "い", CONVERT)
    qtbot.waitUntil(lambda: "永井" in touchables(window))
    assert_rules(window)
    hand.touch("長" * 24)
    assert typed(window).reading == "ながい"
    assert "これ以上は入力できません。入力できるのは、30文字までです。" in texts_shown(window)


def test_a_character_that_no_face_has_is_refused_by_name(
    qtbot: QtBot, window: KioskWindow, hand: Hand, type_kana: Type
) -> None:
    window.show_view(HEAD_VIEW)
    type_kana("ほし")
    hand.touch(CONVERT)
    qtbot.waitUntil(lambda: "星" in touchables(window))
    assert not any(NO_FACE in name for name in touchables(window))
    assert RefusalWords(Words("ja"), "Typed_Character_Not_Available", {}).choice in texts_shown(window)
    assert_rules(window)
    refusal = typed(window).choose("星" + NO_FACE).refusal
    assert refusal is not None and refusal.failure == "Typed_Character_Not_Available"


# --- the thread of the dictionary --------------------------------------------------------------------------------------------------


def test_the_dictionary_is_asked_on_a_thread_of_its_own(
    window: KioskWindow, dictionary: Dictionary, convert: Callable[[str, str], None]
) -> None:
    window.show_view(HEAD_VIEW)
    convert("けん", "健")
    assert len(dictionary.threads) == 1 and threading.get_ident() not in dictionary.threads


def test_whoever_types_on_gets_no_candidates_for_what_stood_there_before(
    qtbot: QtBot, window: KioskWindow, hand: Hand, dictionary: Dictionary, type_kana: Type
) -> None:
    window.show_view(HEAD_VIEW)
    dictionary.go.clear()
    type_kana("けん")
    hand.touch(CONVERT, "こ")
    dictionary.go.set()
    qtbot.waitUntil(lambda: dictionary.asked == ["けん"])
    hand.touch("1字消す", CONVERT)
    qtbot.waitUntil(lambda: "健" in touchables(window))
    assert dictionary.asked == ["けん", "けん"]


def test_candidates_that_come_after_the_screen_reach_nobody(
    qtbot: QtBot, window: KioskWindow, hand: Hand, dictionary: Dictionary, type_kana: Type
) -> None:
    window.show_view(HEAD_VIEW)
    dictionary.go.clear()
    type_kana("けん")
    hand.touch(CONVERT)
    window.show_view(DOMICILE_VIEW)
    hand.touch("か")
    dictionary.go.set()
    qtbot.waitUntil(lambda: dictionary.asked == ["けん"])
    hand.touch(CONVERT)
    qtbot.waitUntil(lambda: "カ" in touchables(window))
    assert "健" not in touchables(window)


class OneByOne:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.let = threading.Semaphore(0)
        self.asked: list[str] = []

    def prepare(self) -> None: ...

    def candidates(self, reading: str) -> tuple[str, ...]:
        self.asked.append(reading)
        self.let.acquire(timeout=60)
        return ()


def test_only_the_last_question_is_answered(qtbot: QtBot, window: KioskWindow) -> None:
    slow = OneByOne()
    conversion = Conversion(window, lambda: slow)
    told: list[str] = []
    for reading in ("さき", "けん"):
        conversion.ask(reading, lambda found, _: told.append(found))
    slow.let.release()
    qtbot.waitUntil(lambda: slow.asked == ["さき", "けん"])
    QApplication.processEvents()
    assert told == []
    slow.let.release()
    qtbot.waitUntil(lambda: told == ["けん"])
    conversion.ask("わたなべ", lambda found, _: told.append(found))
    conversion.forget()
    conversion.ask("さき", lambda found, _: told.append(found))
    slow.let.release(2)
    qtbot.waitUntil(lambda: told == ["けん", "さき"])
    conversion.close()


@pytest.mark.expects_log("the converter raised")
@pytest.mark.expects_log("a job of the thread conversion raised")
def test_a_broken_dictionary_leaves_the_two_kana(qtbot: QtBot, clock: Clock) -> None:
    def broken() -> Dictionary:
        raise OSError("no such dictionary")

    window = KioskWindow(clock, converter=broken)
    qtbot.addWidget(window)
    window.show()
    hand = Hand(qtbot, window)
    window.show_view(HEAD_VIEW)
    hand.touch("あ", CONVERT)
    qtbot.waitUntil(lambda: "ア" in touchables(window))
    assert {"あ", "ア"} <= set(touchables(window))


def test_the_real_dictionary_writes_watanabe_in_three_ways(qtbot: QtBot, clock: Clock) -> None:
    window = KioskWindow(clock)
    qtbot.addWidget(window)
    window.show()
    hand = Hand(qtbot, window)
    window.show_view(HEAD_VIEW)
    hand.touch("わ", "た", "な", "へ", "゛", CONVERT)
    qtbot.waitUntil(lambda: "渡辺" in touchables(window), timeout=60_000)
    assert {"渡辺", "渡邉", "渡邊", "ワタナベ", "わたなべ"} <= set(touchables(window))


# --- the look, in every position of the keyboard -------------------------------------------------------------------------------------

WAYS: dict[str, tuple[v.View, tuple[str, ...]]] = {
    "reading": (HEAD_VIEW, ("わ", "た", "な", "へ", "゛", "←")),
    "candidates": (HEAD_VIEW, ("さ", "き", "convert")),
    "longest candidates": (DOMICILE_VIEW, ("な", "か", "゛", "い", "convert")),
    "forms": (replace(HEAD_VIEW, text=f"渡{SEQUENCE}"), ("variants",)),
    "last page of forms": (replace(HEAD_VIEW, text="渡辺"), ("variants", "page")),
    "digits": (replace(DOMICILE_VIEW, text="加納町１丁目"), ("digits",)),
    "nothing typed, digits": (DOMICILE_VIEW, ("digits",)),
    "longest text": (replace(DOMICILE_VIEW, text="邊" * DOMICILE.most), ("あ",) * READING_MOST),
    "longest name in the face of the register": (replace(HEAD_VIEW, text=SEQUENCE * HEAD.most), ()),
}  # fmt: skip


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("way", WAYS)
def test_every_position_of_the_keyboard_keeps_the_rules(
    qtbot: QtBot, window: KioskWindow, hand: Hand, way: str, language: str
) -> None:
    view, touches = WAYS[way]
    words = Words(language)
    window.show_view(in_language(view, language))
    for one in touches:
        before = window._screen.memory.get("pad") if window._screen else None
        hand.touch(words("page.next") if one == "page" else words.find(f"writing.{one}") or one)
        if one == "convert":
            qtbot.waitUntil(lambda was=before: window._screen.memory.get("pad") != was)  # type: ignore[misc, union-attr]
    assert_rules(window)
    assert_all_ink_is_shown(page_of(window))


def test_another_language_keeps_what_was_typed(
    qtbot: QtBot, window: KioskWindow, hand: Hand, type_kana: Type
) -> None:
    window.show_view(HEAD_VIEW)
    type_kana("けん")
    window.show_view(in_language(HEAD_VIEW, "en"))
    hand.touch("Convert to kanji")
    qtbot.waitUntil(lambda: "賢" in touchables(window))
    window.show_view(HEAD_VIEW)
    hand.touch("賢", "次へ")
    assert hand.events == [e.HeadEntered("賢")]


def test_back_leads_from_the_candidates_to_the_keys_and_then_out(
    qtbot: QtBot, window: KioskWindow, hand: Hand, type_kana: Type
) -> None:
    window.show_view(HEAD_VIEW)
    type_kana("けん")
    hand.touch(CONVERT)
    qtbot.waitUntil(lambda: "健" in touchables(window))
    hand.touch("戻る")
    assert hand.events == []
    assert typed(window).reading == "けん"
    hand.touch("戻る")
    assert hand.events == [e.BackTouched()]


# --- touches that were meant for something else ----------------------------------------------------------------------------------------


@pytest.mark.attack
def test_a_second_tap_picks_nothing_of_what_came_under_the_finger(qtbot: QtBot, clock: Clock) -> None:
    now = [10**12]
    window = KioskWindow(clock, TouchGuard(lambda: now[0]), converter=Dictionary)
    qtbot.addWidget(window)
    window.show()
    window.show_view(replace(HEAD_VIEW, text="渡辺"))

    def tap(at: QPoint) -> None:
        QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

    def place(name: str) -> QPoint:
        button = touchables(window)[name]
        return button.mapTo(window, button.rect().center())

    now[0] += 10**9
    at = place(FORMS)
    tap(at)
    tap(at)
    assert "邊" in touchables(window) and typed(window).text == "渡辺"
    now[0] += 10**9
    at = place("邊")
    tap(at)
    tap(at)
    assert (typed(window).text, typed(window).reading) == ("渡邊", ""), "no kana of the key that came there"
    now[0] += 10**9
    for _ in range(2):
        tap(place("あ"))
    assert typed(window).reading == "ああ", "the same key twice is twice meant"


@pytest.mark.parametrize(
    "view", [HEAD_VIEW, DOMICILE_VIEW, TELEPHONE_VIEW, PASSWORD_VIEW], ids=lambda one: type(one).__name__
)
def test_a_real_keyboard_types_nothing(window: KioskWindow, hand: Hand, view: v.View) -> None:
    window.show_view(view)
    before = pixels(window.picture()).copy()
    QTest.keyClicks(window, "ABC123")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Backspace):
        QTest.keyClick(window.windowHandle(), key)
    assert hand.events == []
    assert (pixels(window.picture()) == before).all()


# --- what is left ------------------------------------------------------------------------------------------------------------------------


def test_nothing_that_was_typed_is_left_when_the_next_screen_is_shown(
    qtbot: QtBot, window: KioskWindow, hand: Hand, convert: Callable[[str, str], None]
) -> None:
    window.show_view(HEAD_VIEW)
    convert("わたなべ", "渡邉")
    window.show_view(v.TopMenu())
    window.show_view(HEAD_VIEW)
    assert (typed(window).text, typed(window).reading) == ("", "")
    conversion = window._conversion
    assert (conversion._take, conversion._answer) == (None, None)


# --- the password --------------------------------------------------------------------------------------------------------------------------


def test_a_password_is_told_once_as_a_secret(window: KioskWindow, hand: Hand) -> None:
    window.show_view(PASSWORD_VIEW)
    hand.touch(*"AB12Z")
    assert "次へ" not in touchables(window)
    hand.touch("9")
    assert_rules(window)
    hand.touch("次へ")
    assert hand.events == [e.PasswordEntered(Secret("AB12Z9"))]
    assert "AB12Z9" not in repr(hand.events)
    assert "次へ" not in touchables(window), "the page has forgotten the password"


def test_a_password_has_sixteen_characters_at_the_most_and_can_be_corrected(
    window: KioskWindow, hand: Hand
) -> None:
    window.show_view(PASSWORD_VIEW)
    hand.touch("1字消す", *"ABCDEFGHIJKLMNOPQ", "1字消す", "0", "次へ")
    assert hand.events == [e.PasswordEntered(Secret("ABCDEFGHIJKLMNO0"))]
    assert len("ABCDEFGHIJKLMNO0") == PASSWORD_MOST


def test_two_passwords_look_the_same_and_their_keys_are_marked(window: KioskWindow, hand: Hand) -> None:
    pictures, told = [], []
    for password in ("AAAAAA", "Z9K7Q1"):
        window.show_view(v.TopMenu())
        window.show_view(PASSWORD_VIEW)
        hand.touch(*password)
        pictures.append(pixels(window.picture()).copy())
        told.append(texts_shown(window))
    assert (pictures[0] == pictures[1]).all()
    assert told[0] == told[1]
    marked = {name for name, button in touchables(window).items() if button.property("secret")}
    assert marked == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def test_another_language_begins_the_password_anew(window: KioskWindow, hand: Hand) -> None:
    window.show_view(PASSWORD_VIEW)
    hand.touch(*"ABCDEF")
    window.show_view(in_language(PASSWORD_VIEW, "en"))
    assert "Next" not in touchables(window)
