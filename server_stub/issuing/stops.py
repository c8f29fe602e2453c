"""Emergency stops (緊急停止) of this server: of one kind of a municipality, or of all that it issues, until an official releases them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from server_stub.interface.failures import Failed
from server_stub.interface.operations import StopEntry, StopRequest

from .tables import stops

_IN_FORCE = select(stops).where(stops.c.released_at.is_(None)).order_by(stops.c.stop_id)
_IN_FORCE_THERE = _IN_FORCE.where(stops.c.municipality == bindparam("municipality"))


@dataclass(frozen=True, slots=True)
class Stops:
    """The stops of one municipality that are in force."""

    entries: Sequence[StopEntry] = ()

    def of(self, kind: str) -> StopEntry | None:
        """Find the stop that keeps `kind` from being issued: one of everything before one of this kind."""
        found = [stop for stop in self.entries if stop.kind in (None, kind)]
        return min(found, key=lambda stop: stop.kind is not None, default=None)


def stops_in_force(connection: Connection, municipality: str | None = None) -> tuple[StopEntry, ...]:
    """List the stops in force, of one municipality or of all."""
    if municipality is None:
        rows = connection.execute(_IN_FORCE)
    else:
        rows = connection.execute(_IN_FORCE_THERE, {"municipality": municipality})
    return tuple(stop_entry(row) for row in rows.mappings())


def set_stop(connection: Connection, asked: StopRequest, stop_id: str, now: datetime) -> StopEntry:
    """Set a stop. One of the same scope that is in force already stays; it announces the time of `asked`."""
    values: dict[str, Any] = {"reopens": None if asked.reopens is None else asked.reopens.isoformat()}
    same = (
        stops.c.municipality == asked.municipality,
        stops.c.kind.is_(None) if asked.kind is None else stops.c.kind == asked.kind,
        stops.c.released_at.is_(None),
    )
    if connection.execute(update(stops).where(*same).values(values)).rowcount == 0:
        own = {
            "stop_id": stop_id,
            "municipality": asked.municipality,
            "kind": asked.kind,
            "at": now.isoformat(),
        }
        connection.execute(insert(stops), {**own, **values, "released_at": None})
    return stop_entry(
        connection.execute(select(stops).where(*same).order_by(stops.c.stop_id)).mappings().first()
    )


def release_stop(connection: Connection, stop_id: str, now: datetime) -> StopEntry:
    """Release a stop; one that is released already stays as it is. Raises Failed(Stop_Unknown)."""
    own = stops.c.stop_id == stop_id
    connection.execute(
        update(stops).where(own, stops.c.released_at.is_(None)).values(released_at=now.isoformat())
    )
    row = connection.execute(select(stops).where(own)).mappings().first()
    if row is None:
        raise Failed("Stop_Unknown")
    return stop_entry(row)


def stop_entry(row: RowMapping | None) -> StopEntry:
    assert row is not None
    return StopEntry(
        stop_id=row["stop_id"],
        municipality=row["municipality"],
        kind=row["kind"],
        at=datetime.fromisoformat(row["at"]),
        reopens=None if row["reopens"] is None else datetime.fromisoformat(row["reopens"]),
        released_at=None if row["released_at"] is None else datetime.fromisoformat(row["released_at"]),
    )
