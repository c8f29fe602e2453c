"""Record incidents (重大事象). They are only ever added to: printing again closes none."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.secret import masked
from server_stub.interface.trace import Trace

from .database import Database
from .tables import incidents


@dataclass(frozen=True, slots=True)
class Incident:
    """Tell one incident. `noticed_by`: centre, terminal or ledger (the issuing server refused a report). `name`: a failure."""

    incident_id: str
    application_id: str
    terminal_id: str
    noticed_by: str
    name: str
    detail: dict[str, Any]
    at: datetime


class Incidents:
    def __init__(self, database: Database, clock: Clock, trace: Trace) -> None:
        self._database = database
        self._clock = clock
        self._trace = trace

    def record(
        self,
        application_id: str,
        terminal_id: str,
        noticed_by: str,
        name: str,
        detail: Mapping[str, Any],
        *,
        key: str = "",
    ) -> None:
        """Record an incident, durable when this returns. `key` (a ULID): the same key again is the same incident."""
        try:
            with self._database.write() as connection:
                tell = self.add(connection, application_id, terminal_id, noticed_by, name, detail, key=key)
        except IntegrityError:
            return
        tell()

    def add(
        self,
        connection: Connection,
        application_id: str,
        terminal_id: str,
        noticed_by: str,
        name: str,
        detail: Mapping[str, Any],
        *,
        key: str = "",
    ) -> Callable[[], None]:
        """Record an incident in the caller's transaction. Returns what tells the trace; call that after the commit."""
        connection.execute(
            insert(incidents).values(
                incident_id=key or new_ulid(self._clock),
                application_id=application_id,
                terminal_id=terminal_id,
                noticed_by=noticed_by,
                name=name,
                detail=json.dumps(masked(dict(detail)), ensure_ascii=False),
                at=self._clock.now(),
            )
        )

        def tell() -> None:
            self._trace.emit(
                "centre", "incident", application_id=application_id, noticed_by=noticed_by, name=name,
                detail=dict(detail),
            )  # fmt: skip

        return tell

    def of(self, application_id: str | None = None) -> tuple[Incident, ...]:
        """List the incidents of an application, or all, by their identifiers."""
        query = select(incidents).order_by(incidents.c.incident_id)
        if application_id is not None:
            query = query.where(incidents.c.application_id == application_id)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(Incident(**(dict(row) | {"detail": json.loads(row["detail"])})) for row in rows)
