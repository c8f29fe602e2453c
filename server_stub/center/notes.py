"""What the terminal tells of an application: taken once, checked against its state, passed on to the issuing server."""

from __future__ import annotations

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from server_stub.interface.clock import Clock
from server_stub.interface.failures import CATALOGUE, Failed
from server_stub.interface.terminal import Note, NoteKind, NoteTaken
from server_stub.interface.trace import Trace

from .cancelling import REASON_LENGTH, enqueue, void
from .database import Database
from .incidents import Incidents
from .states import State, after
from .tables import applications, notes

SETTLED_LATE = "settled late"
"""How the reason of an application begins whose payment came to be known only after it had lapsed."""
_TRIES = 10


class Notes:
    def __init__(self, database: Database, clock: Clock, trace: Trace, incidents: Incidents) -> None:
        self._database = database
        self._clock = clock
        self._trace = trace
        self._incidents = incidents

    def take(self, terminal_id: str, application_id: str, note: Note) -> NoteTaken:
        """Durable when this returns. Raises Failed: Application_Unknown, Application_State_Conflict,
        Idempotency_Conflict (this note_id said something else before), Request_Malformed (a time without offset)."""
        if note.at.tzinfo is None:
            raise Failed("Request_Malformed", fields=["body.at: the offset is missing"])
        note = note.model_copy(update={"reason": note.reason.replace("\0", "")[:REASON_LENGTH]})
        for _ in range(_TRIES):
            row = self._find(application_id, terminal_id)
            if (before := self._taken_before(application_id, note)) is not None:
                return before
            state = self._next(row, terminal_id, note)
            if self._keep(row, note, state):
                return NoteTaken(application_id=application_id, state=state)
        raise Failed("Application_State_Conflict", state=row["state"])

    def _find(self, application_id: str, terminal_id: str) -> RowMapping:
        with self._database.read() as connection:
            row = (
                connection.execute(
                    select(applications).where(applications.c.application_id == application_id)
                )
                .mappings()
                .first()
            )
        if row is None or row["terminal_id"] != terminal_id:
            raise Failed("Application_Unknown")
        return row

    def _taken_before(self, application_id: str, note: Note) -> NoteTaken | None:
        with self._database.read() as connection:
            row = connection.execute(select(notes).where(notes.c.note_id == note.note_id)).first()
        if row is None:
            return None
        if row.application_id != application_id or row.body != note.model_dump_json():
            raise Failed("Idempotency_Conflict")
        return NoteTaken(application_id=application_id, state=row.state_after)

    def _next(self, row: RowMapping, terminal_id: str, note: Note) -> State:
        """The state that the note leads to. Money or paper moved against the ledger is an incident besides."""
        state = after(_standing(row, note), note.kind)
        wrong_amount = note.kind is NoteKind.PAID and note.amount != row["fee_total"]
        unpaid = note.kind is NoteKind.HANDED_OVER and row["paid_at"] is None
        if state is not None and not wrong_amount and not unpaid:
            return state
        facts = {"state": row["state"], "note": note.kind}
        if wrong_amount:
            facts |= {"amount": note.amount, "fee_total": row["fee_total"]}
        failed = Failed("Application_State_Conflict", **facts)
        if note.kind in (NoteKind.PAID, NoteKind.HANDED_OVER):
            self._incidents.record(
                row["application_id"], terminal_id, "centre", failed.failure, facts, key=note.note_id
            )
        raise failed

    def _keep(self, row: RowMapping, note: Note, state: State) -> bool:
        """False if somebody else was quicker: then look again."""
        now = self._clock.now()
        application_id = row["application_id"]
        more: dict[str, object] = {}
        late = _is_late(row, note)
        if note.kind is NoteKind.PAID and row["paid_at"] is None:
            more["paid_at"] = now
        if late:
            more["reason"] = f"{SETTLED_LATE} ({row['reason']})"[:REASON_LENGTH]
        if note.kind in (NoteKind.CANCELLED, NoteKind.INCIDENT):
            more["lapsed_at"] = None
        try:
            with self._database.write() as connection:
                changed = connection.execute(
                    update(applications)
                    .where(
                        applications.c.application_id == application_id,
                        applications.c.state == row["state"],
                        applications.c.lapsed_at.is_not_distinct_from(row["lapsed_at"]),
                    )
                    .values(state=state, changed_at=now, **more)
                )
                if changed.rowcount != 1:
                    return False
                connection.execute(
                    insert(notes).values(
                        note_id=note.note_id,
                        application_id=application_id,
                        kind=note.kind,
                        body=note.model_dump_json(),
                        taken_at=now,
                        state_after=state,
                    )
                )
                enqueue(connection, application_id, row["municipality"], note)
                if state in (State.HANDED_OVER, State.CANCELLED):
                    void(connection, application_id)
                tell_incident = note.kind is NoteKind.INCIDENT and self._incidents.add(
                    connection, application_id, row["terminal_id"], "terminal", _name_of(note),
                    {"reason": note.reason}, key=note.note_id,
                )  # fmt: skip
        except IntegrityError:
            return False
        if state in (State.HANDED_OVER, State.CANCELLED):
            self._database.personal_deleted()
        if tell_incident:
            tell_incident()
        if state != row["state"]:
            self._trace.emit(
                "centre", str(state), application_id=application_id, amount=note.amount,
                sheets_printed=note.sheets_printed, reason=note.reason,
            )  # fmt: skip
        if late:
            self._trace.emit(
                "centre", "settled_late", application_id=application_id, amount=note.amount, paid_at=note.at,
                lapsed_at=row["lapsed_at"],
            )  # fmt: skip
        return True


def _standing(row: RowMapping, note: Note) -> State:
    """The state that `note` meets. What lapsed gives way to a payment made before, as if it had been told in time, and
    to a doubt about it."""
    state = State(row["state"])
    if row["lapsed_at"] is None or row["answer"] is None:
        return state
    if note.kind is NoteKind.PAID and row["paid_at"] is None:
        return State.PREPARED if note.at < row["lapsed_at"] else State.CANCELLED
    return State.PREPARED if note.kind is NoteKind.IN_DOUBT and state is State.CANCELLED else state


def _is_late(row: RowMapping, note: Note) -> bool:
    """Whether a payment is told only after its application had lapsed."""
    return note.kind is NoteKind.PAID and row["lapsed_at"] is not None and row["paid_at"] is None


def _name_of(note: Note) -> str:
    """A terminal tells an incident as `Failure` or `Failure: detail`; any other words mean what incidents mostly are."""
    name = note.reason.partition(":")[0]
    return name if name in CATALOGUE else "Binding_Mismatch"
