"""Keep applications (交付申請) and their sheets: each is received once, and prepared once or cancelled as a whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import and_, select, update
from sqlalchemy.exc import IntegrityError

from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest
from server_stub.interface.terminal import ReportKind, SignedManifest, StatusReport
from server_stub.interface.trace import Trace
from server_stub.interface.values import FailureBody, Identity, Model

from . import tables
from .cancelling import REASON_LENGTH, Cancelled, enqueue, tell_cancelled
from .database import Database
from .tables import applications, sheets

_SERVED = (State.PREPARED, State.PAID, State.IN_DOUBT)
"""While an application stands so, its sheets can be fetched."""


@dataclass(frozen=True, slots=True)
class Application:
    """Name an application that was received.

    `mine`: this call received it and has to carry it out; otherwise it was received before under the same key.
    """

    application_id: str
    received_at: datetime
    mine: bool


def fingerprint(session_id: str, request: ApplicationRequest) -> str:
    """Return the hash by which two requests under one key are the same request: SHA-256 in hex."""
    text = json.dumps([session_id, request.model_dump(mode="json")], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Visitor(Protocol):
    """Whose session it is."""

    @property
    def session_id(self) -> str: ...

    @property
    def holder(self) -> Identity: ...


class Applications:
    def __init__(self, database: Database, clock: Clock, trace: Trace) -> None:
        self._database = database
        self._clock = clock
        self._trace = trace

    def receive(
        self, terminal_id: str, key: str, session: Visitor, request: ApplicationRequest
    ) -> Application:
        """Write one row, or find the row that this key has already. Raises Failed: Idempotency_Conflict, Session_Not_Valid."""
        now = self._clock.now()
        application_id = new_ulid(self._clock)
        mark = fingerprint(session.session_id, request)
        try:
            with self._database.write() as connection:
                counted = connection.execute(
                    tables.COUNT_APPLICATION, {"session": session.session_id, "now": now}
                )
                if counted.rowcount != 1:
                    raise Failed("Session_Not_Valid")
                connection.execute(
                    tables.RECEIVE,
                    {
                        "application_id": application_id,
                        "session_id": session.session_id,
                        "terminal_id": terminal_id,
                        "idempotency_key": key,
                        "fingerprint": mark,
                        "holder_method": session.holder.method,
                        "holder_ref": session.holder.reference,
                        "municipality": request.municipality,
                        "kind": request.kind,
                        "copies": request.copies,
                        "fee_total": request.fee_total,
                        "state": State.RECEIVED,
                        "at_issuing": True,
                        "received_at": now,
                        "changed_at": now,
                    },
                )
        except IntegrityError:
            return self._received_before(terminal_id, key, mark)
        self._trace.emit(
            "centre", "application_received", application_id=application_id, session_id=session.session_id,
            kind=request.kind, municipality=request.municipality, copies=request.copies,
            fee_total=request.fee_total,
        )  # fmt: skip
        return Application(application_id, now, mine=True)

    def _received_before(self, terminal_id: str, key: str, mark: str) -> Application:
        with self._database.read() as connection:
            row = (
                connection.execute(
                    select(applications).where(
                        applications.c.terminal_id == terminal_id, applications.c.idempotency_key == key
                    )
                )
                .mappings()
                .one()
            )
        if row["fingerprint"] != mark:
            raise Failed("Idempotency_Conflict")
        return Application(row["application_id"], row["received_at"], mine=False)

    def prepared(
        self,
        application_id: str,
        session_id: str,
        signed: Model,
        bodies: Sequence[bytes],
        payment_life: timedelta,
    ) -> bool:
        """Keep the answer (a SignedManifest, or of a slip its order) and the sheets; the session lives at least `payment_life` from now. False, with nothing kept and the
        issuing server told, if the session has ended meanwhile: then the application is cancelled."""
        now = self._clock.now()
        with self._database.write() as connection:
            alive = connection.execute(
                tables.PROLONG_SESSION,
                {"session": session_id, "now": now, "lives": now + payment_life},
            ).rowcount
            kept = (
                alive
                and connection.execute(
                    tables.PREPARED,
                    {
                        "application": application_id,
                        "state": State.PREPARED,
                        "at_issuing": False,
                        "changed_at": now,
                        "answer": signed.model_dump_json(),
                    },
                ).rowcount
            )
            if kept:
                rows = [
                    {"application_id": application_id, "number": number, "body": body}
                    for number, body in enumerate(bodies, start=1)
                ]
                if rows:
                    connection.execute(tables.KEEP_SHEETS, rows)
        if not kept:
            self.failed(application_id, Failed("Session_Not_Valid"), tell_issuing=True)
            return False
        self._trace.emit("centre", "prepared", application_id=application_id, sheets=len(bodies))
        return True

    def failed(self, application_id: str, failed: Failed, *, tell_issuing: bool) -> None:
        """Cancel an application for which the issuing server made no paper. `failed` is the answer.

        `tell_issuing`: it may have made the paper all the same, so it is told that nobody gets it.
        """
        now = self._clock.now()
        body = FailureBody.of(failed)
        with self._database.write() as connection:
            row = connection.execute(
                update(applications)
                .where(applications.c.application_id == application_id, applications.c.at_issuing)
                .values(at_issuing=False, failure=body.model_dump_json())
                .returning(applications.c.municipality)
            ).first()
            open_still = (
                row is not None
                and connection.execute(
                    update(applications)
                    .where(
                        applications.c.application_id == application_id,
                        applications.c.state == State.RECEIVED,
                    )
                    .values(state=State.CANCELLED, changed_at=now, reason=failed.failure[:REASON_LENGTH])
                ).rowcount
            )
            if row is not None and open_still and tell_issuing:
                report = StatusReport(
                    report_id=new_ulid(self._clock), kind=ReportKind.CANCELLED, at=now, reason=failed.failure
                )
                enqueue(connection, application_id, row.municipality, report)
        if open_still:
            tell_cancelled(self._trace, [Cancelled(application_id, failed.failure)])

    def outcome(self, application_id: str) -> SignedManifest | Failed | None:
        """Return what was answered, or None while the application is still under way."""
        with self._database.read() as connection:
            row = connection.execute(
                select(applications.c.at_issuing, applications.c.answer, applications.c.failure).where(
                    applications.c.application_id == application_id
                )
            ).one()
        if row.at_issuing:
            return None
        if row.answer is not None:
            return SignedManifest.model_validate_json(row.answer)
        return FailureBody.model_validate_json(row.failure).failed()

    def sheet(self, application_id: str, terminal_id: str, number: int) -> bytes:
        """Return the bytes whose SHA-256 stands in the manifest.

        Raises Failed: Application_Unknown, Application_State_Conflict (not prepared, cancelled or handed over),
        Request_Not_Found (no such sheet).
        """
        with self._database.read() as connection:
            row = connection.execute(
                select(applications.c.terminal_id, applications.c.state, sheets.c.body)
                .outerjoin(
                    sheets,
                    and_(sheets.c.application_id == applications.c.application_id, sheets.c.number == number),
                )
                .where(applications.c.application_id == application_id)
            ).first()
        if row is None or row.terminal_id != terminal_id:
            raise Failed("Application_Unknown")
        if row.state not in _SERVED:
            raise Failed("Application_State_Conflict", state=row.state)
        if row.body is None:
            raise Failed("Request_Not_Found", sheet=number)
        return bytes(row.body)

    def recover(self) -> None:
        """Cancel what was under way when the process before this one ended: nobody waits for an answer any more.

        One process serves a database; this runs before its first request.
        """
        with self._database.read() as connection:
            orphans = connection.execute(
                select(applications.c.application_id).where(applications.c.at_issuing)
            ).scalars()
            found = [str(application_id) for application_id in orphans]
        for application_id in found:
            self.failed(application_id, Failed("Centre_Unreachable"), tell_issuing=True)
