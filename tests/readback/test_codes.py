"""Of all that looks like a code on a back page, the one QR code counts."""

from __future__ import annotations

import io

import pytest
import segno
import zxingcpp
from PIL import Image

from tests.readback.binding import code_on
from tests.readback.side import WrongPaper


def page(*codes: Image.Image) -> Image.Image:
    made = Image.new("L", (700, 260 * max(1, len(codes))), 255)
    for number, code in enumerate(codes):
        made.paste(code, (40, 20 + 260 * number))
    return made


def qr(text: str) -> Image.Image:
    file = io.BytesIO()
    segno.make_qr(text).save(file, kind="png", scale=6)
    return Image.open(file).convert("L")


def ean() -> Image.Image:
    made = zxingcpp.create_barcode("4912345678904", zxingcpp.BarcodeFormat.EAN13)
    return Image.fromarray(made.to_image(scale=4)).convert("L")


def test_a_bar_code_beside_the_qr_code_is_not_looked_at() -> None:
    seen = page(ean(), qr("front"))
    assert {code.format for code in zxingcpp.read_barcodes(seen)} >= {zxingcpp.BarcodeFormat.EAN13}
    assert code_on(seen).text == "front"


@pytest.mark.parametrize(("seen", "told"), [((ean(),), "0 QR codes"), ((qr("one"), qr("two")), "2 QR codes")])
def test_no_qr_code_and_several_are_told(seen: tuple[Image.Image, ...], told: str) -> None:
    with pytest.raises(WrongPaper, match=told):
        code_on(page(*seen))
