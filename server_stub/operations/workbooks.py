"""Write tables as Excel (XlsxWriter, row by row) and as CSV with a byte order mark, so that Excel opens it as UTF-8.

What stands in a cell is text or a number, never a formula: a name of a shop that begins with = stays a name.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import xlsxwriter

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
BOM = "\ufeff"
SAMPLE = "見本データ（実際の交付ではありません）"
Cell = str | int | float | None
MOST_ROWS = 1_000_000
"""Of one sheet; Excel itself has 1,048,576."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Workbook:
    """A workbook that grows in a file: constant memory, however many rows."""

    def __init__(self, path: Path) -> None:
        self._book = xlsxwriter.Workbook(
            str(path),
            {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )  # fmt: skip
        font = {"font_name": "BIZ UDPゴシック", "font_size": 11}
        self._plain = self._book.add_format({**font, "num_format": "#,##0"})
        self._bold = self._book.add_format({**font, "bold": True, "num_format": "#,##0"})
        self._title = self._book.add_format({**font, "bold": True, "font_size": 14})
        self._warning = self._book.add_format({**font, "bold": True, "font_color": "#A90000"})
        self._head = self._book.add_format(
            {**font, "bold": True, "bg_color": "#E8F1FE", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self._total = self._book.add_format({**font, "bold": True, "top": 1, "num_format": "#,##0"})

    def sheet(
        self,
        name: str,
        lines: Sequence[str],
        head: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        *,
        widths: Sequence[float],
        sample: bool = False,
        total: bool = False,
    ) -> int:
        """Add a sheet: `lines` above the table, then `head` and `rows`; with `total` the last of them is one. Returns how many rows."""
        sheet = self._book.add_worksheet(name[:31])
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        at = 0
        for number, line in enumerate(lines):
            sheet.write_string(at, 0, line, self._title if number == 0 else self._plain)
            at += 1
        if sample:
            sheet.write_string(at, 0, SAMPLE, self._warning)
            at += 1
        at += 1
        for column, words in enumerate(head):
            sheet.write_string(at, column, words, self._head)
        sheet.repeat_rows(at)
        sheet.freeze_panes(at + 1, 1)
        count = 0
        before: Sequence[Cell] | None = None
        for row in rows:
            if before is not None:
                at += 1
                self._write(sheet, at, before, last=False)
            before = row
            count += 1
        if before is not None:
            self._write(sheet, at + 1, before, last=total)
        return count

    def _write(
        self, sheet: xlsxwriter.worksheet.Worksheet, at: int, row: Sequence[Cell], *, last: bool
    ) -> None:
        shape = self._total if last else self._plain
        for column, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(at, column, value, shape)
            else:
                sheet.write_number(at, column, value, shape)

    def close(self) -> None:
        self._book.close()


def excel(fill: object) -> bytes:
    """Make a small workbook in memory's stead: `fill` gets a Workbook."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        book = Workbook(path)
        fill(book)  # type: ignore[operator]
        book.close()
        return path.read_bytes()


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Write rows as CSV after RFC 4180, a mark before the first."""
    out = io.StringIO()
    writer = csv.writer(out)
    first = True
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
        text = out.getvalue()
        out.seek(0)
        out.truncate()
        yield ((BOM if first else "") + text).encode()
        first = False


def _harmless(value: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula gets an apostrophe, which it takes for text."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value
