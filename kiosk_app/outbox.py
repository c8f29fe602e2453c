"""Messages that must reach the centre, whatever happens in between: a durable queue, drained by the network thread.

Within one session messages go out in the order they were put; each is sent again until the centre takes it, or refuses it
by a name that trying again cannot change.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server_stub.interface.failures import Failed
from server_stub.interface.terminal import Note

FINAL = frozenset(
    {
        "Application_Unknown", "Application_State_Conflict", "Idempotency_Conflict", "Session_Not_Valid",
        "Request_Malformed",
    }
)  # fmt: skip
"""What the centre says of a message for good. With any other failure, whoever answers, the message waits: it may tell of
money, and being told again does no harm."""

_TABLE = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY, session TEXT NOT NULL, application TEXT NOT NULL, kind TEXT NOT NULL,
    note TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    UNIQUE (session, application, kind));
CREATE INDEX IF NOT EXISTS message_waiting ON message (state, number);
"""
END = "end"


@dataclass(frozen=True, slots=True)
class Message:
    """One note of an application, or (`note` None) the end of a session."""

    number: int
    session_id: str
    application_id: str
    note: Note | None
    reason: str = ""


class Outbox:
    """Safe from any thread. What was taken stays in the book as such."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._sending = False
        self._again = False
        self._book = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._book.execute("PRAGMA journal_mode=WAL")
        self._book.execute("PRAGMA synchronous=FULL")
        self._book.executescript(_TABLE)
        self._waiting = len(self.pending())

    def put_note(self, session_id: str, application_id: str, note: Note) -> bool:
        """Durable when this returns. One note of a kind per application; False: there was one already."""
        return self._put(session_id, application_id, note.kind.value, note.model_dump_json(), note.reason)

    def put_end(self, session_id: str, reason: str) -> bool:
        """The end of a session, once; behind all its notes so far."""
        return self._put(session_id, "", END, "", reason)

    @property
    def waiting(self) -> int:
        """How many messages the centre has not taken yet; never waits for the disk."""
        return self._waiting

    def pending(self) -> list[Message]:
        """What the centre has not taken yet, in order."""
        with self._lock:
            rows = self._book.execute(
                "SELECT number, session, application, note, reason FROM message"
                " WHERE state = 'waiting' ORDER BY number"
            ).fetchall()
        return [
            Message(number, session, application, Note.model_validate_json(note) if note else None, reason)
            for number, session, application, note, reason in rows
        ]

    def drain(self, send: Callable[[Message], None]) -> list[tuple[Message, Failed]]:
        """Send what waits. Returns what the centre refused for good. Raises the Failed for which something still waits.
        Only one thread sends at a time: a second one leaves it to the first."""
        with self._lock:
            self._again = self._sending
            if self._sending:
                return []
            self._sending = True
        refused: list[tuple[Message, Failed]] = []
        try:
            while True:
                refused += self._send_all(send)
                with self._lock:
                    if not self._again:
                        return refused
                    self._again = False
        finally:
            with self._lock:
                self._sending = False

    def _send_all(self, send: Callable[[Message], None]) -> list[tuple[Message, Failed]]:
        refused: list[tuple[Message, Failed]] = []
        stuck: dict[str, Failed] = {}
        for message in self.pending():
            if message.session_id in stuck:
                continue
            state = "taken"
            try:
                send(message)
            except Failed as failed:
                if failed.failure == "Centre_Unreachable":
                    raise
                if failed.failure not in FINAL:
                    stuck[message.session_id] = failed
                    continue
                refused.append((message, failed))
                state = failed.failure
            with self._lock:
                self._book.execute("UPDATE message SET state = ? WHERE number = ?", (state, message.number))
                self._waiting -= 1
        if stuck:
            raise next(iter(stuck.values()))
        return refused

    def close(self) -> None:
        with self._lock:
            self._book.close()

    def _put(self, session_id: str, application_id: str, kind: str, note: str, reason: str) -> bool:
        with self._lock:
            done = self._book.execute(
                "INSERT OR IGNORE INTO message (session, application, kind, note, reason) VALUES (?, ?, ?, ?, ?)",
                (session_id, application_id, kind, note, reason),
            )
            self._waiting += done.rowcount
            return done.rowcount == 1
