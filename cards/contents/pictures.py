"""Draw what is printed on the card as its chip has it: text in PNG of one bit a pixel (soltia48/myna-card, `src/data.rs`)."""

from __future__ import annotations

import functools
import io
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SAMPLE = "見本"
"""Stands in every picture of a name, an address or a 個人番号."""

_FONTS = ("BIZUDGothic-Regular.ttf", "ipamjm.ttf")
"""The first has figures of exactly half a square, the second nearly every character of a name."""
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts", "C:/Windows/Fonts")  # fmt: skip
_VARIABLE = "KONBINI_FONTS"
"""Folders, separated as in PATH; if set, only they are searched."""


def picture(lines: Sequence[str], width: int, height: int) -> bytes:
    """Draw `lines` one below the other, black on white, each as large as its share of the height and of the width allows.

    Without any of the fonts the picture stays white: a card can be made on a machine without Japanese fonts.
    """
    image = Image.new("1", (width, height), 1)
    drawing = ImageDraw.Draw(image)
    drawing.fontmode = "1"
    share = height // max(1, len(lines))
    for number, line in enumerate(lines):
        text = "".join(character for character in line if not _selects_variation(character))
        size = min(share, 2 * width // max(1, _half_widths(text)))
        place, row = 0, number * share + (share - size)
        for character in text:
            advance = size * _half_widths(character) // 2
            font = _font_of(character, size)
            if font is not None:
                drawing.text((place, row + size), character, fill=0, font=font, anchor="ld")
            place += advance
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _half_widths(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def _selects_variation(character: str) -> bool:
    return 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF


def _font_of(character: str, size: int) -> ImageFont.FreeTypeFont | None:
    """Find a font that has a glyph for it: another one than what stands for what is missing."""
    found = None
    for name in _FONTS:
        font = _font(name, size)
        if font is not None and not _is_missing(name, character):
            return font
        found = found or font
    return found


@functools.cache
def _is_missing(name: str, character: str) -> bool:
    font = _font(name, 24)
    assert font is not None
    return bytes(font.getmask(character)) == bytes(font.getmask("\U000f0000"))


@functools.cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont | None:
    path = _file(name)
    return None if path is None else ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@functools.cache
def _file(name: str) -> Path | None:
    configured = os.environ.get(_VARIABLE)
    folders = configured.split(os.pathsep) if configured else _FOLDERS
    return next(
        (found for folder in folders if folder for found in sorted(Path(folder).expanduser().rglob(name))),
        None,
    )
