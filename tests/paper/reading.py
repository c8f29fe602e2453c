"""Reads papers back, with pdfium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from server_stub.paper.finish import SheetFacts, finish_sheets
from server_stub.paper.typesetting import Rendered, RenderedPage

APPLICATION = "01JXAMP0E0000000000000000A"
MM = 72 / 25.4


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def texts(pdf: bytes) -> list[str]:
    """The text of every page without white space, since only the letters' order is promised."""
    with opened(pdf) as document:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def picture(pdf: bytes, page: int = 0, dpi: int = 150) -> Image.Image:
    with opened(pdf) as document:
        return document[page].render(scale=dpi / 72).to_pil().convert("RGB")


@dataclass(frozen=True)
class Rect:
    """Millimetres from the upper left corner of the page."""

    left: float
    top: float
    right: float
    bottom: float


def places_of(pdf: bytes, page: int, wanted: str) -> list[Rect]:
    """Where `wanted` stands on a page, one rectangle around each occurrence."""
    found = []
    with opened(pdf) as document:
        text = document[page].get_textpage()
        searcher = text.search(wanted)
        while (hit := searcher.get_next()) is not None:
            start, count = hit
            boxes = [text.get_charbox(index) for index in range(start, start + count)]
            found.append(
                Rect(
                    min(box[0] for box in boxes) / MM,
                    297 - max(box[3] for box in boxes) / MM,
                    max(box[2] for box in boxes) / MM,
                    297 - min(box[1] for box in boxes) / MM,
                )
            )
    return found


def images(pdf: bytes, page: int = 0) -> list[Rect]:
    """The places of all images of a page, as their matrices put them, through all forms."""
    with opened(pdf) as document:
        found = []
        for item in document[page].get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
            left, low, right, high = item.get_bounds()
            found.append(Rect(left / MM, 297 - high / MM, right / MM, 297 - low / MM))
        return found


def keywords_of(page: RenderedPage) -> str:
    return json.dumps({"sheet": [page.k, page.n], "subjects": list(page.subjects)})


def finish(rendered: Rendered, municipality: str = "見本市") -> list[bytes]:
    """The finished sheets, every person under a made-up reference."""
    facts = [SheetFacts(page.copy_number, page.k, page.n, keywords_of(page)) for page in rendered.pages]
    return finish_sheets(rendered.pdf, municipality=municipality, application_id=APPLICATION, sheets=facts)
