"""Messages that must reach the centre, whatever happens in between: a queue, drained by the network thread.

Within one session messages go out in the order they were put; each is sent again until the centre takes it, or refuses it
by a name that trying again cannot change. What the centre refused stays named until staff have seen it.

The queue is made from the journal (`reports`), where the body of every message stands: it is no more durable than that,
and one that was lost is made again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server_stub.interface.failures import Failed
from server_stub.interface.terminal import StatusReport

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
    report TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    record INTEGER NOT NULL DEFAULT 0, UNIQUE (session, application, kind));
CREATE INDEX IF NOT EXISTS message_waiting ON message (state, number);
"""
END = "end"
BUSY_SECONDS = 1.0
"""Real seconds that a book which another program holds is waited for; then the message waits in the journal."""
_SEEN = "seen:"
"""Before the name of a refusal that staff have seen."""


@dataclass(frozen=True, slots=True)
class Message:
    """One report of an application, or (`report` None) the end of a session."""

    number: int
    session_id: str
    application_id: str
    report: StatusReport | None
    reason: str = ""


class Outbox:
    """Safe from any thread. What was taken stays in the book as such. A book that cannot be read or written is
    Failed(Outbox_Not_Written), whatever method meets it."""

    def __init__(self, path: Path) -> None:
        """Raises OSError for a folder that cannot be used."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.RLock()
        self._sending = False
        self._again = False
        self._opened: sqlite3.Connection | None = None
        self._closed = False
        self._waiting = 0

    @contextmanager
    def _book(self) -> Iterator[sqlite3.Connection]:
        """The book, opened when it is first wanted: it may be held by somebody then, too."""
        with self._lock:
            if self._closed:
                raise Failed("Outbox_Not_Written", detail="closed")
            try:
                if self._opened is None:
                    self._opened = self._open()
                yield self._opened
            except sqlite3.Error as error:
                raise Failed("Outbox_Not_Written", detail=str(error)) from error

    def _open(self) -> sqlite3.Connection:
        book = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
        )
        try:
            book.execute("PRAGMA journal_mode=WAL")
            # the journal is synced before: after a power cut this is made again from it
            book.execute("PRAGMA synchronous=NORMAL")
            book.executescript(_TABLE)
            columns = [row[1] for row in book.execute("PRAGMA table_info(message)")]
            if "note" in columns:  # as the first edition called a report, its id and what had expired
                book.execute("ALTER TABLE message RENAME COLUMN note TO report")
                for before, after in (("note_id", "report_id"), ("lapsed", "expired")):
                    book.execute(
                        "UPDATE message SET report = replace(report, ?, ?)", (f'"{before}":', f'"{after}":')
                    )
            if "record" not in columns:
                book.execute("ALTER TABLE message ADD COLUMN record INTEGER NOT NULL DEFAULT 0")
            (self._waiting,) = book.execute("SELECT count(*) FROM message WHERE state = 'waiting'").fetchone()
        except sqlite3.Error:
            book.close()
            raise
        return book

    def put_report(self, session_id: str, application_id: str, report: StatusReport, record: int = 0) -> bool:
        """One report of a kind per application; False: there was one already. `record`: the number of the journal's record
        that holds it."""
        return self._put(
            session_id, application_id, report.kind.value, report.model_dump_json(), report.reason, record
        )

    def put_end(self, session_id: str, reason: str, record: int = 0) -> bool:
        """The end of a session, once; behind all its reports so far."""
        return self._put(session_id, "", END, "", reason, record)

    def known(self) -> dict[tuple[str, str, str], int]:
        """Every message ever put: (session, application, kind) -> number of its record."""
        with self._book() as book:
            rows = book.execute("SELECT session, application, kind, record FROM message").fetchall()
        return {(session, application, kind): record for session, application, kind, record in rows}

    def refused(self) -> list[tuple[str, str, str]]:
        """Status reports that the centre has refused and no staff has seen: (application, kind, failure), in order. An end of a
        session is none: it tells of neither money nor paper."""
        with self._book() as book:
            rows = book.execute(
                "SELECT application, kind, state FROM message WHERE kind <> ? AND state NOT IN ('waiting', 'taken')"
                " AND state NOT LIKE ? ORDER BY number",
                (END, f"{_SEEN}%"),
            ).fetchall()
        return [(application, kind, failure) for application, kind, failure in rows]

    def acknowledge(self, refused: list[tuple[str, str, str]]) -> None:
        """Staff have seen these."""
        with self._book() as book:
            book.executemany(
                "UPDATE message SET state = ? || state WHERE application = ? AND kind = ? AND state = ?",
                [(_SEEN, *one) for one in refused],
            )

    @property
    def waiting(self) -> int:
        """How many messages the centre has not taken yet; never waits for the disk."""
        return self._waiting

    def pending(self) -> list[Message]:
        """What the centre has not taken yet, in order."""
        with self._book() as book:
            rows = book.execute(
                "SELECT number, session, application, report, reason FROM message"
                " WHERE state = 'waiting' ORDER BY number"
            ).fetchall()
        return [
            Message(
                number,
                session,
                application,
                StatusReport.model_validate_json(report) if report else None,
                reason,
            )
            for number, session, application, report, reason in rows
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
            with self._book() as book:
                book.execute("UPDATE message SET state = ? WHERE number = ?", (state, message.number))
                self._waiting -= 1
        if stuck:
            raise next(iter(stuck.values()))
        return refused

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._opened is not None:
                self._opened.close()

    def _put(
        self, session_id: str, application_id: str, kind: str, report: str, reason: str, record: int
    ) -> bool:
        with self._book() as book:
            done = book.execute(
                "INSERT OR IGNORE INTO message (session, application, kind, report, reason, record)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (session_id, application_id, kind, report, reason, record),
            )
            self._waiting += done.rowcount
            return done.rowcount == 1
