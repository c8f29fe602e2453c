"""The receipt: right amounts, 見本, nobody in it, every font embedded."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from kiosk_app.devices.receipt import SAMPLE, receipt_pdf, register_font
from kiosk_app.flow.effects import PrintReceipt
from kiosk_app.flow.state import Purchase
from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import Failed
from server_stub.interface.font_files import font_file
from tests.flow.helper import KOBE

WORDS = {"ja": "何かの証明書", "en": "Certificate of something"}
LONG = {"ja": "とても長い名前の証明書（" + "あ" * 40 + "）", "en": "A certificate " + "of a long name " * 8}


def receipt(words: dict[str, str], language: str) -> bytes:
    bought = Purchase("01JWYYYYYYYYYYYYYYYYYYYYYY", words, copies=3, due=750, sheets=3)
    effect = PrintReceipt(bought, KOBE, 1000, 250, language)
    return receipt_pdf(effect, STAGE_START, "T-0001")


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert len(document) == 1
        return document[0].get_textpage().get_text_range()
    finally:
        document.close()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", ("領収書", "神戸市", "何かの証明書", "250円 × 3部", "750円", "1,000円", "2026年6月3日 10:00")),
        (
            "en",
            (
                "Receipt",
                "Kobe City",
                "Certificate of something",
                "¥250 × 3",
                "¥750",
                "¥1,000",
                "2026-06-03 10:00",
            ),
        ),
    ],
)
def test_the_receipt_tells_what_was_paid(language: str, words: tuple[str, ...]) -> None:
    text = text_of(receipt(WORDS, language))
    for word in words:
        assert word in text


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("bought", [WORDS, LONG], ids=["short", "long"])
def test_every_receipt_says_that_it_is_a_sample(bought: dict[str, str], language: str) -> None:
    text = text_of(receipt(bought, language))
    assert SAMPLE in text
    assert "試験用・証明書としての効力はありません" in text


def test_every_font_is_embedded() -> None:
    with pikepdf.open(io.BytesIO(receipt(WORDS, "ja"))) as document:
        fonts = document.pages[0].resources["/Font"]
        assert len(fonts) >= 1
        for font in fonts.values():
            assert "/FontFile2" in font["/FontDescriptor"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_long_name_is_broken_and_stays_on_the_paper(language: str) -> None:
    document = pypdfium2.PdfDocument(receipt(LONG, language))
    try:
        text = document[0].get_textpage()
        written = text.get_text_range()
        assert "".join(LONG[language].split()) in "".join(written.split())
        width, height = document[0].get_size()
        boxes = [
            text.get_charbox(index)
            for index in range(text.count_chars())
            if written[index : index + 1].strip()
        ]
        large = [box for box in boxes if box[3] - box[1] > 30]  # 見本 across the page
        assert all(box[0] > 0 and box[2] < width - 7 for box in boxes if box not in large)
        assert all(box[1] > 0 and box[3] < height for box in boxes if box not in large)
    finally:
        document.close()


def test_a_language_that_the_words_do_not_have_is_told_in_japanese() -> None:
    assert "何かの証明書" in text_of(receipt({"ja": "何かの証明書"}, "en"))


def test_no_line_of_a_long_name_begins_with_a_closing_bracket() -> None:
    written = text_of(receipt({"ja": "戸籍の附票の写し（除かれた附票を含む）"}, "ja")).splitlines()
    assert "戸籍の附票の写し（除かれた附票を含" in written
    assert "む）" in written


def test_a_receipt_whose_font_is_missing_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searched for as the fonts of the papers are."""
    monkeypatch.setenv("KONBINI_FONTS", str(tmp_path))
    font_file.cache_clear()
    register_font.cache_clear()
    try:
        with pytest.raises(Failed) as caught:
            receipt(WORDS, "ja")
    finally:
        font_file.cache_clear()
    assert (caught.value.failure, caught.value.facts) == ("Font_Missing", {"font": "BIZ UDGothic"})
