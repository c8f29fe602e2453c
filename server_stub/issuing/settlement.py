"""The money that a report moves, and payments that come to be known late, in the ledger's own transaction.

The terminal was cut off with the resident's money in it, and told of it when it could. Such a cancellation gives way; what
the terminal itself has cancelled stays cancelled. The centre decides by the same rule, so that both books say the same.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, insert, select

from server_stub.interface.application_states import State, state_met
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind, StatusReport

from . import tables as t


def state_before(connection: Connection, application_id: str, state: State, report: StatusReport) -> State:
    """Return the state that `report` meets; what cannot have expired costs no look into the reports."""
    if state not in (State.CANCELLED, State.IN_DOUBT):
        return state
    expired_at = _expired_at(connection, application_id)
    paid = expired_at is not None and _charged(connection, application_id)
    return state_met(state, report.kind, report.at, expired_at=expired_at, paid=paid)


def settled_late(connection: Connection, application_id: str) -> bool:
    """Tell whether it was charged although it had expired before."""
    expired = select(t.status_reports.c.report_id).where(
        t.status_reports.c.application_id == application_id, t.status_reports.c.expired
    )
    return connection.execute(expired).first() is not None and _charged(connection, application_id)


def _expired_at(connection: Connection, application_id: str) -> datetime | None:
    """Tell when it expired; None if it did not, or if the terminal has stopped it itself."""
    rows = connection.execute(
        select(t.status_reports.c.at, t.status_reports.c.expired).where(
            t.status_reports.c.application_id == application_id,
            t.status_reports.c.kind.in_((ReportKind.CANCELLED, ReportKind.INCIDENT)),
        )
    ).all()
    if not rows or not all(row.expired for row in rows):
        return None
    return min(datetime.fromisoformat(row.at) for row in rows)


def _charged(connection: Connection, application_id: str) -> bool:
    return bool(
        connection.execute(select(exists().where(t.charges.c.application_id == application_id))).scalar()
    )


def book(connection: Connection, application_id: str, report: StatusReport) -> None:
    """Book the money that `report` moves: a charge with the first payment, a refund with a cancellation after it.

    A payment is the whole fee, and no paper with a fee is handed over unpaid."""
    charged = connection.execute(
        select(t.charges.c.amount).where(t.charges.c.application_id == application_id)
    ).scalar()
    entry = {"application_id": application_id, "at": report.at.isoformat(), "report_id": report.report_id}
    if report.kind in (ReportKind.PAID, ReportKind.HANDED_OVER):
        fee = connection.execute(
            select(t.applications.c.fee_total).where(t.applications.c.application_id == application_id)
        ).scalar()
        if fee is None:
            raise Failed("Application_Unknown", application_id=application_id)
        told = report.amount if report.kind is ReportKind.PAID else charged or 0
        if told != fee:
            raise Failed("Application_State_Conflict", application_id=application_id, fee=fee, amount=told)
        if report.kind is ReportKind.PAID and charged is None:
            connection.execute(insert(t.charges), {**entry, "amount": report.amount})
    if report.kind is ReportKind.CANCELLED and charged is not None:
        refunded = connection.execute(
            select(t.refunds.c.report_id).where(t.refunds.c.application_id == application_id)
        ).scalar()
        if refunded is None:
            connection.execute(insert(t.refunds), entry)
