"""Writes records in a town's own formats: the format file read the other way round, from items to cells.

It can write CSV and JSON lines, in the codecs of Python, of a full delivery. What else a format has (records of fixed length, XML, a
host's code page) it refuses by file and key.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import TextIO

from server_stub.eras import era_of
from server_stub.interface.failures import Failed
from server_stub.registry.importers.format_file import DATES, PERSON, DeliveryFormat, Source
from server_stub.settings_file import settings_wrong

from .people import Items, Place, full_width

_QUARTERS = tuple(
    f"{first}{last}町"
    for first in ("若葉", "青葉", "緑", "桜", "松", "梅", "花", "港", "浜", "丘", "泉", "宮")
    for last in ("見本", "標本", "例示", "架空")
)
_BLOCKS = "一二三四五六七"
_REGISTERS = tomllib.loads(Path(__file__).with_name("registers.toml").read_text(encoding="utf-8"))
ITEMS: dict[str, frozenset[str]] = {one["record"]: frozenset(one["items"]) for one in _REGISTERS.values()}
"""The records besides those of residents that are grown, and what of them."""
RECORDS: dict[str, str] = {role: one["record"] for role, one in _REGISTERS.items()}
"""What each of these registers is called, by what it is."""


def _iso(day: date) -> str:
    return day.isoformat()


def _gregorian(day: date) -> str:
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _era_digit(day: date) -> str:
    found = era_of(day)
    assert found is not None
    return f"{found[0].digit}{found[1]:02d}{day.month:02d}{day.day:02d}"


def _era_letter(day: date) -> str:
    found = era_of(day)
    assert found is not None
    return f"{found[0].letter}{found[1]:02d}.{day.month:02d}.{day.day:02d}"


_DATES: dict[str, Callable[[date], str]] = {
    "iso8601": _iso, "gregorian": _gregorian, "era_digit": _era_digit, "era_letter": _era_letter,
}  # fmt: skip
Cell = Callable[[Items], str]


class FileWriter:
    """Appends rows to one file of a delivery: `source` is the sample's, which stays at its head. A context manager.

    Raises Failed(Settings_Wrong, file=, field=, expected=) for what it cannot write, before anything is written, and for a first
    row that does not satisfy the format's own `match`.
    """

    def __init__(self, format_: DeliveryFormat, number: int, source: Path, path: Path, told: str) -> None:
        self.file = file = format_.file[number]
        self._code, self._told, self._number = format_.code, told, number
        if file.container not in ("csv", "jsonl"):
            raise self.wrong("container", f"csv か jsonl（{file.name} は {file.container}）")
        if file.is_host:
            raise self.wrong("encoding", f"Python にある文字コード（{file.name} は {file.encoding}）")
        self._cells = self._cells_of()
        self.count = 0
        shutil.copyfile(source, path)
        with path.open("rb+") as there:
            there.seek(0, io.SEEK_END)
            if there.tell():
                there.seek(-1, io.SEEK_END)
                if there.read(1) != b"\n":
                    there.write(b"\r\n" if file.container == "csv" else b"\n")
        encoding = "utf-8" if file.encoding == "utf-8-sig" else file.encoding
        self._out: TextIO = path.open("a", encoding=encoding, newline="", buffering=1 << 20)
        head = source.read_bytes()[:4]
        quoted = head.removeprefix(b"\xef\xbb\xbf")[:1] == b'"'
        self._csv = csv.writer(
            self._out, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\r\n"
        )
        self._json = file.container == "jsonl"

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._out.close()

    def wrong(self, field: str, expected: str) -> Failed:
        return settings_wrong(
            self._told, f"file[{self._number + 1}].{field}", f"town grow で書ける {expected}"
        )

    def meanings(self, code: str) -> list[str]:
        """What the codes of a table stand for."""
        return list(self._code[code].values())

    def write(self, items: Items, places: Mapping[str, str] | None = None) -> None:
        """`places`: cells that are no single item."""
        cells = {name: cell(items) for name, cell in self._cells.items()}
        if places:
            cells.update(places)
        if not self.count:
            self._check(cells)
        self.count += 1
        if self._json:
            structures = self.file.structures()
            row = {
                name: items[self._structures[name]] if name in structures else text
                for name, text in cells.items()
                if text or name in structures
            }
            self._out.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            self._csv.writerow(cells.values())

    def write_broken(self, items: Items, places: Mapping[str, str] | None, target: str) -> None:
        """The same with a digit too many in the date `target`: a row that sets its person aside."""
        column = self.file.to[target].column
        assert column is not None
        self.write(items, {**(places or {}), column: self._cells[column](items) + "9"})

    def _check(self, cells: Mapping[str, str]) -> None:
        for target, source in self.file.to.items():
            for part in source.parts():
                text = cells.get(part.column or "", "")
                if part.match is not None and text and not re.fullmatch(part.match, text):
                    raise self.wrong(f"to.{target}.match", "番号などの形（増やす住民の番号が合いません）")

    def _cells_of(self) -> dict[str, Cell]:
        file = self.file
        grown = ITEMS.get(file.record)
        by_column: dict[str, Cell] = {}
        self._structures: dict[str, str] = {}
        for target, source in file.to.items():
            if source.column is None:
                continue
            if source.structure:
                self._structures[source.column] = target
                by_column[source.column] = _empty
            elif grown is None or target in grown:
                by_column[source.column] = self._cell(target, source)
        return {name: by_column.get(name, _empty) for name in file.cells()}

    def _cell(self, target: str, source: Source) -> Cell:
        if source.code is not None:
            table = {meant: code for code, meant in reversed(self._code[source.code].items())}
            return lambda items: table[found] if (found := items.get(target, "")) else ""
        if source.scale is not None:
            scale = source.scale
            return lambda items: f"{round(items[target] / scale, 1):g}"
        is_date = target in DATES.get(self.file.record, ()) or source.date
        if is_date:
            notation = source.date if isinstance(source.date, str) else self.file.dates
            if notation not in _DATES:
                raise self.wrong("dates", "・".join(_DATES))
            return _dated(target, _DATES[notation])
        return lambda items: items.get(target, "")


def _empty(items: Items) -> str:
    return ""


def _dated(target: str, write: Callable[[date], str]) -> Cell:
    kept: dict[date, str] = {}

    def cell(items: Items) -> str:
        day = items.get(target)
        if day is None:
            return ""
        text = kept.get(day)
        if text is None:
            text = kept[day] = write(day)
        return text

    return cell


class Places:
    """Draws invented addresses that the format's item `address` can say. Raises as `FileWriter`."""

    def __init__(self, format_: DeliveryFormat, writer: FileWriter) -> None:
        source = next(file for file in format_.file if file.record == PERSON).to["address"]
        self._parts: list[Source] = [source] if source.join is None else [*source.join]
        self._codes = {part.column or "": format_.code[part.code] for part in self._parts if part.code}
        self._building = next((part for part in self._parts if part.column and part.before), None)
        plain = [part for part in self._parts if part.column and not part.code and not part.before]
        if len(plain) != 1 or any(part.scale or part.file or part.date for part in self._parts):
            raise writer.wrong("to.address", "町名地番の列が一つの住所")
        self._plain = plain[0].column or ""

    def draw(self, random: Random) -> Place:
        quarter = _QUARTERS[int(random.random() * len(_QUARTERS))]
        block = _BLOCKS[int(random.random() * 5)]
        number = full_width(1 + int(random.random() * 60))
        columns = {
            self._plain: f"{quarter}{block}丁目{number}番{full_width(1 + int(random.random() * 30))}号"
        }
        for column, table in self._codes.items():
            codes = list(table)
            columns[column] = codes[int(random.random() * len(codes))]
        if self._building is not None and self._building.column:
            flat = random.random() < 0.55
            room = full_width(101 + 100 * int(random.random() * 9) + int(random.random() * 8))
            columns[self._building.column] = f"見本ハイツ{quarter[0]}{room}" if flat else ""
        text = domicile = ""
        for part in self._parts:
            if part.text is not None:
                text += part.text
                domicile += part.text
                continue
            cell = columns[part.column or ""]
            found = self._codes[part.column or ""][cell] if part.code else cell
            text += part.before + found if found else ""
            if part.code:
                domicile += found
        return Place(text, columns, f"{domicile}{quarter}{block}丁目{number}番地")
