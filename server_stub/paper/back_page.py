"""Made once per municipality: the back page's skeleton, the 見本 stamp and the ground, as a template; warm at a server's start."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Dictionary, Name
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from server_stub.interface.binding import NOTICE, SAMPLE
from server_stub.interface.font_files import GOTHIC, MINCHO, font_file

from . import scramble
from .detection_mark import CENTRE_MM, RADIUS_MM, draw_blossom, latent_word
from .fonts import check_printable, coverage
from .pattern import HEIGHT, INK, WIDTH, ground_pattern

PAGE = (210 * mm, 297 * mm)
QR_LEFT, QR_TOP, QR_SIDE = 142.0, 47.0, 48.0
"""Where the QR code stands on the back, in mm from the upper left; its quiet zone lies within."""

_FONT = "KonbiniGothic"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ／部目"
_STAMP_INK, _STAMP_EDGE, _NOTICE_INK = (1.0, 0.85, 0.83), (0.88, 0.48, 0.46), (0.84, 0.36, 0.33)
"""Of the large 見本: 34 steps of grey (of 255) from white, its edge darker than a copier's threshold; and of the notice."""
_EDGE_WIDTH = 0.7
"""Points."""
_FACTS = (("申請番号", 59.0), ("部数", 73.0), ("ページ", 87.0))
_EXPLANATION = (
    "この面は、証明書交付センターが証明書の裏面に印刷したものです。",
    "上の模様（スクランブル画像）は、表面を暗号化した画像です。確認サイトで元に",
    "戻し、表面と見比べることができます。",
    "表面・裏面の地紋は、複写すると「複写」の文字が浮き出ます。",
    "二次元コードには、この用紙の申請番号、部数、ページなどを記録しています。",
    "表面と合わないときは、証明書に記載の市区町村にお問い合わせください。",
)
_EXPLAINED = (55.0, 246.0)
_CAPTION = "偽造防止検出画像（模擬）"
"""Below the cherry blossom."""


@dataclass(frozen=True)
class BackPageTemplate:
    """Indirect objects of one open PDF, to be copied into every sheet. `codes`: how the facts are written in `font`."""

    source: pikepdf.Pdf
    pattern: pikepdf.Object
    stamp: pikepdf.Object
    notice: pikepdf.Object
    back: pikepdf.Object
    latent: pikepdf.Object
    font: pikepdf.Object
    codes: dict[str, int]

    def encode(self, text: str) -> bytes:
        """`text` as a hexadecimal PDF string of the back's font. Raises KeyError outside the alphabet of facts."""
        return b"<" + bytes(self.codes[character] for character in text).hex().encode() + b">"


@functools.lru_cache(maxsize=64)
def back_page_template(municipality: str) -> BackPageTemplate:
    """What the centre puts on and behind the fronts of `municipality`.

    Raises Failed(Character_Not_Printable) for a name the back's font lacks, and Failed(Font_Missing).
    """
    check_printable(municipality, GOTHIC)
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(font_file(GOTHIC))))
    stream = io.BytesIO()
    # with its default first font reportlab would leave an unembedded Helvetica in every file
    canvas: Any = Canvas(stream, pagesize=PAGE, initialFontName=_FONT, invariant=1, pageCompression=1)  # type: ignore[arg-type]
    font_name, codes = _alphabet(canvas)
    _draw_back(canvas, municipality)
    canvas.showPage()
    _draw_stamp(canvas)
    canvas.showPage()
    _draw_notice(canvas)
    canvas.showPage()
    canvas.save()
    source = pikepdf.open(io.BytesIO(stream.getvalue()))
    back, stamp, notice = (source.make_indirect(page.as_form_xobject()) for page in source.pages)
    return BackPageTemplate(
        source,
        _pattern_object(source),
        stamp,
        notice,
        back,
        latent_word(source),
        source.pages[0].resources.Font[font_name],
        codes,
    )


def _alphabet(canvas: Any) -> tuple[str, dict[str, int]]:
    """Put every character of the facts into the embedded subset, and learn its code there."""
    font: Any = pdfmetrics.getFont(_FONT)
    ((subset, _),) = font.splitString(_ALPHABET, canvas._doc)
    codes = {c: font.splitString(c, canvas._doc)[0][1][0] for c in _ALPHABET}
    return font.getSubsetInternalName(subset, canvas._doc), codes


