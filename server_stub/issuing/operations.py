"""Read incidents, doubts and applications out of the ledger for officials' tools."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from server_stub.interface.application_states import ReportKind, State
from server_stub.interface.failures import Failed
from server_stub.interface.operations import (
    DoubtEntry,
    DoubtPage,
    DoubtQuery,
    IncidentEntry,
    IncidentPage,
    IncidentQuery,
    LedgerApplication,
    LedgerCharge,
    LedgerCopy,
    LedgerPaper,
    LedgerRefund,
    ReportEntry,
    StopEntry,
    StopList,
    StopRequest,
    incident_failure,
)
from server_stub.interface.outages import AlarmPage, AlarmQuery
from server_stub.interface.values import Identity

from . import tables as t
from .service import IssuingService
from .settlement import settled_late

_INCIDENTS: Select[Any] = (
    select(t.status_reports, t.applications.c.municipality, t.applications.c.terminal_id)
    .outerjoin(t.applications, t.applications.c.application_id == t.status_reports.c.application_id)
    .where(t.status_reports.c.kind == ReportKind.INCIDENT)
)
_DOUBTS = (
    select(t.applications, t.application_states.c.since, t.charges.c.amount, t.refunds.c.report_id)
    .select_from(t.applications)
    .join(t.application_states, t.application_states.c.application_id == t.applications.c.application_id)
    .outerjoin(t.charges, t.charges.c.application_id == t.applications.c.application_id)
    .outerjoin(t.refunds, t.refunds.c.application_id == t.applications.c.application_id)
    .where(t.application_states.c.state == State.IN_DOUBT)
)


class LedgerBooks:
    """Answer an official's questions out of the ledger."""

    def __init__(self, service: IssuingService) -> None:
        self._service = service
        self._ledger = service.ledger

    def stops(self) -> StopList:
        """List the emergency stops in force."""
        return StopList(stops=self._ledger.stops())

    def stop(self, asked: StopRequest) -> StopEntry:
        """Set an emergency stop. Raises as `IssuingService.stop`."""
        return self._service.stop(asked)

    def release(self, stop_id: str) -> StopEntry:
        """Release an emergency stop. Raises Failed(Stop_Unknown)."""
        return self._service.release(stop_id)

    def alarms(self, query: AlarmQuery) -> AlarmPage:
        """List alarms about existing systems, deliveries and replicas."""
        return self._service.alarms.list(query)

    def incidents(self, query: IncidentQuery) -> IncidentPage:
        """List the incidents that terminals reported, by their identifiers. The ledger knows of no others."""
        told = t.status_reports.c
        asked = _INCIDENTS.order_by(told.report_id).limit(query.limit + 1)
        if query.cursor is not None:
            asked = asked.where(told.report_id > query.cursor)
        if query.since is not None:  # kept as ISO 8601 in Japan's time, whose order is that of the texts
            asked = asked.where(told.taken_at >= query.since.isoformat())
        if query.application_id is not None:
            asked = asked.where(told.application_id == query.application_id)
        if query.municipality is not None:
            asked = asked.where(t.applications.c.municipality == query.municipality)
        with self._ledger.read() as connection:
            rows = connection.execute(asked).mappings().all()
        shown = tuple(_incident(row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        return IncidentPage(incidents=shown, next_cursor=shown[-1].incident_id if more else None)

    def in_doubt(self, query: DoubtQuery) -> DoubtPage:
        """List applications in doubt by their identifiers."""
        key = t.applications.c.application_id
        asked = _DOUBTS.order_by(key).limit(query.limit + 1)
        if query.cursor is not None:
            asked = asked.where(key > query.cursor)
        if query.municipality is not None:
            asked = asked.where(t.applications.c.municipality == query.municipality)
        with self._ledger.read() as connection:
            rows = connection.execute(asked).mappings().all()
        shown = tuple(
            DoubtEntry(
                application_id=row["application_id"],
                municipality=row["municipality"],
                kind=row["kind"],
                terminal_id=row["terminal_id"],
                copies=row["copies"],
                fee_total=row["fee_total"],
                paid=row["amount"] is not None and row["report_id"] is None,
                since=datetime.fromisoformat(row["since"]),
            )
            for row in rows[: query.limit]
        )
        more = len(rows) > query.limit
        return DoubtPage(applications=shown, next_cursor=shown[-1].application_id if more else None)

    def application(self, application_id: str) -> LedgerApplication:
        """Tell one application with its paper, money and reports. Raises Failed(Application_Unknown)."""
        with self._ledger.read() as connection:
            state = _one(connection, t.application_states, application_id)
            if state is None:
                raise Failed("Application_Unknown")
            paper = _one(connection, t.applications, application_id)
            charge = _one(connection, t.charges, application_id)
            refund = _one(connection, t.refunds, application_id)
            told = t.status_reports.c
            reports = connection.execute(
                select(t.status_reports)
                .where(told.application_id == application_id)
                .order_by(told.taken_at, told.report_id)
            ).mappings()
            return LedgerApplication(
                application_id=application_id,
                state=State(state["state"]),
                since=datetime.fromisoformat(state["since"]),
                settled_late=settled_late(connection, application_id),
                paper=None if paper is None else _paper(connection, paper),
                charge=None
                if charge is None
                else LedgerCharge(
                    amount=charge["amount"],
                    at=datetime.fromisoformat(charge["at"]),
                    report_id=charge["report_id"],
                ),
                refund=None
                if refund is None
                else LedgerRefund(at=datetime.fromisoformat(refund["at"]), report_id=refund["report_id"]),
                reports=tuple(_report(row) for row in reports),
            )


def _one(connection: Connection, table: Any, application_id: str) -> RowMapping | None:
    return (
        connection.execute(select(table).where(table.c.application_id == application_id)).mappings().first()
    )


def _paper(connection: Connection, row: RowMapping) -> LedgerPaper:
    copies = connection.execute(
        select(t.copies)
        .where(t.copies.c.application_id == row["application_id"])
        .order_by(t.copies.c.copy_number)
    ).mappings()
    return LedgerPaper(
        municipality=row["municipality"],
        kind=row["kind"],
        place=row["place"],
        holder=Identity(method=row["holder_method"], reference=row["holder_ref"]),
        terminal_id=row["terminal_id"],
        fee_total=row["fee_total"],
        generation=row["generation"],
        received_at=datetime.fromisoformat(row["received_at"]),
        prepared_at=datetime.fromisoformat(row["prepared_at"]),
        copies=tuple(
            LedgerCopy(
                copy_number=copy["copy_number"],
                issue_number=copy["issue_number"],
                sheets=copy["sheets"],
                subjects=tuple(copy["subjects"]),
                as_of=None if copy["as_of"] is None else datetime.fromisoformat(copy["as_of"]),
            )
            for copy in copies
        ),
    )


def _report(row: RowMapping) -> ReportEntry:
    return ReportEntry(
        report_id=row["report_id"],
        kind=ReportKind(row["kind"]),
        by="centre" if row["expired"] else None,
        at=datetime.fromisoformat(row["at"]),
        taken_at=datetime.fromisoformat(row["taken_at"]),
        amount=row["amount"],
        sheets_printed=row["sheets_printed"],
        reason=row["reason"],
        expired=row["expired"],
    )


def _incident(row: RowMapping) -> IncidentEntry:
    return IncidentEntry(
        incident_id=row["report_id"],
        application_id=row["application_id"],
        municipality=row["municipality"],
        terminal_id=row["terminal_id"] or "",
        noticed_by="terminal",
        failure=incident_failure(row["reason"]),
        detail={"reason": row["reason"]},
        at=datetime.fromisoformat(row["taken_at"]),
    )
