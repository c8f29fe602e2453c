"""発行制限.csv: the list of persons for whom a terminal issues nothing.

UTF-8 with BOM. Columns: 宛名番号 (10 digits, a person of the resident register), 制限事由コード (`REASONS`), 開始日, 終了日 (both
like R08.04.01 and included; 終了日 empty: open end). One row a measure; a person may have several.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from server_stub.registry.records import Restriction

from .csv_file import Row, read_rows
from .eras import lettered_wareki

FILE_NAME = "発行制限.csv"
HEADER = ("宛名番号", "制限事由コード", "開始日", "終了日")
REASONS = {
    "01": "支援措置（配偶者からの暴力）",
    "02": "支援措置（ストーカー行為等）",
    "03": "支援措置（児童虐待等）",
    "04": "支援措置（その他）",
    "11": "異動処理中",
    "19": "本人の申出",
}


def read_restrictions(folder: Path, persons: Container[str]) -> Iterator[tuple[Row, Restriction]]:
    for row in read_rows(folder / FILE_NAME, HEADER, bom=True):
        person = row.match("宛名番号", r"[0-9]{10}", "数字10桁")
        if person not in persons:
            raise row.broken("宛名番号", "住民記録にある宛名番号")
        since = row.date("開始日", lettered_wareki)
        until = row.date_if_any("終了日", lettered_wareki)
        if until is not None and until < since:
            raise row.broken("終了日", "開始日以降の日付")
        yield row, Restriction(person, row.code("制限事由コード", REASONS), since, until)
