"""The mark at the lower left of a back (偽造防止検出画像): a cherry blossom, and in it 「証」 that only an infrared camera sees.

Of the real mark only this much is published (the blossom is seen, the word is not, and a copy loses it); that it rests on what a
printer's inks do under infrared light is our reading. A PDF has no such ink. The word is printed in a spot colour of its own
(Separation /Infrared) which looks on paper and on screens exactly as the petal around it, and the model of an infrared camera sees
that colour alone. A copier scans what is seen, so the word is not in what it prints.
"""

from __future__ import annotations

import io
from typing import Any

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from server_stub.interface.binding import PDFIUM
from server_stub.interface.failures import Failed
from server_stub.interface.font_files import GOTHIC, font_file

WORD = "証"
CENTRE_MM, RADIUS_MM = (31.0, 252.0), 15.0
"""From the upper left of the back."""
SPOT = "Infrared"
_WORD_MM, _DPI = 11.0, 600
_PETAL, _EDGE, _EDGE_WIDTH = (0.98, 0.82, 0.87), (0.78, 0.42, 0.56), 1.6
"""The petal is paler than a copier's threshold, its edge darker."""
_SHAPE = ((-7.5, 4.0), (-8.0, 11.0), (-2.0, 15.0), (0.0, 12.4), (2.0, 15.0), (8.0, 11.0), (7.5, 4.0))
_MIDDLE_MM = 8.2
"""Radius of what lies between the petals: the whole of the word lies on one colour."""
_HEIGHT = 297.0


def draw_blossom(canvas: Canvas) -> None:
    """Draw the part that everybody sees."""
    canvas.saveState()
    canvas.translate(CENTRE_MM[0] * mm, (_HEIGHT - CENTRE_MM[1]) * mm)
    canvas.setLineWidth(_EDGE_WIDTH)
    canvas.setStrokeColorRGB(*_EDGE)
    canvas.setFillColorRGB(*_PETAL)
    for stroke, fill in ((1, 0), (0, 1)):  # the petals cover the edges between them
        for _ in range(5):
            canvas.drawPath(_petal(canvas), stroke=stroke, fill=fill)
            canvas.rotate(72)
    canvas.circle(0, 0, _MIDDLE_MM * mm, stroke=0, fill=1)
    canvas.restoreState()


def _petal(canvas: Canvas) -> Any:
    first, second, left, notch, right, third, fourth = ((x * mm, y * mm) for x, y in _SHAPE)
    path = canvas.beginPath()
    path.moveTo(0, 0)
    path.curveTo(*first, *second, *left)
    path.lineTo(*notch)
    path.lineTo(*right)
    path.curveTo(*third, *fourth, 0, 0)
    path.close()
    return path


def latent_word(source: pikepdf.Pdf) -> pikepdf.Object:
    """The word as a form for the whole page, in the spot colour."""
    side = round(_WORD_MM / 25.4 * _DPI)
    glyph = Image.new("1", (side, side))
    ImageDraw.Draw(glyph).text(
        (side / 2, side / 2), WORD, 1, ImageFont.truetype(str(font_file(GOTHIC)), side), anchor="mm"
    )
    mask = source.make_stream(glyph.tobytes())
    mask.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=side, Height=side, ImageMask=True, BitsPerComponent=1, Decode=[1, 0]
    )  # fmt: skip
    left, low = (CENTRE_MM[0] - _WORD_MM / 2) * mm, (_HEIGHT - CENTRE_MM[1] - _WORD_MM / 2) * mm
    wide = _WORD_MM * mm
    form = source.make_stream(
        f"/{SPOT} cs 1 scn {wide:.3f} 0 0 {wide:.3f} {left:.3f} {low:.3f} cm /Word Do".encode()
    )
    form.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 210 * mm, _HEIGHT * mm],
        Resources=Dictionary(XObject=Dictionary(Word=mask), ColorSpace=Dictionary({f"/{SPOT}": _spot(_PETAL)})),
    )  # fmt: skip
    return source.make_indirect(form)


def _spot(look: tuple[float, float, float]) -> Array:
    tint = Dictionary(FunctionType=2, Domain=[0, 1], C0=[1, 1, 1], C1=list(look), N=1)
    return Array([Name.Separation, Name(f"/{SPOT}"), Name.DeviceRGB, tint])


def infrared(pdf: bytes, dpi: float) -> list[Image.Image]:
    """Every page as the model of an infrared camera sees it: black where it is printed in the spot colour, white elsewhere.

    Raises Failed(Paper_Corrupt)."""
    try:
        with pikepdf.open(io.BytesIO(pdf), attempt_recovery=False) as document:
            for page in document.pages:
                page.contents_coalesce()
                drawn = page.obj.Contents.read_bytes() if "/Contents" in page.obj else b""
                seen = [
                    name
                    for name, form in page.resources.get("/XObject", Dictionary()).items()
                    if _has_spot(form) and f"{name} Do".encode() in drawn
                ]
                for name in seen:
                    page.resources.XObject[name].Resources.ColorSpace[f"/{SPOT}"] = _spot((0, 0, 0))
                page.obj.Contents = document.make_stream(
                    b"\n".join(f"q {name} Do Q".encode() for name in seen)
                )
            stream = io.BytesIO()
            document.save(stream)
    except pikepdf.PdfError as error:
        raise Failed("Paper_Corrupt") from error
    with PDFIUM:
        rendered = pypdfium2.PdfDocument(stream.getvalue())
        try:
            return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in rendered]
        finally:
            rendered.close()


def _has_spot(form: pikepdf.Object) -> bool:
    colours = form.get("/Resources", Dictionary()).get("/ColorSpace", Dictionary())
    return f"/{SPOT}" in colours and colours[f"/{SPOT}"][0] == Name.Separation
