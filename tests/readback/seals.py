"""Imprints and official seals on paper against the picture files they come from, by place, by millimetres and by pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from tests.readback.side import Area, Sheet, WrongPaper

DPI = 600
_ROUND_MM = 0.6
"""So much of the ground around a seal is looked at too, so that nothing sticks out of its place."""
_BLUR_MM = 0.1
"""Paper and file have their pixels at different places; what is compared is no finer than this."""
_ALIKE = 0.88
"""Right ones reach 0.92 and more; another person's seal of the same size stays below 0.8, a mirrored one below 0.7."""
_SIZE_MM = 0.05
_LEAST_RED, _BLACKEST = 20, 110
"""Steps of 255: more than this, and a picture has red ink; lighter than this in any colour, and ink is not black."""
_WORDS = {"official seal": "公印", "imprint": "印影"}


@dataclass(frozen=True)
class SealFile:
    """A picture of the delivery or of the municipality, and how large it must be on paper."""

    path: Path
    width_mm: float
    height_mm: float


def check_seal(sheet: Sheet, place: Area, wanted: SealFile, what: str) -> None:
    """The picture whose bounds on the front are `place` is `wanted`. Raises WrongPaper."""
    for length, right in ((place.width, wanted.width_mm), (place.height, wanted.height_mm)):
        if abs(length - right) > _SIZE_MM:
            raise WrongPaper(
                f"{what}: {length:.2f} mm instead of {right:.2f} mm",
                expected=f"{_WORDS[what]}の大きさが{wanted.width_mm:.1f}×{wanted.height_mm:.1f}ミリであること",
                found=f"{place.width:.1f}×{place.height:.1f}ミリだった",
            )
    alike = likeness(sheet, place, wanted)
    if alike < _ALIKE:
        raise WrongPaper(
            f"{what}: the picture is another one (alike by {alike:.2f})",
            expected=f"{_WORDS[what]}が、登録されたものであること",
            found=f"別の{_WORDS[what]}だった（一致度 {alike:.2f}、{_ALIKE:.2f}以上が必要）",
        )


def likeness(sheet: Sheet, place: Area, wanted: SealFile) -> float:
    """From 0 to 1: the ink that paper and file have in common, as a share of what either has: the red one, or, where the file has
    none, the black one."""
    around = Area(
        place.left - _ROUND_MM, place.top - _ROUND_MM, place.right + _ROUND_MM, place.bottom + _ROUND_MM
    )
    cut = sheet.cut(0, around, DPI)
    with Image.open(wanted.path) as file:
        ink = Image.alpha_composite(Image.new("RGBA", file.size, "white"), file.convert("RGBA")).convert(
            "RGB"
        )
    inked = _red if _red(ink).max() > _LEAST_RED else _black
    paper = inked(cut.picture)
    # pdfium draws a picture over all pixels that it touches
    first_x, first_y = (math.floor(v) for v in cut.pixel(place.left, place.top))
    last_x, last_y = (
        math.ceil(v) for v in cut.pixel(place.left + wanted.width_mm, place.top + wanted.height_mm)
    )
    across, down = ink.width / (last_x - first_x), ink.height / (last_y - first_y)
    fitted = (across, 0, -first_x * across, 0, down, -first_y * down)
    right = inked(
        ink.transform(
            cut.picture.size, Image.Transform.AFFINE, fitted, Image.Resampling.BICUBIC, fillcolor="white"
        )
    )
    return float(np.minimum(paper, right).sum() / np.maximum(paper, right).sum())


def _red(picture: Image.Image) -> NDArray[np.float64]:
    """How much more red than green: nothing for white, for black and for the blue-green ground."""
    red, green, _blue = picture.split()
    ink = ImageChops.subtract(red, green).filter(ImageFilter.GaussianBlur(_BLUR_MM / 25.4 * DPI))
    return np.asarray(ink, dtype=np.float64)


def _black(picture: Image.Image) -> NDArray[np.float64]:
    """How dark it is in every colour: nothing for white, for the blue-green ground and for the red of 見本."""
    red, green, blue = picture.split()
    lightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    ink = lightest.point([max(0, _BLACKEST - level) for level in range(256)])
    return np.asarray(ink.filter(ImageFilter.GaussianBlur(_BLUR_MM / 25.4 * DPI)), dtype=np.float64)
