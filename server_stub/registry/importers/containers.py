"""The containers of delivered files (CSV, fixed length, JSON, XML): from bytes to rows of texts, and what of them can be
saved when a file is not as agreed."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from server_stub.interface.failures import Failed

from .format_file import Layout
from .row_function import WHOLE_ROW, Misread, delivered_file
from .xml_rows import NotXml, xml_rows

BOM = b"\xef\xbb\xbf"
RawRow = tuple[int, list[str], Misread | None]
"""Line (counted from 1), the cells in the order of `Layout.cells`, and what is wrong with the row as a whole."""


def read_rows(path: Path, layout: Layout) -> Iterator[RawRow]:
    """The rows of `path`.

    A row that cannot be divided into its cells comes with what is wrong and the cells as far as they go. Raises
    Failed(Delivery_File_Missing), Failed(Delivery_Header_Wrong, file=, expected=, encoding=, perhaps line= and column=) when the first
    line, the encoding or the BOM is another, or a file of JSON or XML is none, Failed(Delivery_Record_Length_Wrong) when a fixed-length file is no whole number of records.
    """
    try:
        raw = delivered_file(path, path.parent).open("rb")
    except OSError:
        raise Failed("Delivery_File_Missing", file=path.name) from None
    with raw:
        has_bom = raw.peek(len(BOM))[: len(BOM)] == BOM
        if has_bom:
            raw.seek(len(BOM))
        if has_bom != layout.bom:
            wanted = (
                "先頭に BOM のあるファイル" if layout.bom else "先頭に BOM のないファイル（BOM があります）"
            )
            raise _header_wrong(path, layout, wanted)
        try:
            if layout.container == "fixed":
                yield from _in_own_characters(_fixed_rows(raw, path, layout), layout)
                return
            # unknown bytes become lone surrogates, which the check of each cell finds: so they too have a column
            with io.TextIOWrapper(
                raw, encoding=layout.encoding, errors="surrogateescape", newline=""
            ) as text:
                read = {"jsonl": _json_rows, "json": _json_array, "xml": _xml_rows}.get(layout.container)
                rows = _csv_rows(text, path, layout) if read is None else read(text, layout)
                yield from _in_own_characters(rows, layout)
        except UnicodeError:
            raise _header_wrong(path, layout, f"文字コード {layout.encoding} のファイル") from None
        except _NotOfThisForm as error:
            raise _header_wrong(path, layout, error.expected, error.line) from None


def _in_own_characters(rows: Iterator[RawRow], layout: Layout) -> Iterator[RawRow]:
    """With what the municipality means by a character in the place of what stands there."""
    own = layout.own_characters
    if not own.characters:
        yield from rows
        return
    for line, cells, wrong in rows:
        yield line, [own.apply(cell) for cell in cells], wrong


def _header_wrong(path: Path, layout: Layout, expected: str, line: int = 0, column: str = "") -> Failed:
    told = layout.encoding + (" BOMあり" if layout.bom else "")
    place: dict[str, int | str] = {"line": line} if line else {}
    place |= {"column": column} if column else {}
    return Failed("Delivery_Header_Wrong", file=path.name, **place, expected=expected, encoding=told)


def _other_header(path: Path, layout: Layout, first: list[str], header: list[str]) -> Failed:
    """Tell the first column that is another; what stands there is not told, for it may be somebody's row."""
    pairs = zip(first, header, strict=False)
    place = next((number for number, (one, other) in enumerate(pairs) if one != other), len(first))
    if place >= len(header):
        return _header_wrong(path, layout, f"見出しの{len(header)}列", 1)
    return _header_wrong(path, layout, f"見出し「{header[place]}」", 1, f"{place + 1}列目")


