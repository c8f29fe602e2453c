"""The receipt: right amounts, 見本, nobody in it, every font embedded."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from kiosk_app.devices.receipt import SAMPLE, _register_font, receipt_pdf
from kiosk_app.flow.effects import PrintReceipt
from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import Failed
from server_stub.interface.font_files import font_file
from server_stub.interface.terminal import CertificateKind
from tests.flow.helper import KOBE


def receipt(kind: CertificateKind, language: str) -> bytes:
    effect = PrintReceipt("01JWYYYYYYYYYYYYYYYYYYYYYY", KOBE, kind, 3, 750, 1000, 250, language)
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
        ("ja", ("領収書", "神戸市", "住民票の写し", "250円 × 3通", "750円", "1,000円", "2026年6月3日 10:00")),
        (
            "en",
            (
                "Receipt",
                "Kobe City",
                "Certificate of residence",
                "¥250 × 3",
                "¥750",
                "¥1,000",
                "2026-06-03 10:00",
            ),
        ),
    ],
)
def test_the_receipt_tells_what_was_paid(language: str, words: tuple[str, ...]) -> None:
    text = text_of(receipt(CertificateKind.RESIDENCE, language))
    for word in words:
        assert word in text


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("kind", list(CertificateKind))
def test_every_receipt_says_that_it_is_a_sample(kind: CertificateKind, language: str) -> None:
    text = text_of(receipt(kind, language))
    assert SAMPLE in text
    assert "試験用・証明書としての効力はありません" in text


def test_every_font_is_embedded() -> None:
    with pikepdf.open(io.BytesIO(receipt(CertificateKind.RESIDENCE, "ja"))) as document:
        fonts = document.pages[0].resources["/Font"]
        assert len(fonts) >= 1
        for font in fonts.values():
            assert "/FontFile2" in font["/FontDescriptor"]


def test_a_receipt_whose_font_is_missing_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searched for as the fonts of the papers are."""
    monkeypatch.setenv("KONBINI_FONTS", str(tmp_path))
    font_file.cache_clear()
    _register_font.cache_clear()
    try:
        with pytest.raises(Failed) as caught:
            receipt(CertificateKind.RESIDENCE, "ja")
    finally:
        font_file.cache_clear()
    assert (caught.value.failure, caught.value.facts) == ("Font_Missing", {"font": "BIZ UDGothic"})
