"""One side of a sheet as it is drawn: letters, ruled lines and pictures with their places, read with pdfium."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

MM = 25.4 / 72
A4_MM = (210.0, 297.0)
_FILLED = pdfium.FPDF_TEXTRENDERMODE_FILL
_WITH_EDGE = (pdfium.FPDF_TEXTRENDERMODE_STROKE, pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE)
"""What is drawn with an edge is as dark as that."""


_NUMBER = re.compile(r"(?<!\d)(?<!\d-)\d(?:[\s‐－-]?\d){11}(?![\d-])")


class WrongPaper(AssertionError):
    """The paper is not what it must be. `told` is for engineers, `expected` and `found` are Japanese, for whoever reads the
    evidence. `paper`: the id of the sheet, or "last". Nothing of it holds a 個人番号, whatever was read off the paper."""

    def __init__(self, told: str, *, expected: str, found: str, paper: str = "last") -> None:
        super().__init__(_NUMBER.sub("●●●●", told))
        self.expected = _NUMBER.sub("●●●●", expected)
        self.found, self.paper = _NUMBER.sub("●●●●", found), paper


@dataclass(frozen=True)
class Letter:
    """A character with its variation selector. (`x`, `y`): the left end of its base line; all in mm from the upper left."""

    text: str
    x: float
    y: float
    size: float
    turned: bool

    @property
    def middle(self) -> tuple[float, float]:
        """A point that surely lies in its ink's neighbourhood: right of the origin and above the base line."""
        return self.x + 0.25 * self.size, self.y - 0.35 * self.size


@dataclass(frozen=True)
class Area:
    """Left, top, right and bottom in mm from the upper left corner of the page."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def has(self, x: float, y: float) -> bool:
        return self.left <= x < self.right and self.top <= y < self.bottom

    def holds(self, other: Area, slack: float = 0.5) -> bool:
        return (
            self.left - slack <= other.left
            and self.top - slack <= other.top
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True)
class Side:
    """`ruled`: every drawn path by its bounds, `pictures`: every image by its bounds, both without the pen's width, by which pdfium widens them."""

    letters: tuple[Letter, ...]
    ruled: tuple[Area, ...]
    pictures: tuple[Area, ...]

    @property
    def text(self) -> str:
        """All of it in the order of the page's content, without any space."""
        return "".join("".join(letter.text.split()) for letter in self.letters)


@dataclass(frozen=True)
class Cut:
    """A part of a side in colour: where it begins, in pixels of the whole, and pixels per mm."""

    picture: Image.Image
    left: int
    top: int
    dots_across: float
    dots_down: float

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """A place on the page, in mm, as pixels of this part."""
        return x * self.dots_across - self.left, y * self.dots_down - self.top


class Sheet:
    """A PDF of two pages, open as long as the context lasts. Raises WrongPaper for anything else."""

    def __init__(self, pdf: bytes) -> None:
        try:
            self._document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise WrongPaper(
                "no PDF", expected="用紙がPDFであること", found="PDFとして読めなかった"
            ) from error
        if len(self._document) != 2:
            pages = len(self._document)
            raise WrongPaper(
                f"a sheet of {pages} pages",
                expected="1枚の用紙が表と裏の2面であること",
                found=f"{pages}面だった",
            )
        self.front, self.back = (_side(self._document[number]) for number in (0, 1))
        self.keywords: str = self._document.get_metadata_value("Keywords")

    def cut(self, page: int, area: Area, dpi: float) -> Cut:
        """A part of one side as it looks."""
        scale = dpi / 72
        left, top, right, bottom = (
            math.ceil(length / MM * scale)
            for length in (area.left, area.top, A4_MM[0] - area.right, A4_MM[1] - area.bottom)
        )
        crop = (left / scale, bottom / scale, right / scale, top / scale)
        side = self._document[page]
        picture = side.render(scale=scale, crop=crop).to_pil().convert("RGB")
        # pdfium stretches the page to whole pixels
        width, height = (math.ceil(length * scale) / (length * MM) for length in side.get_size())
        return Cut(picture, left, top, width, height)

    def __enter__(self) -> Sheet:
        return self

    def __exit__(self, *error: object) -> None:
        self._document.close()


