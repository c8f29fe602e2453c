"""From the cells of a row to the items of a record: each file of a format is compiled to one function, once."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

from .dates import MOMENT, NOTATIONS, Notation
from .format_file import DATES, FileFormat, Slip, Source

LARGEST_FILE = 20_000_000
"""Bytes of a file that a row names; an imprint has some thousand."""
WHOLE_ROW = "行全体"
"""Stands for the column where a row cannot even be divided into columns."""
Cells = Sequence[str]
Getter = Callable[[Cells], Any]


class Misread(Exception):
    """A cell that is not as agreed: its column and what was expected there, never what was found: it may be personal. `left`: what
    can still be told apart in a row that is none; it is no argument of the exception, so that nothing prints it."""

    def __init__(self, column: str, expected: str, left: Sequence[str] = ()) -> None:
        super().__init__(column, expected)
        self.column = column
        self.expected = expected
        self.left = tuple(left)


class Unusable(Exception):
    """An item that a rule of its record refuses; `RowFunction.misread` finds the column it came from. `also`: whoever else's
    record cannot be used because of it."""

    def __init__(self, target: str, expected: str, also: tuple[str, ...] = ()) -> None:
        super().__init__(target, expected)
        self.target = target
        self.expected = expected
        self.also = also


_NEVER = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories that no cell may hold. Cs: bytes that the encoding does not know arrive as lone surrogates."""


class RowFunction:
    """`function(cells)` gives the items of one row by target; '' (None for a date) where the item does not exist.

    Raises Misread for the first cell that is not as agreed. `folder`: where the files lie that a row names.
    """

    def __init__(
        self, layout: FileFormat | Slip, code: Mapping[str, Mapping[str, str]], folder: Path
    ) -> None:
        self._cells = {name: number for number, name in enumerate(layout.cells())}
        self._code = code
        self._folder = folder
        self._sources = layout.to if isinstance(layout, FileFormat) else layout.targets()
        self._notation = NOTATIONS[layout.dates] if isinstance(layout, FileFormat) else MOMENT
        dates = DATES.get(layout.record, frozenset()) if isinstance(layout, FileFormat) else frozenset()
        self._dates = dates
        self._getters = {
            target: self._getter(source, target in dates) for target, source in self._sources.items()
        }
        # what stands in the row as it is goes over at once: of a resident's forty cells half do
        plain = {target: source.column for target, source in self._sources.items() if self._is_plain(target)}
        self._order = dict.fromkeys(self._sources)
        self._plain_targets = tuple(plain)
        self._plain_cells = tuple(self._cells[column] for column in plain.values() if column is not None)
        self._others = tuple((target, get) for target, get in self._getters.items() if target not in plain)
        self._texts = tuple(
            (self._cells[part.column], part.column, part.limit)
            for source in self._sources.values()
            for part in source.parts()
            if part.column is not None and not part.structure
        )
        self._shortest = min((limit for _, _, limit in self._texts), default=100)

    def __call__(self, cells: Cells) -> dict[str, Any]:
        if not _plain(cells, self._shortest):
            self._check_texts(cells)
        items = self._order.copy()
        items.update(zip(self._plain_targets, [cells[number] for number in self._plain_cells], strict=True))
        for target, get in self._others:
            items[target] = get(cells)
        return items

    def _is_plain(self, target: str) -> bool:
        """Whether the item is the cell, whatever stands there."""
        source = self._sources[target]
        return (
            source.column is not None
            and self._notation_of(source, target in self._dates) is None
            and not (source.structure or source.file or source.code or source.scale or source.match)
        )

    def item(self, cells: Cells, target: str) -> Any:
        """One item of a row that may be broken elsewhere; None if it cannot be read or is not there."""
        get = self._getters.get(target)
        try:
            found = (get(cells) or None) if get is not None else None
        except (Misread, IndexError):
            return None
        return None if isinstance(found, str) and not readable(found) else found

    def misread(self, unusable: Unusable) -> Misread:
        """The same with the column that the item came from; of several the first one that was taken over as it stands."""
        return Misread(self.column_of(unusable.target), unusable.expected)

    def column_of(self, target: str) -> str:
        columns = list(self._sources[target].columns()) if target in self._sources else []
        plain = [column for column, as_it_stands in columns if as_it_stands]
        return (plain or [column for column, _ in columns] or [WHOLE_ROW])[0]

    def _check_texts(self, cells: Cells) -> None:
        for number, column, limit in self._texts:
            _check_text(column, cells[number], limit)

    def _getter(self, source: Source, is_date: bool) -> Getter:
        if source.join is not None:
            return self._joined([self._getter(part, False) for part in source.join], source.join)
        if source.text is not None:
            text = source.text
            return lambda cells: text
        assert source.column is not None
        column, number = source.column, self._cells[source.column]
        notation = self._notation_of(source, is_date)
        table = self._code[source.code] if source.code is not None else None
        if notation is not None:
            return _date(column, number, notation, table or {})
        if source.structure:
            return _structured(column, number, source.limit)
        if source.file:
            return self._file(column, number, _matcher(source))
        if table is not None:
            return _coded(column, number, table)
        if source.scale is not None:
            return _scaled(column, number, Decimal(repr(source.scale)), _matcher(source))
        if source.match is not None:
            return _matched(column, number, source, _matcher(source))
        return lambda cells: cells[number]

    def _notation_of(self, source: Source, is_date: bool) -> Notation | None:
        if isinstance(source.date, str):
            return self._notation if self._notation is MOMENT else NOTATIONS[source.date]
        return self._notation if source.date or is_date else None

    @staticmethod
    def _joined(getters: list[Getter], parts: Sequence[Source]) -> Getter:
        told = list(
            zip(getters, [part.before for part in parts], [part.column for part in parts], strict=True)
        )

        def join(cells: Cells) -> str:
            text = ""
            for get, before, column in told:
                found = str(get(cells))
                if found:
                    text += before + found
                elif column is not None and not before:
                    raise Misread(column, "必須項目")
            return text

        return join

    def _file(self, column: str, number: int, matches: Callable[[str], object]) -> Getter:
        folder = self._folder

        def read(cells: Cells) -> bytes:
            name = cells[number]
            path = PurePosixPath(name)
            inside = (
                name and not path.is_absolute() and ".." not in path.parts and not {"\\", ":"} & set(name)
            )
            if not inside or not matches(name):
                raise Misread(column, "連携フォルダの中のファイルの名前")
            try:
                file = delivered_file(folder / path, folder)
                if file.stat().st_size > LARGEST_FILE:
                    raise Misread(column, f"{LARGEST_FILE // 1_000_000}メガバイトまでのファイル")
                return file.read_bytes()
            except (OSError, ValueError):
                raise Misread(column, "連携フォルダにあるファイル") from None

        return read


