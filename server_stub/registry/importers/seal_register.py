"""印鑑登録.csv: the seal registration system, with one PNG a seal in the folder `imprints/`.

Code page 932. Columns: 印鑑登録番号 (7 digits, unique), 宛名番号 (a person of the resident register), 登録年月日 (YYYYMMDD), 登録状態コード
(1 registered, 9 abolished: delivered, checked, and not kept), 廃止年月日 (with 9 only), 印影ファイル名 (`imprints/NAME.png`), 印影幅 and
印影高さ (tenths of a millimetre, 80-250: registered seals are 8 to 25 mm square).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from server_stub.registry.records import Seal

from .csv_file import Row, gregorian, read_rows

FILE_NAME = "印鑑登録.csv"
HEADER = (
    "印鑑登録番号", "宛名番号", "登録年月日", "登録状態コード", "廃止年月日", "印影ファイル名", "印影幅", "印影高さ",
)  # fmt: skip
STATES = {"1": True, "9": False}
MIN_DPI = 300
MAX_PIXELS = 2500
"""A side; 25 mm at 2,400 dpi stays below it."""


@dataclass(frozen=True, slots=True)
class SealRow:
    """A registration; `living` is False for an abolished one."""

    row: Row
    seal: Seal
    living: bool


def read_seals(folder: Path, persons: Container[str]) -> Iterator[SealRow]:
    numbers: set[str] = set()
    holders: set[str] = set()
    for row in read_rows(folder / FILE_NAME, HEADER, encoding="cp932"):
        number = row.match("印鑑登録番号", r"[0-9]{7}", "数字7桁")
        person = row.match("宛名番号", r"[0-9]{10}", "数字10桁")
        registered_on = row.date("登録年月日", gregorian)
        living = row.code("登録状態コード", STATES)
        abolished_on = row.date_if_any("廃止年月日", gregorian)
        if living:
            row.empty("廃止年月日", "登録状態コードが1")
        elif abolished_on is None or abolished_on < registered_on:
            raise row.broken("廃止年月日", "登録年月日以降の日付")
        if number in numbers:
            raise row.broken("印鑑登録番号", "重複しない番号")
        if person not in persons:
            raise row.broken("宛名番号", "住民記録にある宛名番号")
        if living and person in holders:
            raise row.broken("宛名番号", "有効な登録は一人に一つ")
        numbers.add(number)
        if living:
            holders.add(person)
        width, height = _millimetres(row, "印影幅"), _millimetres(row, "印影高さ")
        png = _imprint(folder, row, width, height)
        yield SealRow(row, Seal(person, registered_on, number, png, width, height), living)


def _millimetres(row: Row, column: str) -> float:
    tenths = int(row.match(column, r"[0-9]{2,3}", "80から250（0.1ミリ単位）"))
    if not 80 <= tenths <= 250:
        raise row.broken(column, "80から250（0.1ミリ単位）")
    return tenths / 10


def _imprint(folder: Path, row: Row, width_mm: float, height_mm: float) -> bytes:
    name = row.match("印影ファイル名", r"imprints/[A-Za-z0-9_-]+\.png", "imprints/（英数字）.png")
    try:
        png = (folder / name).read_bytes()
    except OSError:
        raise row.broken("印影ファイル名", "連携フォルダにあるファイル") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
                across, down = image.size
                if max(across, down) > MAX_PIXELS:
                    raise row.broken("印影ファイル名", f"一辺{MAX_PIXELS}画素以内の PNG")
                image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombWarning):
        raise row.broken("印影ファイル名", "PNG の画像") from None
    if across < MIN_DPI * width_mm / 25.4 - 1:
        raise row.broken("印影幅", f"画像が{MIN_DPI}dpi以上となる寸法")
    if abs(across * height_mm / width_mm - down) > 2:
        raise row.broken("印影高さ", "画像の縦横比と同じ寸法")
    return png
