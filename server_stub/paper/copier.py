"""A model of a copier, and the measure of what it makes of the ground pattern.

The model: the sheet is scanned at 600 dpi in grey (ITU-R 601 weights, so a pale colour counts by its lightness only),
optics and toner blur it (Gaussian, standard deviation 85 um = 2 pixels), and text mode prints black whatever is darker
than 84 % of white. Real machines differ; the pattern holds over a range of both figures (tests/paper/test_copier.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
from PIL import Image, ImageChops, ImageFilter

from server_stub.interface.failures import Failed

from .pattern import DPI, HEIGHT, INK, WIDTH, word_picture

BLUR_UM = 85.0
"""Standard deviation of the blur in micrometres."""

THRESHOLD = 0.84
"""Grey, as a share of white, below which the copy is black."""

MOST_BEFORE, LEAST_AFTER, LEAST_INK_AFTER = 0.05, 0.40, 0.04
_LEAST_CLEAR = 0.2
_COLOUR_TOLERANCE = 0.03
_BLOCK = 8
"""Other print is left out in blocks of so many pixels, with all blocks around it: more than the blur carries over."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Of one page: how far the word stands out on the paper (`before`) and on its copy (`after`), each from 0 to 1.

    Contrast is |w - g| / max(w, g), with w and g the mean ink coverage (1 - grey) of the word's area and of its ground,
    both without the places where something else is printed. `ink_after` is w on the copy: two nearly white areas may
    differ by much and still nobody would see the word. `clear` is the share of the word's area, or of the ground if
    that is less, that could be measured.
    """

    before: float
    after: float
    ink_after: float
    clear: float

    @property
    def kept(self) -> bool:
        """Does the pattern keep its promise: unseen on the paper, seen on the copy?"""
        hidden = self.before < MOST_BEFORE
        shown = self.after > LEAST_AFTER and self.ink_after > LEAST_INK_AFTER
        return hidden and shown and self.clear >= _LEAST_CLEAR


def copy_pdf(pdf: bytes, *, blur_um: float = BLUR_UM, threshold: float = THRESHOLD) -> list[Image.Image]:
    """Every page as a copier gives it back: black and white (mode "1") at 600 dpi. Raises Failed(Paper_Corrupt)."""
    return [_copy(page.convert("L"), blur_um, threshold) for page in _scan(pdf)]


def measure_pdf(pdf: bytes, *, blur_um: float = BLUR_UM, threshold: float = THRESHOLD) -> list[Contrast]:
    """The contrast of the word on every page before and after copying. Raises Failed(Paper_Corrupt)."""
    return list(measured(pdf, blur_um=blur_um, threshold=threshold))


def measured(pdf: bytes, *, blur_um: float = BLUR_UM, threshold: float = THRESHOLD) -> Iterator[Contrast]:
    """The same page by page, each when it is asked for: a page takes seconds. Raises as `measure_pdf`."""
    for page in _scan(pdf):
        yield _measure(page, blur_um, threshold)


def _scan(pdf: bytes) -> Iterator[Image.Image]:
    """A4 pages in colour at 600 dpi, one after the other (100 MB each)."""
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise Failed("Paper_Corrupt") from error
    try:
        for page in document:
            bitmap = page.render(scale=DPI / 72, rev_byteorder=True)
            picture = bitmap.to_pil().convert("RGB").crop((0, 0, WIDTH, HEIGHT))
            bitmap.close()
            page.close()
            yield picture
    finally:
        document.close()


def _copy(grey: Image.Image, blur_um: float, threshold: float) -> Image.Image:
    blurred = grey.filter(ImageFilter.GaussianBlur(blur_um / 25400 * DPI))
    return blurred.point([0 if level < threshold * 255 else 255 for level in range(256)], mode="1")


def _measure(page: Image.Image, blur_um: float, threshold: float) -> Contrast:
    word = word_picture()
    ground = ImageChops.invert(word)
    clear = _clear(page)
    in_word, in_ground = ImageChops.logical_and(clear, word), ImageChops.logical_and(clear, ground)
    share = min(_count(in_word) / _count(word), _count(in_ground) / _count(ground))
    if share == 0:
        return Contrast(0.0, 0.0, 0.0, 0.0)
    grey = page.convert("L")
    copied = _copy(grey, blur_um, threshold).convert("L")
    (word_before, ground_before), (word_after, ground_after) = (
        (_ink(picture, in_word), _ink(picture, in_ground)) for picture in (grey, copied)
    )
    return Contrast(
        _contrast(word_before, ground_before), _contrast(word_after, ground_after), word_after, share
    )


def _count(mask: Image.Image) -> int:
    return mask.histogram()[255]


def _ink(picture: Image.Image, where: Image.Image) -> float:
    levels = picture.histogram(where)
    return 1 - sum(level * count for level, count in enumerate(levels)) / (255 * sum(levels))


def _contrast(word: float, ground: float) -> float:
    most = max(word, ground)
    return abs(word - ground) / most if most > 0 else 0.0


def _clear(page: Image.Image) -> Image.Image:
    """Where nothing but white and the pattern's ink is printed, with a margin for what the blur carries over."""
    # each channel tells the coverage by the pattern's ink; if they disagree, or tell more than all, it is other print
    full = 200
    told = [
        band.point([round(min(255, (255 - level) / (255 * (1 - ink)) * full)) for level in range(256)])
        for band, ink in zip(page.split(), INK, strict=True)
    ]
    most = ImageChops.lighter(ImageChops.lighter(*told[:2]), told[2])
    least = ImageChops.darker(ImageChops.darker(*told[:2]), told[2])
    disagree = ImageChops.subtract(most, least).point(_above(2 * _COLOUR_TOLERANCE * full))
    too_dark = most.point(_above((1 + _COLOUR_TOLERANCE) * full))
    blocks = (
        ImageChops.lighter(disagree, too_dark)
        .reduce(_BLOCK)
        .point(_above(0))
        .filter(ImageFilter.MaxFilter(3))
    )
    return ImageChops.invert(blocks.resize(page.size, Image.Resampling.NEAREST)).point(_above(0), mode="1")


def _above(limit: float) -> list[int]:
    return [255 if level > limit else 0 for level in range(256)]
