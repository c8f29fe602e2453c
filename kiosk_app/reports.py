"""What the centre must be told of a visit: the body of every report goes into the journal first, the outbox is made from it.

Neither a full disk nor a held book is a fault of the printer or the resident's: a report that could not be written waits
here, and goes before all that follow. An application is not closed in the journal while a report of it waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from server_stub.interface.failures import Failed
from server_stub.interface.terminal import StatusReport

from .journal import Journal, Record
from .outbox import END, Outbox

DUE = "report.due"


@dataclass(frozen=True, slots=True)
class _Report:
    """`report` None: the end of the session."""

    session_id: str
    application_id: str
    report: StatusReport | None
    reason: str


class Reports:
    """Runs on the device thread. Nothing here raises: what could not be written is told by `trouble`."""

    def __init__(self, journal: Journal, outbox: Outbox) -> None:
        self._journal, self._outbox = journal, outbox
        self._unwritten: deque[_Report] = deque()
        self._unqueued: deque[tuple[int, Record]] = deque()
        self._read = False

    def report(self, session_id: str, application_id: str, report: StatusReport) -> None:
        """One report of a kind per application; a second one is not told."""
        if not self._was_told(session_id, application_id, report.kind.value):
            self._unwritten.append(_Report(session_id, application_id, report, report.reason))
        self.catch_up()

    def end(self, session_id: str, application_id: str, reason: str) -> None:
        """The end of a session, once."""
        if not self._was_told(session_id, application_id, END):
            self._unwritten.append(_Report(session_id, application_id, None, reason))
        self.catch_up()

    @property
    def written(self) -> bool:
        """Whether every report stands in the journal."""
        return not self._unwritten

    @property
    def waiting(self) -> int:
        """How many reports the outbox does not have yet; never waits for the disk."""
        return len(self._unwritten) + len(self._unqueued)

    def catch_up(self) -> str:
        """Write and queue what waits, in order. Returns what is in the way by its name, '' for nothing."""
        try:
            while self._unwritten:
                self._unqueued.append(self._write(self._unwritten[0]))
                self._unwritten.popleft()
            if not self._read:
                self._unqueued = deque(self._missing())
                self._read = True
            while self._unqueued:
                self._queue(*self._unqueued[0])
                self._unqueued.popleft()
        except Failed as failed:
            return failed.failure
        return ""

    def _was_told(self, session_id: str, application_id: str, kind: str) -> bool:
        waiting = [
            (r.session_id, r.application_id, END if r.report is None else r.report.kind)
            for r in self._unwritten
        ]
        written = [
            (r.facts["session"], r.application_id, kind_of(r))
            for r in self._journal.of(application_id)
            if r.kind == DUE
        ]
        return (session_id, application_id, kind) in waiting + written

    def _write(self, report: _Report) -> tuple[int, Record]:
        body = None if report.report is None else report.report.model_dump(mode="json")
        record = self._journal.append(
            DUE, report.application_id, session=report.session_id, report=body, reason=report.reason
        )
        return self._journal.number, record

    def _missing(self) -> list[tuple[int, Record]]:
        """What the journal has and the outbox has not: all of it, if the outbox was lost."""
        known = self._outbox.known()
        return [(n, r) for n, r in self._journal.numbered() if r.kind == DUE and key_of(r) not in known]

    def _queue(self, number: int, record: Record) -> None:
        session_id, body = str(record.facts["session"]), record.facts["report"]
        if body is None:
            self._outbox.put_end(session_id, str(record.facts["reason"]), number)
        else:
            report = StatusReport.model_validate(body)
            self._outbox.put_report(session_id, record.application_id, report, number)


def kind_of(record: Record) -> str:
    """A ReportKind, or END."""
    report = record.facts["report"]
    return END if report is None else str(report["kind"])


def key_of(record: Record) -> tuple[str, str, str]:
    """Session, application and kind, as the outbox knows it."""
    kind = kind_of(record)
    return str(record.facts["session"]), "" if kind == END else record.application_id, kind
