"""Restrictions (発行制限): for whom a terminal issues nothing; taken in first and always, outside the generations.

One row a measure; it names a person, a household or a family register, each of which may have several. A measure holds from
開始日 on. 終了日 is the announced last day and ends nothing; only 解除日, the first day without it, does (住民記録システム標準仕様書
3.1). 一時解除 is for the counter and is not sent here: no item of this record takes it. A measure that has gone from the list is
not released by that.

A list that is whole (as agreed, as many rows as the slip says, not of an older or a future day) may release; any other list
only sets aside. A measure that is not in a list any more stays: a list that was cut off releases nobody. So this register is
stricter than the others: a row that is not as agreed counts as the most that it can mean, and refuses the delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
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
from .containers import read_rows, salvage_rows
from .format_file import RESTRICTION, DeliveryFormat, FileFormat
from .row_function import Misread, RowFunction, Unusable

UNCLEAR = "読み取れない事由"
ALWAYS = date.min
"""Since when a measure holds whose 開始日 cannot be read."""


NAMED = {"person": "宛名番号", "household": "世帯番号", "register": "戸籍の番号"}
"""The items by which a row says whom it stops, and what they are called."""


def read_restrictions(
    folder: Path,
    format_: DeliveryFormat,
    file: FileFormat,
    allows: Callable[[str, str], bool] = lambda target, key: True,
    *,
    unreadable: int = 0,
) -> Iterator[Restriction | None]:
    """The rows as they are agreed; None for one that does not say whom it stops, of which `unreadable` are let pass.

    `allows`: whether a row may name that person, household or register (one of `NAMED`, and the number). Raises as `read_rows`,
    and Failed(Delivery_Row_Broken).
    """
    decode = RowFunction(file, format_.code, folder)
    for line, cells, misfit in read_rows(folder / file.name, file):
        if unreadable and misfit is None and not _named(decode, cells):
            unreadable -= 1
            yield None
            continue
        try:
            if misfit is not None:
                raise misfit
            found = decode(cells)
            _check(found, allows)
        except Misread as bad:
            raise delivery_slip.broken(file.name, line, bad.column, bad.expected) from None
        except Unusable as bad:
            wrong = decode.misread(bad)
            raise delivery_slip.broken(file.name, line, wrong.column, wrong.expected) from None
        yield Restriction(
            found["person"],
            found["reason"],
            found["since"],
            found.get("until"),
            found["released_on"],
            found.get("household", ""),
            found.get("register", ""),
        )


def _named(decode: RowFunction, cells: Sequence[str]) -> dict[str, str]:
    """Whom the row stops, as far as that can be read."""
    found = {target: decode.item(cells, target) for target in NAMED}
    return {target: str(key) for target, key in found.items() if key}


def _check(found: dict[str, Any], allows: Callable[[str, str], bool]) -> None:
    named = [target for target in NAMED if found.get(target)]
    for target in named or ["person"]:
        if not named or not allows(target, found[target]):
            raise Unusable(target, f"連携された記録にある{NAMED[target]}")
    for target in ("reason", "since"):
        if not found[target]:
            raise Unusable(target, "必須項目")
    for target in ("until", "released_on"):
        if found.get(target) is not None and found[target] < found["since"]:
            raise Unusable(target, "開始日以降の日付")


@dataclass(frozen=True, slots=True)
class Salvage:
    """What a list tells although it is not as agreed. `unreadable`: rows that do not say whose they are."""

    restrictions: tuple[Restriction, ...]
    unreadable: int


def salvage(folder: Path, format_: DeliveryFormat, file: FileFormat) -> Salvage:
    """Whom the list sets aside, whatever is wrong with it. In doubt it restricts: what of a row cannot be read counts as the
    most that it can mean, and nobody is released by it. Raises nothing."""
    decode = RowFunction(file, format_.code, folder)
    found: list[Restriction] = []
    unreadable = 0
    for cells in salvage_rows(folder / file.name, file):
        named = _named(decode, cells)
        if not named:
            unreadable += 1
        elif not isinstance(decode.item(cells, "released_on"), date):
            reason = decode.item(cells, "reason") or UNCLEAR
            since, until = (_day(decode.item(cells, target)) for target in ("since", "until"))
            found.append(
                Restriction(
                    named.get("person", ""),
                    reason,
                    since or ALWAYS,
                    until,
                    household=named.get("household", ""),
                    register=named.get("register", ""),
                )
            )
    return Salvage(tuple(found), unreadable)


def _day(found: object) -> date | None:
    return found if isinstance(found, date) else None


UNKNOWN = ""
"""`told_at` of a list that does not say when it was made."""


@dataclass(frozen=True, slots=True)
class _List:
    restrictions: tuple[Restriction, ...]
    unreadable: int
    whole: bool
    made_at: datetime | None


def take_restrictions(
    engine: Engine,
    folder: Path,
    format_: DeliveryFormat,
    now: datetime,
    unreadable: int,
    trace: Trace,
    made_at: datetime | None = None,
) -> None:
    """Take in the restrictions of the delivery in `folder`. `unreadable`: rows without a readable person that a whole list may have.

    Tells the trace how many measures were set and released, and how many rows set nobody aside because it cannot be read
    whom they mean. Raises nothing of its own.
    """
    file = format_.file_of(RESTRICTION)
    if file is None:
        return
    found = _read(folder, format_, file, now, unreadable, made_at)
    with engine.begin() as connection:
        set_now, released = _apply(connection, found)
    if set_now or released or found.unreadable:
        trace.emit(
            "operator", "restrictions_taken", set=set_now, released=released, unreadable=found.unreadable
        )


def _read(
    folder: Path,
    format_: DeliveryFormat,
    file: FileFormat,
    now: datetime,
    unreadable: int,
    told: datetime | None,
) -> _List:
    made_at = None
    try:
        slip = delivery_slip.read_slip(folder, format_, told)
        # a day that has not come yet is no time by which a later list could be measured
        made_at = slip.made_at if slip.made_at <= now else None
        rows_read = list(read_restrictions(folder, format_, file, unreadable=unreadable))
        slip.check_count(file.name, len(rows_read))
    except Failed:
        salvaged = salvage(folder, format_, file)
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
        key = (one.person, one.household, one.register, one.reason, one.since)
        if key not in by_key or one.released_on is None:
            by_key[key] = one
    return by_key.values()


def _same(one: Restriction) -> tuple[Any, ...]:
    table = restrictions.c
    return *_of_the_same(one), table.reason == one.reason, table.since == one.since


def _of_the_same(one: Restriction) -> tuple[Any, ...]:
    table = restrictions.c
    return table.person == one.person, table.household == one.household, table.register == one.register


def _older(made_at: datetime | None, told_at: str) -> bool:
    return made_at is not None and told_at != UNKNOWN and made_at < datetime.fromisoformat(told_at)


def _clear_up(connection: Connection, one: Restriction, made_at: str) -> None:
    """A whole list now says of the same one what an earlier one had said illegibly."""
    table = restrictions.c
    illegible = or_(table.reason == UNCLEAR, table.since == ALWAYS)
    connection.execute(delete(restrictions).where(*_of_the_same(one), illegible, table.told_at != made_at))
