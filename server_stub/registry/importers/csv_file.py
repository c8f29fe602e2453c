"""Reading a delivered CSV file row by row, with dates as the existing systems write them, so that everything wrong has a place."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from server_stub.interface.failures import Failed


@dataclass(frozen=True, slots=True)
class Era:
    """A Japanese era; `first` is its first day, which lies in its year 1."""

    digit: str
    letter: str
    first: date


ERAS: tuple[Era, ...] = (
    Era("1", "M", date(1868, 9, 8)),
    Era("2", "T", date(1912, 7, 30)),
    Era("3", "S", date(1926, 12, 25)),
    Era("4", "H", date(1989, 1, 8)),
    Era("5", "R", date(2019, 5, 1)),
)

DateReader = Callable[[str], date]
"""Raises ValueError for a text that is no date of that form."""


def _in_era(index: int, year: int, month: int, day: int) -> date:
    found = date(ERAS[index].first.year + year - 1, month, day)
    over = index + 1 < len(ERAS) and found >= ERAS[index + 1].first
    if year < 1 or found < ERAS[index].first or over:
        raise ValueError("outside its era")
    return found


def coded_wareki(text: str) -> date:
    """Era digit and YYMMDD: 5080603 is 2026-06-03."""
    if not re.fullmatch(r"[1-5][0-9]{6}", text, re.ASCII):
        raise ValueError("not 7 digits")
    return _in_era(int(text[0]) - 1, int(text[1:3]), int(text[3:5]), int(text[5:7]))


def lettered_wareki(text: str) -> date:
    """Era letter and YY.MM.DD: R08.06.03 is 2026-06-03."""
    found = re.fullmatch(r"([MTSHR])([0-9]{2})\.([0-9]{2})\.([0-9]{2})", text, re.ASCII)
    if not found:
        raise ValueError("not like R08.06.03")
    letters = [era.letter for era in ERAS]
    return _in_era(letters.index(found[1]), int(found[2]), int(found[3]), int(found[4]))


def gregorian(text: str) -> date:
    """YYYYMMDD: 20260603 is 2026-06-03."""
    if not re.fullmatch(r"[0-9]{8}", text, re.ASCII):
        raise ValueError("not 8 digits")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


EXPECTED: dict[DateReader, str] = {
    coded_wareki: "元号コード1桁＋年月日6桁の日付（例 5080603）",
    lettered_wareki: "元号の英字＋年.月.日 の日付（例 R08.06.03）",
    gregorian: "西暦8桁の日付（例 20260603）",
}


BOM = b"\xef\xbb\xbf"
WHOLE_ROW = "行全体"
"""Stands for the column where a row cannot even be divided into columns."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: where it stands (`line` counts from 1, the header being 1) and its cells by column name."""

    file: str
    line: int
    cells: Mapping[str, str]

    def broken(self, column: str, expected: str) -> Failed:
        """The failure that names this place; what was found there is not told."""
        return Failed("Delivery_Row_Broken", file=self.file, line=self.line, column=column, expected=expected)

    def text(self, column: str, *, required: bool = True, limit: int = 100) -> str:
        """A printable text of at most `limit` characters, '' only if it need not be there."""
        text = self.cells[column]
        if not text and required:
            raise self.broken(column, "必須項目")
        if len(text) > limit:
            raise self.broken(column, f"{limit}文字以内")
        if text != text.strip():
            raise self.broken(column, "前後に空白のない値")
        if any(unicodedata.category(char) in _NEVER or char == "\ufffd" for char in text):
            raise self.broken(column, "取決めの文字コードの文字")
        return text

    def match(
        self, column: str, pattern: str, expected: str, *, required: bool = True, limit: int = 100
    ) -> str:
        text = self.text(column, required=required, limit=limit)
        if text and not re.fullmatch(pattern, text):
            raise self.broken(column, expected)
        return text

    def code(self, column: str, table: Mapping[str, T]) -> T:
        try:
            return table[self.cells[column]]
        except KeyError:
            raise self.broken(column, "コード " + "・".join(table)) from None

    def date(self, column: str, reader: DateReader) -> dt.date:
        found = self.date_if_any(column, reader)
        if found is None:
            raise self.broken(column, EXPECTED[reader])
        return found

    def date_if_any(self, column: str, reader: DateReader) -> dt.date | None:
        text = self.cells[column]
        if not text:
            return None
        try:
            return reader(text)
        except ValueError:
            raise self.broken(column, EXPECTED[reader]) from None

    def moment(self, column: str) -> dt.datetime:
        """ISO 8601 with offset, to the second."""
        try:
            found = dt.datetime.fromisoformat(self.cells[column])
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or found.microsecond:
            raise self.broken(column, "時差つきの日時（例 2026-06-03T05:00:00+09:00）")
        return found

    def empty(self, column: str, because: str) -> None:
        if self.cells[column]:
            raise self.broken(column, f"空欄（{because}）")


_NEVER = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories that no cell may hold. Cs: bytes that the encoding does not know arrive as lone surrogates."""


def read_rows(
    path: Path, header: tuple[str, ...], *, encoding: str = "utf-8", bom: bool = False
) -> Iterator[Row]:
    """The rows of `path` after its header.

    Raises Failed(Delivery_File_Missing), Failed(Delivery_Header_Wrong, file=, expected=) when the first line, the
    encoding or the BOM is another, Failed(Delivery_Row_Broken) for a row that cannot be divided into the columns.
    """
    try:
        raw = path.open("rb")
    except OSError:
        raise Failed("Delivery_File_Missing", file=path.name) from None
    with raw:
        has_bom = raw.peek(len(BOM))[: len(BOM)] == BOM
        if has_bom:
            raw.seek(len(BOM))
        # unknown bytes become lone surrogates, which the check of each cell finds: so they too have a column
        text = io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")
        reader = csv.reader(text, strict=True)
        try:
            first = next(reader, [])
        except csv.Error:
            first = []
        if tuple(first) != header or has_bom != bom:
            told = encoding + (" BOMあり" if bom else "")
            raise Failed("Delivery_Header_Wrong", file=path.name, expected=",".join(header), encoding=told)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise Row(path.name, line, {}).broken(WHOLE_ROW, "CSV の行") from None
            row = Row(path.name, line, dict(zip(header, cells, strict=False)))
            if len(cells) != len(header):
                raise row.broken(header[min(len(cells), len(header) - 1)], f"{len(header)}列")
            yield row
