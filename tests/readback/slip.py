"""The slip with a 申請番号 taken apart: its words as they stand on the finished page, read with pdfium."""

from __future__ import annotations

import pypdfium2

from tests.readback.side import WrongPaper

MARKS = ("見本", "試験用・証明書としての効力はありません")


def read_slip(pdf: bytes) -> str:
    """All that stands on it. Raises WrongPaper unless it is one page that says 見本 and that it is not valid."""
    with pypdfium2.PdfDocument(pdf) as document:
        if len(document) != 1:
            raise WrongPaper(f"{len(document)} pages", expected="用紙が1面", found=f"{len(document)}面")
        text: str = document[0].get_textpage().get_text_bounded()
    for mark in MARKS:
        if mark not in text:
            raise WrongPaper(f"no {mark}", expected=f"用紙に「{mark}」とあること", found="なかった")
    return text
