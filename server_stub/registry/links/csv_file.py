"""Reading a delivered CSV file row by row, so that everything wrong in it has a file, a line and a column."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from server_stub.interface.failures import Failed

from .eras import EXPECTED, DateReader

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

    def text(self, column: str, *, must: bool = True, limit: int = 100) -> str:
        """A printable text of at most `limit` characters, '' only if it need not be there."""
        text = self.cells[column]
        if not text and must:
            raise self.broken(column, "必須項目")
        if len(text) > limit:
            raise self.broken(column, f"{limit}文字以内")
        if text != text.strip():
            raise self.broken(column, "前後に空白のない値")
        if any(unicodedata.category(char) in _NEVER or char == "\ufffd" for char in text):
            raise self.broken(column, "取決めの文字コードの文字")
        return text

    def match(self, column: str, pattern: str, expected: str, *, must: bool = True, limit: int = 100) -> str:
        text = self.text(column, must=must, limit=limit)
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
