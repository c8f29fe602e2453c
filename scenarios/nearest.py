"""The right word that somebody meant who wrote another."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

NEAR = 3
"""How many right words are suggested."""


def nearest(word: str, known: Iterable[str], count: int = NEAR, like: float = 0.4) -> list[str]:
    """The known words that are most like `word`, best first; those that begin with it come before all others.
    `like`: how much, from 0 to 1."""
    words = list(known)
    begins = [one for one in words if word and one.startswith(word)][:count]
    close = difflib.get_close_matches(word, words, n=count, cutoff=like)
    return list(dict.fromkeys([*begins, *close]))[:count]


def perhaps(word: str, known: Iterable[str], like: float = 0.4) -> str:
    """Suggest the nearest words in a sentence to put behind another; '' if none is near."""
    near = nearest(word, known, like=like)
    return f"もしかして: {' ／ '.join(near)}" if near else ""