def _draw_back(canvas: Canvas, municipality: str) -> None:
    canvas.setLineWidth(0.8)
    canvas.rect(15 * mm, _up(100), 180 * mm, 72 * mm)
    canvas.setFont(_FONT, 14)
    canvas.drawString(20 * mm, _up(38), "コンビニ交付　証明書　裏面")
    canvas.setFont(_FONT, 10.5)
    canvas.drawRightString(190 * mm, _up(38), municipality)
    canvas.setLineWidth(0.4)
    canvas.line(15 * mm, _up(42), 195 * mm, _up(42))
    for label, y in _FACTS:
        canvas.drawString(20 * mm, _up(y), label)
        canvas.line(20 * mm, _up(y + 3), 132 * mm, _up(y + 3))
    canvas.setFont(_FONT, 9)
    for i, sentence in enumerate(_EXPLANATION):
        canvas.drawString(_EXPLAINED[0] * mm, _up(_EXPLAINED[1] + 6 * i), sentence)
    draw_blossom(canvas)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.setFont(_FONT, 8)
    canvas.drawCentredString(CENTRE_MM[0] * mm, _up(CENTRE_MM[1] + RADIUS_MM + 5), _CAPTION)


def _draw_stamp(canvas: Canvas) -> None:
    """Large pale letters with a thin edge that is dark enough to live through a copier. The sheet multiplies them with what it
    has (`finish`), so that they lie behind every text, and behind nothing that could cover them."""
    canvas.setStrokeColorRGB(*_STAMP_EDGE)
    canvas.setFillColorRGB(*_STAMP_INK)
    canvas.translate(105 * mm, _up(168))
    canvas.rotate(35)
    canvas.setLineWidth(_EDGE_WIDTH)
    size = 84 * mm
    text = canvas.beginText(-size, -0.36 * size)
    text.setFont(_FONT, size)
    text.setTextRenderMode(2)
    text.textOut(SAMPLE)
    canvas.drawText(text)


def _draw_notice(canvas: Canvas) -> None:
    canvas.setFillColorRGB(*_NOTICE_INK)
    canvas.setFont(_FONT, 9)
    canvas.drawCentredString(105 * mm, _up(8.5), f"{SAMPLE}　{NOTICE}")


def facts_position(index: int) -> tuple[float, float]:
    """Where the `index`-th fact is written on the back, in points."""
    return 48 * mm, _up(_FACTS[index][1])


def _up(y_mm: float) -> float:
    """Millimetres from the upper edge as points from the lower."""
    return float((297 - y_mm) * mm)


def _pattern_object(source: pikepdf.Pdf) -> pikepdf.Object:
    """The pattern as a form of exactly the pixels' size, its upper left corner on the page's."""
    mask = pikepdf.Stream(source, ground_pattern().packed)
    mask.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Image, Width=WIDTH, Height=HEIGHT, ImageMask=True, BitsPerComponent=1,
        Decode=[1, 0], Filter=Name.FlateDecode,
    )  # fmt: skip
    width, height = WIDTH * 72 / 600, HEIGHT * 72 / 600
    top = float(PAGE[1])
    red, green, blue = INK
    content = f"{red} {green} {blue} rg {width} 0 0 {height} 0 {top - height:.4f} cm /Dots Do"
    form = pikepdf.Stream(source, content.encode())
    form.stream_dict = Dictionary(
        Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, *(float(side) for side in PAGE)],
        Resources=Dictionary(XObject=Dictionary(Dots=mask)),
    )  # fmt: skip
    return source.make_indirect(form)


def warm_up(*municipalities: str) -> None:
    """Load fonts, pattern and the back pages of these municipalities (names): about half a second.

    Call it off any thread that must not block. Raises Failed(Font_Missing), Failed(Character_Not_Printable).
    """
    coverage(MINCHO)
    scramble.warm_up()
    for municipality in municipalities:
        back_page_template(municipality)
