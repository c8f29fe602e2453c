"""The centre's part of a paper: ground pattern, 見本, back page and binding; one PDF of two pages for every sheet."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf
import segno
from pikepdf import Dictionary, Name

from server_stub.interface.binding import sheet_keywords
from server_stub.interface.failures import Failed

from .backing import PAGE, QR_LEFT, QR_SIDE, QR_TOP, Kit, facts_position, kit

_POINTS = 72 / 25.4
_A4_TOLERANCE = 3.0
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What a sheet is: sheet `k` of `n` of a copy, and the references of the persons on it."""

    copy_number: int
    k: int
    n: int
    subjects: tuple[str, ...]


def finish_sheets(
    front_pdf: bytes, *, municipality: str, application_id: str, sheets: Sequence[SheetFacts]
) -> list[bytes]:
    """One PDF per sheet, front and back, in the order of `front_pdf`'s pages; the same input gives the same bytes.

    `municipality` is its name, `application_id` a ULID. 見本, notice and ground pattern go on both sides here, whatever
    the front shows. Raises Failed: Paper_Corrupt for a front that is no PDF of len(sheets) A4 pages;
    Character_Not_Printable; Font_Missing.
    """
    with _lock:
        made = kit(municipality)
        try:
            with pikepdf.open(io.BytesIO(front_pdf)) as fronts:
                if len(fronts.pages) != len(sheets):
                    raise Failed("Paper_Corrupt", pages=len(fronts.pages), sheets=len(sheets))
                return [
                    _finish(made, fronts.pages[i], application_id, facts) for i, facts in enumerate(sheets)
                ]
        except pikepdf.PdfError as error:
            raise Failed("Paper_Corrupt") from error


def _finish(made: Kit, front: pikepdf.Page, application_id: str, facts: SheetFacts) -> bytes:
    width, height = (float(front.mediabox[i + 2]) - float(front.mediabox[i]) for i in (0, 1))
    if abs(width - PAGE[0]) > _A4_TOLERANCE or abs(height - PAGE[1]) > _A4_TOLERANCE:
        raise Failed("Paper_Corrupt", page_size=f"{width:.0f}x{height:.0f}")
    keywords = sheet_keywords(application_id, facts.copy_number, facts.k, facts.n, facts.subjects)
    with pikepdf.new() as sheet:
        sheet.pages.append(front)
        for page in made.source.pages:
            sheet.pages.append(page)
        stamp = sheet.make_indirect(sheet.pages[2].as_form_xobject())
        del sheet.pages[2]
        pattern = sheet.copy_foreign(made.pattern)
        for page in sheet.pages:
            _only_content(page)
            resources = page.add_resource(pattern, Name.XObject, Name("/KonbiniPattern"))
            page.add_resource(stamp, Name.XObject, Name("/KonbiniStamp"))
            page.contents_add(f"q {resources} Do Q q\n".encode(), prepend=True)
        sheet.pages[0].contents_add(b"\nQ q /KonbiniStamp Do Q")
        sheet.pages[1].contents_add(_back_content(made, application_id, facts, keywords))
        sheet.docinfo = sheet.make_indirect(Dictionary(Keywords=keywords))
        stream = io.BytesIO()
        sheet.save(
            stream,
            deterministic_id=True,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return stream.getvalue()


def _only_content(page: pikepdf.Page) -> None:
    """No annotation, action or optional part of a foreign front comes with the page."""
    for key in list(page.obj.keys()):
        if key not in ("/Type", "/Parent", "/MediaBox", "/Resources", "/Contents", "/Group"):
            del page.obj[key]


def _back_content(made: Kit, application_id: str, facts: SheetFacts, keywords: str) -> bytes:
    texts = (application_id, f"{facts.copy_number}", f"{facts.k}／{facts.n}")
    parts = [b"\nBT %s 11 Tf" % made.font.encode()]
    for i, text in enumerate(texts):
        x, y = facts_position(i)
        parts.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm ".encode() + made.encode(text) + b" Tj")
    parts += [b"ET", _qr(keywords), b"Q q /KonbiniStamp Do Q"]
    return b"\n".join(parts)


def _qr(text: str) -> bytes:
    """The code as filled runs of modules. (One mask for all: choosing the best costs 7 ms and every reader copes.)"""
    matrix = segno.make_qr(text, error="m", boost_error=False, mask=3).matrix
    count = len(matrix) + 8
    module = QR_SIDE * _POINTS / count
    left, top = QR_LEFT * _POINTS, PAGE[1] - QR_TOP * _POINTS
    side = QR_SIDE * _POINTS
    parts = [
        f"1 g {left:.3f} {top - side:.3f} {side:.3f} {side:.3f} re f 0 g",
        f"q {module:.5f} 0 0 {-module:.5f} {left + 4 * module:.3f} {top - 4 * module:.3f} cm",
    ]
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                parts.append(f"{x} {y} {run - x} 1 re")
            x = run + 1
    return "\n".join([*parts, "f Q"]).encode()
