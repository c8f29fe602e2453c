"""Keep a node's alarms in its own database: one is opened once, however often the same is seen, and closed when it works again.

Centre and issuing server have a book each, with a table of the same form; officials' tools read it at that node (`ops_door.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Index, MetaData, String, Table, insert, select, update

from .interface.binding import new_ulid
from .interface.clock import Clock
from .interface.outages import AlarmCause, AlarmEntry, AlarmPage, AlarmQuery, Layer, Responsible
from .interface.trace import Source, Trace

Lent = Callable[[], AbstractContextManager[Connection]]


def alarm_table(metadata: MetaData) -> Table:
    """Make the table. Times are ISO 8601 with offset."""
    return Table(
        "alarms",
        metadata,
        Column("alarm_id", String(26), primary_key=True),
        Column("municipality", String(5), nullable=False),
        Column("cause", String(40), nullable=False),
        Column("layer", String(20), nullable=False),
        Column("to", String(20), nullable=False),
        Column("announced", Boolean, nullable=False),
        Column("since", String(40), nullable=False),
        Column("until", String(40)),
        Index("alarms_open", "until", "municipality"),
    )


class AlarmBook:
    """Safe from any thread."""

    def __init__(
        self,
        table: Table,
        read: Lent,
        write: Lent,
        clock: Clock,
        trace: Trace,
        node: Source,
        *,
        remembers: bool = False,
    ) -> None:
        """`node`: as the trace calls it; the alarms are its own findings. `remembers`: what is open is remembered, so that a call that
        changes nothing costs no look into the database; whoever puts another in its place calls `forget`."""
        self._remembers = remembers
        self._table, self._read, self._write = table, read, write
        self._clock, self._trace, self._node = clock, trace, node
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str], str] | None = None

    def forget(self) -> None:
        """Look into the database anew: another may have been put in its place."""
        with self._lock:
            self._open = None

    def open(
        self, municipality: str, cause: AlarmCause, layer: Layer, to: Responsible, *, announced: bool = False
    ) -> None:
        """Open an alarm, unless the same one is open. One of the same cause in another layer gives way to it."""
        key = (municipality, cause.value)
        with self._lock:
            if self._known().get(key) == layer:
                return
            self._close(key)
            row = {
                "alarm_id": new_ulid(self._clock),
                "municipality": municipality,
                "cause": cause.value,
                "layer": layer.value,
                "to": to.value,
                "announced": announced,
                "since": self._clock.now().isoformat(),
                "until": None,
            }
            with self._write() as connection:
                connection.execute(insert(self._table), row)
            self._open = {**(self._open or {}), key: layer.value}
        self._trace.emit(
            self._node, "alarm_opened", municipality=municipality, alarm=cause.value, layer=layer.value, receiver=to.value
        )  # fmt: skip

    def close(self, municipality: str, cause: AlarmCause) -> None:
        """Close the alarm, if it is open."""
        key = (municipality, cause.value)
        with self._lock:
            self._close(key)

    def _close(self, key: tuple[str, str]) -> None:
        if self._known().pop(key, None) is None:
            return
        municipality, cause = key
        table = self._table
        with self._write() as connection:
            connection.execute(
                update(table)
                .where(table.c.municipality == municipality, table.c.cause == cause, table.c.until.is_(None))
                .values(until=self._clock.now().isoformat())
            )
        self._trace.emit(self._node, "alarm_closed", municipality=municipality, alarm=cause)

    def _known(self) -> dict[tuple[str, str], str]:
        """The layers of the open alarms by municipality and cause."""
        if self._open is None or not self._remembers:
            table = self._table
            with self._read() as connection:
                rows = connection.execute(
                    select(table.c.municipality, table.c.cause, table.c.layer).where(table.c.until.is_(None))
                )
                self._open = {(row.municipality, row.cause): row.layer for row in rows}
        return self._open

    def list(self, query: AlarmQuery) -> AlarmPage:
        """List alarms by their identifiers, oldest first."""
        table = self._table.c
        asked = select(self._table).order_by(table.alarm_id).limit(query.limit + 1)
        if query.cursor is not None:
            asked = asked.where(table.alarm_id > query.cursor)
        if query.municipality is not None:
            asked = asked.where(table.municipality == query.municipality)
        if query.to is not None:
            asked = asked.where(table.to == query.to.value)
        if query.open:
            asked = asked.where(table.until.is_(None))
        with self._read() as connection:
            rows = connection.execute(asked).mappings().all()
        shown = tuple(self._entry(row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        return AlarmPage(alarms=shown, next_cursor=shown[-1].alarm_id if more else None)

    def _entry(self, row: Any) -> AlarmEntry:
        return AlarmEntry(
            alarm_id=row["alarm_id"],
            municipality=row["municipality"],
            cause=AlarmCause(row["cause"]),
            layer=Layer(row["layer"]),
            to=Responsible(row["to"]),
            seen_by=self._node,
            since=datetime.fromisoformat(row["since"]),
            until=None if row["until"] is None else datetime.fromisoformat(row["until"]),
            announced=row["announced"],
        )
