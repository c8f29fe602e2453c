"""Text in columns: full-width characters take two, and nothing that can be copied is torn apart."""

from __future__ import annotations

import pytest

from cards.columns import hung, padded, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("漢字", 4), ("ｱｲｳ", 3), ("Ａ", 2), ("𠮷田", 4), ("葛\U000e0100", 2), ("（）", 4), ("", 0)],
)
def test_a_character_takes_as_many_columns_as_a_terminal_gives_it(text: str, columns: int) -> None:
    assert width(text) == columns


def test_padding_fills_the_column_and_never_less_than_one_space() -> None:
    assert padded("漢", 4) == "漢  " and padded("漢字漢字", 4) == "漢字漢字 "


def test_later_lines_begin_under_the_text() -> None:
    assert list(hung("対処: ", "一二三四五六七八九十一二三四五六", 24)) == [
        "対処: 一二三四五六七八",
        "      九十一二三四五六",
    ]


def test_a_point_may_stand_at_the_edge_but_begins_no_line_and_a_bracket_ends_none() -> None:
    (first, second) = hung("", "一二三四五六七八九。十一二三", 20)
    assert (first, second) == ("一二三四五六七八九。", "十一二三")
    (first, second) = hung("", "一二三四五六七八九。）十一", 20)
    assert (first, second) == ("一二三四五六七八", "九。）十一")
    (first, second) = hung("", "一二三四五六七八（九）", 20)
    assert (first, second) == ("一二三四五六七八", "（九）")


def test_a_command_is_one_piece_and_takes_its_own_line_where_it_is_too_long() -> None:
    assert list(hung("", "次は sudo apt install pcscd です", 24)) == [
        "次は",
        "sudo apt install pcscd",
        "です",
    ]
    long = "sudo nft 'add rule inet vpcd in iif != lo tcp dport { 1,2 } drop'"
    assert list(hung("→ ", f"これで塞ぐ。\n{long}", 40)) == ["→ これで塞ぐ。", f"  {long}"]


def test_without_a_width_or_room_nothing_is_wrapped() -> None:
    text = "あ" * 200
    assert list(hung("頭 ", text, None)) == [f"頭 {text}"] and list(hung("頭" * 10, text, 30)) == [
        "頭" * 10 + text
    ]
