"""Sheets of paper as a centre of somebody else's making would send them: right ones, and each wrong in one way."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import pikepdf
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from server_stub.interface.font_files import GOTHIC, font_file
from tests.flow.helper import NAMES

NOTICE = "試験用・証明書としての効力はありません"
LARGE, SMALL = "見本", f"見本　{NOTICE}"
A4 = (595.276, 841.89)
Draw = Callable[[Any], None]
Change = Callable[[pikepdf.Pdf], None]


PRINTED = "　".join(
    (
        *(f"（{name}）" for name in NAMES),  # each by itself
        *(f"N{copy}" for copy in range(1, 10)),
        *(f"{k}／{n}枚" for n in range(1, 4) for k in range(1, n + 1)),
    )
)
"""Whoever the test's centre offers, its 発行番号 and page marks: what any of its fronts must bear besides the title 見本."""


def marks(
    canvas: Any,
    *,
    large: str = LARGE,
    small: str = SMALL,
    size: float = 9,
    up: float = 815,
    printed: str = PRINTED,
) -> None:
    """The marks of one side; `up`: where the notice stands, in points from below. `printed`: a line of all that is compared."""
    canvas.setFont("SheetGothic", 6)
    canvas.drawString(20, 30, printed)
    canvas.setFont("SheetGothic", size)
    canvas.drawCentredString(A4[0] / 2, up, small)
    canvas.setFont("SheetGothic", 200)
    canvas.drawCentredString(A4[0] / 2, 350, large)


def written(*lines: str, **how: Any) -> Draw:
    """The right marks, and `lines` below each other; `how` goes to `marks`."""

    def draw(canvas: Any) -> None:
        marks(canvas, **how)
        canvas.setFont("SheetGothic", 10)
        for number, line in enumerate(lines):
            canvas.drawString(72, 700 - 20 * number, line)

    return draw


def drawn(*sides: Draw, size: tuple[float, float] = A4) -> bytes:
    """A PDF of pages on which `sides` draw."""
    if "SheetGothic" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("SheetGothic", str(font_file(GOTHIC))))
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=size, initialFontName="SheetGothic", invariant=1)
    for side in sides:
        side(canvas)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


@cache
def right_sides(pages: int = 2) -> bytes:
    return drawn(*[marks] * pages)


def sheet(keywords: object, *, sides: bytes | None = None, change: Change | None = None, **how: Any) -> bytes:
    """`sides` (or two right ones) as a sheet that says `keywords` of itself (None: nothing), changed by `change`; `how` goes
    to pikepdf's save."""
    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(sides or right_sides())) as document:
        if keywords is None:
            del document.trailer["/Info"]
        else:
            document.docinfo["/Keywords"] = keywords
        if change is not None:
            change(document)
        document.save(stream, **how)
    return stream.getvalue()