def _csv_rows(text: TextIO, path: Path, layout: Layout) -> Iterator[RawRow]:
    header = list(layout.cells())
    width = len(header)
    reader = csv.reader(text, strict=True)
    try:
        first = next(reader, [])
    except csv.Error:
        first = []
    if first != header:
        raise _other_header(path, layout, first, header)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, [], Misread(WHOLE_ROW, "CSV の行")
            continue
        if len(cells) == width:
            yield line, cells, None
        else:
            yield line, cells, Misread(header[min(len(cells), width - 1)], f"{width}列")


def _fixed_rows(raw: BinaryIO, path: Path, layout: Layout) -> Iterator[RawRow]:
    ends = layout.ends.encode("ascii")
    length = layout.record_length or 0
    fields = layout.field_texts("surrogateescape")
    line = 0
    while record := raw.read(length + len(ends)):
        line += 1
        if len(record) != length + len(ends) or record[length:] != ends:
            raise Failed(
                "Delivery_Record_Length_Wrong",
                file=path.name,
                line=line,
                expected=f"{length}バイトのレコード",
            )
        yield (
            line,
            [read(record[place]).rstrip(" \u3000") for place, read in fields],
            None,
        )


class _NotOfThisForm(ValueError):
    """The whole of a file cannot be read: what was expected, on which line if that is known."""

    def __init__(self, expected: str, line: int = 0) -> None:
        super().__init__(expected)
        self.expected, self.line = expected, line


