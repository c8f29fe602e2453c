"""Which shapes are really drawn: text alone would say the registered variant even where the plain form was drawn."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pikepdf
from fontTools.ttLib import TTFont

Outline = tuple[tuple[int, int], ...]


@cache
def _register_font() -> TTFont:
    found = subprocess.run(
        ["fc-match", "-f", "%{file}", "IPAmjMincho"], capture_output=True, text=True, check=True
    ).stdout
    font = TTFont(io.BytesIO(Path(found).read_bytes()), lazy=True)
    family = font["name"].getDebugName(1)
    assert family == "IPAmjMincho", f"IPAmj明朝 is not installed (fc-match gives {family})"
    return font


def _sequences(text: str) -> Iterator[tuple[int, int | None]]:
    position = 0
    while position < len(text):
        base = ord(text[position])
        following = ord(text[position + 1]) if position + 1 < len(text) else 0
        if 0xE0100 <= following <= 0xE01EF:
            yield base, following
            position += 2
        else:
            yield base, None
            position += 1


@cache
def _variants() -> dict[int, dict[int, str | None]]:
    for table in _register_font()["cmap"].tables:
        if table.format == 14:
            return {selector: dict(pairs) for selector, pairs in table.uvsDict.items()}
    raise AssertionError("the font has no variation sequences")


@cache
def _own_font(file: Path) -> TTFont:
    return TTFont(io.BytesIO(file.read_bytes()), lazy=True)


def glyphs_of(name: str, own: Sequence[Path] = ()) -> list[Outline]:
    """The outlines that must be drawn for `name`, selectors followed; what the common font lacks is drawn in one of the
    municipality's `own`. Raises LookupError for a character that none has."""
    font = _register_font()
    plain = font.getBestCmap()
    outlines = []
    for base, selector in _sequences(name):
        if base not in plain:
            drawn = next(one for one in map(_own_font, own) if base in one.getBestCmap())
            outlines.append(_outline(drawn, drawn.getBestCmap()[base]))
            continue
        glyph = plain[base]
        if selector is not None:
            glyph = _variants()[selector][base] or glyph
        outlines.append(_outline(font, glyph))
    return outlines


def _outline(font: TTFont, glyph: str) -> Outline:
    coordinates, _ends, _flags = font["glyf"][glyph].getCoordinates(font["glyf"])
    return tuple((int(x), int(y)) for x, y in coordinates)


def drawn_glyphs(sheet: bytes) -> set[Outline]:
    """The outlines of every glyph in the TrueType subsets that the front carries (a subset has only what is drawn)."""
    found: set[Outline] = set()
    with pikepdf.open(io.BytesIO(sheet)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary) and "/FontFile2" in item:
                font = TTFont(io.BytesIO(item["/FontFile2"].read_bytes()), lazy=True)
                found |= {_outline(font, glyph) for glyph in font.getGlyphOrder()}
    return found
