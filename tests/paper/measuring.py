"""Measures papers with pdfium, in millimetres from the upper left corner: where letters, lines and seals stand, and how large they are.

Of any PDF, a front as the issuing server makes it or a finished sheet. What is expected must come from elsewhere: the facts of
the form, the settings, a seal's own picture.
"""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2.raw as pdfium
from PIL import Image

from .reading import MM, Rect, opened

_HEIGHT = 297
_ONE_LINE = 0.2
"""Millimetres: letters whose base lines are no further apart stand on one line."""
_GRAIN = 32
_ALIKE = 0.9


@dataclass(frozen=True, slots=True)
class Letter:
    """One character: where it begins on its base line, and its size (the em, in points of 1/72 inch as drawn)."""

    text: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """Letters on one base line `y`, from left to right; `x` and `size` (points) of the first that is no space, `largest` the size of
    the largest."""

    text: str
    x: float
    y: float
    size: float
    largest: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture and the page (from 0) that it stands on."""

    page: int
    box: Rect

    @property
    def width(self) -> float:
        return self.box.right - self.box.left

    @property
    def height(self) -> float:
        return self.box.bottom - self.box.top


def letters(pdf: bytes, page: int = 0) -> list[Letter]:
    """Every character of a page in the order of its text; what pdfium adds (line ends) is left out."""
    with opened(pdf) as document:
        text = document[page].get_textpage()
        return list(_letters(text, text.count_chars()))


def _letters(text: object, count: int) -> Iterator[Letter]:
    x, y = ctypes.c_double(), ctypes.c_double()
    matrix = pdfium.FS_MATRIX()
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(text, index)
        if pdfium.FPDFText_IsGenerated(text, index) == 1 or code in (0, 0xFFFE):
            continue
        pdfium.FPDFText_GetCharOrigin(text, index, x, y)
        pdfium.FPDFText_GetMatrix(text, index, matrix)
        size = pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
        yield Letter(chr(code), x.value / MM, _HEIGHT - y.value / MM, size)


def lines(pdf: bytes, page: int = 0, *, left: float = 0, right: float = 210) -> list[Line]:
    """The lines of a page from top to bottom, of what begins between `left` and `right`: a column of a form is read alone."""
    found: list[list[Letter]] = []
    for letter in sorted(letters(pdf, page), key=lambda one: (one.y, one.x)):
        if not left <= letter.x < right:
            continue
        if found and letter.y - found[-1][0].y <= _ONE_LINE:
            found[-1].append(letter)
        else:
            found.append([letter])
    return [_line(sorted(one, key=lambda letter: letter.x)) for one in found]


def _line(of: Sequence[Letter]) -> Line:
    first = next((letter for letter in of if not letter.text.isspace()), of[0])
    return Line(
        "".join(letter.text for letter in of), first.x, first.y, first.size, max(one.size for one in of)
    )


def pitches(of: Sequence[Line]) -> list[float]:
    """The distances from each line to the next, in mm."""
    return [after.y - before.y for before, after in zip(of, of[1:], strict=False)]


def placed(pdf: bytes, picture_png: bytes) -> list[Placed]:
    """Every place where this picture is printed, page by page, in whatever size and colour: told by the shape of its ink."""
    wanted = _shape(Image.open(io.BytesIO(picture_png)))
    found = []
    with opened(pdf) as document:
        for number, page in enumerate(document):
            for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
                drawn = item.get_bitmap(render=True).to_pil()
                if _alike(wanted, _shape(drawn)) >= _ALIKE:
                    left, low, right, high = item.get_bounds()
                    box = Rect(left / MM, _HEIGHT - high / MM, right / MM, _HEIGHT - low / MM)
                    found.append(Placed(number, box))
    return found


def _shape(picture: Image.Image) -> np.ndarray:
    """Where the ink is, on a coarse grid."""
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture.convert("RGBA"))
    grey = np.asarray(paper.convert("L").resize((_GRAIN, _GRAIN), Image.Resampling.BOX), dtype=np.float64)
    return grey - grey.mean()


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two shapes; 0 for a picture of one colour."""
    length = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / length if length else 0.0
