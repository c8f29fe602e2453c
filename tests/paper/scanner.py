"""A scanner for sheets, of poppler and Pillow: it shares nothing with what makes or reads a back."""

from __future__ import annotations

import io
import subprocess

import numpy as np
from PIL import Image, ImageFilter

DPI = 300


def printed(pdf: bytes, page: int, dpi: int = DPI) -> Image.Image:
    """One side (from 0) as poppler draws it, in colour."""
    done = subprocess.run(
        ["pdftoppm", "-r", str(dpi), "-f", str(page + 1), "-l", str(page + 1), "-png", "-"],
        input=pdf,
        capture_output=True,
        check=True,
    )
    return Image.open(io.BytesIO(done.stdout)).convert("RGB")


def scanned(
    side: Image.Image,
    *,
    turn: float = 0.0,
    stretch: float = 1.0,
    scale: float = 1.0,
    blur: float = 0.8,
    noise: float = 8.0,
    grey: bool = True,
) -> Image.Image:
    """`side` after a scanner: blurred (standard deviation in pixels), turned by so many degrees, stretched across and scaled, with
    greyer paper and noise (standard deviation in steps of 255)."""
    picture = side.filter(ImageFilter.GaussianBlur(blur))
    if turn:
        picture = picture.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    size = (round(picture.width * stretch * scale), round(picture.height * scale))
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.BICUBIC if scale >= 1 else Image.Resampling.BOX)
    values = np.asarray(picture.convert("L" if grey else "RGB"), dtype=np.float64)
    values = values * 0.85 + 20 + np.random.default_rng(7).normal(0, noise, values.shape)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def saved(picture: Image.Image, kind: str = "PNG", **how: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **how)
    return stream.getvalue()
