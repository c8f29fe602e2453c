"""発行制限.csv: the persons for whom a terminal issues nothing; taken in first and always, outside the generations.

UTF-8 with BOM. Columns: 宛名番号 (10 digits, a person of the resident register), 制限事由コード (`REASONS`), 開始日, 終了日, 解除日 (all
like R08.04.01). One row a measure; a person may have several. A measure holds from 開始日 on. 終了日 is the announced last day and
ends nothing; only 解除日, the first day without it, does (住民記録システム標準仕様書 3.1). A measure that has gone from the list
is not released by that.

A list that is whole (as agreed, as many rows as the slip says, not of an older or a future day) may release; any other list
only sets aside. A measure that is not in a list any more stays: a list that was cut off releases nobody.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update

from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.registry import tables
from server_stub.registry.records import Restriction
from server_stub.registry.tables import restrictions

from . import delivery_slip
from .csv_file import Row, lettered_wareki, read_rows

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


UNKNOWN = ""
"""`told_at` of a list that does not say when it was made."""


@dataclass(frozen=True, slots=True)
class _List:
    restrictions: tuple[Restriction, ...]
    unreadable: int
    whole: bool
    made_at: datetime | None


def take_restrictions(
    engine: Engine, folder: Path, files: tuple[str, ...], now: datetime, unreadable: int, trace: Trace
) -> None:
    """Take in 発行制限.csv of the delivery in `folder`. `unreadable`: rows without a readable person that a whole list may have.

    Tells the trace how many measures were set and released, and how many rows set nobody aside because it cannot be read
    whom they mean. Raises nothing of its own.
    """
    found = _read(folder, files, now, unreadable)
    with engine.begin() as connection:
        set_now, released = _apply(connection, found)
    if set_now or released or found.unreadable:
        trace.emit(
            "operator", "restrictions_taken", set=set_now, released=released, unreadable=found.unreadable
        )


def _read(folder: Path, files: tuple[str, ...], now: datetime, unreadable: int) -> _List:
    made_at = None
    try:
        slip = delivery_slip.read_slip(folder, files)
        # a day that has not come yet is no time by which a later list could be measured
        made_at = slip.made_at if slip.made_at <= now else None
        rows_read = [found for _row, found in read_restrictions(folder, unreadable=unreadable)]
        slip.check_count(FILE_NAME, len(rows_read))
    except Failed:
        salvaged = salvage(folder)
        return _List(salvaged.restrictions, salvaged.unreadable, False, made_at)
    known = tuple(one for one in rows_read if one is not None)
    return _List(known, len(rows_read) - len(known), made_at is not None, made_at)


def _apply(connection: Connection, found: _List) -> tuple[int, int]:
    """How many measures were set and how many were released."""
    made_at = found.made_at.isoformat() if found.made_at is not None else UNKNOWN
    set_now = released = 0
    for one in _one_a_measure(found.restrictions):
        before = connection.execute(select(restrictions).where(*_same(one))).first()
        if one.released_on is not None and not found.whole:
            continue
        if before is None:
            connection.execute(insert(restrictions), tables.restriction_row(one, made_at))
        elif not _older(found.made_at, before.told_at):
            connection.execute(
                update(restrictions).where(*_same(one)).values(tables.restriction_row(one, made_at))
            )
        else:
            continue
        was_in_force = before is not None and before.released_on is None
        set_now += one.released_on is None and not was_in_force
        released += one.released_on is not None and was_in_force
        if found.whole:
            _clear_up(connection, one, made_at)
    return set_now, released


def _one_a_measure(found: Iterable[Restriction]) -> Iterable[Restriction]:
    """The same measure twice in a list: in force wins."""
    by_key: dict[tuple[Any, ...], Restriction] = {}
    for one in found:
        key = (one.person, one.reason, one.since)
        if key not in by_key or one.released_on is None:
            by_key[key] = one
    return by_key.values()


def _same(one: Restriction) -> tuple[Any, ...]:
    table = restrictions.c
    return table.person == one.person, table.reason == one.reason, table.since == one.since


def _older(made_at: datetime | None, told_at: str) -> bool:
    return made_at is not None and told_at != UNKNOWN and made_at < datetime.fromisoformat(told_at)


def _clear_up(connection: Connection, one: Restriction, made_at: str) -> None:
    """A whole list now says of this person what an earlier one had said illegibly."""
    table = restrictions.c
    illegible = or_(table.reason == UNCLEAR, table.since == ALWAYS)
    connection.execute(
        delete(restrictions).where(table.person == one.person, illegible, table.told_at != made_at)
    )
