"""The centre's part of a paper: ground pattern, 見本, back page and binding; one PDF of two pages for every sheet."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pikepdf
import segno
from pikepdf import Dictionary, Name

from server_stub.interface.failures import Failed
from server_stub.interface.front import FrontFacts, check_fronts, opened
from server_stub.interface.unpacking import INFLATED, check_file, unpacked

from . import scramble
from .back_page import PAGE, QR_LEFT, QR_SIDE, QR_TOP, BackPageTemplate, back_page_template, facts_position
from .scramble import Bits, ScrambleKey

_POINTS = 72 / 25.4
_TOLERANCE = 3.0
"""Points by which a front may miss A4."""
_lock = threading.Lock()
_DEVICE = {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What a sheet is: sheet `k` of `n` of a copy, and all that the binding says of it (`binding.sheet_keywords`). `front`: what
    its front must bear; None: not looked at."""

    copy_number: int
    k: int
    n: int
    keywords: str
    front: FrontFacts | None = None


def finish_sheets(
    front_pdf: bytes,
    *,
    municipality: str,
    application_id: str,
    sheets: Sequence[SheetFacts],
    key: ScrambleKey | None = None,
) -> list[bytes]:
    """One PDF per sheet, front and back, in the order of `front_pdf`'s pages; the same input gives the same bytes.

    `municipality` is its name, `application_id` a ULID. 見本, notice and ground pattern go on both sides here, whatever
    the front shows. `key`: of the scrambled image; None: the backs have none. Raises Failed: Paper_Corrupt for a front that is no
    PDF of len(sheets) A4 pages; Binding_Mismatch for one that does not bear what it must; Character_Not_Printable; Font_Missing.
    """
    check_file(front_pdf)
    with _lock:
        made = back_page_template(municipality)
        try:
            with pikepdf.open(io.BytesIO(front_pdf), attempt_recovery=False) as fronts:
                if len(fronts.pages) != len(sheets):
                    raise Failed("Paper_Corrupt", pages=len(fronts.pages), sheets=len(sheets))
                for page in fronts.pages:
                    _check_size(page)
                plain = _uncoloured(front_pdf)
                expected = [facts.front for facts in sheets if facts.front is not None]
                if expected:
                    check_fronts(plain, expected)
                images = _scrambled(plain, key, application_id, sheets)
                return [
                    _finish(made, fronts, i, application_id, facts, image)
                    for i, (facts, image) in enumerate(zip(sheets, images, strict=True))
                ]
        except (pikepdf.PdfError, segno.DataOverflowError) as error:
            raise Failed("Paper_Corrupt") from error


def _scrambled(
    fronts: bytes, key: ScrambleKey | None, application_id: str, sheets: Sequence[SheetFacts]
) -> list[Bits | None]:
    if key is None:
        return [None] * len(sheets)
    with opened(fronts) as document:
        return [
            scramble.seal(document[i], key, _code(application_id, facts)) for i, facts in enumerate(sheets)
        ]


def _uncoloured(front_pdf: bytes) -> bytes:
    """The fronts without their ICC profiles, which cost pdfium more than all the text (2 to 5 ms a sheet, and 5 ms an official seal)."""
    with pikepdf.open(io.BytesIO(front_pdf), attempt_recovery=False) as fronts:
        return _without_profiles(fronts)


