"""Take a terminal's reports on an application: each once, checked against its state, and passed on to the issuing server."""

from __future__ import annotations

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from server_stub.interface.application_states import CENTER, State, state_met
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.operations import incident_failure
from server_stub.interface.terminal import ReportKind, ReportTaken, StatusReport
from server_stub.interface.trace import Trace

from . import tables
from .cancelling import REASON_LENGTH, enqueue, void
from .database import Database
from .incidents import Incidents
from .tables import applications, status_reports

SETTLED_LATE = "settled late"
"""How the reason of an application begins whose payment came to be known only after it had expired."""
_TRIES = 10


class StatusReports:
    def __init__(self, database: Database, clock: Clock, trace: Trace, incidents: Incidents) -> None:
        self._database = database
        self._clock = clock
        self._trace = trace
        self._incidents = incidents

    def take(self, terminal_id: str, application_id: str, report: StatusReport) -> ReportTaken:
        """Take a report, durable when this returns. Raises Failed: Application_Unknown, Application_State_Conflict,
        Idempotency_Conflict (this report_id said something else before), Request_Malformed (a time without offset)."""
        if report.at.tzinfo is None:
            raise Failed("Request_Malformed", fields=["body.at: the offset is missing"])
        report = report.model_copy(update={"reason": report.reason.replace("\0", "")[:REASON_LENGTH]})
        for _ in range(_TRIES):
            row = self._find(application_id, terminal_id, report)
            if (before := self._taken_before(application_id, report)) is not None:
                return before
            state = self._next(row, terminal_id, report)
            if self._keep(row, report, state):
                return ReportTaken(application_id=application_id, state=state)
        raise Failed("Application_State_Conflict", state=row["state"])

    def _find(self, application_id: str, terminal_id: str, report: StatusReport) -> RowMapping:
        with self._database.read() as connection:
            found = connection.execute(tables.APPLICATION, {"application": application_id})
            row = found.mappings().first()
            lost = (
                row is None and connection.execute(select(tables.restorations).limit(1)).first() is not None
            )
        if lost:
            # this centre was restored from a backup: what the terminal says of the time between is all that is left of it
            self._incidents.record(
                application_id, terminal_id, "terminal", "Application_Unknown",
                {"report": report.kind, "amount": report.amount, "sheets_printed": report.sheets_printed, "at": report.at.isoformat()},
                key=report.report_id,
            )  # fmt: skip
        if row is None or row["terminal_id"] != terminal_id:
            raise Failed("Application_Unknown")
        return row

    def _taken_before(self, application_id: str, report: StatusReport) -> ReportTaken | None:
        with self._database.read() as connection:
            row = connection.execute(
                select(status_reports).where(status_reports.c.report_id == report.report_id)
            ).first()
        if row is None:
            return None
        if row.application_id != application_id or row.body != report.model_dump_json():
            raise Failed("Idempotency_Conflict")
        return ReportTaken(application_id=application_id, state=row.state_after)

    def _next(self, row: RowMapping, terminal_id: str, report: StatusReport) -> State:
        """Find the state that the report leads to.

        Money or paper that moved against the ledger is also recorded as an incident.
        """
        state = CENTER.after(_state_met(row, report), report.kind)
        wrong_amount = report.kind is ReportKind.PAID and report.amount != row["fee_total"]
        unpaid = report.kind is ReportKind.HANDED_OVER and row["paid_at"] is None
        if state is not None and not wrong_amount and not unpaid:
            return state
        facts = {"state": row["state"], "report": report.kind}
        if wrong_amount:
            facts |= {"amount": report.amount, "fee_total": row["fee_total"]}
        failed = Failed("Application_State_Conflict", **facts)
        if report.kind in (ReportKind.PAID, ReportKind.HANDED_OVER):
            self._incidents.record(
                row["application_id"], terminal_id, "centre", failed.failure, facts, key=report.report_id
            )
        raise failed

    def _keep(self, row: RowMapping, report: StatusReport, state: State) -> bool:
        """Write the report and the new state. False if somebody else was quicker: then look again."""
        now = self._clock.now()
        application_id = row["application_id"]
        more: dict[str, object] = {}
        late = _is_late(row, report)
        if report.kind is ReportKind.PAID and row["paid_at"] is None:
            more["paid_at"] = now
        if late:
            more["reason"] = f"{SETTLED_LATE} ({row['reason']})"[:REASON_LENGTH]
        if report.kind in (ReportKind.CANCELLED, ReportKind.INCIDENT):
            more["expired_at"] = None
        try:
            with self._database.write() as connection:
                changed = connection.execute(
                    update(applications)
                    .where(
                        applications.c.application_id == application_id,
                        applications.c.state == row["state"],
                        applications.c.expired_at.is_not_distinct_from(row["expired_at"]),
                    )
                    .values(state=state, changed_at=now, **more)
                )
                if changed.rowcount != 1:
                    return False
                connection.execute(
                    insert(status_reports).values(
                        report_id=report.report_id,
                        application_id=application_id,
                        kind=report.kind,
                        body=report.model_dump_json(),
                        taken_at=now,
                        state_after=state,
                    )
                )
                connection.execute(tables.SEEN, {"terminal": row["terminal_id"], "now": now})
                enqueue(connection, application_id, row["municipality"], report)
                if state in (State.HANDED_OVER, State.CANCELLED):
                    void(connection, application_id)
                tell_incident = report.kind is ReportKind.INCIDENT and self._incidents.add(
                    connection, application_id, row["terminal_id"], "terminal", incident_failure(report.reason),
                    {"reason": report.reason}, key=report.report_id,
                )  # fmt: skip
        except IntegrityError:
            return False
        if state in (State.HANDED_OVER, State.CANCELLED):
            self._database.personal_deleted()
        if tell_incident:
            tell_incident()
        if state != row["state"]:
            self._trace.emit(
                "centre", str(state), application_id=application_id, amount=report.amount,
                sheets_printed=report.sheets_printed, reason=report.reason,
            )  # fmt: skip
        if late:
            self._trace.emit(
                "centre", "settled_late", application_id=application_id, amount=report.amount, paid_at=report.at,
                expired_at=row["expired_at"],
            )  # fmt: skip
        return True


def _state_met(row: RowMapping, report: StatusReport) -> State:
    """Return the state that `report` meets; what was never prepared gives way to nothing."""
    expired_at = row["expired_at"] if row["answer"] is not None else None
    paid = row["paid_at"] is not None
    return state_met(State(row["state"]), report.kind, report.at, expired_at=expired_at, paid=paid)


def _is_late(row: RowMapping, report: StatusReport) -> bool:
    """Tell whether a payment is reported only after its application had expired."""
    return report.kind is ReportKind.PAID and row["expired_at"] is not None and row["paid_at"] is None
