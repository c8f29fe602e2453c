"""What each field takes: which letters, how many, and when it is complete. Lengths are in letters, of two characters at most."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

READING_MOST = 24
"""Kana of one word before it is converted."""
PASSWORD_LEAST, PASSWORD_MOST = 6, 16
"""Of the password of a signature certificate: A-Z and 0-9."""
KEYS_OF_PASSWORDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"

_SIGNS_OF_NAMES = "ー・々ゝゞヽヾ〆　"
_SIGNS_OF_PLACES = "ー・々ゝゞヽヾ〆－（）"


def _written(character: str) -> bool:
    """Kanji and kana."""
    return unicodedata.category(character) == "Lo" and re.match(
        r"CJK|HIRAGANA|KATAKANA", unicodedata.name(character, "")
    ) is not None  # fmt: skip


def _of_name(character: str) -> bool:
    return _written(character) or character in _SIGNS_OF_NAMES


def _of_place(character: str) -> bool:
    return _written(character) or character in _SIGNS_OF_PLACES or "０" <= character <= "９"


def _of_telephone(character: str) -> bool:
    return character in DIGITS or character == "-"


def _is_telephone(text: str) -> bool:
    """Ten digits or eleven with the area code, groups parted by single hyphens or not at all."""
    return re.fullmatch(r"0[0-9]*(-[0-9]+)*", text) is not None and sum(c in DIGITS for c in text) in (10, 11)


def _is_there(text: str) -> bool:
    return bool(text.strip("　"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One field: `takes` a character (of a letter its first one), at most `most` letters, `complete` when it may be sent. What ends
    in one of `endings` is offered first."""

    most: int
    takes: Callable[[str], bool]
    complete: Callable[[str], bool] = _is_there
    endings: tuple[str, ...] = ()


DOMICILE = Entry(50, _of_place, endings=("町", "丁目", "村", "字", "区", "郡", "市"))
"""町名・番地 of the 本籍, behind the municipality."""
HEAD = Entry(30, _of_name)
"""氏名 of the 筆頭者."""
TELEPHONE = Entry(13, _of_telephone, _is_telephone)
"""With hyphens: 090-1234-5678."""
