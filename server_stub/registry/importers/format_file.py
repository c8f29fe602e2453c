"""A delivery format: a TOML file that says how the files of a delivery are written, and nothing else.

It decodes: encoding, container, columns or offsets, code tables, notations of dates, which column becomes which item of a
record. Every rule about what a record may be stands in code, once for all formats (`person_record`, `seal_record`,
`restriction_record`); there is no language of conditions here. docs/deliveries.md describes each key with an example.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from server_stub.interface.failures import Failed
from server_stub.registry.records import ResidentStatus, SealEnd, SealStatus
from server_stub.registry.values import ReadingKind
from server_stub.settings_file import (
    Settings,
    file_named,
    matching,
    read_settings,
    settings_problems,
    settings_wrong,
)

from . import host_codes

PERSON, SEAL, RESTRICTION = "person", "seal", "restriction"
OPERATION = "operation"
HISTORY, ENTRY = "history", "entry"
VALID, CANCELLED = "valid", "cancelled"
NEW, CHANGED, DELETED = "new", "changed", "deleted"
SEXES = ("male", "female", "unknown")
ABOLISHED = "abolished"
YES_NO = ("yes", "no")
PROVISIONAL = "provisional"
"""Of a row of the resident register: 仮登録, which is entered and not approved yet."""

_REQUIRED = {
    PERSON: (
        "key", "household", "name", "kana", "birth", "sex", "relationship", "head_of_household", "address",
        "resident_since", "notified_on", "status",
    ),
    SEAL: ("number", "person", "registered_on", "status", "imprint", "width_mm", "height_mm"),
    RESTRICTION: ("person", "reason", "since", "released_on"),
}  # fmt: skip
_OPTIONAL = {
    PERSON: (
        "my_number", "position", "address_since", "previous_address", "domicile", "domicile_head", "moved_to", "moves_on", "arrived_on",
        "former_surname", "former_kana", "former_reading", "reading", "alias", "alias_kana", "kanji_name", "nationality",
        "status_of_residence", "period", "period_ends", "card_number", "category", "birth_words", "resident_since_words",
        "address_since_words", "address_before", "characters_pending", "history", "entry",
    ),
    SEAL: ("abolished_on", "abolished_because", "katakana", "ward", "birth", "history", "entry"),
    RESTRICTION: ("until", "household", "register"),
}  # fmt: skip
DATES = {
    PERSON: frozenset(
        {"birth", "resident_since", "address_since", "notified_on", "moves_on", "arrived_on", "period_ends"}
    ),
    SEAL: frozenset({"registered_on", "abolished_on", "birth"}),
    RESTRICTION: frozenset({"since", "until", "released_on"}),
}
_CLOSED = {
    (PERSON, "sex"): SEXES,
    (PERSON, "status"): tuple(status.value for status in ResidentStatus),
    (PERSON, "reading"): tuple(kind.value for kind in ReadingKind),
    (PERSON, "former_reading"): (ReadingKind.OFFICIAL.value, ReadingKind.NONE.value),
    (PERSON, "characters_pending"): YES_NO,
    (SEAL, "status"): (*(status.value for status in SealStatus), ABOLISHED),
    (SEAL, "abolished_because"): tuple(cause.value for cause in SealEnd if cause.value),
    (SEAL, "ward"): YES_NO,
}
_NUMBERS = ("width_mm", "height_mm")
_NESTING = ("jsonl", "json", "xml")
"""The containers whose cells may hold structures."""


def _is_pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        raise ValueError("正規表現") from None
    return text


def _is_encoding(text: str) -> str:
    if text in host_codes.NAMES:
        return text
    try:
        if not text.isprintable():
            raise LookupError(text)
        "".encode(text)
        codecs.getincrementaldecoder(text)
    except (LookupError, UnicodeError):
        told = "・".join(sorted(host_codes.NAMES))
        raise ValueError(f"Python にある文字コードの名前（utf-8、cp932 など）か、ホストの {told}") from None
    return text


Name = Annotated[str, Field(min_length=1, max_length=100)]
FileName = Annotated[str, matching(r"[^/\\\x00-\x1f]{1,100}", "フォルダを含まないファイル名")]
NotationName = Literal["era_digit", "era_letter", "gregorian", "iso8601", "moment", "coded"]


def _is_notation(value: Any) -> Any:
    if not isinstance(value, bool) and value not in get_args(NotationName):
        raise ValueError("true か、日付の書き方 " + "・".join(get_args(NotationName)) + " のいずれか")
    return value


class Source(Settings):
    """Where an item comes from: one column, a constant text, or several joined. A bare text is the name of a column.

    `code`: the table that its value is looked up in. `date`: its notation, true for the file's own. `match`: a regular
    expression that the whole value must satisfy, `expected` says it in words. `scale`: the value is a number, times this.
    `file`: it names a file of the delivery, whose bytes are the item. `before`: a text put before it where it is not empty.
    `structure`: it is a list or an object of its own (JSON), taken over as it stands; `limit` then counts for each text in it.
    """

    column: Name | None = None
    text: str | None = None
    join: Annotated[list[Part], Field(min_length=1)] | None = None
    code: str | None = None
    date: Annotated[NotationName | bool, BeforeValidator(_is_notation)] = False
    match: Annotated[str, Field(max_length=200)] | None = None
    expected: Name | None = None
    scale: Annotated[float, Field(gt=0, le=1_000_000, strict=False)] | None = None
    file: bool = False
    structure: bool = False
    before: str = ""
    limit: Annotated[int, Field(ge=1, le=20_000)] = 100

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_one(self) -> Source:
        if sum(one is not None for one in (self.column, self.text, self.join)) != 1:
            raise ValueError("column・text・join のどれか一つ")
        if self.match is not None:
            _is_pattern(self.match)
        return self

    def columns(self) -> Iterator[tuple[str, bool]]:
        """Each column of it, and whether it is taken over as it stands."""
        if self.column is not None:
            yield self.column, self.code is None
        for part in self.join or ():
            yield from part.columns()

    def parts(self) -> Iterator[Source]:
        yield self
        for part in self.join or ():
            yield from part.parts()


class Part(Source):
    """A part of a join: a bare text stands for itself. One with `before` may be empty, any other may not."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class FixedField(Settings):
    """A field of a fixed-length record: its first byte, counted from 0, and its length in bytes. `wide`: of a host, with two-byte
    characters alone and no shift codes."""

    name: Name
    at: Annotated[int, Field(ge=0)]
    length: Annotated[int, Field(ge=1)]
    wide: bool = False


