"""Tell an issuing server again what it lost: its books were restored from a backup, and the centre has the records since.

The centre asks at its start, when a server moves, and whenever one refuses with Service_Being_Restored. Everything told is idempotent: a
centre that was ended in the middle begins from the front.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, exists, insert, or_, select

from server_stub.interface.clock import real_monotonic_ns
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import TerminalFacts
from server_stub.interface.registration import SLIP
from server_stub.interface.restoration import (
    RecordsTold,
    RestorationEntry,
    ToldApplication,
    ToldCopy,
    ToldReport,
)
from server_stub.interface.terminal import Manifest, SignedManifest
from server_stub.interface.trace import Trace, new_traceparent, under_traceparent
from server_stub.interface.values import Identity, Place, TerminalKind

from .database import Database
from .incidents import Incidents
from .issuing_servers import IssuingServers
from .outbox import DELIVERED
from .settings import IssuingServer
from .tables import applications, outbox, restorations, sessions, terminals

_log = logging.getLogger(__name__)

MARGIN = timedelta(hours=1)
"""So much earlier than the backup the telling begins: clocks of two data centres differ, and a request takes its time."""
AGAIN_AFTER = 2.0
"""Real seconds until a server that could not be asked, or told everything, is asked again."""
_UNASKABLE = {"Issuing_Unreachable", "Answer_Malformed", "Caller_Unknown", "Request_Not_Found"}
"""Nobody there, or a server that knows no restorations."""


class Retelling:
    """One round at a time, on the centre's background thread; `wanted` may be set from any thread."""

    def __init__(
        self, database: Database, servers: IssuingServers, incidents: Incidents, trace: Trace
    ) -> None:
        self._database, self._servers = database, servers
        self._incidents, self._trace = incidents, trace
        self.wanted = threading.Event()
        self.wanted.set()
        self._not_before = 0
        servers.on_restored(self.wanted.set)

    def round(self) -> bool:
        """Tell each server that lacks records all of them. True if one has them now: what waits for it can be passed on."""
        if not self.wanted.is_set() or real_monotonic_ns() < self._not_before:
            return False
        self.wanted.clear()
        told, whole = False, True
        for server in self._servers.every():
            try:
                with under_traceparent(new_traceparent()):
                    lacking, left = self._tell(server)
                told, whole = told or lacking, whole and not left
            except Failed as failed:
                # a server that knows no restorations will not learn of one
                whole = whole and failed.failure == "Request_Not_Found"
                if failed.failure not in _UNASKABLE:
                    _log.warning("an issuing server could not be told again: %s", failed.failure)
        if not whole:
            self._not_before = real_monotonic_ns() + int(AGAIN_AFTER * 1e9)
            self.wanted.set()
        return told

    def look_anew(self) -> None:
        """Ask at once: a server has come back, perhaps elsewhere."""
        self._not_before = 0
        self.wanted.set()

    def _tell(self, server: IssuingServer) -> tuple[bool, bool]:
        """Tell one server. Returns whether it has everything only now, and whether something is left: an application of which it may still
        have made paper before it was lost is told once its answer has come or failed."""
        by_id: dict[str, list[RestorationEntry]] = {}
        for one in self._servers.restorations(server):
            if one.fetched_at is None and one.municipality in server.municipalities:
                by_id.setdefault(one.restoration_id, []).append(one)
        left = False
        for restoration_id, entries in by_id.items():
            codes = [one.municipality for one in entries]
            since = min(one.backup_at for one in entries) - MARGIN
            if self._under_way(codes):
                left = True
                continue
            copies = 0
            for told in self._records(codes, since):
                copies += told.copies
                try:
                    self._servers.tell_again(server, restoration_id, told)
                except Failed as failed:
                    if failed.failure != "Records_Differ":
                        raise
                    self._differs(told, failed)
            lost = self._lost(since, max(one.restored_at for one in entries))
            complete = RecordsTold(copies=copies, records_missing_from=lost)
            self._servers.records_told(server, restoration_id, complete)
            for one in entries:
                self._trace.emit("centre", "records_told", municipality=one.municipality, copies=copies)
        return bool(by_id) and not left, left

    def _under_way(self, codes: Sequence[str]) -> bool:
        asked = select(applications.c.application_id).where(
            applications.c.municipality.in_(codes), applications.c.at_issuing
        )
        with self._database.read() as connection:
            return connection.execute(asked.limit(1)).first() is not None

    def _records(self, codes: Sequence[str], since: datetime) -> Iterator[ToldApplication]:
        """Everything of these municipalities that something has become of since: received, or a report of it passed on or waiting. A report
        that was passed on before this centre kept when is told too."""
        moved = exists().where(
            outbox.c.application_id == applications.c.application_id,
            or_(outbox.c.settled_at.is_(None), outbox.c.settled_at >= since),
        )
        asked = (
            select(
                applications,
                sessions.c.place,
                terminals.c.operator,
                terminals.c.shop,
                terminals.c.area,
                terminals.c.kind.label("terminal_kind"),
            )
            .join(sessions, sessions.c.session_id == applications.c.session_id)
            .join(terminals, terminals.c.terminal_id == applications.c.terminal_id)
            .where(
                applications.c.municipality.in_(codes),
                or_(applications.c.received_at >= since, applications.c.changed_at >= since, moved),
            )
            .order_by(applications.c.application_id)
            .limit(200)
        )
        last = ""
        while True:
            with self._database.read() as connection:
                rows = connection.execute(asked.where(applications.c.application_id > last)).mappings().all()
                reports: dict[str, list[ToldReport]] = {row["application_id"]: [] for row in rows}
                found = connection.execute(
                    select(outbox)
                    .where(
                        outbox.c.application_id.in_(reports),
                        or_(outbox.c.outcome.is_(None), outbox.c.outcome == DELIVERED),
                    )
                    .order_by(outbox.c.position)
                )
                for report in found.mappings():
                    told = ToldReport(body=report["body"], taken_at=report["settled_at"])
                    reports[report["application_id"]].append(told)
            for row in rows:
                yield _told(row, reports[row["application_id"]])
            if len(rows) < 200:
                return
            last = rows[-1]["application_id"]

    def _lost(self, since: datetime, until: datetime) -> datetime | None:
        """From when on records of this centre itself are missing in that time; None where it has them all."""
        asked = select(restorations.c.backup_at).where(
            restorations.c.restored_at >= since, restorations.c.backup_at <= until
        )
        with self._database.read() as connection:
            return min(connection.scalars(asked), default=None)

    def _differs(self, told: ToldApplication, failed: Failed) -> None:
        """Record the difference once; neither book is changed."""
        known = self._incidents.of(told.application_id)
        if not any(one.name == failed.failure for one in known):
            self._incidents.record(
                told.application_id, told.terminal.terminal_id, "ledger", failed.failure, failed.facts
            )


