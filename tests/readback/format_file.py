"""Reads a delivery by the format file of a user's own town: a second, small interpreter beside the product's.

It decodes the same files by the same agreement, and shares nothing but the format file. What it does not understand it refuses:
a paper must not be held against a guess.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from tests.readback.dates import NO_DAY, Day, read_day, stated
from tests.readback.host_text import host_text, is_host, read_characters
from tests.readback.register import Records, Resident
from tests.readback.seals import SealFile

_PERSON, _SEAL, _RESTRICTION = "person", "seal", "restriction"
_TEXTS = {
    "key": "宛名番号", "household": "世帯番号", "position": "世帯内順位", "name": "氏名", "kana": "氏名フリガナ",
    "former_surname": "旧氏", "alias": "通称", "sex": "性別", "relationship": "続柄", "head_of_household": "世帯主氏名",
    "address": "住所", "previous_address": "転入前住所", "domicile": "本籍", "domicile_head": "筆頭者",
    "my_number": "個人番号", "status": "住民状態", "nationality": "国籍・地域", "status_of_residence": "在留資格",
    "period": "在留期間", "card_number": "在留カード番号", "category": "外国人区分", "reading": "氏名フリガナ公証",
    "former_reading": "旧氏フリガナ公証", "former_kana": "旧氏フリガナ", "kanji_name": "漢字氏名", "address_before": "異動前住所",
}  # fmt: skip
_DAYS = {
    "birth": "生年月日", "resident_since": "住民となった年月日", "address_since": "住所を定めた年月日",
    "notified_on": "届出年月日", "period_ends": "在留期間満了日", "moves_on": "異動年月日", "arrived_on": "転入通知年月日",
}  # fmt: skip
_DATES = {_PERSON: {*_DAYS}, _SEAL: {"registered_on", "abolished_on"}}
_WORDS = {
    "sex": {"male": "男", "female": "女", "unknown": "不明", "": ""},
    "reading": {"official": "公証", "surname": "氏のみ", "given": "名のみ", "none": "なし", "": "なし"},
    "former_reading": {"official": "公証", "none": "なし", "": "なし"},
    "status": {"resident": "住民", "moving_out": "転出予定", "moved_out": "転出済", "deceased": "死亡"},
}
_SOURCE_KEYS = {
    "column", "text", "join", "code", "date", "match", "expected", "scale", "file", "structure", "before", "limit",
}  # fmt: skip
_BOM = b"\xef\xbb\xbf"


class Unreadable(ValueError):
    """A row or a format that this reader does not understand."""


@dataclass(frozen=True)
class Format:
    """A format file: its TOML as it stands, and the folder where it lies."""

    told: Mapping[str, Any]
    folder: Path = Path()

    @property
    def slip(self) -> str:
        """The file that says what belongs to a delivery."""
        return str(self.told["slip"]["file"])

    @property
    def differential(self) -> bool:
        return bool(self.told.get("mode", "full") == "differential")

    def read(self, delivery: Path, before: Records | None = None) -> Records:
        """Decode the delivery in that folder; a differential one changes `before`. A person whose row cannot be read is not
        there. Raises Unreadable for a differential delivery to nothing."""
        if self.differential and before is None:
            raise Unreadable("a differential delivery needs the one before it")
        people = dict(before.people) if before is not None and self.differential else {}
        seals = dict(before.seals) if before is not None and self.differential else {}
        numbers = dict(before.seal_rows) if before is not None and self.differential else {}
        others = dict(before.others) if before is not None and self.differential else {}
        for file in self.told["file"]:
            record = file["record"]
            if record == _RESTRICTION:
                continue
            told = dict(file)
            if "characters" in file:
                told["own"] = read_characters(self.folder / file["characters"])
            rows = [row for row in _rows(delivery, told, self.told.get("code", {})) if row is not None]
            rows = [row for row in rows if row.get("entry") != "provisional"]
            rows = _newest(rows, before, self.differential)
            if record == _PERSON:
                for row in rows:
                    _apply(people, row["key"], row, _resident(row))
            elif record == _SEAL:
                self._read_seals(seals, numbers, rows)
            else:
                others[record] = _merged(others.get(record, ()), rows)
        return Records(people, seals, others, tables="format file", seal_rows=numbers)

    @staticmethod
    def _read_seals(
        seals: dict[str, SealFile], numbers: dict[str, Mapping[str, str]], rows: list[dict[str, Any]]
    ) -> None:
        """Of those that are in force; who registers anew has one abolished row and one that is not."""
        for row in sorted(rows, key=lambda row: str(row["status"] == "registered")):
            living = row["status"] == "registered"
            file = SealFile(row["imprint"], row["width_mm"], row["height_mm"])
            if not living:
                seals.pop(row["person"], None)
            else:
                _apply(seals, row["person"], row, file)
                told = {"印鑑登録番号": row.get("number", ""), "片仮名氏名": row.get("katakana", "")}
                _apply(numbers, row["person"], row, told)


def _apply(kept: dict[str, Any], key: str, row: Mapping[str, Any], made: Any) -> None:
    if row.get("operation") == "deleted":
        kept.pop(key, None)
    else:
        kept[key] = made


def _merged(
    before: tuple[Mapping[str, Any], ...], rows: list[dict[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    named = {row["key"] for row in rows}
    kept = [row for row in before if row["key"] not in named]
    return (*kept, *(row for row in rows if row.get("operation") != "deleted"))


def load_formats(folder: Path) -> tuple[Format, ...]:
    """All formats of a municipality's folder `deliveries/`, in the order of their names."""
    return tuple(
        Format(tomllib.loads(path.read_text(encoding="utf-8")), folder)
        for path in sorted(folder.glob("*.toml"))
    )