def _side(page: pypdfium2.PdfPage) -> Side:
    width, height = (length * MM for length in page.get_size())
    if abs(width - A4_MM[0]) > 0.5 or abs(height - A4_MM[1]) > 0.5 or page.get_rotation():
        turned = page.get_rotation()
        raise WrongPaper(
            f"a page of {width:.0f} x {height:.0f} mm, turned by {turned}",
            expected="用紙がA4縦（210×297ミリ）であること",
            found=f"{width:.0f}×{height:.0f}ミリだった" + (f"（{turned}度回転）" if turned else ""),
        )
    ruled, pictures = [], []
    for item in page.get_objects(max_depth=10):
        if item.type == pdfium.FPDF_PAGEOBJ_PATH:
            ruled.append(_bounds(item, _pen(item)))
        elif item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures.append(_bounds(item, 0.0))
        elif item.type == pdfium.FPDF_PAGEOBJ_TEXT:
            _check_visible(item)
        elif item.type == pdfium.FPDF_PAGEOBJ_FORM and item.get_matrix() != pypdfium2.PdfMatrix():
            raise WrongPaper(
                "a part of the page is moved or scaled as a whole",
                expected="用紙の内容が、様式の位置と大きさで印字されていること",
                found="一部がまとめて移動または拡大・縮小されていた",
            )
    return Side(tuple(_letters(page)), tuple(ruled), tuple(pictures))


def _letters(page: pypdfium2.PdfPage) -> Iterator[Letter]:
    """In the order of the content. pdfium counts UTF-16 units and adds spaces and line ends of its own: those are left out."""
    text = page.get_textpage()
    try:
        yield from _characters(text)
    finally:
        text.close()


def _characters(text: pypdfium2.PdfTextPage) -> Iterator[Letter]:
    x, y = ctypes.c_double(), ctypes.c_double()
    kept: Letter | None = None
    units = b""
    for index in range(text.count_chars()):
        if pdfium.FPDFText_IsGenerated(text, index):
            continue
        units += pdfium.FPDFText_GetUnicode(text, index).to_bytes(2, "little")
        if 0xD8 <= units[-1] < 0xDC:
            continue  # the first half of a pair
        character, units = units.decode("utf-16-le"), b""
        if 0xE0100 <= ord(character) <= 0xE01EF and kept is not None:
            kept = Letter(kept.text + character, kept.x, kept.y, kept.size, kept.turned)
            continue
        if kept is not None:
            yield kept
        pdfium.FPDFText_GetCharOrigin(text, index, x, y)
        kept = Letter(
            character,
            x.value * MM,
            A4_MM[1] - y.value * MM,
            pdfium.FPDFText_GetFontSize(text, index) * MM,
            abs(pdfium.FPDFText_GetCharAngle(text, index)) > 0.01,
        )
    if kept is not None:
        yield kept


def _check_visible(item: pypdfium2.PdfObject) -> None:
    """Text that is there for machines only says nothing about what people read."""
    mode = pdfium.FPDFTextObj_GetTextRenderMode(item)
    red, green, blue, opaque = (ctypes.c_uint() for _ in range(4))
    ask = pdfium.FPDFPageObj_GetStrokeColor if mode in _WITH_EDGE else pdfium.FPDFPageObj_GetFillColor
    ask(item, red, green, blue, opaque)
    grey = 0.299 * red.value + 0.587 * green.value + 0.114 * blue.value
    if mode not in (_FILLED, *_WITH_EDGE) or opaque.value < 255 or grey > 160:
        raise WrongPaper(
            "text that cannot be seen",
            expected="用紙の文字がすべて目で読めること",
            found="目に見えない文字が含まれていた",
        )


def _pen(item: pypdfium2.PdfObject) -> float:
    width = ctypes.c_float()
    pdfium.FPDFPageObj_GetStrokeWidth(item, width)
    return width.value * MM


def _bounds(item: pypdfium2.PdfObject, pen: float) -> Area:
    left, bottom, right, top = (length * MM for length in item.get_bounds())
    return Area(left + pen, A4_MM[1] - top + pen, right - pen, A4_MM[1] - bottom - pen)