class Layout(Settings):
    """How a file is written. `ends`: what stands behind each record of fixed length (`record_length` is without it).
    `characters`: the table of the municipality's own characters, a file beside the format file. `row`: the element of XML that is
    a row, or the member of JSON that holds the array of rows (none: the array is the whole). `lists`: the elements of XML
    whose children are a list."""

    container: Literal["csv", "fixed", "jsonl", "json", "xml"] = "csv"
    encoding: str = "utf-8"
    characters: FileName | None = None
    bom: bool = False
    columns: Annotated[list[Name], Field(min_length=1)] | None = None
    names: Annotated[list[Name], Field(min_length=1)] | None = None
    row: Name | None = None
    lists: list[Name] = []
    fields: Annotated[list[FixedField], Field(min_length=1)] | None = None
    record_length: Annotated[int, Field(ge=1, le=100_000)] | None = None
    ends: Literal["", "\n", "\r\n"] = ""

    _characters: host_codes.Characters = PrivateAttr(default_factory=host_codes.Characters)

    def load_characters(self, folder: Path) -> None:
        """Raises ValueError, with what was expected, and OSError."""
        if self.characters is not None:
            self._characters = host_codes.read_characters(folder / self.characters)

    @property
    def own_characters(self) -> host_codes.Characters:
        return self._characters

    @property
    def is_host(self) -> bool:
        return self.encoding in host_codes.NAMES

    def field_texts(self, errors: str) -> list[tuple[slice, Callable[[bytes], str]]]:
        """Where each field of a fixed-length record lies, and how its bytes are read. `errors`: what becomes of bytes that the
        encoding does not know; of a host's they become U+FFFD."""
        found: list[tuple[slice, Callable[[bytes], str]]] = []
        for one in self.fields or ():
            place = slice(one.at, one.at + one.length)
            if self.is_host:
                decode = host_codes.host_code(self.encoding).decode
                found.append((place, partial(decode, wide=one.wide, own=self._characters.codes)))
            else:
                found.append((place, partial(bytes.decode, encoding=self.encoding, errors=errors)))
        return found

    @property
    def nests(self) -> bool:
        """Whether a cell may hold a structure."""
        return self.container in _NESTING

    def cells(self) -> tuple[str, ...]:
        """The names of a row's cells in their order."""
        return tuple(self.columns or self.names or [field.name for field in self.fields or ()])

    def structures(self) -> frozenset[str]:
        """The names of those that hold structures, not texts."""
        return frozenset()


