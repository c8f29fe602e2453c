"""From the scan of a sheet to the front that its back holds: what a receiver of a certificate asks for.

Files come from anybody. What is no scan of one sheet is refused by name, before much of it is unpacked; a caller who serves strangers
runs it as a process with limits (`inquiry`).
"""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf
import pypdfium2
from PIL import Image

from server_stub.interface.binding import PDFIUM
from server_stub.interface.failures import Failed
from server_stub.interface.unpacking import INFLATED, check_file, unpacked

from .scan_reading import Code, Scanned, find_code, read_field
from .scramble import BYTE_COLUMNS, BYTE_LINES, Opened, ScrambleKey, open_field

MOST_BYTES = 30_000_000
MOST_PIXELS = 40_000_000
"""A4 at 600 dpi has 35 million."""
MOST_PAGES = 2
"""Front and back of one sheet."""
PDF_DPI = 300
_MOST_MM = 450.0
"""The longer side of a page of a PDF: A4 with room around it."""
_PATCH = 4
"""Bricks: of so many by so many more than half are misread where the paper is stained."""
_FORMATS = ("PNG", "JPEG", "TIFF")


@dataclass(frozen=True)
class Unscrambled:
    """What a sheet showed. `back`, `front`: as they were scanned, the back turned upright; `front` None where none was given.
    `keywords`: what a PDF of ours says of itself."""

    code: Code
    scanned: Scanned
    opened: Opened
    back: Image.Image
    front: Image.Image | None
    keywords: str | None

    @property
    def misread(self) -> int:
        """Bytes that were misread and put right."""
        return int(self.opened.wrong.sum())

    @property
    def stained(self) -> bool:
        """Whether many of them lie together: a stain, a tear, or somebody's hand."""
        wrong = self.opened.wrong[: BYTE_LINES // _PATCH * _PATCH, : BYTE_COLUMNS // _PATCH * _PATCH]
        patches = wrong.reshape(BYTE_LINES // _PATCH, _PATCH, BYTE_COLUMNS // _PATCH, _PATCH).sum(axis=(1, 3))
        return bool(patches.max() > _PATCH * _PATCH / 2)


def record_agrees(found: Unscrambled) -> bool | None:
    """Whether what a PDF says of itself is what its code digests; None for a scan, which says nothing."""
    if found.keywords is None:
        return None
    return hmac.compare_digest(hashlib.sha256(found.keywords.encode()).hexdigest(), found.code.keywords)


def unscramble(body: bytes, key: ScrambleKey, front: bytes | None = None) -> Unscrambled:
    """Read the scan of a back, or of both sides. `front`: the other side in a file of its own.

    Raises Failed: Scan_Unreadable, Scan_Too_Large, Scan_Pages_Too_Many, Back_Page_Absent, Back_Page_Without_Image,
    Back_Page_Too_Coarse, Back_Page_Damaged, Back_Page_Key_Unknown, Back_Page_Altered.
    """
    pages, keywords = pages_of(body)
    if front is not None:
        more, others = pages_of(front)
        pages, keywords = pages + more, keywords or others
    if len(pages) > MOST_PAGES:
        raise Failed("Scan_Pages_Too_Many", pages=len(pages), most=MOST_PAGES)
    codes = [find_code(page) for page in pages]
    backs = [index for index, code in enumerate(codes) if code is not None]
    if not backs:
        raise Failed("Back_Page_Absent")
    if len(backs) > 1:
        raise Failed("Scan_Pages_Too_Many", backs=len(backs))
    code = codes[backs[0]]
    assert code is not None
    back = pages[backs[0]]
    others_ = [page for index, page in enumerate(pages) if index != backs[0]]
    scanned = read_field(back, code)
    opened = open_field(scanned.cells, key, code.text)
    return Unscrambled(code, scanned, opened, _upright(back, code), others_[0] if others_ else None, keywords)


def pages_of(body: bytes) -> tuple[list[Image.Image], str | None]:
    """The pages of a picture (PNG, JPEG, TIFF) or a PDF, and the keywords of a PDF.

    Raises Failed: Scan_Unreadable, Scan_Too_Large, Scan_Pages_Too_Many.
    """
    if len(body) > MOST_BYTES:
        raise Failed("Scan_Too_Large", bytes=len(body), most=MOST_BYTES)
    if b"%PDF-" in body[:1024]:
        return _pdf_pages(body)
    return [_picture(body)], None


def _picture(body: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(body), formats=_FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise Failed("Scan_Too_Large", width=picture.width, height=picture.height)
        if getattr(picture, "n_frames", 1) > 1:
            raise Failed("Scan_Pages_Too_Many", pages=getattr(picture, "n_frames", 1), most=1)
        picture.load()
        return _on_white(picture)
    except Image.DecompressionBombError as error:
        raise Failed("Scan_Too_Large") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombWarning) as error:
        raise Failed("Scan_Unreadable") from error


def _on_white(picture: Image.Image) -> Image.Image:
    """In grey or in colour, without transparency."""
    if picture.mode in ("L", "RGB"):
        return picture
    if picture.mode in ("1", "I;16", "I"):
        return picture.convert("L")
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture.convert("RGBA"))
    return paper.convert("RGB")


def _pdf_pages(body: bytes) -> tuple[list[Image.Image], str | None]:
    try:
        check_file(body)
        with pikepdf.open(io.BytesIO(body), attempt_recovery=False) as document:
            if document.is_encrypted:
                raise Failed("Scan_Unreadable", detail="encrypted")
            if len(document.pages) > MOST_PAGES:
                raise Failed("Scan_Pages_Too_Many", pages=len(document.pages), most=MOST_PAGES)
            room = INFLATED
            for item in document.objects:
                if isinstance(item, pikepdf.Stream):
                    room -= unpacked(item, room)
                    if int(item.get("/Width", 0)) * int(item.get("/Height", 0)) > MOST_PIXELS:
                        raise Failed("Scan_Too_Large", detail="picture in the PDF")
            words = document.docinfo.get("/Keywords") if document.trailer.get("/Info") is not None else None
            keywords = None if words is None else str(words)
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError) as error:
        raise Failed("Scan_Unreadable") from error
    except Failed as failed:
        if failed.failure == "Paper_Corrupt":
            raise Failed("Scan_Unreadable", **failed.facts) from failed
        raise
    with PDFIUM:
        return list(_rendered(body)), keywords


def _rendered(body: bytes) -> Iterator[Image.Image]:
    try:
        document = pypdfium2.PdfDocument(body)
        try:
            for page in document:
                if max(page.get_size()) / 72 * 25.4 > _MOST_MM:
                    raise Failed("Scan_Too_Large", detail="page of the PDF")
                picture: Image.Image = page.render(scale=PDF_DPI / 72, rev_byteorder=True).to_pil()
                yield picture.convert("RGB")
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise Failed("Scan_Unreadable") from error


def _upright(back: Image.Image, code: Code) -> Image.Image:
    """Turned by quarters so that the code's upper edge is above."""
    right, down = code.corners[1] - code.corners[0]
    if abs(right) >= abs(down):
        return back if right > 0 else back.transpose(Image.Transpose.ROTATE_180)
    return back.transpose(Image.Transpose.ROTATE_90 if down > 0 else Image.Transpose.ROTATE_270)
