"""Emergency stops (緊急停止) of everything that the centre passes on, until an official releases them."""

from __future__ import annotations

from sqlalchemy import RowMapping, insert, select, update

from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.operations import StopEntry, StopList, StopRequest
from server_stub.interface.trace import Trace

from . import tables
from .database import Database


class Stops:
    """Set, release and obey stops, from any thread."""

    def __init__(self, database: Database, clock: Clock, trace: Trace) -> None:
        self._database = database
        self._clock = clock
        self._trace = trace

    def check(self) -> None:
        """Raise Failed(Service_Stopped, reopens) while a stop is in force. What was announced is told as long as it is to come."""
        with self._database.read() as connection:
            row = connection.execute(tables.STOPS).mappings().first()
        if row is None:
            return
        reopens = row["reopens"]
        if reopens is not None and reopens > self._clock.now():
            raise Failed("Service_Stopped", reopens=reopens.strftime("%Y-%m-%dT%H:%M"))
        raise Failed("Service_Stopped")

    def in_force(self) -> StopList:
        with self._database.read() as connection:
            return StopList(stops=tuple(_entry(row) for row in connection.execute(tables.STOPS).mappings()))

    def stop(self, asked: StopRequest) -> StopEntry:
        """Stop everything; a stop that is in force stays, with the announcement of `asked`. Raises Failed(Request_Malformed) for one of
        a municipality, which is set at its own issuing server."""
        if asked.municipality is not None or asked.kind is not None:
            raise Failed("Request_Malformed", fields=["body.municipality: the centre stops everything"])
        table, now = tables.stops, self._clock.now()
        in_force = table.c.released_at.is_(None)
        with self._database.write() as connection:
            again = connection.execute(update(table).where(in_force).values(reopens=asked.reopens))
            if again.rowcount == 0:
                own = {"stop_id": new_ulid(self._clock), "at": now, "reopens": asked.reopens}
                connection.execute(insert(table), {**own, "released_at": None})
            entry = _entry(connection.execute(tables.STOPS).mappings().one())
        self._trace.emit("centre", "stopped")
        return entry

    def release(self, stop_id: str) -> StopEntry:
        """Release a stop; one that is released already stays as it is. Raises Failed(Stop_Unknown)."""
        table, now = tables.stops, self._clock.now()
        own = table.c.stop_id == stop_id
        with self._database.write() as connection:
            connection.execute(
                update(table).where(own, table.c.released_at.is_(None)).values(released_at=now)
            )
            row = connection.execute(select(table).where(own)).mappings().first()
        if row is None:
            raise Failed("Stop_Unknown")
        self._trace.emit("centre", "stop_released")
        return _entry(row)


def _entry(row: RowMapping) -> StopEntry:
    return StopEntry(municipality=None, kind=None, **dict(row))
