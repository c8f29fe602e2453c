"""The right word that somebody meant who wrote another."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

NEAR = 3
"""How many right words are suggested."""


def nearest(word: str, known: Iterable[str], count: int = NEAR) -> list[str]:
    """The known words that are most like `word`, best first; those that begin with it come before all others."""
    words = list(known)
    begins = [one for one in words if word and one.startswith(word)][:count]
    like = difflib.get_close_matches(word, words, n=count, cutoff=0.4)
    return list(dict.fromkeys([*begins, *like]))[:count]


def perhaps(word: str, known: Iterable[str], count: int = NEAR) -> str:
    """Suggest the nearest words in a sentence to put behind another; '' if none is near."""
    near = nearest(word, known, count)
    return f"もしかして: {' ／ '.join(near)}" if near else ""
