"""Keep when this centre was there, so that a stop of the whole centre is told of afterwards: nobody else can see one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import insert, or_, select, update

from server_stub.interface.clock import Clock
from server_stub.interface.operations import StopEntry
from server_stub.interface.outages import CentreService, CentreServiceQuery, CentreSilence

from .database import Database
from .tables import presences, stops

SHORTEST = timedelta(minutes=1)
"""What is no longer cannot be told from a mark that was not due yet."""


class Presence:
    """One row for each run of the centre, prolonged as long as it runs. Safe from any thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._number: int | None = None
        database.on_replaced(self._begin_anew)

    def _begin_anew(self) -> None:
        self._number = None

    def mark(self) -> None:
        """Write down that the centre is there now. A clock that was set back begins another row."""
        now, table = self._clock.now(), presences
        with self._database.write() as connection:
            if self._number is not None:
                own = (table.c.number == self._number, table.c.ends <= now)
                if connection.execute(update(table).where(*own).values(ends=now)).rowcount == 1:
                    return
            made = connection.execute(insert(table).values(begins=now, ends=now)).inserted_primary_key
            self._number = None if made is None else int(made[0])

    def tell(self, query: CentreServiceQuery) -> CentreService:
        """Tell what kept everybody from being served since then: emergency stops of everything, and times in which the centre was not
        there. Of before the first row nothing is known."""
        self.mark()
        stopped = (
            select(stops)
            .where(or_(stops.c.released_at.is_(None), stops.c.released_at > query.since))
            .order_by(stops.c.stop_id)
        )
        with self._database.read() as connection:
            entries = [
                StopEntry(municipality=None, kind=None, **dict(row))
                for row in connection.execute(stopped).mappings()
            ]
            rows = connection.execute(select(presences.c.begins, presences.c.ends)).all()
        gaps = (one for one in _gaps((row.begins, row.ends) for row in rows) if one.until > query.since)
        return CentreService(stops=tuple(entries), silences=tuple(gaps))


def _gaps(runs: Iterable[tuple[datetime, datetime]]) -> Iterable[CentreSilence]:
    until: datetime | None = None
    for begins, ends in sorted(runs):
        if until is not None and begins - until > SHORTEST:
            yield CentreSilence(since=until, until=begins)
        until = ends if until is None else max(until, ends)
