"""Read incidents, doubts and applications out of the centre's database for officials' tools."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from server_stub.alarm_book import AlarmBook
from server_stub.interface.application_states import State
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import LedgerReport
from server_stub.interface.official_acts import Matter
from server_stub.interface.operations import (
    CenterApplication,
    CenterReport,
    DoubtEntry,
    DoubtPage,
    DoubtQuery,
    IncidentEntry,
    IncidentPage,
    IncidentQuery,
    StopEntry,
    StopList,
    StopRequest,
)
from server_stub.interface.outages import AlarmPage, AlarmQuery
from server_stub.interface.values import FailureBody, Identity

from . import tables
from .database import Database
from .matters import not_closed
from .stops import Stops
from .tables import applications, incidents, outbox, status_reports, terminals

_INCIDENTS: Select[Any] = (
    select(incidents, applications.c.municipality, terminals.c.area)
    .outerjoin(applications, applications.c.application_id == incidents.c.application_id)
    .outerjoin(terminals, terminals.c.terminal_id == incidents.c.terminal_id)
)
_REPORTS = (
    select(outbox, status_reports.c.taken_at)
    .outerjoin(status_reports, status_reports.c.report_id == outbox.c.report_id)
    .order_by(outbox.c.position)
)
"""Every report is put on its way when it is taken in; those of a terminal are in `status_reports` as well."""


class CenterBooks:
    """Answer an official's questions out of the database."""

    def __init__(self, database: Database, stops: Stops, alarms: AlarmBook) -> None:
        self._database = database
        self._stops = stops
        self._alarms = alarms

    def alarms(self, query: AlarmQuery) -> AlarmPage:
        """List alarms about sites that do not answer."""
        return self._alarms.list(query)

    def stops(self) -> StopList:
        """List the emergency stops in force."""
        return self._stops.in_force()

    def stop(self, asked: StopRequest) -> StopEntry:
        """Set an emergency stop. Raises as `Stops.stop`."""
        return self._stops.stop(asked)

    def release(self, stop_id: str) -> StopEntry:
        """Release an emergency stop. Raises Failed(Stop_Unknown)."""
        return self._stops.release(stop_id)

    def incidents(self, query: IncidentQuery) -> IncidentPage:
        """List incidents by their identifiers."""
        asked = _INCIDENTS.order_by(incidents.c.incident_id).limit(query.limit + 1)
        if query.cursor is not None:
            asked = asked.where(incidents.c.incident_id > query.cursor)
        if query.since is not None:
            asked = asked.where(incidents.c.at >= query.since)
        if query.application_id is not None:
            asked = asked.where(incidents.c.application_id == query.application_id)
        if query.municipality is not None:
            asked = asked.where(applications.c.municipality == query.municipality)
        if query.stray:
            asked = asked.where(applications.c.application_id.is_(None))
        if query.open:
            asked = asked.where(not_closed(Matter.INCIDENT, incidents.c.incident_id))
        with self._database.read() as connection:
            found = [_incident(row) for row in connection.execute(asked).mappings()]
        shown = tuple(found[: query.limit])
        more = len(found) > query.limit
        return IncidentPage(incidents=shown, next_cursor=shown[-1].incident_id if more else None)

    def in_doubt(self, query: DoubtQuery) -> DoubtPage:
        """List applications in doubt by their identifiers."""
        table = applications.c
        asked = select(applications).where(table.state == State.IN_DOUBT)
        if query.cursor is not None:
            asked = asked.where(table.application_id > query.cursor)
        if query.municipality is not None:
            asked = asked.where(table.municipality == query.municipality)
        if query.open:
            asked = asked.where(not_closed(Matter.DOUBT, table.application_id))
        with self._database.read() as connection:
            rows = (
                connection.execute(asked.order_by(table.application_id).limit(query.limit + 1))
                .mappings()
                .all()
            )
        shown = tuple(
            DoubtEntry(
                application_id=row["application_id"],
                municipality=row["municipality"],
                kind=row["kind"],
                terminal_id=row["terminal_id"],
                copies=row["copies"],
                fee_total=row["fee_total"],
                paid=row["paid_at"] is not None,
                since=row["changed_at"],
            )
            for row in rows[: query.limit]
        )
        more = len(rows) > query.limit
        return DoubtPage(applications=shown, next_cursor=shown[-1].application_id if more else None)

    def application(self, application_id: str) -> CenterApplication:
        """Tell one application with its reports and incidents. Raises Failed(Application_Unknown)."""
        with self._database.read() as connection:
            found = connection.execute(tables.APPLICATION, {"application": application_id})
            row = found.mappings().first()
            if row is None:
                raise Failed("Application_Unknown")
            return _application(row, connection)


def _application(row: RowMapping, connection: Connection) -> CenterApplication:
    application_id = row["application_id"]
    reports = connection.execute(_REPORTS.where(outbox.c.application_id == application_id)).mappings()
    entries = connection.execute(
        _INCIDENTS.where(incidents.c.application_id == application_id).order_by(incidents.c.incident_id)
    ).mappings()
    failure = None if row["failure"] is None else FailureBody.model_validate_json(row["failure"]).failure
    return CenterApplication(
        application_id=application_id,
        session_id=row["session_id"],
        terminal_id=row["terminal_id"],
        municipality=row["municipality"],
        kind=row["kind"],
        holder=Identity(method=row["holder_method"], reference=row["holder_ref"]),
        copies=row["copies"],
        fee_total=row["fee_total"],
        state=State(row["state"]),
        received_at=row["received_at"],
        changed_at=row["changed_at"],
        paid_at=row["paid_at"],
        expired_at=row["expired_at"],
        settled_late=row["expired_at"] is not None and row["paid_at"] is not None,
        reason=row["reason"],
        failure=failure,
        reports=tuple(_report(one) for one in reports),
        incidents=tuple(_incident(one) for one in entries),
    )


def _report(row: RowMapping) -> CenterReport:
    told = LedgerReport.model_validate_json(row["body"])
    return CenterReport(
        report_id=told.report_id,
        kind=told.kind,
        by="centre" if row["taken_at"] is None else "terminal",
        at=told.at,
        taken_at=row["taken_at"],
        amount=told.amount,
        sheets_printed=told.sheets_printed,
        reason=told.reason,
        expired=told.expired,
        passed_on=row["outcome"],
    )


def _incident(row: RowMapping) -> IncidentEntry:
    return IncidentEntry(
        incident_id=row["incident_id"],
        application_id=row["application_id"],
        municipality=row["municipality"],
        terminal_id=row["terminal_id"],
        noticed_by=row["noticed_by"],
        failure=row["name"],
        detail=json.loads(row["detail"]),
        at=row["at"],
        area=row["area"] if row["municipality"] is None else None,
    )
