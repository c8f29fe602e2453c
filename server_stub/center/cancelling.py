"""Cancels whole applications, never a part: the state, the sheets and the note to the issuing server in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, update

from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.issuing import LedgerNote
from server_stub.interface.terminal import Note, NoteKind
from server_stub.interface.trace import Trace

from .states import UNPAID, State
from .tables import applications, outbox, sheets

REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Cancelled:
    application_id: str
    reason: str


def cancel_unpaid(
    connection: Connection, session_id: str, reason: str, clock: Clock, *, lapsed: bool
) -> list[Cancelled]:
    """Cancel what is not paid of a session; the caller has the session's row locked.

    `lapsed`: nobody asked for it, the session has run out. It then gives way to a payment made before now.
    """
    now = clock.now()
    rows = connection.execute(
        update(applications)
        .where(applications.c.session_id == session_id, applications.c.state.in_(UNPAID))
        .values(
            state=State.CANCELLED,
            changed_at=now,
            reason=reason[:REASON_LENGTH],
            lapsed_at=now if lapsed else None,
        )
        .returning(applications.c.application_id, applications.c.municipality)
    ).all()
    for application_id, municipality in rows:
        void(connection, application_id)
        note = LedgerNote(
            note_id=new_ulid(clock),
            kind=NoteKind.CANCELLED,
            at=now,
            reason=reason[:REASON_LENGTH],
            lapsed=lapsed,
        )
        enqueue(connection, application_id, municipality, note)
    return [Cancelled(application_id, reason) for application_id, _ in rows]


def cancelled_by_terminal(connection: Connection, session_id: str) -> None:
    """The terminal has ended a session that had run out before: no payment of it is still on its way."""
    connection.execute(
        update(applications)
        .where(applications.c.session_id == session_id, applications.c.state == State.CANCELLED)
        .values(lapsed_at=None)
    )


def void(connection: Connection, application_id: str) -> None:
    """Nobody needs these sheets again; the centre keeps no resident's paper."""
    connection.execute(delete(sheets).where(sheets.c.application_id == application_id))


def enqueue(connection: Connection, application_id: str, municipality: str, note: Note) -> None:
    """Put a note on its way to the issuing server, in the transaction that makes it true."""
    connection.execute(
        outbox.insert().values(
            note_id=note.note_id,
            application_id=application_id,
            municipality=municipality,
            body=note.model_dump_json(),
        )
    )


def tell_cancelled(trace: Trace, cancelled: list[Cancelled]) -> None:
    for one in cancelled:
        trace.emit("centre", "cancelled", application_id=one.application_id, reason=one.reason)