def _newest(rows: list[dict[str, Any]], before: Records | None, differential: bool) -> list[dict[str, Any]]:
    """Of rows with 履歴番号 each record's last one; a record whose numbers do not go on one by one (a full delivery's from 1), or whose
    last row cancels it, is none, whatever was known of it."""
    if not any("history" in row for row in rows):
        return rows
    states: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        states.setdefault(row.get("key") or row["number"], []).append(row)
    found = []
    for told in states.values():
        numbers = [int(row["history"]) for row in told]
        first = numbers[0] if differential and before is not None else 1
        valid = (
            numbers == list(range(first, first + len(numbers))) and told[-1].get("entry", "valid") == "valid"
        )
        found.append(told[-1] if valid else told[-1] | {"operation": "deleted"})
    return found


def _resident(row: Mapping[str, Any]) -> Resident:
    texts = {name: str(row.get(target, "")) for target, name in _TEXTS.items()}
    for target, words in _WORDS.items():
        texts[_TEXTS[target]] = words[row.get(target, "")]
    days = {
        name: stated(str(row.get(f"{target}_words", "")), row.get(target, NO_DAY))
        for target, name in _DAYS.items()
    }
    return Resident(texts, days)


# --- rows ---------------------------------------------------------------------------------------------------------------------


def _rows(
    delivery: Path, file: Mapping[str, Any], tables: Mapping[str, Mapping[str, str]]
) -> Iterator[dict[str, Any] | None]:
    """Each row's items by their targets; None for a row that cannot be read. Raises Unreadable for what cannot be understood
    of the format itself."""
    for target, source in file["to"].items():
        _check_known(target, source)
    for row in _cells(delivery / file["name"], file):
        cells = {name: _in_own(text, file.get("own", {})) for name, text in row.items()}
        try:
            yield {
                target: _item(source, cells, file, target, delivery, tables)
                for target, source in file["to"].items()
            }
        except (ValueError, KeyError, ArithmeticError):
            yield None