def _json_array(text: TextIO, layout: Layout) -> Iterator[RawRow]:
    """The rows of an array are counted from 1, as the lines of other files. The whole of it is held at once."""
    names, structures = layout.cells(), layout.structures()
    try:
        found = json.loads(text.read(), object_pairs_hook=_each_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise _NotOfThisForm("JSON の書き方", error.lineno) from None
    except (ValueError, RecursionError):
        raise _NotOfThisForm("同じ名前の重ならない JSON") from None
    if layout.row is not None:
        found = found.get(layout.row) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise _NotOfThisForm(f"「{layout.row}」に配列のある JSON" if layout.row else "配列の JSON")
    for line, one in enumerate(found, start=1):
        if isinstance(one, dict):
            yield line, *_cells_of(one, names, structures)
        else:
            yield line, [], Misread(WHOLE_ROW, "JSON のオブジェクト", _json_pieces(json.dumps(one)))


def _xml_rows(text: TextIO, layout: Layout) -> Iterator[RawRow]:
    names, structures = layout.cells(), layout.structures()
    assert layout.row is not None
    try:
        for line, members, texts in xml_rows(text, layout.row, frozenset(layout.lists)):
            if members is None:
                yield line, [], Misread(WHOLE_ROW, f"同じ名前の重ならない要素だけがある {layout.row}", texts)
            else:
                yield line, *_cells_of(members, names, structures)
    except NotXml as error:
        raise _NotOfThisForm("文書型宣言のない、正しい書き方の XML", error.line) from None


def _json_rows(text: TextIO, layout: Layout) -> Iterator[RawRow]:
    names, structures = layout.cells(), layout.structures()
    for line, content in enumerate(text, start=1):
        found = _json_object(content)
        if found is None:
            yield line, [], Misread(WHOLE_ROW, "JSON のオブジェクト", _json_pieces(content))
            continue
        try:
            yield line, *_cells_of(found, names, structures)
        except RecursionError:
            yield line, [], Misread(WHOLE_ROW, "JSON のオブジェクト", _json_pieces(content))


def _cells_of(
    found: Mapping[str, Any], names: tuple[str, ...], structures: frozenset[str]
) -> tuple[list[str], Misread | None]:
    """The cells of an object, a structure as JSON, and what is wrong with it."""
    wrong = None
    odd = [
        name
        for name in names
        if name not in structures and not isinstance(found.get(name), str | int | float | None)
    ]
    if odd:
        wrong = Misread(odd[0], "文字列か数")
    elif not found.keys() <= set(names):
        wrong = Misread(WHOLE_ROW, "・".join(names) + " のほかに名前のないオブジェクト")
    return [_json_text(found.get(name), name in structures) for name in names], wrong


def _json_object(content: str) -> dict[str, Any] | None:
    try:
        found = json.loads(content, object_pairs_hook=_each_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two members of one name nobody can say which is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(name: str) -> Any:
    """NaN and Infinity, which JSON does not know."""
    raise ValueError(name)


def _json_pieces(content: str) -> list[str]:
    """What stands between any two quotes of a broken line: its texts are among it, wherever a quote is missing."""
    pieces = []
    for piece in content.split('"'):
        try:
            pieces.append(str(json.loads(f'"{piece}"')))
        except ValueError:
            pieces.append(piece)
    return pieces


def _json_text(value: Any, structure: bool = False) -> str:
    """A number as JSON writes it, and so whatever stands where a structure is to be; '' for null and for any other structure."""
    if value is not None and structure:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, int | float) else ""


def salvage_rows(path: Path, layout: Layout) -> Iterator[list[str]]:
    """The rows of `path` as far as they can be read, whatever is wrong with it: each cell without blanks around it and in plain
    digits and letters (NFKC). A header in another order is followed. Raises nothing."""
    try:
        raw = delivered_file(path, path.parent).read_bytes()
    except OSError:
        return
    names = layout.cells()
    read = {
        "csv": _salvage_csv, "fixed": _salvage_fixed, "jsonl": _salvage_json, "json": _salvage_array, "xml": _salvage_xml,
    }[layout.container]  # fmt: skip
    for row in read(raw, layout):
        cells = [
            unicodedata.normalize("NFKC", layout.own_characters.apply(row.get(name, ""))).strip()
            for name in names
        ]
        if any(row.values()):
            yield cells


def _text(raw: bytes, layout: Layout) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    return raw.removeprefix(BOM).decode(layout.encoding, "replace")


def _salvage_csv(raw: bytes, layout: Layout) -> Iterator[dict[str, str]]:
    columns = list(layout.cells())
    for number, line in enumerate(_text(raw, layout).splitlines()):
        cells = [unicodedata.normalize("NFKC", cell).strip() for cell in _cells(line)]
        if number == 0 and set(cells) & set(columns):
            columns = cells
            continue
        yield dict(zip(columns, cells, strict=False))


def _cells(line: str) -> list[str]:
    """One line at a time: a quote that is not closed spoils no more than its own row."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return line.replace('"', "").split(",")


def _salvage_fixed(raw: bytes, layout: Layout) -> Iterator[dict[str, str]]:
    length = (layout.record_length or 0) + len(layout.ends)
    records = (
        raw.splitlines() if layout.ends else [raw[at : at + length] for at in range(0, len(raw), length)]
    )
    for record in records:
        texts = [read(record[place]) for place, read in layout.field_texts("replace")]
        yield dict(zip(layout.cells(), texts, strict=True))


def _salvage_json(raw: bytes, layout: Layout) -> Iterator[dict[str, str]]:
    for line in _text(raw, layout).splitlines():
        found = _json_object(line)
        yield {"": line} if found is None else {str(name): _json_text(one) for name, one in found.items()}


_OBJECT = re.compile(r"\{[^{}]*\}")


def _salvage_array(raw: bytes, layout: Layout) -> Iterator[dict[str, str]]:
    """Object by object, whatever is wrong around them."""
    for told in _OBJECT.findall(_text(raw, layout)):
        found = _json_object(told)
        yield {"": told} if found is None else {str(name): _json_text(one) for name, one in found.items()}


def _salvage_xml(raw: bytes, layout: Layout) -> Iterator[dict[str, str]]:
    """Row by row by its tags, whatever is wrong around them."""
    row = re.escape(layout.row or "")
    for told in re.findall(rf"<{row}[\s>].*?</{row}\s*>", _text(raw, layout), re.DOTALL):
        yield {name: html.unescape(text) for name, text in re.findall(r"<([^\s/>]+)[^>]*>([^<]*)</\1", told)}
