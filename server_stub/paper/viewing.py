"""A side of a paper as a picture for a screen: the original as an eye sees it, where 複写 is not to be read.

The coarse dots of the ground pattern stand 0.5 mm apart. A picture of some 110 dpi still tells them one by one and the
fine ones not, so that the word would show as texture however carefully the page were made smaller. Therefore the ground
is rendered at 600 dpi and averaged over the cells of both lattices (0.5 mm), and all other print is laid over it at the
size asked for. What differs in its mean, a watermark or a pattern of unequal ink, stays visible.

Not for printing, nor for the model of the copier: there the dots matter, and pages are rendered as they are.
"""

from __future__ import annotations

import ctypes
import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from .pattern import CELL, DPI

_COVERS = 0.98
"""A picture over so much of the page's width and height is its ground."""
_STRIP = 120
"""Cells that are rendered at a time: 1440 lines of 600 dpi in colour are 21 MB."""
_KEPT = 8

_averaged: OrderedDict[bytes, Image.Image] = OrderedDict()


def page_picture(page: pypdfium2.PdfPage, dpi: float) -> Image.Image:
    """One side in colour (mode "RGB") at `dpi`, on white paper. pdfium serves one thread at a time: the caller sees to that.

    A page that does not begin with a picture over the whole of it has no ground to average and is rendered as it is.
    """
    ground = _ground(page)
    if ground is None:
        rendered: Image.Image = page.render(scale=dpi / 72).to_pil()
        return rendered.convert("RGB")
    with _shown(page, lambda index: index > 0):
        bitmap = page.render(scale=dpi / 72, fill_color=(255, 255, 255, 0), rev_byteorder=True)
    print_: Image.Image = bitmap.to_pil()
    paper = _average(page, ground).resize(print_.size, Image.Resampling.BILINEAR)
    paper.paste(print_, mask=print_.getchannel("A"))
    return paper


def _ground(page: pypdfium2.PdfPage) -> Any:
    """The image that the page begins with, alone in its form or in none; None if it does not cover the page."""
    if pdfium.FPDFPage_CountObjects(page) == 0:
        return None
    image = pdfium.FPDFPage_GetObject(page, 0)
    if pdfium.FPDFPageObj_GetType(image) == pdfium.FPDF_PAGEOBJ_FORM:
        if pdfium.FPDFFormObj_CountObjects(image) != 1:
            return None
        image = pdfium.FPDFFormObj_GetObject(image, 0)
    if pdfium.FPDFPageObj_GetType(image) != pdfium.FPDF_PAGEOBJ_IMAGE:
        return None
    left, bottom, right, top = _bounds(image)
    width, height = page.get_size()
    return image if right - left >= _COVERS * width and top - bottom >= _COVERS * height else None


def _bounds(item: Any) -> tuple[float, ...]:
    edges = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(item, *edges)
    return tuple(edge.value for edge in edges)


def _average(page: pypdfium2.PdfPage, ground: Any) -> Image.Image:
    """The ground, one pixel a cell; made once for all pages of one and the same pattern."""
    key = _key(ground)
    if key in _averaged:
        _averaged.move_to_end(key)
        return _averaged[key]
    scale = DPI / 72
    height, strip = math.ceil(page.get_height() * scale), _STRIP * CELL
    parts = []
    with _shown(page, lambda index: index == 0):
        for top in range(0, height - CELL, strip):
            below = max(0, height - top - strip)
            # half a pixel less: pdfium's wrapper rounds up
            crop = (0, max(0, below - 0.5) / scale, 0, max(0, top - 0.5) / scale)
            bitmap = page.render(scale=scale, crop=crop, rev_byteorder=True)
            lines: Image.Image = bitmap.to_pil().convert("RGB")
            whole = (lines.width // CELL * CELL, lines.height // CELL * CELL)
            parts.append(lines.crop((0, 0, *whole)).reduce(CELL))
            bitmap.close()
    made = Image.new("RGB", (parts[0].width, sum(part.height for part in parts)))
    y = 0
    for part in parts:
        made.paste(part, (0, y))
        y += part.height
    _averaged[key] = made
    if len(_averaged) > _KEPT:
        _averaged.popitem(last=False)
    return made


def _key(image: Any) -> bytes:
    """What makes the ground look as it does: its data, colour and place."""
    size = pdfium.FPDFImageObj_GetImageDataRaw(image, None, 0)
    data = ctypes.create_string_buffer(size)
    pdfium.FPDFImageObj_GetImageDataRaw(image, data, size)
    colour = [ctypes.c_uint() for _ in range(4)]
    pdfium.FPDFPageObj_GetFillColor(image, *colour)
    place = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(image, place)
    about = ([part.value for part in colour], place.a, place.b, place.c, place.d, place.e, place.f)
    return hashlib.sha256(data.raw + repr(about).encode()).digest()


@contextmanager
def _shown(page: pypdfium2.PdfPage, wanted: Callable[[int], bool]) -> Iterator[None]:
    """Only the page's objects with a wanted number are drawn."""
    hidden = [
        pdfium.FPDFPage_GetObject(page, index)
        for index in range(pdfium.FPDFPage_CountObjects(page))
        if not wanted(index)
    ]
    for item in hidden:
        pdfium.FPDFPageObj_SetIsActive(item, False)
    try:
        yield
    finally:
        for item in hidden:
            pdfium.FPDFPageObj_SetIsActive(item, True)
