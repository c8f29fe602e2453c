"""Whether a prepared paper may still be paid: asked by the terminal just before it takes the money.

A restriction or a stop that was set while somebody stands at the pay screen counts: the application is cancelled as a whole, and
nothing was paid. Where nobody can say, the paper that was made and offered is sold: a line that is down stops no visit.
"""

from __future__ import annotations

from sqlalchemy import update

from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import StandingRequest
from server_stub.interface.terminal import ApplicationStanding, ReportKind, StatusReport
from server_stub.interface.trace import Trace

from . import tables
from .cancelling import REASON_LENGTH, Cancelled, enqueue, tell_cancelled, void
from .database import Database
from .holders import Holders
from .issuing_servers import IssuingServers
from .stops import Stops
from .tables import applications
from .terminals import Terminal

NOBODY_KNOWS = frozenset(
    {
        "Issuing_Unreachable",
        "Answer_Malformed",
        "Caller_Unknown",
        "Request_Not_Found",
        "Request_Malformed",
        "Service_Being_Restored",
        "Service_Out_Of_Order",
        "Internal_Error",
    }
)
"""Of the issuing server: these tell nothing about this paper. (Request_Not_Found: a server that knows no such question.)"""


class Standing:
    """Safe from any thread."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        trace: Trace,
        stops: Stops,
        holders: Holders,
        servers: IssuingServers,
    ) -> None:
        self._database, self._clock, self._trace = database, clock, trace
        self._stops, self._holders, self._servers = stops, holders, servers

    def check(self, terminal: Terminal, application_id: str) -> ApplicationStanding:
        """Tell that it may be paid. Raises Failed: Application_Unknown, Application_State_Conflict (it is not prepared), and what stands
        against it now; then it is cancelled."""
        with self._database.read() as connection:
            found = connection.execute(tables.APPLICATION, {"application": application_id})
            row = found.mappings().first()
        if row is None or row["terminal_id"] != terminal.facts.terminal_id:
            raise Failed("Application_Unknown")
        if row["state"] != State.PREPARED:
            raise Failed("Application_State_Conflict", state=row["state"])
        try:
            self._stops.check()
            asked = StandingRequest(earlier=self._holders.others(row["holder_ref"]))
            self._servers.check_standing(row["municipality"], application_id, asked)
        except Failed as failed:
            if failed.failure not in NOBODY_KNOWS:
                self._cancel(application_id, row["municipality"], failed.failure)
                raise
        return ApplicationStanding(application_id=application_id, state=State.PREPARED)

    def _cancel(self, application_id: str, municipality: str, reason: str) -> None:
        now, reason = self._clock.now(), reason[:REASON_LENGTH]
        own = applications.c.application_id == application_id
        with self._database.write() as connection:
            changed = connection.execute(
                update(applications)
                .where(own, applications.c.state == State.PREPARED)
                .values(state=State.CANCELLED, changed_at=now, reason=reason)
            )
            if changed.rowcount != 1:  # paid, or ended, at this very moment
                return
            void(connection, application_id)
            report = StatusReport(
                report_id=new_ulid(self._clock), kind=ReportKind.CANCELLED, at=now, reason=reason
            )
            enqueue(connection, application_id, municipality, report)
        self._database.personal_deleted()
        tell_cancelled(self._trace, [Cancelled(application_id, reason)])