def delivered_file(path: Path, folder: Path) -> Path:
    """The path of a file that was delivered in `folder`. Raises OSError for what is no file (a pipe or a device would be read for
    ever), and for a link that leads out of the folder."""
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        raise FileNotFoundError(path.name)
    return path


def readable(text: str) -> bool:
    if "\ufffd" not in text and text.replace("\u3000", " ").isprintable():
        return True  # nothing printable is of those categories, and nearly every text is
    return not any(unicodedata.category(char) in _NEVER or char == "\ufffd" for char in text)


def _plain(cells: Cells, limit: int) -> bool:
    """Whether nothing can be wrong with the texts of the row as such; a few right ones do not look plain."""
    text = "".join(cells)
    if not text.replace("\u3000", " ").isprintable() or "\ufffd" in text:
        return False
    return max(map(len, cells), default=0) <= limit and list(map(str.strip, cells)) == list(cells)


def _matcher(source: Source) -> Callable[[str], object]:
    return re.compile(source.match).fullmatch if source.match is not None else lambda text: True


def _matched(column: str, number: int, source: Source, matches: Callable[[str], object]) -> Getter:
    expected = source.expected or f"取決めの形（{source.match}）"

    def read(cells: Cells) -> str:
        text = cells[number]
        if text and not matches(text):
            raise Misread(column, expected)
        return text

    return read


def _coded(column: str, number: int, table: Mapping[str, str]) -> Getter:
    expected = "コード " + "・".join(table)

    def read(cells: Cells) -> str:
        text = cells[number]
        meant = table.get(text)
        if meant is not None:
            return meant
        if text:
            raise Misread(column, expected)
        return ""

    return read


def _date(column: str, number: int, notation: Notation, table: Mapping[str, str]) -> Getter:
    """The codes stand for a date in ISO 8601, or for none."""
    coded = {code: NOTATIONS["iso8601"].read(text) if text else None for code, text in table.items()}
    read_date, expected = notation.read, notation.expected

    def read(cells: Cells) -> Any:
        text = cells[number]
        if text in coded:
            return coded[text]
        if not text:
            return None
        try:
            return read_date(text)
        except ValueError:
            raise Misread(column, expected) from None

    return read


MOST_VALUES, MOST_LEVELS = 5_000, 12
"""Of one structure: texts, numbers, lists and objects together, and how deep they lie in each other."""


def _structured(column: str, number: int, limit: int) -> Getter:
    """A cell holds a structure as JSON. None: there is none."""

    def read(cells: Cells) -> Any:
        text = cells[number]
        if not text:
            return None
        found = json.loads(text)
        if not isinstance(found, list | dict):
            raise Misread(column, "配列かオブジェクト")
        left = MOST_VALUES
        waiting = [(found, 1)]
        while waiting:
            value, level = waiting.pop()
            left -= 1
            if left < 0 or level > MOST_LEVELS:
                raise Misread(column, f"値{MOST_VALUES}個以内・{MOST_LEVELS}段以内の構造")
            if isinstance(value, str):
                _check_text(column, value, limit)
            elif isinstance(value, dict):
                for name in value:
                    _check_text(column, name, limit)
                waiting += [(inner, level + 1) for inner in value.values()]
            elif isinstance(value, list):
                waiting += [(inner, level + 1) for inner in value]
        return found

    return read


def _check_text(column: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise Misread(column, f"{limit}文字以内")
    if text != text.strip():
        raise Misread(column, "前後に空白のない値")
    if not readable(text):
        raise Misread(column, "取決めの文字コードの文字")


def _scaled(column: str, number: int, scale: Decimal, matches: Callable[[str], object]) -> Getter:
    def read(cells: Cells) -> Any:
        text = cells[number]
        if not text:
            return ""
        if not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", text) or not matches(text):
            raise Misread(column, "数字")
        return float(Decimal(text) * scale)

    return read
