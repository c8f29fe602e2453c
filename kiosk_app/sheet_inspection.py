"""The terminal's own look at a sheet, before a coin is asked for: A4, front and back, marked 見本 and not valid on both
sides, and nothing in it but what is printed. Whoever's server sent it; the signature does not count here.

pikepdf tells what the file holds, pdfium what a reader would see: the marks must be in the text of each side, and taking
them away must change the picture of the side where they stand.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from server_stub.interface.binding import NOTICE, SAMPLE
from server_stub.interface.failures import Failed
from server_stub.interface.front import FrontFacts, check_front, check_numbers, letters_of, opened

LEAST_NOTICE, LEAST_SAMPLE = 5.0, 72.0
"""Points: the least size of the letters of the notice, and of the large 見本."""
LEAST_WORD = 4.5
"""Points: the least size of the letters of what a front must bear; names are set down to 6."""

_SCALE, _COARSE = 1.5, 0.75
"""Pixels a point of the pictures in which the marks are looked for; coarse for the large letters, whose strokes are several points
wide: a mark must leave more ink to be seen in those."""
_INVISIBLE = frozenset({3, 7})
"""Text rendering modes that leave no ink (ISO 32000-2, 9.3.6)."""
_DIFFERENCE = 24
"""Steps of grey (of 255) by which a mark must differ from its ground."""


def check_sides(pdf: bytes, front: FrontFacts) -> None:
    """見本 and the notice, to be read on each side; on the front what it must bear, to be seen; no 個人番号 but where `front` has
    it, and none on the back.

    Raises Failed: Paper_Not_Marked, Binding_Mismatch, Paper_Corrupt.
    """
    with opened(pdf) as document:
        for number in range(len(document)):
            _check_side(document, number, front)


def _check_side(document: pypdfium2.PdfDocument, number: int, front: FrontFacts) -> None:
    page = document[number]
    text = page.get_textpage()
    try:
        letters = letters_of(text)
        for mark, least in ((NOTICE, LEAST_NOTICE), (SAMPLE, LEAST_SAMPLE)):
            places = letters.places(mark)
            if not places:
                raise Failed("Paper_Not_Marked", side=number + 1, mark=mark, detail="not in the text")
            if not any(_seen(page, text, place, least) for place in places):
                raise Failed("Paper_Not_Marked", side=number + 1, mark=mark, detail="not to be seen")
        try:
            if number == 0:
                for places in check_front(text, letters, page.get_height(), front):
                    if not any(_seen(page, text, place, LEAST_WORD) for place in places):
                        raise Failed("Binding_Mismatch", detail="not to be seen")
            else:
                check_numbers(text, letters, page.get_height(), identifiers=front.identifiers)
        except Failed as failed:
            raise failed.with_facts(side=number + 1) from failed
    finally:
        text.close()
        page.close()


def _seen(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, place: list[int], least: float) -> bool:
    """Whether each letter of a mark leaves its own ink on the page, and is not smaller than `least` points."""
    boxes = [text.get_charbox(index) for index in place]
    width, height = page.get_size()
    items = [pdfium.FPDFText_GetTextObject(text, index) for index in place]
    for index, box, item in zip(place, boxes, items, strict=True):
        left, low, right, high = text.get_charbox(index, loose=True)
        if max(right - left, high - low) < least:
            return False
        left, low, right, high = box
        if min(left, low) < 0 or right > width or high > height:
            return False
        if not item or pdfium.FPDFTextObj_GetTextRenderMode(item) in _INVISIBLE:
            return False
    distinct = {ctypes.addressof(item.contents): item for item in items}
    if least < LEAST_SAMPLE:
        scale, crops = _SCALE, [(boxes, _around(boxes))]
    else:  # rendering the whole of large letters would cost 40 ms a sheet, and their bands as finely as the rest 3 ms
        scale, crops = _COARSE, [([band], band) for band in map(_middle, boxes)]
    return all(_leave_ink(page, list(distinct.values()), parts, crop, scale) for parts, crop in crops)


Edges = tuple[float, float, float, float]
"""Left, lower, right and upper edge in points from the lower left corner of the page."""


def _around(boxes: list[Edges]) -> Edges:
    lefts, lows, rights, highs = zip(*boxes, strict=True)
    return min(lefts) - 1, min(lows) - 1, max(rights) + 1, max(highs) + 1


def _middle(box: Edges) -> Edges:
    """A band through the middle of `box`, as wide, so that it meets upright strokes, and a sixteenth as high."""
    left, low, right, high = box
    centre, half = (low + high) / 2, (high - low) / 32
    return left, centre - half, right, centre + half


def _leave_ink(
    page: pypdfium2.PdfPage, items: list[Any], parts: list[Edges], area: Edges, scale: float
) -> bool:
    """Whether each of `parts` of `area` looks otherwise without the text objects `items`."""
    width, height = page.get_size()
    left, low, right, high = area
    crop = (max(0.0, left), max(0.0, low), max(0.0, width - right), max(0.0, height - high))
    whole, wide = _picture(page, crop, scale)
    for item in items:
        pdfium.FPDFPageObj_SetIsActive(item, False)
    try:
        without, _ = _picture(page, crop, scale)
    finally:
        for item in items:
            pdfium.FPDFPageObj_SetIsActive(item, True)
    tall = len(whole) // wide
    for part in parts:
        first, last = max(0, int((part[0] - crop[0]) * scale)), int((part[2] - crop[0]) * scale) + 2
        upper, lower = (height - crop[3] - edge for edge in (part[3], part[1]))
        rows = range(max(0, int(upper * scale)), min(tall, int(lower * scale) + 2))
        spans = [slice(y * wide + first, y * wide + min(wide, last)) for y in rows]
        if not any(_differ(whole[span], without[span]) for span in spans):
            return False
    return True


def _differ(one: bytes, other: bytes) -> bool:
    return one != other and any(abs(a - b) >= _DIFFERENCE for a, b in zip(one, other, strict=True))


def _picture(page: pypdfium2.PdfPage, crop: Edges, scale: float) -> tuple[bytes, int]:
    """Grey values of what `crop` (points cut away at left, bottom, right, top) leaves, row by row, and the row's length."""
    bitmap = page.render(scale=scale, crop=crop, grayscale=True)
    try:
        wide, stride, data = bitmap.width, bitmap.stride, bytes(bitmap.buffer)
        return b"".join(data[y * stride : y * stride + wide] for y in range(bitmap.height)), wide
    finally:
        bitmap.close()
