"""The money that a note moves, in the ledger's own transaction."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from server_stub.interface.failures import Failed
from server_stub.interface.terminal import Note, NoteKind

from . import tables as t


def book(connection: Connection, application_id: str, note: Note) -> None:
    """The money that `note` moves: a charge with the first payment, a refund with a cancellation after it.

    A payment is the whole fee, and no paper with a fee is handed over unpaid."""
    charged = connection.execute(
        select(t.charges.c.amount).where(t.charges.c.application_id == application_id)
    ).scalar()
    entry = {"application_id": application_id, "at": note.at.isoformat(), "note_id": note.note_id}
    if note.kind in (NoteKind.PAID, NoteKind.HANDED_OVER):
        fee = connection.execute(
            select(t.applications.c.fee_total).where(t.applications.c.application_id == application_id)
        ).scalar()
        if fee is None:
            raise Failed("Application_Unknown", application_id=application_id)
        told = note.amount if note.kind is NoteKind.PAID else charged or 0
        if told != fee:
            raise Failed("Application_State_Conflict", application_id=application_id, fee=fee, amount=told)
        if note.kind is NoteKind.PAID and charged is None:
            connection.execute(insert(t.charges), {**entry, "amount": note.amount})
    if note.kind is NoteKind.CANCELLED and charged is not None:
        refunded = connection.execute(
            select(t.refunds.c.note_id).where(t.refunds.c.application_id == application_id)
        ).scalar()
        if refunded is None:
            connection.execute(insert(t.refunds), entry)
