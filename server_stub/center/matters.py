"""Close incidents (重大事象) and doubts for officials: with a reason in words, and nothing else is changed by it. Tell how terminals are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, exists, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import (
    ClosureEntry,
    ClosurePage,
    ClosureQuery,
    Matter,
    MatterClosure,
    TerminalEntry,
    TerminalPage,
    TerminalQuery,
    TerminalState,
)
from server_stub.interface.trace import Trace
from server_stub.interface.values import TerminalKind

from .database import Database
from .tables import (
    SESSION_OPEN,
    applications,
    incidents,
    matter_closures,
    sessions,
    terminal_sightings,
    terminals,
)

SILENT_AFTER = timedelta(days=1)


def not_closed(about: Matter, matter_id: Any) -> Any:
    """Make the condition that nobody has closed what `matter_id` (a column) names."""
    return ~exists().where(matter_closures.c.about == about.value, matter_closures.c.matter_id == matter_id)


class Matters:
    """Safe from any thread."""

    def __init__(self, database: Database, clock: Clock, trace: Trace) -> None:
        self._database, self._clock, self._trace = database, clock, trace

    def close(self, asked: MatterClosure) -> ClosureEntry:
        """Close one. Raises Failed: Matter_Unknown (also another municipality's, or an application that is in no doubt), Matter_Closed."""
        now = self._clock.now()
        try:
            with self._database.write() as connection:
                entry = ClosureEntry(
                    **asked.model_dump(),
                    closure_id=new_ulid(self._clock),
                    application_id=self._application_of(connection, asked),
                    at=now,
                )
                kept = {
                    **entry.model_dump(),
                    "about": asked.about.value,
                    "municipality": asked.municipality or "",
                }
                connection.execute(insert(matter_closures), kept)
        except IntegrityError:
            raise Failed("Matter_Closed") from None
        self._trace.emit(
            "centre", "matter_closed", application_id=entry.application_id, about=asked.about.value
        )
        return entry

    @staticmethod
    def _application_of(connection: Connection, asked: MatterClosure) -> str:
        if asked.about is Matter.INCIDENT:
            # whose one is of which there is no record here, whoever asks knows by the ledgers
            known = applications.c.application_id
            found = connection.scalar(
                select(incidents.c.application_id)
                .outerjoin(applications, known == incidents.c.application_id)
                .where(
                    incidents.c.incident_id == asked.matter_id,
                    or_(known.is_(None), applications.c.municipality == asked.municipality),
                )
            )
        else:
            found = connection.scalar(
                select(applications.c.application_id).where(
                    applications.c.application_id == asked.matter_id,
                    applications.c.municipality == asked.municipality,
                    applications.c.state == State.IN_DOUBT,
                )
            )
        if found is None:
            raise Failed("Matter_Unknown")
        return str(found)

    def closed(self, query: ClosureQuery) -> ClosurePage:
        """List what was closed, oldest first."""
        table = matter_closures.c
        asked = select(matter_closures).order_by(table.closure_id).limit(query.limit + 1)
        if query.municipality is not None:
            asked = asked.where(table.municipality == query.municipality)
        if query.of_nobody:
            asked = asked.where(table.municipality == "")
        if query.cursor is not None:
            asked = asked.where(table.closure_id > query.cursor)
        with self._database.read() as connection:
            rows = connection.execute(asked).mappings().all()
        shown = tuple(
            ClosureEntry(
                **{**row, "about": Matter(row["about"]), "municipality": row["municipality"] or None}
            )
            for row in rows[: query.limit]
        )
        more = len(rows) > query.limit
        return ClosurePage(closures=shown, next_cursor=shown[-1].closure_id if more else None)

    def terminals(self, query: TerminalQuery) -> TerminalPage:
        """List the registered terminals by their identifiers."""
        own = terminals.c.terminal_id
        asked = (
            select(
                terminals.c.terminal_id,
                terminals.c.operator,
                terminals.c.shop,
                terminals.c.area,
                terminals.c.kind,
                terminal_sightings.c.last_seen,
            )
            .outerjoin(terminal_sightings, terminal_sightings.c.terminal_id == own)
            .where(own > query.after)
            .order_by(own)
            .limit(query.limit + 1)
        )
        if query.municipality is not None:
            asked = asked.where(terminals.c.area == query.municipality)
        with self._database.read() as connection:
            rows = connection.execute(asked).mappings().all()
            names = [row["terminal_id"] for row in rows[: query.limit]]
            now = self._clock.now()
            in_use = set(
                connection.scalars(
                    select(sessions.c.terminal_id).where(
                        sessions.c.state == SESSION_OPEN,
                        sessions.c.expires_at > now,
                        sessions.c.terminal_id.in_(names),
                    )
                )
            )
            open_incidents = _counted(
                connection,
                select(incidents.c.terminal_id, func.count())
                .where(
                    incidents.c.terminal_id.in_(names), not_closed(Matter.INCIDENT, incidents.c.incident_id)
                )
                .group_by(incidents.c.terminal_id),
            )
            in_doubt = _counted(
                connection,
                select(applications.c.terminal_id, func.count())
                .where(
                    applications.c.terminal_id.in_(names),
                    applications.c.state == State.IN_DOUBT,
                    not_closed(Matter.DOUBT, applications.c.application_id),
                )
                .group_by(applications.c.terminal_id),
            )

        def state(row: RowMapping) -> TerminalState:
            if row["terminal_id"] in in_use:
                return TerminalState.IN_USE
            if row["last_seen"] is None:
                return TerminalState.NEVER_SEEN
            return TerminalState.SILENT if now - row["last_seen"] > SILENT_AFTER else TerminalState.READY

        shown = tuple(
            TerminalEntry(
                **{**row, "kind": TerminalKind(row["kind"])},
                state=state(row),
                open_incidents=open_incidents.get(row["terminal_id"], 0),
                in_doubt=in_doubt.get(row["terminal_id"], 0),
            )
            for row in rows[: query.limit]
        )
        more = len(rows) > query.limit
        return TerminalPage(terminals=shown, next_after=names[-1] if more else None)


def _counted(connection: Connection, asked: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(asked)}
