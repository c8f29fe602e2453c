"""Where lines may end: Japanese between phrases, languages with spaces between words, Chinese between any two characters; lines of
even length, no orphaned words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

_PARTICLES = "をがはにでのともへら"

Width = Callable[[str], float]

_AFTER = "。、！？　，；："
_CLOSING = "）」』〉》】”"
_OPENING = "（「『〈《【“"
_NEVER_AFTER = _OPENING + "([¥"
_NEVER_BEFORE = _AFTER + _CLOSING + "・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々：:;,.)]%〜～~"
_COMPOUNDS = ("読み取り部", "読み取", "受け取", "取り扱", "取り消", "取り除", "取り出", "お取り", "払い戻", "切り替", "引き続", "差し込", "置き直", "申し訳", "申し出", "問い合", "取り忘", "お受け", "置き忘", "引き換", "振り込", "やり直", "繰り返")  # fmt: skip


def _hiragana(letter: str) -> bool:
    return "\u3041" <= letter <= "\u309f"


def _breaks_between(text: str, index: int) -> bool:
    before, after = text[index - 1], text[index]
    if after == " " or after in _NEVER_BEFORE or before in _NEVER_AFTER:
        return False
    if before == " " or before in _AFTER:
        return True
    if before in _CLOSING:
        return not _hiragana(after)
    if after in _OPENING:
        return True
    if not _hiragana(before) or any(
        text.startswith(word, index - place)
        for word in _COMPOUNDS
        for place in range(1, min(len(word), index + 1))
    ):
        return False
    if _hiragana(after):
        # を|お支払い: a polite prefix belongs to what follows it
        polite = after in "おご" and index + 1 < len(text) and not _hiragana(text[index + 1])
        return polite and before in _PARTICLES
    prefix = before in "おご" and (
        index < 2 or not _hiragana(text[index - 2]) or text[index - 2] in _PARTICLES
    )
    return not prefix


@lru_cache(maxsize=1024)
def phrases(text: str) -> tuple[str, ...]:
    """Pieces that should stay on one line, in order; joined they are `text`."""
    pieces: list[str] = []
    start = 0
    for index in range(1, len(text)):
        if _breaks_between(text, index):
            pieces.append(text[start:index])
            start = index
    pieces.append(text[start:])
    return tuple(pieces)


def _wide(letter: str) -> bool:
    """Whether it is a character or a mark of Chinese, and no letter of a word."""
    return "\u2e80" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef" or letter in "“”"


@lru_cache(maxsize=1024)
def characters(text: str) -> tuple[str, ...]:
    """Pieces of a Chinese text that should stay on one line: a character with its marks, a word in Latin letters, a number."""
    pieces: list[str] = []
    start = 0
    for index in range(1, len(text)):
        before, after = text[index - 1], text[index]
        if after in _NEVER_BEFORE or after == " " or before in _NEVER_AFTER:
            continue
        if before == " " or _wide(before) or _wide(after):
            pieces.append(text[start:index])
            start = index
    return (*pieces, text[start:])


def wrap(text: str, limit: float, width: Width, *, anywhere: bool = False) -> list[str]:
    """Lines no wider than `limit`; as few as possible, then as even as possible, ending at 。 and 、 by preference.

    `anywhere`: between any two characters, as Chinese is set.

    Only a single phrase wider than `limit` is cut between letters.
    """
    pieces = characters if anywhere else phrases
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if width(paragraph) <= limit:
            lines.append(paragraph)
        else:
            lines.extend(_even(_narrow_enough(pieces(paragraph), limit, width), limit, width))
    return lines


_BACK = 8
"""Letters that a cut goes back at the most for a mark that may not begin a line."""
_PIECES = 60
"""Pieces on one line at the most: where they have no width, the search for the best lines must end all the same."""
_LETTERS = 200
"""Letters of one piece at the most, for the same reason."""


def _narrow_enough(pieces: tuple[str, ...], limit: float, width: Width) -> list[str]:
    result: list[str] = []
    for piece in pieces:
        start = 0
        while start < len(piece):
            end = _fitting(piece, start, limit, width)
            if end < len(piece):
                least = max(start + 1, end - _BACK)
                while end > least and piece[end] in _NEVER_BEFORE:
                    end -= 1
            result.append(piece[start:end])
            start = end
    return result or [""]


def _fitting(piece: str, start: int, limit: float, width: Width) -> int:
    """The end of what fits on a line of `piece` from `start` on, at least one letter. No more is measured than twice that."""

    def fits(end: int) -> bool:
        return width(piece[start:end].rstrip()) <= limit

    most = min(len(piece), start + _LETTERS)
    good, step = start + 1, 1
    while good < most:
        end = min(most, good + step)
        if not fits(end):
            break
        good, step = end, step * 2
    else:
        return good
    bad = min(most, good + step)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def _even(pieces: list[str], limit: float, width: Width) -> list[str]:
    # each piece is measured once, with and without the blanks at its end; only what comes near the limit is measured whole
    widths = [width(piece) for piece in pieces]
    bare = [width(piece.rstrip(" 　")) for piece in pieces]
    # best[i]: (lines, cost, start of the last line) of the first i pieces
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for end in range(1, len(pieces) + 1):
        choices: list[tuple[int, float, int]] = []
        last = pieces[end - 1].rstrip(" 　")[-1:]
        before = 0.0
        for start in range(end - 1, max(-1, end - 1 - _PIECES), -1):
            used = before + bare[end - 1]
            before += widths[start - 1] if start else 0.0
            if used > 0.9 * limit:
                # letters may be closer or farther from each other where pieces meet
                used = width("".join(pieces[start:end]).rstrip(" 　"))
            if used > limit and start < end - 1:
                break
            slack = max(0.0, limit - used) / limit
            ends_well = end == len(pieces) or last in tuple("。！？.!?")
            cost = slack**2 + (0.0 if ends_well else 0.02 if last in tuple("、,，；：）)　") else 0.08)
            lines, so_far, _ = best[start]
            choices.append((lines + 1, so_far + cost, start))
        best.append(min(choices))
    lines_found: list[str] = []
    end = len(pieces)
    while end:
        start = best[end][2]
        lines_found.append("".join(pieces[start:end]).rstrip(" 　"))
        end = start
    return lines_found[::-1]
