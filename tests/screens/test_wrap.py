"""Lines end where a reader would end them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_app.screens import wrap as module
from kiosk_app.screens.texts import catalogue
from kiosk_app.screens.wrap import phrases, wrap


def width(line: str) -> float:
    return float(len(line) * 10)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("カードをリーダーの上に置いてください。", ["カードを", "リーダーの", "上に", "置いてください。"]),
        ("カード読み取り部に置いてください。", ["カード読み取り部に", "置いてください。"]),
        ("手数料をお支払いください", ["手数料を", "お支払いください"]),
        ("証明書（250円）が必要です。", ["証明書", "（250円）が", "必要です。"]),
        ("「次へ」を押してください。", ["「次へ」を", "押してください。"]),
        ("お金をお返ししました。返却口からお取りください。", ["お金を", "お返ししました。", "返却口から", "お取りください。"]),
        ("1,100円を返します", ["1,100円を", "返します"]),
    ],
)  # fmt: skip
def test_japanese_is_parted_between_phrases(text: str, pieces: list[str]) -> None:
    assert list(phrases(text)) == pieces


def test_english_is_parted_between_words_only() -> None:
    assert wrap("Please take your card, ¥1,100 and go", 120, width) == [
        "Please take",
        "your card,",
        "¥1,100",
        "and go",
    ]


def test_lines_are_even_and_no_word_is_orphaned() -> None:
    assert wrap("one two three four five six", 260, width) == ["one two three", "four five six"]


def test_sentences_keep_together_where_they_can() -> None:
    assert wrap("暗証番号が違います。もう一度入力してください。", 160, width) == [
        "暗証番号が違います。",
        "もう一度入力してください。",
    ]


def test_a_given_line_end_is_kept() -> None:
    assert wrap("上\n下", 1000, width) == ["上", "下"]


TEXTS = st.one_of(
    st.sampled_from([text for cells in catalogue().values() for text in cells.values() if text]),
    st.text(st.sampled_from("あいお手数料カード、。（）「」ー 12,円abc　"), min_size=1, max_size=60),
)


@given(TEXTS, st.integers(3, 60))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, letters: int) -> None:
    lines = wrap(text, letters * 10, width)
    blank = str.maketrans("", "", " 　\n")
    assert "".join(lines).translate(blank) == text.translate(blank)
    assert all(width(line.rstrip(" 　")) <= letters * 10 for line in lines)


# a lone mark is what stands between two texts, and no line of its own
SENTENCES = [cells["ja"] for cells in catalogue().values() if len(cells["ja"]) > 1]


@given(st.sampled_from(SENTENCES), st.integers(8, 40))
def test_no_line_begins_with_a_mark_that_may_not_begin_one(text: str, letters: int) -> None:
    assert not any(line[0] in "。、」）ーっゃゅょ々" for line in wrap(text, letters * 10, width) if line)


# --- what it costs --------------------------------------------------------------------------------------------------------------

LONG = {
    "kanji without a break": "漢",
    "hiragana": "あ",
    "phrases": "手数料をお支払いください。",
    "English": "please pay the fee ",
    "one English word": "x",
    "blanks": " ",
    "wide blanks": "　",
    "marks that may not begin a line": "。",
    "brackets": "（「",
    "no width": "\u200b",
    "phrases without width": "\u3099\u200b",
    "compounds": "お取り扱い",
    "line ends": "\n",
}


def cost(text: str, limit: float) -> int:
    """Lines of the module that are run, and letters that are measured."""
    told = 0

    def measured(line: str) -> float:
        nonlocal told
        told += len(line) + 1
        return sum(0.0 if letter in "\u200b\u3099" else 10.0 for letter in line)

    def count(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        nonlocal told
        if frame.f_code.co_filename != module.__file__:
            return None
        told += event == "line"
        return count

    phrases.cache_clear()
    before = sys.gettrace()
    sys.settrace(count)
    try:
        module.wrap(text, limit, measured)
    finally:
        sys.settrace(before)
    return told


@pytest.mark.attack
@pytest.mark.parametrize("limit", [5.0, 95.0, 1000.0])
@pytest.mark.parametrize("what", LONG)
def test_a_text_twice_as_long_costs_twice_as_much(what: str, limit: float) -> None:
    """9,000 letters once took 18 minutes."""
    short, long = (cost((LONG[what] * 4000)[:letters], limit) for letters in (1000, 4000))
    assert long <= 4.4 * short
    assert short <= 1000 * 3000
