"""Where lines may end: Japanese between phrases, English between words; lines of even length, no orphaned words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

_PARTICLES = "をがはにでのともへら"

Width = Callable[[str], float]

_AFTER = "。、！？　"
_CLOSING = "）」』〉》】"
_OPENING = "（「『〈《【"
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


def wrap(text: str, limit: float, width: Width) -> list[str]:
    """Lines no wider than `limit`; as few as possible, then as even as possible, ending at 。 and 、 by preference.

    Only a single phrase wider than `limit` is cut between letters.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        if width(paragraph) <= limit:
            lines.append(paragraph)
        else:
            lines.extend(_even(_narrow_enough(phrases(paragraph), limit, width), limit, width))
    return lines


def _narrow_enough(pieces: tuple[str, ...], limit: float, width: Width) -> list[str]:
    result: list[str] = []
    for piece in pieces:
        while width(piece.rstrip()) > limit and len(piece) > 1:
            end = len(piece) - 1
            while end > 1 and (width(piece[:end]) > limit or piece[end] in _NEVER_BEFORE):
                end -= 1
            result.append(piece[:end])
            piece = piece[end:]
        result.append(piece)
    return result


def _even(pieces: list[str], limit: float, width: Width) -> list[str]:
    # best[i]: (lines, cost, start of the last line) of the first i pieces
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for end in range(1, len(pieces) + 1):
        choices: list[tuple[int, float, int]] = []
        for start in range(end - 1, -1, -1):
            line = "".join(pieces[start:end]).rstrip(" 　")
            used = width(line)
            if used > limit and start < end - 1:
                break
            slack = max(0.0, limit - used) / limit
            last = line[-1:]
            ends_well = end == len(pieces) or last in "。！？.!?"
            cost = slack**2 + (0.0 if ends_well else 0.02 if last in "、,）)　" else 0.08)
            lines, before, _ = best[start]
            choices.append((lines + 1, before + cost, start))
        best.append(min(choices))
    lines_found: list[str] = []
    end = len(pieces)
    while end:
        start = best[end][2]
        lines_found.append("".join(pieces[start:end]).rstrip(" 　"))
        end = start
    return lines_found[::-1]
