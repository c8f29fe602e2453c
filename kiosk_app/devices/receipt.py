"""The receipt: 80 mm wide, amounts and what was bought, nothing of a person. Like every paper of this project it says 見本."""

from __future__ import annotations

import functools
import io
from datetime import datetime

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from kiosk_app.flow.effects import PrintReceipt
from server_stub.interface.binding import NOTICE, SAMPLE
from server_stub.interface.failures import Failed
from server_stub.interface.font_files import GOTHIC, font_file

WIDTH, HEIGHT, MARGIN = 80 * mm, 126 * mm, 7 * mm
LINE = 4.6 * mm
"""Between the lines of a name that needs several."""
FONT = "BIZUDGothic"

_WORDS = {
    "ja": {
        "title": "領収書", "each": "{yen} × {count}部", "total": "合計", "paid": "お預り", "change": "おつり",
        "yen": "{:,}円", "at": "{0.year}年{0.month}月{0.day}日 {0:%H:%M}", "terminal": "端末", "number": "申請番号",
        "slip": "お支払いの番号", "thanks": "ご利用ありがとうございました。", "keep": "この領収書は大切に保管してください。",
        "notice": "",
    },
    "en": {
        "title": "Receipt", "each": "{yen} × {count}", "total": "Total", "paid": "Received",
        "change": "Change", "yen": "¥{:,}", "at": "{0:%Y-%m-%d %H:%M}", "terminal": "Terminal",
        "number": "Application No.", "slip": "Payment No.", "thanks": "Thank you.", "keep": "Please keep this receipt.",
        "notice": "For testing only. Not valid.",
    },
}  # fmt: skip


@functools.cache
def register_font() -> None:
    """Make FONT known to reportlab. Raises Failed(Font_Missing)."""
    try:
        pdfmetrics.registerFont(TTFont(FONT, str(font_file(GOTHIC))))
    except TTFError as error:
        raise Failed("Font_Missing", font=GOTHIC) from error


def receipt_pdf(receipt: PrintReceipt, at: datetime, terminal_id: str) -> bytes:
    """One page. Raises Failed(Font_Missing)."""
    register_font()
    # the receipt's face has the letters of these two languages; whoever has chosen another gets an English one
    english = receipt.language != "ja"
    words = _WORDS["en" if english else "ja"]
    municipality = receipt.municipality.name_en if english else receipt.municipality.name
    bought = receipt.purchase
    name = english and bought.words.get("en") or bought.words["ja"]

    def yen(amount: int) -> str:
        return words["yen"].format(amount)

    lines = broken(name, 10, WIDTH - 2 * MARGIN)
    high = HEIGHT + LINE * (len(lines) - 1)
    buffer = io.BytesIO()
    # without the name Helvetica would be left unembedded; the stub takes the font's name for a number
    page = Canvas(buffer, pagesize=(WIDTH, high), initialFontName=FONT, invariant=True)  # type: ignore[arg-type]
    page.setTitle(words["title"])
    page.setAuthor(NOTICE)
    page.setLineWidth(0.5)
    sample(page, words["notice"])
    y = high - 15 * mm
    page.setFont(FONT, 17)
    page.drawCentredString(WIDTH / 2, y, words["title"])
    page.setFont(FONT, 8.5)
    y -= 9 * mm
    page.drawString(MARGIN, y, words["at"].format(at))
    page.drawRightString(WIDTH - MARGIN, y, f"{words['terminal']} {terminal_id}")
    y -= 4 * mm
    page.line(MARGIN, y, WIDTH - MARGIN, y)
    page.setFont(FONT, 10)
    y -= 7 * mm
    page.drawString(MARGIN, y, municipality)
    y -= 6 * mm
    for line in lines:
        page.drawString(MARGIN, y, line)
        y -= LINE
    y -= 6 * mm - LINE
    page.setFont(FONT, 9)
    each = words["each"].format(yen=yen(bought.due // bought.copies), count=bought.copies)
    page.drawString(MARGIN + 4 * mm, y, each)
    page.drawRightString(WIDTH - MARGIN, y, yen(bought.due))
    y -= 4 * mm
    page.line(MARGIN, y, WIDTH - MARGIN, y)
    page.setFont(FONT, 14)
    y -= 9 * mm
    page.drawString(MARGIN, y, words["total"])
    page.drawRightString(WIDTH - MARGIN, y, yen(bought.due))
    page.setFont(FONT, 10)
    for name, amount in (("paid", receipt.inserted), ("change", receipt.change)):
        y -= 7 * mm
        page.drawString(MARGIN, y, words[name])
        page.drawRightString(WIDTH - MARGIN, y, yen(amount))
    y -= 5 * mm
    page.line(MARGIN, y, WIDTH - MARGIN, y)
    page.setFont(FONT, 8)
    for line in (words["slip" if receipt.slip else "number"], bought.id, "", words["keep"], words["thanks"]):
        y -= 4.6 * mm
        page.drawString(MARGIN, y, line)
    page.showPage()
    page.save()
    return buffer.getvalue()


def broken(text: str, size: float, wide: float) -> list[str]:
    """`text` in lines of at most `wide` points: at a space where there is one, else between two letters."""
    lines, line = [], ""
    for letter in text:
        if line and pdfmetrics.stringWidth(line + letter, FONT, size) > wide:
            head, space, tail = line.rpartition(" ")
            if not space:
                end = len(line) - (letter in "）」』、。・ー")  # such a sign begins no line
                head, tail = line[:end], line[end:]
            lines.append(head)
            line = tail
        line += letter
    return [*lines, line]


def sample(page: Canvas, translated: str, middle: float = HEIGHT * 0.44) -> None:
    """見本 across the page at `middle`, and the sentence below, `translated` under it; no setting takes them away."""
    page.saveState()
    page.setFillGray(0.86)
    page.setFont(FONT, 72)
    page.translate(WIDTH / 2, middle)
    page.rotate(35)
    page.drawCentredString(0, 0, SAMPLE)
    page.restoreState()
    page.setFont(FONT, 8)
    page.drawCentredString(WIDTH / 2, 9 * mm, NOTICE)
    page.drawCentredString(WIDTH / 2, 5 * mm, translated)