def begin_restoration(
    database: Database, restoration_id: str, backup_at: datetime, restored_at: datetime
) -> None:
    """Write into a centre's database, fresh from its backup, that it is one."""
    row = {"restoration_id": restoration_id, "backup_at": backup_at, "restored_at": restored_at}
    with database.write() as connection:
        connection.execute(insert(restorations), row)


def _told(row: RowMapping, reports: Sequence[ToldReport]) -> ToldApplication:
    slip = row["kind"] == SLIP
    manifest = None if row["answer"] is None or slip else _manifest(row["answer"])
    return ToldApplication(
        application_id=row["application_id"],
        municipality=row["municipality"],
        kind=row["kind"],
        place=Place(row["place"]),
        holder=Identity(method=row["holder_method"], reference=row["holder_ref"]),
        terminal=TerminalFacts(
            terminal_id=row["terminal_id"],
            operator=row["operator"],
            shop=row["shop"],
            area=row["area"],
            kind=TerminalKind(row["terminal_kind"]),
        ),
        copies=row["copies"],
        fee_total=row["fee_total"],
        generation=None if manifest is None else manifest.generation,
        received_at=row["received_at"],
        paper=() if manifest is None else _copies(manifest),
        slip=slip and row["answer"] is not None,
        reports=tuple(reports),
    )


def _manifest(answer: str) -> Manifest:
    return Manifest.model_validate_json(SignedManifest.model_validate_json(answer).text)


def _copies(manifest: Manifest) -> tuple[ToldCopy, ...]:
    """The copies of the paper that was signed: the persons in the order in which they stand on the sheets."""
    numbers = dict.fromkeys(sheet.copy_number for sheet in manifest.sheets)
    copies = []
    for number in numbers:
        of_copy = [sheet for sheet in manifest.sheets if sheet.copy_number == number]
        subjects = dict.fromkeys(ref for sheet in of_copy for ref in sheet.subjects)
        copies.append(
            ToldCopy(
                copy_number=number,
                issue_number=of_copy[0].issue_number,
                sheets=of_copy[0].n,
                subjects=tuple(subjects),
            )
        )
    return tuple(copies)
