"""Pass reports on to the issuing servers until they are taken, in order and across restarts; end sessions that have run out, and look
whether the servers work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from server_stub.interface.clock import Clock, real_monotonic_ns
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import LedgerReport
from server_stub.interface.log import place_of
from server_stub.interface.terminal import ReportKind
from server_stub.interface.trace import Trace, new_traceparent, under_traceparent

from .database import Database
from .incidents import Incidents
from .issuing_servers import IssuingServers
from .settings import CenterTimes
from .tables import applications, outbox

_log = logging.getLogger(__name__)

PRESENCE = 30.0
"""Real seconds between two marks that the centre is there."""
DELIVERED = "delivered"
_TRY_AGAIN = {
    "Issuing_Unreachable",
    "Answer_Malformed",
    "Caller_Unknown",
    "Internal_Error",
    "Service_Being_Restored",
}
"""Failures of the way there, not of the report."""


class Outbox:
    def __init__(
        self, database: Database, servers: IssuingServers, incidents: Incidents, clock: Clock, trace: Trace
    ) -> None:
        self._database = database
        self._servers = servers
        self._incidents = incidents
        self._clock = clock
        self._trace = trace

    def pending(self) -> list[RowMapping]:
        """Find the status reports whose turn it is: of applications that the issuing server is no longer working on,
        oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(outbox, applications.c.terminal_id)
                .join(applications, applications.c.application_id == outbox.c.application_id)
                .where(outbox.c.outcome.is_(None), applications.c.at_issuing.is_(False))
                .order_by(outbox.c.position)
            )
            return list(rows.mappings())

    def drain(self) -> bool:
        """Try each pending report once; True if none is left that must be tried again.

        A municipality whose server does not answer holds up its own reports only, a report that its server stumbles over only
        those of the same application.
        """
        waiting: set[str] = set()
        for row in self.pending():
            if row["municipality"] in waiting or row["application_id"] in waiting:
                continue
            try:
                self._pass_on(row)
            except Failed as failed:
                if failed.failure in _TRY_AGAIN:
                    stumbled = failed.failure == "Internal_Error"
                    waiting.add(row["application_id" if stumbled else "municipality"])
                else:
                    self._refused(row, failed)
        return not waiting

    def _pass_on(self, row: RowMapping) -> None:
        with under_traceparent(new_traceparent()):
            self._servers.report(row["municipality"], row["application_id"], row["body"])
            with self._database.write() as connection:
                _settle(connection, row, DELIVERED, self._clock.now())
            self._trace.emit(
                "centre", "report_passed_on", application_id=row["application_id"], report=_kind(row)
            )

    def _refused(self, row: RowMapping, failed: Failed) -> None:
        """Record an incident: the terminal and the ledger differ. (Nothing there to cancel is no difference.)"""
        nothing_there = failed.failure == "Application_Unknown" and _kind(row) is ReportKind.CANCELLED
        tell = None
        with self._database.write() as connection:
            if _settle(connection, row, failed.failure, self._clock.now()) and not nothing_there:
                tell = self._incidents.add(
                    connection, row["application_id"], row["terminal_id"], "ledger", failed.failure,
                    {"report": _kind(row)},
                )  # fmt: skip
        if tell is not None:
            tell()


def _kind(row: RowMapping) -> ReportKind:
    return LedgerReport.model_validate_json(row["body"]).kind


def _settle(connection: Connection, row: RowMapping, outcome: str, now: datetime) -> bool:
    """Write down what became of a report. False if it is not there any more (another database was put in place meanwhile)."""
    settled = connection.execute(
        update(outbox)
        .where(outbox.c.report_id == row["report_id"], outbox.c.outcome.is_(None))
        .values(outcome=outcome, settled_at=now)
    )
    return settled.rowcount == 1


class Housekeeper:
    """End overdue sessions, tell restored servers what they lack, drain the outbox, wipe deleted bytes out of the files and look at the sites, on one thread a centre;
    woken by `wake` and by every change of the clock."""

    def __init__(
        self,
        clock: Clock,
        times: CenterTimes,
        present: Callable[[], None],
        end_overdue: Callable[[], int],
        retell: Callable[[], bool],
        outbox: Outbox,
        wipe: Callable[[], None],
        look: Callable[[], None],
        trace: Trace,
    ) -> None:
        """`present`: writes down that this centre is there, each `PRESENCE`. `look`: at the issuing servers, each `times.look` and
        whenever the clock was set."""
        self._times = times
        self._present = present
        self._end_overdue = end_overdue
        self._retell = retell
        self._outbox = outbox
        self._wipe = wipe
        self._look = look
        self._trace = trace
        self._wake = threading.Event()
        self._stop = False
        self._working = threading.Lock()
        self._retry_at = 0
        self._wipe_at = 0
        self._look_at = 0
        self._present_at = 0
        self._retry_after = times.report_retry
        self._unsubscribe = clock.subscribe(self._clock_set)
        self._thread = threading.Thread(target=self._run, name="centre-housekeeper", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def look_anew(self) -> None:
        """Try at once what was to be tried later: a server has come back, perhaps elsewhere."""
        self._retry_at = 0
        self._retry_after = self._times.report_retry

    def _clock_set(self) -> None:
        self._look_at = 0
        self.wake()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Keep the thread from touching anything inside the block; afterwards it looks at everything anew."""
        with self._working:
            yield
            self._retry_at = self._look_at = 0
            self._retry_after = self._times.report_retry
        self.wake()

    def close(self) -> None:
        self._unsubscribe()
        self._stop = True
        self._wake.set()
        self._thread.join(self._times.issuing_timeout + self._times.connect_timeout)

    def _run(self) -> None:
        while not self._stop:
            self._wake.wait(self._times.housekeeping)
            self._wake.clear()
            if self._stop:
                return
            with self._working:
                try:
                    self._present_in_turn()
                    self._round()
                    self._wipe_in_turn()
                    self._look_in_turn()
                except Exception as error:  # a database that is away now may be back in a second
                    _log.exception("housekeeping failed; it is tried again")
                    self._trace.emit("centre", "housekeeping_failed", **place_of(error))

    def _wipe_in_turn(self) -> None:
        """Wipe at most once a `housekeeping`: it costs the visits of that moment a few milliseconds."""
        now = real_monotonic_ns()
        if now >= self._wipe_at:
            self._wipe_at = now + int(self._times.housekeeping * 1e9)
            self._wipe()

    def _present_in_turn(self) -> None:
        now = real_monotonic_ns()
        if now >= self._present_at:
            self._present_at = now + int(PRESENCE * 1e9)
            self._present()

    def _look_in_turn(self) -> None:
        now = real_monotonic_ns()
        if self._times.look and now >= self._look_at:
            self._look_at = now + int(self._times.look * 1e9)
            with under_traceparent(new_traceparent()):
                self._look()

    def _round(self) -> None:
        self._end_overdue()
        # first: a report may be of an application that a restored server lacks
        if self._retell():
            self._retry_at = 0
        if real_monotonic_ns() < self._retry_at:
            return
        if self._outbox.drain():
            self._retry_after = self._times.report_retry
            return
        self._retry_at = real_monotonic_ns() + int(self._retry_after * 1e9)
        self._retry_after = min(self._retry_after * 2, self._times.report_retry_most)