class Slip(Layout):
    """The file that says what belongs to the delivery: one row a file."""

    file: FileName
    municipality: Source
    made_at: Source
    name: Source
    count: Source
    base: Source | None = None

    def targets(self) -> dict[str, Source]:
        told = {name: getattr(self, name) for name in ("municipality", "made_at", "name", "count", "base")}
        return {name: source for name, source in told.items() if source is not None}


class FileFormat(Layout):
    """One file with the records of one register."""

    record: Annotated[
        str, matching(r"[a-z][a-z0-9_]{0,39}", "英小文字・数字・_ の名前（person・seal・restriction など）")
    ]
    name: FileName
    dates: NotationName = "gregorian"
    to: dict[str, Source]

    @property
    def typed(self) -> bool:
        return self.record in _REQUIRED

    def structures(self) -> frozenset[str]:
        return frozenset(source.column for source in self.to.values() if source.structure and source.column)


class DeliveryFormat(Settings):
    """A whole format file. `full`: a delivery replaces the one before; `differential`: it changes the living one."""

    municipality: Annotated[str, matching(r"[0-9]{5}", "数字5桁")]
    mode: Literal["full", "differential"] = "full"
    slip: Slip
    code: dict[str, dict[str, str]] = {}
    file: Annotated[list[FileFormat], Field(min_length=1)]

    @property
    def differential(self) -> bool:
        return self.mode == "differential"

    def file_of(self, register: str) -> FileFormat | None:
        return next((file for file in self.file if file.record == register), None)

    def file_names(self) -> tuple[str, ...]:
        return tuple(file.name for file in self.file)


def load_format(path: Path) -> DeliveryFormat:
    """Read one format file. Raises Failed(Settings_Wrong, file=, field=, expected=)."""
    found = read_settings(path, DeliveryFormat)
    wrong = _Wrong(file_named(path))
    _check(found, wrong)
    for place, layout in (
        ("slip", found.slip),
        *((f"file[{n}]", one) for n, one in enumerate(found.file, start=1)),
    ):
        try:
            layout.load_characters(path.parent)
        except (OSError, UnicodeError):
            raise wrong(f"{place}.characters", "書式のファイルの隣にある UTF-8 の CSV の名前") from None
        except ValueError as error:
            raise wrong(f"{place}.characters", f"{layout.characters} の{error}") from None
    return found


