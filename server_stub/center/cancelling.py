"""Cancel whole applications, never a part: the state, the sheets and the report to the issuing server in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, update

from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.issuing import LedgerReport
from server_stub.interface.terminal import ReportKind, StatusReport
from server_stub.interface.trace import Trace

from .tables import applications, outbox, sheets

REASON_LENGTH = 200
_UNPAID = (State.RECEIVED, State.PREPARED)
"""What ends with its session."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    application_id: str
    reason: str


def cancel_unpaid(
    connection: Connection, session_id: str, reason: str, clock: Clock, *, expired: bool
) -> list[Cancelled]:
    """Cancel what is not paid of a session; the caller has the session's row locked.

    `expired`: nobody asked for it, the session has run out. It then gives way to a payment made before now.
    """
    now = clock.now()
    rows = connection.execute(
        update(applications)
        .where(applications.c.session_id == session_id, applications.c.state.in_(_UNPAID))
        .values(
            state=State.CANCELLED,
            changed_at=now,
            reason=reason[:REASON_LENGTH],
            expired_at=now if expired else None,
        )
        .returning(applications.c.application_id, applications.c.municipality)
    ).all()
    for application_id, municipality in rows:
        void(connection, application_id)
        report = LedgerReport(
            report_id=new_ulid(clock),
            kind=ReportKind.CANCELLED,
            at=now,
            reason=reason[:REASON_LENGTH],
            expired=expired,
        )
        enqueue(connection, application_id, municipality, report)
    return [Cancelled(application_id, reason) for application_id, _ in rows]


def cancelled_by_terminal(connection: Connection, session_id: str) -> None:
    """Note that the terminal itself has ended a session that had run out: no payment of it is still on its way."""
    connection.execute(
        update(applications)
        .where(applications.c.session_id == session_id, applications.c.state == State.CANCELLED)
        .values(expired_at=None)
    )


def void(connection: Connection, application_id: str) -> None:
    """Delete the sheets of an application that is over; the centre keeps no resident's paper."""
    connection.execute(delete(sheets).where(sheets.c.application_id == application_id))


def enqueue(connection: Connection, application_id: str, municipality: str, report: StatusReport) -> None:
    """Put a report on its way to the issuing server, in the transaction that makes it true."""
    connection.execute(
        outbox.insert().values(
            report_id=report.report_id,
            application_id=application_id,
            municipality=municipality,
            body=report.model_dump_json(),
        )
    )


def tell_cancelled(trace: Trace, cancelled: list[Cancelled]) -> None:
    for one in cancelled:
        trace.emit("centre", "cancelled", application_id=one.application_id, reason=one.reason)
