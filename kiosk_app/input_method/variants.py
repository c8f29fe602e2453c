"""The forms that a letter may be changed for on the keyboard: the characters of its family, and variation sequences.

Which characters belong together says `server_stub.interface.letter_forms`; which variation sequences (IVS) there are is asked of the font
that draws them.
"""

from __future__ import annotations

from typing import Any

from server_stub.interface.letter_forms import related

SELECTORS = range(0xE0100, 0xE01F0)


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
