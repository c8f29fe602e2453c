"""The ground pattern (けん制文字): fine dots that a copier loses around coarse ones; and seal pictures made ready for it.

One full-page mask of 1 bit at 600 dpi rather than tiled vector dots: viewers thicken vector squares smaller than a
pixel and leave seams between tiles, so that the word would show in any viewer. Both grounds have the same mean, and that
is all that is equal: a viewer that samples at a low resolution, or one that is zoomed in, shows them as different
textures, and 複写 may be read on its screen. Our own pictures for screens are averaged (`viewing`); on paper the dots are
finer than the eye tells at arm's length. Flate packs the mask well because the lattice repeats.
"""

from __future__ import annotations

import functools
import io
import json
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

from server_stub.interface.failures import Failed
from server_stub.interface.font_files import GOTHIC, font_file

WORD = "複写"
DPI = 600
WIDTH, HEIGHT = 4961, 7016
"""A4 in pixels of 1/600 inch."""

INK = (0.18, 0.48, 0.53)
"""Blue-green, grey 0.40 of white by ITU-R 601 weights: darker than the copier's threshold, pale at one ninth of coverage."""

_FINE, _FINE_PITCH = 2, 6
_COARSE, _COARSE_PITCH = 4, 12
"""Side and pitch of the square dots in pixels: 85 um every 254 um, 169 um every 508 um; (2/6)^2 = (4/12)^2 = 1/9."""

CELL = _COARSE_PITCH
"""Side in pixels (0.5 mm) of the squares from the page's upper left corner that each hold one coarse dot or four fine ones."""

_GLYPH_MM, _BOLDER_MM, _GAP_X_MM, _GAP_Y_MM = 27.0, 0.35, 16.0, 15.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """`packed`: rows of bits, most significant first, 1 = ink, deflated; `coverage` is the share of inked pixels."""

    packed: bytes
    coverage: float


@functools.cache
def ground_pattern() -> Pattern:
    """The pattern of every page, made once per process. Raises Failed(Font_Missing)."""
    word = np.frombuffer(word_picture().tobytes(), np.uint8).reshape(HEIGHT, -1)
    dots = (word & _lattice(_COARSE, _COARSE_PITCH)) | (~word & _lattice(_FINE, _FINE_PITCH))
    inked = int(np.bitwise_count(dots).sum())
    return Pattern(zlib.compress(dots.tobytes(), 6), inked / (WIDTH * HEIGHT))


@functools.cache
def word_picture() -> Image.Image:
    """Where the word stands (mode "1", WIDTH x HEIGHT): rows of it over the page, every second one shifted by half.

    Made of whole cells of the lattices, so that no dot is cut at its edge and the mean is the same there too.
    """
    per_mm = DPI / 25.4 / CELL
    glyph, gap_x, gap_y = (round(length * per_mm) for length in (_GLYPH_MM, _GAP_X_MM, _GAP_Y_MM))
    step_x, step_y = glyph * len(WORD) + gap_x, glyph + gap_y
    font = ImageFont.truetype(str(font_file(GOTHIC)), glyph * CELL)
    drawn = Image.new("L", (glyph * CELL * len(WORD), glyph * CELL))
    bolder = round(_BOLDER_MM * per_mm * CELL)
    ImageDraw.Draw(drawn).text((0, 0), WORD, font=font, fill=255, stroke_width=bolder)
    word = drawn.reduce(CELL).point([0] * 128 + [255] * 128)
    cells = Image.new("L", (WIDTH // CELL + 1, HEIGHT // CELL + 1))
    for row in range(cells.height // step_y + 1):
        for column in range(-1, cells.width // step_x + 1):
            cells.paste(word, (column * step_x + row % 2 * step_x // 2, row * step_y + step_y // 6))
    whole = cells.resize((cells.width * CELL, cells.height * CELL), Image.Resampling.NEAREST)
    return whole.crop((0, 0, WIDTH, HEIGHT)).point([0] * 128 + [255] * 128, mode="1")


def _lattice(dot: int, pitch: int) -> NDArray[np.uint8]:
    """Square dots, every second row shifted by half a pitch; packed rows of the page's width."""
    tile = np.zeros((2 * pitch, pitch), dtype=np.bool_)
    tile[:dot, :dot] = True
    tile[pitch : pitch + dot, (np.arange(dot) + pitch // 2) % pitch] = True
    band = np.tile(tile, (1, WIDTH // pitch + 1))[:, :WIDTH]
    packed = np.packbits(band, axis=1)
    return np.tile(packed, (HEIGHT // len(packed) + 1, 1))[:HEIGHT]


_MOST_PIXELS = 4_000_000


@functools.lru_cache(maxsize=32)
def official_seal(png: bytes) -> str:
    """The picture of an official seal as a JSON list of byte values, made once per seal.

    Raises Failed(Picture_Unreadable, field="seal_png").
    """
    return json.dumps(list(clear_white(png, "seal_png")), separators=(",", ":"))


def clear_white(png: bytes, field: str) -> bytes:
    """`png` with its white turned transparent; as it is if its corner is transparent already.

    Raises Failed(Picture_Unreadable, field=...).
    """
    try:
        picture = Image.open(io.BytesIO(png), formats=["PNG"])
        if picture.width * picture.height > _MOST_PIXELS:
            raise Failed("Picture_Unreadable", field=field)
        picture.load()
        if picture.mode in ("RGBA", "LA") and picture.getchannel("A").getpixel((0, 0)) == 0:
            return png
        clear = _clear(picture)
    except (OSError, SyntaxError, ValueError) as error:
        raise Failed("Picture_Unreadable", field=field) from error
    stream = io.BytesIO()
    clear.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _clear(picture: Image.Image) -> Image.Image:
    if picture.mode in ("1", "L"):
        ink = ImageOps.invert(picture.convert("L"))
        return Image.merge("LA", (Image.new("L", picture.size, 0), ink))
    pixels = np.asarray(picture.convert("RGBA"), dtype=np.float32) / 255
    colour, alpha = pixels[..., :3], pixels[..., 3:]
    on_white = 1 - alpha + colour * alpha
    ink = 1 - on_white.min(axis=2, keepdims=True)
    pure = np.where(ink > 0, (on_white - (1 - ink)) / np.maximum(ink, 1e-6), 0)
    return Image.fromarray(
        np.rint(np.concatenate([pure, ink], axis=2) * 255).clip(0, 255).astype(np.uint8), "RGBA"
    )


VISIBLE = 60
"""Steps (of 255) that the darkest and the lightest place of a picture are apart, at least, on white paper."""


def is_seen(image: Image.Image) -> bool:
    """Whether something of `image` stands out on white paper; not of one that is white, transparent, or black all over."""
    own = image.convert("RGBA")
    paper = Image.new("RGBA", own.size, "white")
    darkest, lightest = Image.alpha_composite(paper, own).convert("L").getextrema()
    return bool(lightest - darkest >= VISIBLE)  # type: ignore[operator]
