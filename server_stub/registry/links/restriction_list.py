"""発行制限.csv: the list of persons for whom a terminal issues nothing.

UTF-8 with BOM. Columns: 宛名番号 (10 digits, a person of the resident register), 制限事由コード (`REASONS`), 開始日, 終了日, 解除日 (all
like R08.04.01). One row a measure; a person may have several. A measure holds from 開始日 on. 終了日 is the announced last day and
ends nothing; only 解除日, the first day without it, does (住民記録システム標準仕様書 3.1). A measure that has gone from the list
is not released by that.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from server_stub.registry.records import Restriction

from .csv_file import Row, read_rows
from .eras import lettered_wareki

FILE_NAME = "発行制限.csv"
HEADER = ("宛名番号", "制限事由コード", "開始日", "終了日", "解除日")
PERSON, REASON, SINCE, UNTIL, RELEASED = HEADER
REASONS = {
    "01": "支援措置（配偶者からの暴力）",
    "02": "支援措置（ストーカー行為等）",
    "03": "支援措置（児童虐待等）",
    "04": "支援措置（その他）",
    "11": "異動処理中",
    "19": "本人の申出",
}
UNCLEAR = "読み取れない事由"
ALWAYS = date.min
"""Since when a measure holds whose 開始日 cannot be read."""
_PERSON = r"[0-9]{10}"


def read_restrictions(
    folder: Path, persons: Container[str] | None = None, *, unreadable: int = 0
) -> Iterator[tuple[Row, Restriction | None]]:
    """The rows as they are agreed; None for one whose 宛名番号 cannot be read, of which `unreadable` are let pass.

    `persons`: who is in the register (None: not looked at). Raises as `read_rows`, and Failed(Delivery_Row_Broken).
    """
    for row in read_rows(folder / FILE_NAME, HEADER, bom=True):
        if unreadable and not re.fullmatch(_PERSON, row.cells[PERSON]):
            unreadable -= 1
            yield row, None
            continue
        person = row.match(PERSON, _PERSON, "数字10桁")
        if persons is not None and person not in persons:
            raise row.broken(PERSON, "住民記録にある宛名番号")
        since = row.date(SINCE, lettered_wareki)
        until = row.date_if_any(UNTIL, lettered_wareki)
        released_on = row.date_if_any(RELEASED, lettered_wareki)
        for column, found in ((UNTIL, until), (RELEASED, released_on)):
            if found is not None and found < since:
                raise row.broken(column, "開始日以降の日付")
        yield row, Restriction(person, row.code(REASON, REASONS), since, until, released_on)


@dataclass(frozen=True, slots=True)
class Salvage:
    """What a list tells although it is not as agreed. `unreadable`: rows that do not say whose they are."""

    restrictions: tuple[Restriction, ...]
    unreadable: int


def salvage(folder: Path) -> Salvage:
    """Whom the list sets aside, whatever is wrong with it. In doubt it restricts: what of a row cannot be read counts as the
    most that it can mean, and nobody is released by it. Raises nothing."""
    try:
        raw = (folder / FILE_NAME).read_bytes()
    except OSError:
        return Salvage((), 0)
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    lines = raw.decode(encoding, "replace").splitlines()
    columns = list(HEADER)
    found: list[Restriction] = []
    unreadable = 0
    for number, line in enumerate(lines):
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in _cells(line)]
        if number == 0 and PERSON in cells:
            columns = cells
            continue
        if not any(cells):
            continue
        row = dict(zip(columns, cells, strict=False))
        person = row.get(PERSON, "")
        if not re.fullmatch(_PERSON, person, re.ASCII):
            unreadable += 1
        elif _date(row.get(RELEASED, "")) is None:
            reason = REASONS.get(row.get(REASON, ""), UNCLEAR)
            since = _date(row.get(SINCE, "")) or ALWAYS
            found.append(Restriction(person, reason, since, _date(row.get(UNTIL, ""))))
    return Salvage(tuple(found), unreadable)


def _cells(line: str) -> list[str]:
    """One line at a time: a quote that is not closed spoils no more than its own row."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return line.replace('"', "").split(",")


def _date(text: str) -> date | None:
    try:
        return lettered_wareki(text)
    except ValueError:
        return None
