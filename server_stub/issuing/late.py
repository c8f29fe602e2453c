"""Payments that come to be known late: the centre had cancelled the application only because its session had run out.

The terminal was cut off with the resident's money in it, and told of it when it could. Such a cancellation gives way; what
the terminal itself has cancelled stays cancelled. The centre decides by the same rule, so that both books say the same.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, select

from server_stub.interface.terminal import Note, NoteKind

from . import tables as t
from .states import State


def standing_before(connection: Connection, application_id: str, state: State, note: Note) -> State:
    """The state that `note` meets: for a payment before the lapse, as if it had been told in time; also for a doubt."""
    if state not in (State.CANCELLED, State.IN_DOUBT) or note.kind not in (NoteKind.PAID, NoteKind.IN_DOUBT):
        return state
    lapsed_at = _lapsed_at(connection, application_id)
    if lapsed_at is None:
        return state
    if note.kind is NoteKind.IN_DOUBT:
        return State.PREPARED if state is State.CANCELLED else state
    if _charged(connection, application_id):
        return state
    return State.PREPARED if note.at < lapsed_at else State.CANCELLED


def settled_late(connection: Connection, application_id: str) -> bool:
    """Whether it was charged although it had lapsed before."""
    lapsed = select(t.notes.c.note_id).where(t.notes.c.application_id == application_id, t.notes.c.lapsed)
    return connection.execute(lapsed).first() is not None and _charged(connection, application_id)


def _lapsed_at(connection: Connection, application_id: str) -> datetime | None:
    """When it lapsed; None if it did not, or if the terminal has stopped it itself."""
    rows = connection.execute(
        select(t.notes.c.at, t.notes.c.lapsed).where(
            t.notes.c.application_id == application_id,
            t.notes.c.kind.in_((NoteKind.CANCELLED, NoteKind.INCIDENT)),
        )
    ).all()
    if not rows or not all(row.lapsed for row in rows):
        return None
    return min(datetime.fromisoformat(row.at) for row in rows)


def _charged(connection: Connection, application_id: str) -> bool:
    return bool(
        connection.execute(select(exists().where(t.charges.c.application_id == application_id))).scalar()
    )
