"""Seal pictures made ready for a patterned ground: what is white becomes clear, the size in pixels stays."""

from __future__ import annotations

import functools
import io
import json

import numpy as np
from PIL import Image, ImageOps

from server_stub.interface.failures import Failed

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
