"""The other forms of a letter: characters that notices on the family register treat as one with it, and its variation sequences.

Which characters belong together is `variants.csv`: of the MJ縮退マップ of the 文字情報基盤 (Information-technology Promotion Agency,
published by 文字情報技術促進協議会 under CC BY-SA 2.1 JP, and so is this extract) the relations of 法務省戸籍法関連通達・通知, of 法務省告示582号
and of JIS包摂規準・UCS統合規則, as far as IPAmj Mincho has a character for both. Of each row the characters of the screen's face come first.
Which variation sequences (IVS) there are is asked of the font that draws them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

SELECTORS = range(0xE0100, 0xE01F0)
_FILE = Path(__file__).parent / "variants.csv"


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


def read_variants() -> None:
    """Read the file from the disk, on any thread."""
    _tables()


def related(character: str) -> tuple[str, ...]:
    """Characters of one family with `character`, the one the others are variants of first; without itself."""
    variants, of = _tables()
    families = [*of.get(character, ""), character]
    found = [*families, *(other for one in families for other in variants.get(one, ""))]
    return tuple(one for one in dict.fromkeys(found) if one != character)


def sequences(character: str, font: Any) -> tuple[str, ...]:
    """`character` with each variation selector for which `font` (uharfbuzz) has a glyph of its own."""
    seen = {font.get_nominal_glyph(ord(character))}
    found = []
    for selector in font.face.variation_selectors:
        if selector in SELECTORS:
            glyph = font.get_variation_glyph(ord(character), selector)
            if glyph and glyph not in seen:
                seen.add(glyph)
                found.append(character + chr(selector))
    return tuple(found)


def forms(letter: str, font: Any = None) -> tuple[str, ...]:
    """What `letter` may be changed for: characters first, then the sequences of its own character, then those of the others."""
    character = letter[0]
    others = related(character)
    plain = (*((character,) if letter != character else ()), *others)
    varied = [] if font is None else [one for each in (character, *others) for one in sequences(each, font)]
    return tuple(one for one in dict.fromkeys((*plain, *varied)) if one != letter)
