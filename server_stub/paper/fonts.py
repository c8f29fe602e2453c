"""Which characters and variants a font really has.

A typesetter draws an unregistered variant as the plain form without a word, and a reader of the PDF still copies the
selector out; so nobody after this check could tell that the wrong shape was printed.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from pathlib import Path

import uharfbuzz

from server_stub.characters import STAND_INS, unseen
from server_stub.interface.failures import Failed
from server_stub.interface.font_files import MINCHO, font_file
from server_stub.interface.letter_forms import is_selector

_NOTDEF = 0


class Coverage:
    """The characters and variation sequences of one TrueType or OpenType file, as HarfBuzz reads them.

    Raises Failed(Font_Missing) for a file without a Unicode cmap.
    """

    def __init__(self, path: Path) -> None:
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
        if not face.unicodes:
            raise Failed("Font_Missing", font=path.name)
        self._font = uharfbuzz.Font(face)
        self._drawn: set[str] = set()

    def glyph(self, character: int, selector: int | None = None) -> int:
        """The glyph id of a code point, or of (code point, variation selector); 0 if the font does not have it."""
        if selector is None:
            return self._font.get_nominal_glyph(character) or _NOTDEF
        return self._font.get_variation_glyph(character, selector) or _NOTDEF

    def missing(self, text: str) -> list[str]:
        """What `text` needs and the font lacks, in code points: 'U+XXXX', or 'U+XXXX U+E01XX' for a variant.

        A character that is no space but would be drawn as nothing counts as lacking, and so does a selector that
        follows no character.
        """
        if self._drawn.issuperset(text):  # the usual case; selectors are never among these
            return []
        lacking: list[str] = []
        base: int | None = None
        for position, character in enumerate(text):
            code = ord(character)
            if is_selector(character):
                if base is None or not self.glyph(base, code):
                    lacking.append(
                        f"{_notation(base)} {_notation(code)}" if base is not None else _notation(code)
                    )
                base = None
                continue
            base = code
            followed = is_selector(text[position + 1 : position + 2])
            if not followed and not self._draws(code):
                lacking.append(_notation(code))
        return lacking

    @property
    def characters(self) -> frozenset[int]:
        """The code points that it has by themselves."""
        return frozenset(self._font.face.unicodes)

    def has(self, cluster: str) -> bool:
        """Whether it draws a character, with its selector if one follows it."""
        return not self.missing(cluster)

    def _draws(self, code: int) -> bool:
        """Whether it draws a character by itself. Each that it does is looked up once in a process: a paper holds some two thousand."""
        char = chr(code)
        if char in self._drawn:
            return True
        glyph = self.glyph(code)
        found = glyph != _NOTDEF and (char.isspace() or self._has_outline(glyph))
        if found:
            self._drawn.add(char)
        return found

    def _has_outline(self, glyph: int) -> bool:
        extents = self._font.get_glyph_extents(glyph)
        return extents is not None and (extents.width, extents.height) != (0, 0)


@functools.cache
def coverage(family: str) -> Coverage:
    """The coverage of a font of this machine, opened once. Raises Failed(Font_Missing)."""
    return Coverage(font_file(family))


@functools.cache
def coverage_of(file: Path) -> Coverage:
    """The coverage of a municipality's own font, opened once. Raises Failed(Font_Missing)."""
    try:
        return Coverage(file)
    except (OSError, uharfbuzz.HarfBuzzError):
        raise Failed("Font_Missing", font=file.name) from None


@functools.cache
def family_of(file: Path) -> str:
    """The family name by which a typesetter finds a municipality's own font. Raises Failed(Font_Missing)."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        # from memory: of a file that is no font it would leave the handle open
        with TTFont(io.BytesIO(file.read_bytes()), lazy=True) as font:
            return str(font["name"].getBestFamilyName() or "")
    except (OSError, TTLibError, KeyError):
        raise Failed("Font_Missing", font=file.name) from None


@functools.cache
def _is_never_printed(letter: str) -> bool:
    return letter in STAND_INS or unseen(letter)


def check_printable(text: str, family: str = MINCHO, fonts: Sequence[Path] = ()) -> None:
    """`fonts`: files in which a character is looked for that `family` lacks, in their order. What stands for another character
    (〓 and the like) is not to be printed, nor what nobody sees, whatever font has it.

    Raises Failed(Character_Not_Printable, characters=[...]) naming code points only, never the name they stand in."""
    lacking = coverage(family).missing(text)
    never = {one for one in set(text) if _is_never_printed(one)}
    lacking += [_notation(ord(one)) for one in text if one in never]
    if lacking and fonts:
        own = [coverage_of(file) for file in fonts]
        lacking = [
            one
            for one in lacking
            if _characters(one) in never or not any(font.has(_characters(one)) for font in own)
        ]
    if lacking:
        raise Failed("Character_Not_Printable", characters=list(dict.fromkeys(lacking)))


def _notation(code: int) -> str:
    return f"U+{code:04X}"


def _characters(notation: str) -> str:
    return "".join(chr(int(one[2:], 16)) for one in notation.split())
