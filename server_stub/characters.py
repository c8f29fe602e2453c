"""Characters that stand for one that a system did not have, or that nobody sees: no name has them, and no paper prints them."""

from __future__ import annotations

import re
import unicodedata

from server_stub.interface.letter_forms import is_selector

STAND_INS = frozenset("〓■□▪▫◻◼●◆�￼〾㇯") | {chr(code) for code in range(0x2FF0, 0x3000)}
"""Geta and blocks that converters put in, and the signs that describe a character by its parts (⿰ and others)."""
_IN_NAMES = STAND_INS | frozenset("○◯◎◇△▲▽▼☆★※＊*?？＿_〿")
"""In a name also what people type for a character they cannot type. (〇 is a figure, and a character of names.)"""
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f")
_SUSPECT = re.compile(f"[{''.join(sorted(_FILLERS))}\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SPACES = frozenset("\u3000 ")


def unseen(char: str) -> bool:
    """Whether `char` is never drawn, or changes how others are (their direction, what they join), whatever a font has for it."""
    return char in _FILLERS or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def invisible(text: str) -> bool:
    """Whether something in `text` is not to be seen: format characters, fillers, other spaces than U+3000 and U+0020, and selectors
    that follow no character which can have variants."""
    if not _SUSPECT.search(text) and text.replace("\u3000", " ").isprintable():
        return False  # as nearly every name of a register is
    before = ""
    for char in text:
        if is_selector(char):
            if not before or is_selector(before) or before in _SPACES:
                return True
        elif char in _FILLERS or (char not in _SPACES and unicodedata.category(char) in _UNSEEN):
            return True
        before = char
    return False


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zs", "Zl", "Zp"})


def no_text(text: str) -> str:
    """Why `text` is nothing that a register records, as what is expected instead; '' for what can be printed. What people type for
    a character in a name (○) is a sign like any other elsewhere."""
    if not STAND_INS.isdisjoint(text):
        return "本来の文字（〓・■・□・⿰ などの代わりの記号のない文字列）"
    if invisible(text):
        return "目に見えない文字のない文字列"
    return ""


def no_name(text: str) -> str:
    """Why `text` can be nobody's name, as what is expected instead; '' for a name as registers have them."""
    if not _IN_NAMES.isdisjoint(text):
        return "本来の文字（〓・■・⿰ などの代わりの記号や、伏せ字のない氏名）"
    if invisible(text):
        return "目に見えない文字のない氏名"
    return ""


def plain_name(text: str) -> bool:
    """Whether `no_name` is '' for every part of `text` for the plainest reasons; a few names with selectors do not look plain."""
    return (
        _IN_NAMES.isdisjoint(text) and not _SUSPECT.search(text) and text.replace("\u3000", " ").isprintable()
    )