def _without_profiles(fronts: pikepdf.Pdf) -> bytes:
    for page in fronts.pages:
        named = page.resources.get("/ColorSpace", Dictionary())
        for name, colours in list(named.items()):
            named[name] = _device(colours)
    room = INFLATED
    for item in fronts.objects:
        if isinstance(item, pikepdf.Stream):
            room -= unpacked(item, room)
            if "/ColorSpace" in item:
                item.ColorSpace = _device(item.ColorSpace)
    stream = io.BytesIO()
    fronts.save(stream, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return stream.getvalue()


def _device(colours: pikepdf.Object) -> pikepdf.Object:
    """The same without its profile; what has none is left as it is."""
    if isinstance(colours, pikepdf.Array) and len(colours) == 2 and colours[0] == Name.ICCBased:
        return _DEVICE.get(int(colours[1].get("/N", 3)), Name.DeviceRGB)
    return colours


def _finish(
    made: BackPageTemplate,
    fronts: pikepdf.Pdf,
    index: int,
    application_id: str,
    facts: SheetFacts,
    image: Bits | None,
) -> bytes:
    # as a form, the front's content cannot touch what is drawn before and after it, whatever it does to the graphics
    # state; and no annotation, action or layer comes with it
    front = fronts.make_indirect(fronts.pages[index].as_form_xobject())
    with pikepdf.new() as sheet:
        fonts = Dictionary(Facts=sheet.copy_foreign(made.font))
        for body, written in (
            (front, b""),
            (
                made.back,
                _facts_content(made, application_id, facts)
                + b"\nq /Latent Do Q"
                + (b"" if image is None else _FIELD),
            ),
        ):
            forms = Dictionary(
                Pattern=sheet.copy_foreign(made.pattern),
                Body=sheet.copy_foreign(body),
                Stamp=sheet.copy_foreign(made.stamp),
                Notice=sheet.copy_foreign(made.notice),
            )
            # multiplied: 見本 is seen behind every text, and nothing that a front draws can lie over it
            content = b"q /Pattern Do Q q /Body Do Q %s q /Behind gs /Stamp Do Q q /Notice Do Q" % written
            page = sheet.add_blank_page(page_size=(float(PAGE[0]), float(PAGE[1])))
            page.obj.Contents = sheet.make_stream(content)
            page.obj.Resources = Dictionary(
                XObject=forms, ExtGState=Dictionary(Behind=Dictionary(BM=Name.Multiply))
            )
            if written:
                page.obj.Resources.Font = fonts
                forms.Latent = sheet.copy_foreign(made.latent)
                if image is not None:
                    forms.Scrambled = _image(sheet, image)
        sheet.docinfo = sheet.make_indirect(Dictionary(Keywords=facts.keywords))
        stream = io.BytesIO()
        sheet.save(
            stream,
            deterministic_id=True,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return stream.getvalue()


def _image(sheet: pikepdf.Pdf, cells: Bits) -> pikepdf.Object:
    """The field as it is: what is enciphered does not pack."""
    image = sheet.make_stream(np.packbits(cells).tobytes())
    image.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=scramble.COLUMNS, Height=scramble.LINES, BitsPerComponent=1,
        ColorSpace=Name.DeviceGray, Decode=[1, 0],
    )  # fmt: skip
    return image


def _field_content() -> bytes:
    """Where the field stands on the back, on white: the ground's dots would lie among its cells."""
    left, top = scramble.LEFT_MM * _POINTS, PAGE[1] - scramble.TOP_MM * _POINTS
    wide, high = (count * scramble.CELL_MM * _POINTS for count in (scramble.COLUMNS, scramble.LINES))
    margin = scramble.MARGIN_MM * _POINTS
    return (
        f"\nq 1 g {left - margin:.3f} {top - high - margin:.3f} {wide + 2 * margin:.3f} {high + 2 * margin:.3f} re f Q"
        f"\nq {wide:.4f} 0 0 {high:.4f} {left:.4f} {top - high:.4f} cm /Scrambled Do Q"
    ).encode()


_FIELD = _field_content()


def _check_size(front: pikepdf.Page) -> None:
    left, low, right, high = (float(edge) for edge in front.mediabox)
    off = max(abs(left), abs(low), abs(right - PAGE[0]), abs(high - PAGE[1]))
    if off > _TOLERANCE or front.rotation != 0 or "/UserUnit" in front.obj:
        raise Failed("Paper_Corrupt", page_size=f"{right - left:.0f}x{high - low:.0f}")


def _facts_content(made: BackPageTemplate, application_id: str, facts: SheetFacts) -> bytes:
    texts = (application_id, f"{facts.copy_number}部目", f"{facts.k}／{facts.n}")
    parts = [b"q BT /Facts 11 Tf"]
    for i, text in enumerate(texts):
        x, y = facts_position(i)
        parts.append(f"1 0 0 1 {x:.2f} {y:.2f} Tm ".encode() + made.encode(text) + b" Tj")
    parts += [b"ET", _qr(_code(application_id, facts)), b"Q"]
    return b"\n".join(parts)


def _code(application_id: str, facts: SheetFacts) -> str:
    """What the QR code reads: the sheet, and the digest of its keywords, which are too long for a code that a hand-held reader
    takes."""
    digest = hashlib.sha256(facts.keywords.encode()).hexdigest()
    told = {
        "application": application_id,
        "copy": facts.copy_number,
        "keywords": digest,
        "sheet": [facts.k, facts.n],
    }
    return json.dumps(told, separators=(",", ":"))


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
