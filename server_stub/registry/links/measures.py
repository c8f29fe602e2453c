"""Restrictions (発行制限) are taken in first and always: before the rest of the delivery is looked at, and whatever becomes of it.

A list that is whole (as agreed, as many rows as the slip says, not of an older or a future day) may release; any other list
only sets aside. A measure that is not in a list any more stays: a list that was cut off releases nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update

from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.registry import rows
from server_stub.registry.records import Restriction
from server_stub.registry.tables import restrictions

from . import delivery_slip, restriction_list

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
        rows_read = [
            found for _row, found in restriction_list.read_restrictions(folder, unreadable=unreadable)
        ]
        slip.check_count(restriction_list.FILE_NAME, len(rows_read))
    except Failed:
        salvaged = restriction_list.salvage(folder)
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
            connection.execute(insert(restrictions), rows.restriction_row(one, made_at))
        elif not _older(found.made_at, before.told_at):
            connection.execute(
                update(restrictions).where(*_same(one)).values(rows.restriction_row(one, made_at))
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
    illegible = or_(table.reason == restriction_list.UNCLEAR, table.since == restriction_list.ALWAYS)
    connection.execute(
        delete(restrictions).where(table.person == one.person, illegible, table.told_at != made_at)
    )
