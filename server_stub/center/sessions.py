"""Sessions: one visit of one resident at one terminal. A session that is over is over: nothing brings it back."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Row, and_, select, update

from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import Offers
from server_stub.interface.terminal import Nonce, SessionOpened
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Place

from . import tables
from .cancelling import Cancelled, cancel_unpaid, cancelled_by_terminal, tell_cancelled
from .database import Database
from .settings import CenterTimes
from .tables import SESSION_ENDED, SESSION_OPEN, sessions

NONCE_BYTES = 32
REASON_LENGTH = 200
TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Authenticated:
    """What a session knows after authentication: the holder, and what this holder was offered, as given."""

    session_id: str
    holder: Identity
    place: Place
    offers: Offers


class Sessions:
    def __init__(self, database: Database, clock: Clock, trace: Trace, times: CenterTimes) -> None:
        self._database = database
        self._clock = clock
        self._trace = trace
        self._times = times

    def open(self, terminal_id: str) -> SessionOpened:
        now = self._clock.now()
        opened = SessionOpened(
            session_id=new_ulid(self._clock),
            terminal_id=terminal_id,
            expires_at=now + self._times.session_life,
        )
        with self._database.write() as connection:
            connection.execute(
                tables.OPEN_SESSION,
                {
                    "session_id": opened.session_id,
                    "terminal_id": terminal_id,
                    "state": SESSION_OPEN,
                    "opened_at": now,
                    "expires_at": opened.expires_at,
                },
            )
            connection.execute(tables.SEEN, {"terminal": terminal_id, "now": now})
        self._trace.emit("centre", "session_opened", session_id=opened.session_id, terminal_id=terminal_id)
        return opened

    def new_nonce(self, session_id: str, terminal_id: str) -> Nonce:
        """A fresh nonce; one that was not used is worth nothing from now on. Raises Failed(Session_Not_Valid)."""
        now = self._clock.now()
        nonce = base64.b64encode(secrets.token_bytes(NONCE_BYTES)).decode()
        expires_at = now + self._times.nonce_life
        with self._database.write() as connection:
            done = connection.execute(
                tables.SET_NONCE,
                {
                    "session": session_id,
                    "terminal": terminal_id,
                    "now": now,
                    "nonce": nonce,
                    "nonce_expires_at": expires_at,
                },
            )
        if done.rowcount != 1:
            raise Failed("Session_Not_Valid")
        return Nonce(nonce=nonce, expires_at=expires_at)

    def use_nonce(self, session_id: str, terminal_id: str) -> str:
        """Take the outstanding nonce out of the session, for good, whatever the check of the signature then says.

        Raises Failed: Session_Not_Valid, Nonce_Not_Valid (none, already used, or too old).
        """
        now = self._clock.now()
        row = self._find(tables.NONCE, session_id, terminal_id, now)
        nonce = row.nonce
        if nonce is None:
            raise Failed("Nonce_Not_Valid", cause="none outstanding")
        with self._database.write() as connection:
            taken = connection.execute(
                tables.USE_NONCE, {"session": session_id, "used": nonce, "nonce": None}
            )
        if taken.rowcount != 1:
            raise Failed("Nonce_Not_Valid", cause="used")
        if now > row.nonce_expires_at:
            raise Failed("Nonce_Not_Valid", cause="expired")
        return str(nonce)

    def authenticated(self, terminal_id: str, found: Authenticated) -> None:
        """Keep who it is. A session belongs to one holder: for another it is Failed(Session_Not_Valid)."""
        with self._database.write() as connection:
            done = connection.execute(
                tables.AUTHENTICATED,
                {
                    "session": found.session_id,
                    "terminal": terminal_id,
                    "now": self._clock.now(),
                    "holder": found.holder.reference,
                    "method": found.holder.method,
                    "holder_ref": found.holder.reference,
                    "holder_method": found.holder.method,
                    "place": found.place,
                    "municipality": found.offers.municipality.code,
                    "offers": found.offers.model_dump_json(),
                },
            )
        if done.rowcount != 1:
            raise Failed("Session_Not_Valid")

    def holder_is(self, session_id: str, terminal_id: str, holder: Identity) -> None:
        """Keep who it is where nothing was offered yet (利用登録). A session belongs to one holder: for another it is
        Failed(Session_Not_Valid)."""
        with self._database.write() as connection:
            done = connection.execute(
                tables.AUTHENTICATED,
                {
                    "session": session_id,
                    "terminal": terminal_id,
                    "now": self._clock.now(),
                    "holder": holder.reference,
                    "method": holder.method,
                    "holder_ref": holder.reference,
                    "holder_method": holder.method,
                },
            )
        if done.rowcount != 1:
            raise Failed("Session_Not_Valid")

    def holder(self, session_id: str, terminal_id: str) -> Identity:
        """Raises Failed: Session_Not_Valid, Session_Not_Authenticated."""
        row = self._find(tables.HOLDER, session_id, terminal_id, self._clock.now())
        if row.holder_ref is None:
            raise Failed("Session_Not_Authenticated")
        return Identity(method=row.holder_method, reference=row.holder_ref)

    def known(self, session_id: str, terminal_id: str) -> Authenticated:
        """Raises Failed: Session_Not_Valid, Session_Not_Authenticated."""
        row = self._find(tables.KNOWN, session_id, terminal_id, self._clock.now())
        if row.offers is None:
            raise Failed("Session_Not_Authenticated")
        holder = Identity(method=row.holder_method, reference=row.holder_ref)
        return Authenticated(session_id, holder, Place(row.place), Offers.model_validate_json(row.offers))

    def end(self, session_id: str, terminal_id: str, reason: str) -> None:
        """End it and cancel all that is not paid. Ending twice is no fault. Raises Failed(Session_Not_Valid)."""
        with self._database.read() as connection:
            owner = connection.execute(
                select(sessions.c.terminal_id).where(sessions.c.session_id == session_id)
            ).scalar()
        if owner != terminal_id:
            raise Failed("Session_Not_Valid")
        self._end([session_id], reason or "session ended", expired=False)

    def end_overdue(self) -> int:
        """End every session that has run out by the clock. Returns how many."""
        with self._database.read() as connection:
            overdue = connection.execute(
                select(sessions.c.session_id).where(
                    sessions.c.state == SESSION_OPEN, sessions.c.expires_at <= self._clock.now()
                )
            ).scalars()
            found = [str(session_id) for session_id in overdue]
        if found:
            self._end(found, TIMED_OUT, expired=True)
        return len(found)

    def _end(self, session_ids: list[str], reason: str, *, expired: bool) -> None:
        now = self._clock.now()
        cancelled: list[Cancelled] = []
        with self._database.write() as connection:
            for session_id in session_ids:
                which = and_(sessions.c.session_id == session_id, sessions.c.state == SESSION_OPEN)
                if expired:
                    # a paper prepared since we looked has given the session more time
                    which = and_(which, sessions.c.expires_at <= now)
                ended = connection.execute(
                    update(sessions)
                    .where(which)
                    .values(
                        state=SESSION_ENDED,
                        nonce=None,
                        offers=None,
                        ended_at=now,
                        end_reason=reason[:REASON_LENGTH],
                    )
                )
                if ended.rowcount:
                    cancelled += cancel_unpaid(connection, session_id, reason, self._clock, expired=expired)
                elif not expired:
                    cancelled_by_terminal(connection, session_id)
        self._database.personal_deleted()
        tell_cancelled(self._trace, cancelled)

    def _find(self, what: Executable, session_id: str, terminal_id: str, now: datetime) -> Row[Any]:
        """What the statement selects of a living session of this terminal. Raises Failed(Session_Not_Valid)."""
        with self._database.read() as connection:
            row = connection.execute(
                what, {"session": session_id, "terminal": terminal_id, "now": now}
            ).first()
        if row is None:
            raise Failed("Session_Not_Valid")
        return row
