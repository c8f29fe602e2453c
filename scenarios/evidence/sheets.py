"""Printed sheets as pictures, with the boxes of 個人番号 black. Only pictures leave this module: a PDF's text layer stays."""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2
from PIL import Image, ImageDraw
from pydantic import ValidationError

from server_stub.interface.binding import PDFIUM
from server_stub.interface.values import Box
from server_stub.paper.viewing import page_picture

DOTS_PER_INCH = 110
"""Reads 8 pt text on the screen; one side is a picture of about 910 x 1290."""

MARGIN_MM = 0.6
"""Added around each box, so that no edge of a digit shows."""

_KEPT = 32


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a sheet as JPEG, in pixels."""

    name: str
    jpeg: bytes
    width: int
    height: int


_rendered: OrderedDict[tuple[bytes, tuple[tuple[float, ...], ...]], tuple[Side, ...]] = OrderedDict()


def boxes_of(data: object) -> tuple[Box, ...] | None:
    """The boxes of a `sheet_printed` event; None if they are missing or are no boxes: then nothing may be shown."""
    if not isinstance(data, list | tuple):
        return None
    try:
        return tuple(Box.model_validate(item) for item in data)
    except ValidationError:
        return None


def render_sheet(pdf: bytes, boxes: Sequence[Box]) -> tuple[Side, ...]:
    """Front (with `boxes`, in mm from the upper left corner, black) and back of a sheet.

    The same sheet with the same boxes is rendered once a process. Raises ValueError for what is no PDF of one or two
    pages. Not for several threads at a time.
    """
    key = (hashlib.sha256(pdf).digest(), tuple((box.x, box.y, box.width, box.height) for box in boxes))
    if key in _rendered:
        _rendered.move_to_end(key)
        return _rendered[key]
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise ValueError("no PDF") from error
        try:
            if not 1 <= len(document) <= 2:
                raise ValueError("not one sheet")
            sides = tuple(
                _side(document[number], title, boxes if number == 0 else ())
                for number, title in zip(range(len(document)), ("表面", "裏面"), strict=False)
            )
        finally:
            document.close()
    _rendered[key] = sides
    if len(_rendered) > _KEPT:
        _rendered.popitem(last=False)
    return sides


def _side(page: pypdfium2.PdfPage, name: str, boxes: Sequence[Box]) -> Side:
    picture = page_picture(page, DOTS_PER_INCH)
    blacken(picture, boxes)
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=78)
    return Side(name, body.getvalue(), picture.width, picture.height)


def blacken(picture: Image.Image, boxes: Sequence[Box]) -> None:
    """Paint `boxes` with their margin black in the picture itself, which stands at DOTS_PER_INCH."""
    draw = ImageDraw.Draw(picture)
    dots = DOTS_PER_INCH / 25.4
    for box in boxes:
        left, top = (box.x - MARGIN_MM) * dots, (box.y - MARGIN_MM) * dots
        right, bottom = (box.x + box.width + MARGIN_MM) * dots, (box.y + box.height + MARGIN_MM) * dots
        draw.rectangle((int(left), int(top), int(right) + 1, int(bottom) + 1), fill="black")
