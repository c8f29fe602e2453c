"""What a person calls one letter, and its other forms: characters that notices on the family register treat as one with it.

Which characters belong together is `letter_forms.csv`: of the MJ縮退マップ of the 文字情報基盤 (Information-technology Promotion Agency,
published by 文字情報技術促進協議会 under CC BY-SA 2.1 JP, and so is this extract) the relations of 法務省戸籍法関連通達・通知, of 法務省告示582号
and of JIS包摂規準・UCS統合規則, as far as IPAmj Mincho has a character for both. Of each row the characters of the screen's face come first.
The terminal offers them on its keyboard; officials are told by them why two names differ.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "letter_forms.csv"


@cache
def _tables() -> tuple[dict[str, str], dict[str, str]]:
    """Character -> its variants; variant -> the characters it is one of."""
    with _FILE.open(encoding="utf-8", newline="") as source:
        variants = {row["character"]: row["variants"] for row in csv.DictReader(source)}
    of: dict[str, str] = defaultdict(str)
    for character, others in variants.items():
        for other in others:
            of[other] += character
    return variants, dict(of)


def is_selector(character: str) -> bool:
    """Tell whether `character` is a variation selector (VS1-VS256), which chooses the form of the character before it."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def letters(text: str) -> tuple[str, ...]:
    """Divide `text` into letters, each with the selector behind it. A selector with nothing before it is a letter of its own."""
    found: list[str] = []
    for character in text:
        if is_selector(character) and found and not is_selector(found[-1][-1]):
            found[-1] += character
        else:
            found.append(character)
    return tuple(found)


def read_letter_forms() -> None:
    """Read the file from the disk, on any thread."""
    _tables()


def related(character: str) -> tuple[str, ...]:
    """Characters of one family with `character`, the one the others are variants of first; without itself."""
    variants, of = _tables()
    families = [*of.get(character, ""), character]
    found = [*families, *(other for one in families for other in variants.get(one, ""))]
    return tuple(one for one in dict.fromkeys(found) if one != character)
