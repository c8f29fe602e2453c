"""What a PDF of sheets may be made of, whoever made it: A4 pages, and nothing in it but what is printed.

The terminal looks at every sheet so, the issuing server at every paper that an existing system has made (PDF連携).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pikepdf

from .binding import A4, A4_TOLERANCE, SIDES
from .failures import Failed
from .unpacking import INFLATED, unpacked

_KEYS = frozenset(
    {
        "/JavaScript", "/JS", "/OpenAction", "/AA", "/Annots", "/AcroForm", "/XFA", "/EmbeddedFiles", "/EF", "/AF",
        "/OCProperties", "/OC", "/URI", "/Collection", "/RichMediaContent", "/Ref", "/OPI", "/Alternates",
    }
)  # fmt: skip
"""Of scripts, links, attachments, forms to fill in, layers, and content that lies elsewhere (ISO 32000-2)."""
_KINDS = frozenset(
    {
        "/Action", "/Annot", "/Filespec", "/EmbeddedFile", "/OCG", "/OCMD", "/JavaScript", "/Launch", "/URI", "/GoToR",
        "/GoToE", "/SubmitForm", "/ImportData", "/Rendition", "/PS",
    }
)  # fmt: skip
"""The same by /Type, /Subtype or /S."""
_OBJECTS = 50_000
_DEEP = 20


def check_document(document: pikepdf.Pdf, pages: int = SIDES) -> None:
    """The structure of a file of so many pages. Raises Failed: Paper_Format_Wrong, Paper_Content_Forbidden."""
    if document.is_encrypted:
        raise Failed("Paper_Content_Forbidden", detail="encrypted")
    for detail in _forbidden(document):
        raise Failed("Paper_Content_Forbidden", detail=detail)
    if len(document.pages) != pages:
        raise Failed("Paper_Format_Wrong", pages=len(document.pages))
    for page in document.pages:
        _check_size(page)


def _check_size(page: pikepdf.Page) -> None:
    for key in ("/MediaBox", "/CropBox", "/TrimBox", "/BleedBox", "/ArtBox"):
        box = _inherited(page.obj, key)
        if box is None and key != "/MediaBox":
            continue
        edges = [float(edge) for edge in box or ()]
        if len(edges) != 4 or any(abs(a - b) > A4_TOLERANCE for a, b in zip(edges, (0, 0, *A4), strict=True)):
            raise Failed("Paper_Format_Wrong", box=f"{key[1:]} {edges[:4]}")
    if _inherited(page.obj, "/Rotate") not in (None, 0) or "/UserUnit" in page.obj:
        raise Failed("Paper_Format_Wrong", detail="turned or scaled")


def _inherited(node: Any, key: str) -> Any:
    """The attribute of a page, or of what stands above it in the tree of pages; None for none."""
    for _ in range(_DEEP):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise Failed("Paper_Content_Forbidden", detail="too many parts")


def _forbidden(document: pikepdf.Pdf) -> Iterator[str]:
    """Names of what does not belong on paper."""
    waiting: list[tuple[Any, int]] = [(document.trailer, 0)]
    waiting += [(one, 0) for one in document.objects]
    seen, room = 0, INFLATED
    while waiting:
        item, depth = waiting.pop()
        seen += 1
        if seen > _OBJECTS or depth > _DEEP:
            yield "too many parts"
            return
        if isinstance(item, pikepdf.Array):
            waiting += [(one, depth + 1) for one in item if _holds_more(one)]
        if not isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            continue
        for key, value in item.items():
            if key in _KEYS or (key in ("/Type", "/Subtype", "/S") and str(value) in _KINDS):
                yield f"{key} {value}" if key not in _KEYS else key
            # what is referred to is among the objects itself
            if _holds_more(value) and not value.is_indirect:
                waiting.append((value, depth + 1))
        if isinstance(item, pikepdf.Stream):
            if "/F" in item:
                yield "/F"
            room -= unpacked(item, room)


def _holds_more(value: Any) -> bool:
    return isinstance(value, pikepdf.Array | pikepdf.Dictionary | pikepdf.Stream)


def fonts_not_embedded(document: pikepdf.Pdf) -> Iterator[str]:
    """Names of the fonts whose letters are not in the file: another reader would draw others."""
    for item in document.objects:
        if not isinstance(item, pikepdf.Dictionary) or item.get("/Type") != pikepdf.Name.Font:
            continue
        if str(item.get("/Subtype")) in ("/Type0", "/Type3"):
            continue  # of the one its descendant is among the objects too, the other is drawn by the file itself
        descriptor = item.get("/FontDescriptor", pikepdf.Dictionary())
        if not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            yield str(item.get("/BaseFont", "?"))
