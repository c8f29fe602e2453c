"""Count what is issued (`issue_sums`), in the very transaction in which it is recorded.

Two things are counted: a paper when it is ready, by how long that took (`ANSWER`), and a paper when it was handed over (交付), by
the other dimensions. The moment that a paper counts at is that of its preparation, whose day is printed on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server_stub.interface.clock import JST
from server_stub.interface.registration import SLIP
from server_stub.municipalities.office import ANSWER_SECONDS

from . import tables as t

DAY, HOUR, AREA, CHAIN, OFFICE, ANSWER = "day", "hour", "area", "chain", "office", "answer"
HANDED_OVER = (DAY, HOUR, AREA, CHAIN, OFFICE)
"""Each of these dimensions has every paper that was handed over exactly once."""
WITHIN, OUTSIDE = "within", "outside"
LONGER = "more"
"""The value of ANSWER for a paper that took longer than any of ANSWER_SECONDS."""
Counts = tuple[int, int, int]
"""Applications, papers (通), yen."""
OfficeOpen = Callable[[str, datetime], bool]
"""Municipality and moment (JST) -> within its office hours."""

_BATCH = 2000
_KEY = ("municipality", "sample", "month", "dimension", "value", "kind")
_COUNTS = ("applications", "papers", "yen")
_FACTS = tuple(
    t.applications.c[name]
    for name in ("application_id", "municipality", "sample", "kind", "operator", "area", "copies", "fee_total", "prepared_at")
)  # fmt: skip
_UNCOUNTED = (
    t.applications.c.handed_over_at.is_not(None)
    & t.applications.c.within_office.is_(None)
    & (t.applications.c.kind != SLIP)
)
_DECIDE = (
    update(t.applications)
    .where(t.applications.c.application_id == bindparam("application"))
    .values(within_office=bindparam("within"))
)


def answer_within(took: timedelta) -> str:
    """Find the value of ANSWER for a paper that was ready after `took`."""
    return next((str(limit) for limit in ANSWER_SECONDS if took <= timedelta(seconds=limit)), LONGER)


def count_prepared(connection: Connection, row: Mapping[str, Any]) -> None:
    """Count an application that has become paper, by how long that took. `row`: of `applications`."""
    took = datetime.fromisoformat(row["prepared_at"]) - datetime.fromisoformat(row["received_at"])
    add(connection, [(_key(row, ANSWER, answer_within(took)), counts_of(row))])


def count_handed_over(
    connection: Connection, application_id: str, at: datetime, office_open: OfficeOpen | None
) -> None:
    """Note the first hand-over of an application, and count it. Without `office_open` it is counted by `catch_up`."""
    own = t.applications.c.application_id == application_id
    noted = connection.execute(
        update(t.applications)
        .where(own, t.applications.c.handed_over_at.is_(None))
        .values(handed_over_at=at.astimezone(JST).isoformat())
    )
    if noted.rowcount and office_open is not None:
        own &= t.applications.c.kind != SLIP
        _count(connection, connection.execute(select(*_FACTS).where(own)).mappings().all(), office_open)


def catch_up(connection: Connection, municipalities: Iterable[str], office_open: OfficeOpen) -> int:
    """Count up to `_BATCH` of what was handed over and is in no sum yet: of before this was kept, or recorded without office hours.
    Returns how many; 0: nothing is left."""
    rows = connection.execute(
        select(*_FACTS)
        # an expression in place of the column: the database then begins with what is uncounted
        .where(_UNCOUNTED, func.coalesce(t.applications.c.municipality, "").in_(list(municipalities)))
        .limit(_BATCH)
    )
    found = rows.mappings().all()
    _count(connection, found, office_open)
    return len(found)


def _count(connection: Connection, rows: Iterable[RowMapping], office_open: OfficeOpen) -> None:
    told, decided = [], []
    for row in rows:
        within = office_open(row["municipality"], datetime.fromisoformat(row["prepared_at"]))
        told += [(key, counts_of(row)) for key in handed_over_keys(row, within)]
        decided.append({"application": row["application_id"], "within": within})
    if decided:
        connection.execute(_DECIDE, decided)
        add(connection, told)


def handed_over_keys(row: RowMapping | Mapping[str, Any], within: bool) -> list[tuple[Any, ...]]:
    """List the sums that an application which was handed over is part of."""
    prepared = row["prepared_at"]
    values = {
        DAY: prepared[8:10],
        HOUR: prepared[11:13],
        AREA: row["area"],
        CHAIN: row["operator"],
        OFFICE: WITHIN if within else OUTSIDE,
    }
    return [_key(row, dimension, values[dimension]) for dimension in HANDED_OVER]


def _key(row: RowMapping | Mapping[str, Any], dimension: str, value: str) -> tuple[Any, ...]:
    sample = bool(row.get("sample", False))
    return (row["municipality"], sample, row["prepared_at"][:7], dimension, value, row["kind"])


def counts_of(row: RowMapping | Mapping[str, Any]) -> Counts:
    return 1, row["copies"], row["fee_total"]


def add(connection: Connection, told: Iterable[tuple[tuple[Any, ...], Counts]]) -> None:
    """Add counts to their sums. In the order of the keys: two transactions never wait for each other."""
    sums: dict[tuple[Any, ...], Counts] = {}
    for key, (applications, papers, yen) in told:
        before = sums.get(key, (0, 0, 0))
        sums[key] = (before[0] + applications, before[1] + papers, before[2] + yen)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(t.issue_sums)
    statement = insert.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: t.issue_sums.c[name] + insert.excluded[name] for name in _COUNTS},
    )
    rows = [dict(zip((*_KEY, *_COUNTS), (*key, *sums[key]), strict=True)) for key in sorted(sums)]
    connection.execute(statement, rows)