def formats_in(folder: Path, municipality: str = "") -> tuple[DeliveryFormat, ...]:
    """Load the formats in `folder`, in the order of their files' names; at least one, and of that municipality only ('': of
    any).

    Raises Failed(Settings_Wrong): none there, one is wrong, or one is of another municipality.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise settings_wrong(file_named(folder), "", "連携の書式のファイル（*.toml）")
    found = []
    for path in paths:
        one = load_format(path)
        if municipality not in ("", one.municipality):
            raise settings_wrong(file_named(path), "municipality", f"この市区町村のコード {municipality}")
        found.append(one)
    return tuple(found)


def format_problems(folder: Path, municipality: str = "") -> list[Failed]:
    """List what is wrong with the formats in `folder`: everything of their structure, and the first thing that does not fit."""
    found = [
        problem
        for path in sorted(folder.glob("*.toml"))
        for problem in settings_problems(path, DeliveryFormat)
    ]
    if not found:
        try:
            formats_in(folder, municipality)
        except Failed as failed:
            found.append(failed)
    return found


_DAYS = "値が 2026-06-03 のような日付か空の表"


class _Wrong:
    """Makes the failure that names a place of one format file."""

    def __init__(self, file: str) -> None:
        self._file = file

    def __call__(self, field: str, expected: str) -> Failed:
        return settings_wrong(self._file, field, expected)


def _check(found: DeliveryFormat, wrong: _Wrong) -> None:
    """What must hold between the keys of a format file."""
    _check_layout(found.slip, found.slip.targets(), found.code, "slip", wrong)
    for moment in ("made_at", "base"):
        source = found.slip.targets().get(moment)
        if source is not None and source.date != "iso8601":
            raise wrong(f"slip.{moment}.date", "iso8601")
    if found.differential != (found.slip.base is not None):
        raise wrong("slip.base", '差分（mode = "differential"）のときだけ、元を示す列')
    names = [found.slip.file, *found.file_names()]
    for number, file in enumerate(found.file, start=1):
        place = f"file[{number}]"
        if names.count(file.name) > 1:
            raise wrong(f"{place}.name", "ほかと重ならないファイル名")
        if [other.record for other in found.file].count(file.record) > 1:
            raise wrong(f"{place}.record", "ほかと重ならない record")
        _check_layout(file, file.to, found.code, place, wrong)
        _check_targets(file, found, place, wrong)
    if not found.differential and found.file_of(PERSON) is None:
        raise wrong("file", f'record = "{PERSON}" のファイル')


def _check_layout(
    layout: Layout, to: Mapping[str, Source], code: Mapping[str, Any], place: str, wrong: _Wrong
) -> None:
    try:
        _is_encoding(layout.encoding)
    except ValueError as error:
        raise wrong(f"{place}.encoding", str(error)) from None
    if layout.is_host and layout.container != "fixed":
        raise wrong(f"{place}.encoding", "ホストの文字コードなら container が fixed")
    own = {"csv": "columns", "fixed": "fields"} | dict.fromkeys(_NESTING, "names")
    for key in ("columns", "fields", "names"):
        if (getattr(layout, key) is not None) != (own[layout.container] == key):
            told = "・".join(container for container, one in own.items() if one == key)
            raise wrong(f"{place}.{key}", f"container が {told} のときだけ、必ず書く")
    if layout.row is not None and layout.container not in ("xml", "json"):
        raise wrong(f"{place}.row", "container が xml か json のときだけ書く")
    if layout.row is None and layout.container == "xml":
        raise wrong(f"{place}.row", "1件を表す要素の名前")
    if layout.lists and layout.container != "xml":
        raise wrong(f"{place}.lists", "container が xml のときだけ書く")
    if (layout.record_length is not None) != (layout.container == "fixed"):
        raise wrong(f"{place}.record_length", "container が fixed のときだけ、必ず書く")
    if any(one.wide for one in layout.fields or ()) and not layout.is_host:
        raise wrong(f"{place}.fields", "wide = true はホストの文字コードのときだけ")
    cells = layout.cells()
    if len(set(cells)) != len(cells):
        raise wrong(f"{place}.{own[layout.container]}", "重ならない名前")
    for number, field in enumerate(layout.fields or (), start=1):
        if field.at + field.length > (layout.record_length or 0):
            raise wrong(f"{place}.fields[{number}].length", "record_length に収まる長さ")
    for target, source in to.items():
        for part in source.parts():
            if part.column is not None and part.column not in cells:
                raise wrong(f"{place}.{_to(layout)}{target}.column", "列 " + "・".join(cells) + " のいずれか")
            if part.code is not None and part.code not in code:
                raise wrong(f"{place}.{_to(layout)}{target}.code", "このファイルにある表 [code.…] の名前")
            if part.date and not all(map(_is_day, code.get(part.code or "", {}).values())):
                raise wrong(f"{place}.{_to(layout)}{target}.code", _DAYS)
            if part.date == "coded" and part.code is None:
                raise wrong(f"{place}.{_to(layout)}{target}.code", 'date = "coded" の日付の表')


def _is_day(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _to(layout: Layout) -> str:
    return "to." if isinstance(layout, FileFormat) else ""


def _check_targets(file: FileFormat, found: DeliveryFormat, place: str, wrong: _Wrong) -> None:
    changes = found.differential and file.record != RESTRICTION
    must = [*_REQUIRED.get(file.record, ("key",)), *([OPERATION] if changes else [])]
    may = None if not file.typed else {*must, *_OPTIONAL[file.record]}
    for target in file.to:  # first: a misspelt item is missing under its right name too
        if may is not None and target not in may:
            raise wrong(f"{place}.to.{target}", "項目 " + "・".join(sorted(may)) + " のいずれか")
    for target in must:
        if target not in file.to:
            raise wrong(f"{place}.to.{target}", "この項目（書かれていません）")
    for target, source in file.to.items():
        here = f"{place}.to.{target}"
        if target == OPERATION and not changes:
            raise wrong(here, "差分の書式だけにある項目")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", target):
            raise wrong(here, "英小文字・数字・_ の名前")
        closed = (NEW, CHANGED, DELETED) if target == OPERATION else _CLOSED.get((file.record, target))
        approval = target == ENTRY and file.record == PERSON
        if target == ENTRY:
            # what is cancelled is told from what it cancels by its number; 仮登録 needs none
            cancelled = (CANCELLED,) if HISTORY in file.to else ()
            closed = (VALID, *cancelled, *((PROVISIONAL,) if approval else ()))
        if target == ENTRY and HISTORY not in file.to and not approval:
            raise wrong(here, "履歴番号（history）とともに書く項目")
        values = (
            [source.text]
            if source.text is not None
            else list(found.code.get(source.code or "", {"": ""}).values())
        )
        if closed is not None and not set(values) <= set(closed):
            raise wrong(f"{here}.code", "値が " + "・".join(closed) + " だけの表")
        if source.file != ((file.record, target) == (SEAL, "imprint")):
            raise wrong(f"{here}.file", "印影（seal の imprint）だけに true")
        is_number = file.record == SEAL and target in _NUMBERS
        if is_number and source.scale is None:
            raise wrong(f"{here}.scale", "1目盛りのミリメートル数")
        if file.typed and not is_number and any(part.scale is not None for part in source.parts()):
            raise wrong(f"{here}.scale", "印影の大きさ（width_mm・height_mm）だけに書く")
        days = found.code.get(source.code or "", {}).values()
        if target in DATES.get(file.record, ()) and not all(map(_is_day, days)):
            raise wrong(f"{here}.code", _DAYS)
        if source.file and source.column is None:
            raise wrong(f"{here}.column", "ファイル名の列")
        _check_structure(file, target, source, here, wrong)


def _check_structure(file: FileFormat, target: str, source: Source, here: str, wrong: _Wrong) -> None:
    """A structure is an item of a record without a type of its own, and nothing is done to it."""
    if not any(part.structure for part in source.parts()):
        return
    if file.typed or target in ("key", "person", "group", OPERATION) or not file.nests:
        raise wrong(f"{here}.structure", "JSON か XML のファイルの、型のないレコードの本体の項目だけに true")
    if source.column is None or source.code or source.date or source.match or source.scale or source.before:
        raise wrong(here, "structure のほかは column・limit だけ")
    if [other.column for one in file.to.values() for other in one.parts()].count(source.column) > 1:
        raise wrong(f"{here}.column", "ほかの項目が使わない列")
