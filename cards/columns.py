"""Set text in the columns of a terminal, where a full-width character takes two of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_PIECES = re.compile(r"[!-~]+(?:(?<!,) [!-~]+)*|.", re.DOTALL)
"""What stays on one line: a run of ASCII up to ", " (a command, the name of a reader), else a single character."""
_NEVER_FIRST = frozenset("、。，．）］」』】・ー〜？！：；ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
_NEVER_LAST = frozenset("「『（［")
_LEAST_ROOM = 16
_ASCII = re.compile(r"[!-~]{2}")


def width(text: str) -> int:
    """Count the columns that `text` takes; marks that stand on the character before them take none."""
    return sum(_width(character) for character in text)


def padded(text: str, columns: int) -> str:
    """Fill `text` with spaces up to `columns`, with one at least."""
    return text + " " * max(1, columns - width(text))


def hung(head: str, text: str, columns: int | None) -> Iterator[str]:
    """Break `head` and `text` into lines, wrapped at `columns` (None: not at all); later ones begin below the
    beginning of `text`.

    A command that is wider than that stays on one line of its own: the terminal breaks it, and it can still be copied.
    """
    below = " " * width(head)
    for paragraph in text.split("\n"):
        for line in _wrapped(paragraph, None if columns is None else columns - len(below)):
            yield (head + line).rstrip(" ")
            head = below


def _wrapped(text: str, room: int | None) -> list[str]:
    if room is None or room < _LEAST_ROOM:
        return [text]
    lines = [""]
    for piece in _PIECES.findall(text):
        # two columns are left for a character that may not begin a line
        limit = room if piece in _NEVER_FIRST else room - 2
        if lines[-1] and width(lines[-1]) + width(piece) > limit:
            kept, carried = _broken(lines[-1], piece)
            lines[-1:] = [kept, carried]
        if lines[-1] or not piece.isspace():
            lines[-1] += piece
    return lines


def _broken(line: str, piece: str) -> tuple[str, str]:
    """Split `line` before a break into what stays and what goes down with `piece`, so that no line begins or ends
    with what may not."""
    place = len(line)
    following = piece
    while place > 1 and (
        following[:1] in _NEVER_FIRST
        or line[place - 1] in _NEVER_LAST
        or (_ASCII.fullmatch(line[place - 1] + following[:1]) and place < len(line))
    ):
        place -= 1
        following = line[place]
    return (line[:place], line[place:]) if place > 1 or len(line) == 1 else (line, "")


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
