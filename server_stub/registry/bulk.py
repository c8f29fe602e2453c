"""Writing many rows of a table at once, past what SQLAlchemy does for each value: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, Dialect, Table, insert

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, each of which has every column of `table`, in the transaction of `connection`."""
    if not rows:
        return
    names = tuple(column.name for column in table.c)
    dialect = connection.dialect
    if dialect.name == "sqlite":
        # as SQLAlchemy's own types would write them (sqlalchemy.dialects.sqlite)
        told = _converted(table, names, rows, {Date: _iso, Boolean: int, JSON: json.dumps})
        connection.exec_driver_sql(_insert_of(table, dialect), told)
    elif dialect.driver == "psycopg":
        told = _converted(table, names, rows, {JSON: json.dumps})
        columns = ", ".join(f'"{name}"' for name in names)
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
            for row in told:
                copy.write_row(row)
    else:
        connection.execute(insert(table), rows)


@cache
def _insert_of(table: Table, dialect: Dialect) -> str:
    compiled = insert(table).compile(dialect=dialect)
    assert list(compiled.positiontup or ()) == [column.name for column in table.c]
    return str(compiled)


def _converted(
    table: Table, names: tuple[str, ...], rows: Sequence[Row], ways: Mapping[type, Callable[[Any], Any]]
) -> list[tuple[Any, ...]]:
    """The values of each row in the order of `names`; `ways`: what becomes of a value of that type of column, unless it is None."""
    told = [
        (place, way)
        for place, column in enumerate(table.c)
        for kind, way in ways.items()
        if isinstance(column.type, kind)
    ]
    values = itemgetter(*names)
    if not told:
        return [values(row) for row in rows]
    found = []
    for row in rows:
        cells = list(values(row))
        for place, way in told:
            value = cells[place]
            if value is not None:
                cells[place] = way(value)
        found.append(tuple(cells))
    return found


@lru_cache(1 << 16)
def _iso(day: date) -> str:
    """Days of a register repeat: 150 years are 55,000."""
    return day.isoformat()
