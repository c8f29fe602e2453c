"""A ledger that was restored from a backup: what it lacks is told by the centre, and until then nothing is issued.

`begin_restoration` is written into the database while no server runs on it. A server that opens it refuses offers and papers
(Service_Being_Restored) until two things are done, in this order:

1. the centre has told again what it knows of the time since the backup (`take`, `complete`); reports wait until then too;
2. an official has confirmed what no other server knows: emergency stops, exceptions, restrictions (`confirm`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from server_stub.certificates.terms import NumberPattern
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.restoration import (
    ApplicationKept,
    RecordsTold,
    RestorationConfirmation,
    RestorationEntry,
    RestorationList,
    ToldApplication,
)
from server_stub.interface.trace import Trace
from server_stub.registry.replica import generations_of

from . import tables as t
from .copies import MOST_DRAWS, new_mark
from .ledger import Ledger

_TABLE = t.restorations
_OPEN = (_TABLE.c.fetched_at.is_(None)) | (_TABLE.c.confirmed_at.is_(None))
_TOLD = (
    select(func.count())
    .where(
        t.applications.c.restored_by == _TABLE.c.restoration_id,
        t.applications.c.municipality == _TABLE.c.municipality,
    )
    .scalar_subquery()
    .label("applications")
)
_ALL = select(_TABLE, _TOLD).order_by(_TABLE.c.restored_at, _TABLE.c.restoration_id, _TABLE.c.municipality)


def begin_restoration(
    ledger: Ledger,
    restoration_id: str,
    municipalities: Iterable[str],
    backup_at: datetime,
    restored_at: datetime,
    marked_at: datetime,
) -> None:
    """Write into a ledger, fresh from its backup, that it is one. Once for each `restoration_id`.

    `marked_at`: the machine's own time, whatever clock the server is on: the same backup may be restored twice.
    """
    with ledger.write() as connection:
        before = connection.scalar(select(func.max(_TABLE.c.mark))) or ""
        mark = new_mark(marked_at, before)
        for code in municipalities:
            row = {
                "restoration_id": restoration_id,
                "municipality": code,
                "backup_at": backup_at.isoformat(),
                "restored_at": restored_at.isoformat(),
                "mark": mark,
            }
            connection.execute(insert(_TABLE), row)


class Restoration:
    """Safe from any thread. Where nothing was restored it costs a visit nothing: whoever restores starts the server afterwards."""

    def __init__(self, ledger: Ledger, clock: Clock, trace: Trace) -> None:
        self._ledger, self._clock, self._trace = ledger, clock, trace
        self.reload()

    def reload(self) -> None:
        """Read anew what is open, and the marks: another database may have been put below."""
        with self._ledger.read() as connection:
            self._open = bool(connection.execute(select(_TABLE.c.mark).where(_OPEN)).first())
            rows = connection.execute(
                select(_TABLE.c.municipality, func.max(_TABLE.c.mark)).group_by(_TABLE.c.municipality)
            )
            self._marks: dict[str, str] = {code: mark for code, mark in rows}

    def mark(self, municipality: str) -> str:
        """Tell how the random part of a 発行番号 begins; '' for books that were never restored."""
        return self._marks.get(municipality, "")

    def open(self, municipality: str | None = None) -> tuple[RestorationEntry, ...]:
        """List the restorations that are not over, of one municipality or of all."""
        if not self._open:
            return ()
        with self._ledger.read() as connection:
            entries = _entries(connection, only_open=True)
        if not entries:  # the last one was confirmed, perhaps by another process
            self._open = False
        return tuple(one for one in entries if municipality in (None, one.municipality))

    def check(self, municipality: str) -> None:
        """Raise Failed(Service_Being_Restored) while the books of this municipality are not whole, or not confirmed."""
        entries = self.open(municipality)
        if entries:
            raise _refusal(entries)

    def check_records(self) -> None:
        """Raise Failed(Service_Being_Restored) while a report could meet an application that was not told yet."""
        entries = tuple(one for one in self.open() if one.fetched_at is None)
        if entries:
            raise _refusal(entries)

    def every(self) -> RestorationList:
        """List all there ever were."""
        with self._ledger.read() as connection:
            return RestorationList(restorations=_entries(connection, only_open=False))

    def take(self, restoration_id: str, told: ToldApplication) -> ApplicationKept:
        """Take in what the centre knows of one application; what is there already stays, and nothing is there twice.

        Raises Failed: Restoration_Unknown, Records_Differ (the backup says something else of it), Request_Malformed."""
        with self._ledger.read() as connection:
            if told.municipality not in _fetching(connection, restoration_id):
                raise Failed("Restoration_Unknown")
        try:
            reports = [(one.read(), one.taken_at) for one in told.reports]
        except ValidationError as error:
            raise Failed("Request_Malformed", fields=["body.reports"]) from error
        kept = self._ledger.restore(told, restoration_id)
        for report, taken_at in reports:
            try:
                self._ledger.take_report(told.application_id, report, taken_at or self._clock.now())
            except Failed as failed:
                raise Failed(
                    "Records_Differ",
                    application_id=told.application_id,
                    report=report.kind.value,
                    why=failed.failure,
                ) from failed
        state = self._ledger.state(told.application_id)
        if kept:
            self._trace.emit(
                "issuing", "told_again", application_id=told.application_id, municipality=told.municipality,
                copies=len(told.paper), state="" if state is None else state.value,
            )  # fmt: skip
        return ApplicationKept(application_id=told.application_id, state=state, restored=kept)

    def complete(self, restoration_id: str, told: RecordsTold) -> RestorationList:
        """Take note that the centre has told everything; running numbers go on above all that can have been drawn in the lost time.

        Each copy that was asked for drew `MOST_DRAWS` numbers at most, whatever became of it; more nobody can have drawn."""
        now, table = self._clock.now(), _TABLE
        with self._ledger.write() as connection:
            own = (table.c.restoration_id == restoration_id, table.c.fetched_at.is_(None))
            codes = connection.scalars(
                update(table)
                .where(*own)
                .values(fetched_at=now.isoformat(), records_missing=told.records_missing_from is not None)
                .returning(table.c.municipality)
            ).all()
            for code in codes:
                for day in ("", now.date().isoformat()):
                    _go_on_above(connection, code, day, more=told.copies * MOST_DRAWS)
        for code in codes:
            self._trace.emit("issuing", "records_told", municipality=code, copies=told.copies)
        return self.every()

    def confirm(
        self, municipality: str, confirmed: RestorationConfirmation, patterns: Iterable[NumberPattern]
    ) -> RestorationList:
        """Write down that an official has put right what only officials know. `patterns`: of the municipality's 発行番号.

        Raises Failed: Restoration_Unknown (nothing to confirm), Restoration_Not_Ready (`missing` says what: `records`: the centre has
        not told everything yet; `numbers_above`: numbers are counted on, and the centre cannot say which were given out).
        """
        now, table = self._clock.now(), _TABLE
        waiting = [one for one in self.open(municipality) if one.confirmed_at is None]
        if not waiting:
            raise Failed("Restoration_Unknown")
        if any(one.fetched_at is None for one in waiting):
            raise Failed("Restoration_Not_Ready", missing="records")
        counted = any(pattern.running is not None for pattern in patterns)
        if counted and confirmed.numbers_above is None and any(one.records_missing for one in waiting):
            raise Failed("Restoration_Not_Ready", missing="numbers_above")
        with self._ledger.write() as connection:
            connection.execute(
                update(table)
                .where(table.c.municipality == municipality, table.c.confirmed_at.is_(None))
                .values(confirmed_at=now.isoformat(), confirmed_by=confirmed.operator)
            )
            if confirmed.numbers_above is not None:
                for day in ("", now.date().isoformat()):
                    _go_on_above(connection, municipality, day, least=confirmed.numbers_above)
        self._trace.emit("operator", "restoration_confirmed", municipality=municipality)
        return self.every()


def delivered_after(replica_url: str, entries: Iterable[RestorationEntry]) -> None:
    """Raise Failed(Restoration_Not_Ready, missing="delivery") before the existing systems have delivered since the restoration: the
    restrictions of the lost time come with it."""
    restored_at = max((one.restored_at for one in entries), default=None)
    loaded = [one.loaded_at for one in generations_of(replica_url)]
    if restored_at is not None and not any(moment >= restored_at for moment in loaded):
        raise Failed("Restoration_Not_Ready", missing="delivery")


def _refusal(entries: tuple[RestorationEntry, ...]) -> Failed:
    lacking = any(one.fetched_at is None for one in entries)
    return Failed("Service_Being_Restored", waiting_for="records" if lacking else "confirmation")


def _fetching(connection: Connection, restoration_id: str) -> set[str]:
    own = (_TABLE.c.restoration_id == restoration_id, _TABLE.c.fetched_at.is_(None))
    return set(connection.scalars(select(_TABLE.c.municipality).where(*own)))


def _go_on_above(
    connection: Connection, municipality: str, day: str, *, more: int = 0, least: int = 0
) -> None:
    """Let the count go on `more` above where it stands, and above `least`."""
    table = t.issue_counters
    own = (table.c.municipality == municipality, table.c.day == day)
    last = connection.scalar(select(table.c.last).where(*own))
    then = max((last or 0) + more, least)
    if last is not None:
        connection.execute(update(table).where(*own).values(last=then))
    elif then:
        connection.execute(insert(table), {"municipality": municipality, "day": day, "last": then})


def _entries(connection: Connection, *, only_open: bool) -> tuple[RestorationEntry, ...]:
    rows = connection.execute(_ALL.where(_OPEN) if only_open else _ALL).mappings()
    return tuple(_entry(row) for row in rows)


def _entry(row: RowMapping) -> RestorationEntry:
    facts: dict[str, Any] = dict(row)
    del facts["mark"]
    for name in ("backup_at", "restored_at", "fetched_at", "confirmed_at"):
        facts[name] = None if facts[name] is None else datetime.fromisoformat(facts[name])
    return RestorationEntry(**facts)
