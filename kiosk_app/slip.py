"""The slip with the 申請番号 of a 利用登録申請: 80 mm wide like the receipt, the number and what it is for, nothing of a person. It is made
here, from what the screen has shown; like every paper of this project it says 見本.

It is the one sheet of its `Purchase`, and goes through cash-in, printing and taking as a certificate's sheets do.
"""

from __future__ import annotations

import io
from datetime import datetime

import segno
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from server_stub.interface.binding import NOTICE
from server_stub.interface.registration import grouped
from server_stub.interface.values import Box, MunicipalityInfo

from .devices.receipt import FONT, LINE, MARGIN, WIDTH, broken, register_font, sample
from .flow.state import Received

HEIGHT = 158 * mm
SLIP_WORDS = {"ja": "利用登録申請の申請番号の印刷", "en": "Printed application number"}
"""What is paid for, on screen and receipt."""
QR_WIDE = 26 * mm

_WORDS = {
    "ja": {
        "title": "申請番号のお知らせ", "about": "戸籍証明書交付の利用登録申請", "number": "申請番号",
        "at": "{0.year}年{0.month}月{0.day}日 {0:%H:%M}", "terminal": "端末", "to": "申請先",
        "site": "登録状況確認サイト", "keep": "登録状況を確認する際に必要です。大切に保管してください。",
        "once": "この申請番号は、再発行できません。", "ask": "お問い合わせ先", "notice": "",
    },
    "en": {
        "title": "Your application number", "about": "Registration for family register certificates",
        "number": "Application number", "at": "{0:%Y-%m-%d %H:%M}", "terminal": "Terminal", "to": "To",
        "site": "Status site", "keep": "You need it to check the status of your application. Please keep it.",
        "once": "This number cannot be issued again.", "ask": "Enquiries",
        "notice": "For testing only. Not valid.",
    },
}  # fmt: skip


class Slip:
    """`sheets`: the one PDF. Raises Failed(Font_Missing)."""

    def __init__(
        self,
        application_id: str,
        received: Received,
        municipality: MunicipalityInfo,
        language: str,
        at: datetime,
        terminal_id: str,
    ) -> None:
        self._application_id = application_id
        pdf, self._box = slip_pdf(received, municipality, language, at, terminal_id)
        self.sheets = (pdf,)

    def sheet_id(self, number: int) -> str:
        return f"{self._application_id}-slip"

    def secret_boxes(self, number: int) -> tuple[Box, ...]:
        """Where the number stands."""
        return (self._box,)


def slip_pdf(
    received: Received, municipality: MunicipalityInfo, language: str, at: datetime, terminal_id: str
) -> tuple[bytes, Box]:
    """One page, and where on it the number stands (mm from the upper left corner). Raises Failed(Font_Missing)."""
    register_font()
    # as the receipt: English for whoever has chosen a language whose letters its face has not
    english = language != "ja"
    words = _WORDS["en" if english else "ja"]
    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=(WIDTH, HEIGHT), initialFontName=FONT, invariant=True)  # type: ignore[arg-type]
    page.setTitle(words["title"])
    page.setAuthor(NOTICE)
    page.setLineWidth(0.5)
    sample(page, words["notice"], HEIGHT * 0.6)
    y = HEIGHT - 14 * mm
    page.setFont(FONT, 15)
    page.drawCentredString(WIDTH / 2, y, words["title"])
    page.setFont(FONT, 8.5)
    y -= 7 * mm
    page.drawCentredString(WIDTH / 2, y, words["about"])
    y -= 6 * mm
    page.drawString(MARGIN, y, words["at"].format(at))
    page.drawRightString(WIDTH - MARGIN, y, f"{words['terminal']} {terminal_id}")
    y -= 4 * mm
    page.line(MARGIN, y, WIDTH - MARGIN, y)
    page.setFont(FONT, 9)
    y -= 7 * mm
    page.drawString(MARGIN, y, words["number"])
    y -= 9 * mm
    page.setFont(FONT, 18)
    page.drawCentredString(WIDTH / 2, y, grouped(received.number).reveal())
    box = Box(x=MARGIN / mm - 2, y=(HEIGHT - y) / mm - 7, width=(WIDTH - 2 * MARGIN) / mm + 4, height=10)
    y -= 6 * mm

    def told(text: str, size: float = 8.5) -> None:
        nonlocal y
        page.setFont(FONT, size)
        for line in broken(text, size, WIDTH - 2 * MARGIN):
            page.drawString(MARGIN, y, line)
            y -= LINE

    told(words["keep"])
    told(words["once"])
    y -= 1 * mm
    page.line(MARGIN, y + 2 * mm, WIDTH - MARGIN, y + 2 * mm)
    y -= 3 * mm
    name = municipality.name_en if english else f"{municipality.prefecture}{municipality.name}"
    told(f"{words['to']}  {name}", 10)
    if municipality.telephone:
        told(f"{words['ask']}  {municipality.telephone}", 10)
    y -= 1 * mm
    told(english and received.message.get("en") or received.message["ja"])
    if received.site:
        y -= 2 * mm
        told(words["site"], 9)
        told(received.site)
        _qr(page, received.site, (WIDTH - QR_WIDE) / 2, y - QR_WIDE + LINE / 2)
    page.showPage()
    page.save()
    return buffer.getvalue(), box


def _qr(page: Canvas, text: str, left: float, low: float) -> None:
    """The address alone: the number is in no code."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    side = QR_WIDE / len(rows)
    for number, row in enumerate(rows):
        for column, dark in enumerate(row):
            if dark:
                page.rect(
                    left + column * side, low + QR_WIDE - (number + 1) * side, side, side, stroke=0, fill=1
                )