def _cells(path: Path, file: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    raw = path.read_bytes().removeprefix(_BOM)
    encoding = file.get("encoding", "utf-8")
    container = file.get("container", "csv")
    if container == "csv":
        reader = csv.reader(io.StringIO(raw.decode(encoding), newline=""))
        if next(reader) != file["columns"]:
            raise Unreadable(f"{path.name}: another header")
        for row in reader:
            if len(row) == len(file["columns"]):
                yield dict(zip(file["columns"], row, strict=True))
    elif container == "fixed":
        step = file["record_length"] + len(file.get("ends", ""))
        for at in range(0, len(raw), step):
            record = raw[at : at + step]
            yield {one["name"]: _field(record, one, encoding, file.get("own", {})) for one in file["fields"]}
    elif container == "jsonl":
        for line in raw.decode(encoding).splitlines():
            told = json.loads(line)
            yield {name: _text(told.get(name)) for name in file["names"]}
    elif container == "json":
        told = json.loads(raw.decode(encoding))
        for one in told[file["row"]] if "row" in file else told:
            yield {name: _text(one.get(name)) for name in file["names"]}
    elif container == "xml":
        for element in _elements(raw.decode(encoding), file["row"]):
            told = {f"@{name}": value for name, value in element.attrib.items()}
            told |= {child.tag: _in_element(child, file.get("lists", ())) for child in element}
            yield {name: _text(told.get(name)) for name in file["names"]}
    else:
        raise Unreadable(f"the container {container}")


def _field(record: bytes, one: Mapping[str, Any], encoding: str, own: Mapping[str, str]) -> str:
    raw = record[one["at"] : one["at"] + one["length"]]
    if is_host(encoding):
        text = host_text(raw, encoding, own, wide=one.get("wide", False))
        if "\ufffd" in text:
            raise Unreadable(f"{one['name']}: a code without a character")
    else:
        text = raw.decode(encoding)
    return text.rstrip(" 　")


def _in_own(text: str, own: Mapping[str, str]) -> str:
    """With what the municipality means by a character that the file has."""
    return "".join(own.get(f"U+{ord(char):04X}", char) for char in text)


def _elements(text: str, row: str) -> Iterator[Element]:
    """Its declaration speaks of bytes, and so is left out."""
    yield from fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text)).iter(row)


def _in_element(element: Element, lists: Sequence[str]) -> Any:
    if element.tag in lists:
        return [_in_element(child, lists) for child in element]
    if len(element):
        return {child.tag: _in_element(child, lists) for child in element}
    return element.text or ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _check_known(target: str, source: Any) -> None:
    if isinstance(source, str):
        return
    if not source.keys() <= _SOURCE_KEYS:
        raise Unreadable(f"{target}: {sorted(source.keys() - _SOURCE_KEYS)}")
    for part in source.get("join", ()):
        _check_known(target, part)


def _item(
    source: Any,
    cells: Mapping[str, str],
    file: Mapping[str, Any],
    target: str,
    delivery: Path,
    tables: Mapping[str, Mapping[str, str]],
) -> Any:
    """The item `target` of one row: a text, a number, a Day, a structure or the path of a file of the delivery."""
    told = {"column": source} if isinstance(source, str) else source
    if "text" in told:
        return told["text"]
    if "join" in told:
        return "".join(_part(part, cells, file, delivery, tables) for part in told["join"])
    text = cells[told["column"]]
    notation = told.get("date", target in _DATES.get(file["record"], ()))
    if notation:
        return _day(text, file.get("dates", "gregorian") if notation is True else notation, told, tables)
    if told.get("structure"):
        return json.loads(text) if text else None
    if "code" in told:
        return tables[told["code"]][text] if text else tables[told["code"]].get("", "")
    if text and "match" in told and not re.fullmatch(told["match"], text):
        raise Unreadable(f"{target}: {text} is not as agreed")
    if "scale" in told:
        return float(Decimal(text) * Decimal(repr(told["scale"])))
    return delivery / text if told.get("file") else text


def _part(
    part: Any,
    cells: Mapping[str, str],
    file: Mapping[str, Any],
    delivery: Path,
    tables: Mapping[str, Mapping[str, str]],
) -> str:
    """A part of a joined text; a bare text stands for itself, and `before` stands only before something."""
    if isinstance(part, str):
        return part
    text = str(_item(part, cells, file, "", delivery, tables))
    return part.get("before", "") + text if text else ""


def _day(text: str, notation: str, told: Mapping[str, Any], tables: Mapping[str, Mapping[str, str]]) -> Day:
    """A code of the source's table stands for a day in ISO 8601 or for none; anything else is in the notation."""
    table = tables.get(told.get("code", ""), {})
    if text in table:
        return read_day(table[text], "iso8601")
    if notation == "coded":
        raise Unreadable(f"{text} is not among the codes")
    try:
        return read_day(text, notation)
    except ValueError as error:
        raise Unreadable(str(error)) from error
