"""The ledger (台帳): what was issued, what became of it, and the money. Read by tests, evidence and officials' tools too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server_stub.db import migrate, open_engine
from server_stub.interface.application_states import LEDGER, State
from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import LedgerReport
from server_stub.interface.operations import StopEntry, StopRequest
from server_stub.interface.restoration import ToldApplication
from server_stub.interface.terminal import ReportKind, StatusReport
from server_stub.interface.values import Identity

from . import tables as t
from .counting import OfficeOpen, count_handed_over, count_prepared
from .settlement import book, settled_late, state_before
from .stops import release_stop, set_stop, stops_in_force
from .tables import Application, Charge, Copy

_APPLICATION_FIELDS = tuple(
    column.name for column in t.applications.columns if column.name in Application.__dataclass_fields__
)
_INSERT_APPLICATION, _INSERT_COPY, _INSERT_SUBJECT, _INSERT_STATE = (
    insert(t.applications),
    insert(t.copies),
    insert(t.copy_subjects),
    insert(t.application_states),
)
_STATE = t.application_states.c.application_id == t.applications.c.application_id


def migrate_ledger(url: str) -> None:
    """Bring the ledger at `url` to the newest revision."""
    migrate(url, "server_stub.issuing")


def keep_only(url: str, municipalities: Sequence[str]) -> None:
    """Take everything of other municipalities out of the ledger at `url`, a copy of one that several issuing servers shared. Reports of
    applications that never came say nothing of a municipality and stay."""
    engine = open_engine(url)
    others = select(t.applications.c.application_id).where(
        t.applications.c.municipality.not_in(municipalities)
    )
    tables = list(reversed(t.metadata.sorted_tables))  # who refers before who is referred to
    with engine.begin() as connection:
        for table in tables:
            if "municipality" not in table.c:
                connection.execute(delete(table).where(table.c.application_id.in_(others)))
        for table in tables:
            if "municipality" in table.c:
                connection.execute(delete(table).where(table.c.municipality.not_in(municipalities)))
    engine.dispose()


class Ledger:
    """Safe from any thread; every method is one transaction."""

    def __init__(self, url: str, office_open: OfficeOpen | None = None) -> None:
        """`office_open`: by whose office hours a hand-over is counted; None: it is counted when a server opens the ledger."""
        self._url = url
        self._engine: Engine = open_engine(url)
        self._office_open = office_open

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection to whoever only reads."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lend a connection inside one transaction, to whoever keeps something of its own beside the applications."""
        with self._engine.begin() as connection:
            yield connection

    def reopen(self) -> None:
        """Forget open connections: the database file below may have been replaced."""
        self._engine.dispose()

    def close(self) -> None:
        self._engine.dispose()

    def record(self, application: Application, copies: Sequence[Copy]) -> None:
        """Write a prepared application with its copies, all or nothing.

        Raises sqlalchemy.exc.IntegrityError when the application id is already in the ledger, or the application was stopped before
        it came; Failed(Issue_Number_Taken) when one of its issue numbers is that of another copy of the municipality.
        """
        row, state_row = _application_row(application), _state_row(application)
        try:
            with self._engine.begin() as connection:
                connection.execute(_INSERT_APPLICATION, row)
                _keep_copies(connection, application.municipality, copies)
                connection.execute(_INSERT_STATE, state_row)
                count_prepared(connection, row)
        except IntegrityError:
            if self._has_number(application.municipality, [copy.issue_number for copy in copies]):
                raise Failed("Issue_Number_Taken", application_id=application.application_id) from None
            raise

    def record_slip(self, application: Application, registration: str) -> None:
        """Write a charge that belongs to no certificate, for the printed number of `registration`.

        Raises sqlalchemy.exc.IntegrityError when the id is in the ledger, or was stopped before it came.
        """
        row = _application_row(application)
        with self._engine.begin() as connection:
            connection.execute(_INSERT_APPLICATION, row)
            connection.execute(
                insert(t.slips).values(application_id=application.application_id, registration=registration)
            )
            connection.execute(_INSERT_STATE, _state_row(application))

    def slip_of(self, application_id: str) -> str | None:
        """Tell whose printed number an application is: the registration's id; None for a certificate."""
        with self._engine.connect() as connection:
            return connection.execute(
                select(t.slips.c.registration).where(t.slips.c.application_id == application_id)
            ).scalar()

    def restore(self, told: ToldApplication, restoration_id: str) -> bool:
        """Write an application that the centre tells again, with its copies, all or nothing. False: it is there already, or no paper of
        it was ever told. Its reports are taken like any others, one by one.

        Raises Failed(Records_Differ) when the ledger says something else of it, or one of its numbers is another copy's.
        """
        if not told.paper and not told.slip:
            return False
        before = self.application(told.application_id)
        if before is None:
            try:
                with self._engine.begin() as connection:
                    connection.execute(_INSERT_APPLICATION, restored_row(told, restoration_id))
                    copies = [
                        Copy(told.application_id, one.copy_number, one.issue_number, one.sheets, one.subjects)
                        for one in told.paper
                    ]
                    if copies:
                        _keep_copies(connection, told.municipality, copies)
                    else:  # whose number it was, the centre does not tell
                        connection.execute(
                            insert(t.slips).values(application_id=told.application_id, registration="")
                        )
                    if (
                        self._state(connection, told.application_id) is None
                    ):  # else it was stopped before it came
                        connection.execute(
                            _INSERT_STATE,
                            {
                                "application_id": told.application_id,
                                "state": State.PREPARED,
                                "since": told.received_at.isoformat(),
                            },
                        )
                return True
            except IntegrityError:  # somebody told it at this very moment, or a number is taken
                before = self.application(told.application_id)
        if before is None or not is_told(before, self.copies(told.application_id), told):
            raise Failed("Records_Differ", application_id=told.application_id)
        return False

    def _has_number(self, municipality: str, numbers: Sequence[str]) -> bool:
        """Tell whether one of these numbers is a copy's of that municipality already, or told twice."""
        query = select(t.copies.c.issue_number).where(
            t.copies.c.municipality == municipality, t.copies.c.issue_number.in_(numbers)
        )
        with self._engine.connect() as connection:
            return len(set(numbers)) < len(numbers) or connection.execute(query.limit(1)).first() is not None

    def draw_numbers(self, municipality: str, day: date | None, count: int) -> range:
        """Give `count` running numbers of that municipality that nobody was given before: of that day, from 1, or of all days.

        A number that was drawn for a paper that could not be made is not given again."""
        try:
            return self._draw(municipality, day, count)
        except IntegrityError:  # somebody drew the first one at this very moment
            return self._draw(municipality, day, count)

    def _draw(self, municipality: str, day: date | None, count: int) -> range:
        key = {"municipality": municipality, "day": "" if day is None else day.isoformat()}
        table = t.issue_counters
        own = (table.c.municipality == key["municipality"], table.c.day == key["day"])
        with self._engine.begin() as connection:
            # the change first: it locks the row until the end of the transaction
            drawn = connection.execute(update(table).where(*own).values(last=table.c.last + count))
            if drawn.rowcount == 0:
                connection.execute(insert(table), {**key, "last": count})
            last = int(connection.execute(select(table.c.last).where(*own)).scalar_one())
        return range(last - count + 1, last + 1)

    def stops(self, municipality: str | None = None) -> tuple[StopEntry, ...]:
        """List the emergency stops in force, of one municipality or of all hosted here."""
        with self._engine.connect() as connection:
            return stops_in_force(connection, municipality)

    def stop(self, asked: StopRequest, stop_id: str, now: datetime) -> StopEntry:
        """Stop what `asked` names, at once."""
        with self._engine.begin() as connection:
            return set_stop(connection, asked, stop_id, now)

    def release(self, stop_id: str, now: datetime) -> StopEntry:
        """Release an emergency stop. Raises Failed(Stop_Unknown)."""
        with self._engine.begin() as connection:
            return release_stop(connection, stop_id, now)

    def take_report(self, application_id: str, report: StatusReport, taken_at: datetime) -> State:
        """Apply `report` once for its report id; a repeated delivery changes nothing. Returns the state after it.

        A cancellation (or incident) may overtake its own application: it is kept, and `record` refuses what comes later.
        Raises Failed(Application_Unknown), Failed(Idempotency_Conflict) when the report id was used for something else,
        Failed(Application_State_Conflict, state=..., report=...) when it contradicts what is known.
        """
        try:
            return self._take(application_id, report, taken_at)
        except (
            IntegrityError
        ):  # it was recorded or stopped at this very moment: now there is something to stand on
            return self._take(application_id, report, taken_at)

    def _take(self, application_id: str, report: StatusReport, taken_at: datetime) -> State:
        with self._engine.begin() as connection:
            # the write lock first (SQLite takes it with the first write): two deliveries of one report stand in line
            connection.execute(
                update(t.application_states)
                .where(t.application_states.c.application_id == application_id)
                .values(since=t.application_states.c.since)
            )
            state = self._state(connection, application_id)
            if state is None:
                if report.kind not in LEDGER.overtaking:
                    raise Failed("Application_Unknown", application_id=application_id)
                state = State.PREPARED
                state_row = {"application_id": application_id, "state": state, "since": taken_at.isoformat()}
                connection.execute(_INSERT_STATE, state_row)
            if self._already_taken(connection, application_id, report):
                return state
            then = LEDGER.after(state_before(connection, application_id, state, report), report.kind)
            if then is None:
                raise Failed(
                    "Application_State_Conflict",
                    application_id=application_id,
                    state=state.value,
                    report=report.kind.value,
                )
            connection.execute(
                insert(t.status_reports),
                {
                    **report.model_dump(exclude={"at", "reason"}),
                    "application_id": application_id,
                    "at": report.at.isoformat(),
                    "taken_at": taken_at.isoformat(),
                    "reason": report.reason[:200],
                },
            )
            book(connection, application_id, report)
            if report.kind is ReportKind.HANDED_OVER:
                count_handed_over(connection, application_id, report.at, self._office_open)
            connection.execute(
                update(t.application_states)
                .where(t.application_states.c.application_id == application_id)
                .values(state=then, since=taken_at.isoformat())
            )
            return then

    def application(self, application_id: str) -> Application | None:
        with self._engine.connect() as connection:
            row = connection.execute(
                select(t.applications, t.application_states.c.state)
                .join(t.application_states, _STATE)
                .where(t.applications.c.application_id == application_id)
            ).first()
        return _application(row) if row is not None else None

    def state(self, application_id: str) -> State | None:
        """Tell where it stands; also of an application that was stopped before it came, which `application` does not know."""
        with self._engine.connect() as connection:
            return self._state(connection, application_id)

    def applications(self) -> tuple[Application, ...]:
        """List all, in the order of preparation; sample records (見本データ) are none."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(t.applications, t.application_states.c.state)
                .join(t.application_states, _STATE)
                .where(t.applications.c.sample.is_(False))
                .order_by(t.applications.c.prepared_at, t.applications.c.application_id)
            ).all()
        return tuple(_application(row) for row in rows)

    def copies(self, application_id: str) -> tuple[Copy, ...]:
        """List the copies of one application in order."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(t.copies)
                .where(t.copies.c.application_id == application_id)
                .order_by(t.copies.c.copy_number)
            ).all()
        return tuple(
            Copy(
                row.application_id,
                row.copy_number,
                row.issue_number,
                row.sheets,
                tuple(row.subjects),
                None if row.as_of is None else datetime.fromisoformat(row.as_of),
                None
                if row.entries is None
                else tuple((question, answer) for question, answer in row.entries),
            )
            for row in rows
        )

    def charges(self, *, refunded: bool = False) -> tuple[Charge, ...]:
        """List the money kept, in the order of payment; with `refunded`, also what was given back."""
        query = (
            select(t.charges, t.refunds.c.report_id.label("refund"))
            .join(t.refunds, isouter=True)
            .order_by(t.charges.c.at, t.charges.c.application_id)
        )
        if not refunded:
            query = query.where(t.refunds.c.report_id.is_(None))
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Charge(row.application_id, row.amount, datetime.fromisoformat(row.at), row.refund is not None)
            for row in rows
        )

    def settled_late(self, application_id: str) -> bool:
        """Tell whether its payment came to be known only after the centre had cancelled it for its session had run out."""
        with self._engine.connect() as connection:
            return settled_late(connection, application_id)

    def reports(self, application_id: str) -> tuple[LedgerReport, ...]:
        """List the reports of one application as they were taken in."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(t.status_reports)
                .where(t.status_reports.c.application_id == application_id)
                .order_by(t.status_reports.c.taken_at, t.status_reports.c.report_id)
            ).all()
        return tuple(_report(row) for row in rows)

    def counts(
        self, by: Literal["state", "kind", "municipality", "area", "terminal_kind", "shop", "hour", "day"]
    ) -> dict[str, int]:
        """Count the applications by one of their facts; `hour` is that of receipt ("00" to "23"), `day` the day of issue."""
        column: Any = {
            "state": t.application_states.c.state,
            "hour": func.substr(t.applications.c.received_at, 12, 2),
            "day": t.applications.c.issued_on,
        }.get(by)
        if column is None:
            column = t.applications.c[by]
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(column, func.count())
                .select_from(t.applications.join(t.application_states, _STATE))
                .where(t.applications.c.sample.is_(False))
                .group_by(column)
                .order_by(column)
            ).all()
        return {str(value): number for value, number in rows}

    @staticmethod
    def _state(connection: Connection, application_id: str) -> State | None:
        found = connection.execute(
            select(t.application_states.c.state).where(
                t.application_states.c.application_id == application_id
            )
        ).scalar()
        return None if found is None else State(found)

    @staticmethod
    def _already_taken(connection: Connection, application_id: str, report: StatusReport) -> bool:
        row = connection.execute(
            select(t.status_reports).where(t.status_reports.c.report_id == report.report_id)
        ).first()
        if row is None:
            return False
        same = LedgerReport(**report.model_dump() | {"reason": report.reason[:200]})
        if row.application_id != application_id or _report(row) != same:
            raise Failed("Idempotency_Conflict", report_id=report.report_id)
        return True


def _application_row(application: Application) -> dict[str, Any]:
    row = {name: getattr(application, name) for name in _APPLICATION_FIELDS}
    row["holder_method"] = application.holder.method
    row["holder_ref"] = application.holder.reference
    row["received_at"] = application.received_at.isoformat()
    row["prepared_at"] = application.prepared_at.isoformat()
    return row


def _state_row(application: Application) -> dict[str, Any]:
    return {
        "application_id": application.application_id,
        "state": application.state,
        "since": application.prepared_at.isoformat(),
    }


def restored_row(told: ToldApplication, restoration_id: str) -> dict[str, Any]:
    """Make the row of an application that the centre tells again. What it does not know is left empty, and never made up."""
    terminal, received = told.terminal, told.received_at.astimezone(JST)
    return {
        "application_id": told.application_id,
        "municipality": told.municipality,
        "kind": told.kind,
        "place": told.place.value,
        "holder_method": told.holder.method,
        "holder_ref": told.holder.reference,
        "request_digest": "",
        "copies": told.copies,
        "fee_total": told.fee_total,
        "generation": told.generation or 0,
        "received_at": received.isoformat(),
        "prepared_at": received.isoformat(),
        "issued_on": received.date(),
        "paper_sha256": "",
        "terminal_id": terminal.terminal_id,
        "operator": terminal.operator,
        "shop": terminal.shop,
        "area": terminal.area,
        "terminal_kind": terminal.kind.value,
        "restored_by": restoration_id,
    }


def is_told(before: Application, copies: Sequence[Copy], told: ToldApplication) -> bool:
    """Tell whether ledger and centre say the same of one application."""
    known = (before.municipality, before.kind, before.holder, before.copies, before.fee_total)
    numbers = {copy.copy_number: copy.issue_number for copy in copies}
    return known == (told.municipality, told.kind, told.holder, told.copies, told.fee_total) and numbers == {
        one.copy_number: one.issue_number for one in told.paper
    }


def _application(row: Row[Any]) -> Application:
    facts = {
        name: row._mapping[name] for name in (*_APPLICATION_FIELDS, "holder_method", "holder_ref", "state")
    }
    facts["received_at"] = datetime.fromisoformat(facts["received_at"])
    facts["prepared_at"] = datetime.fromisoformat(facts["prepared_at"])
    facts["state"] = State(facts["state"])
    facts["holder"] = Identity(method=facts.pop("holder_method"), reference=facts.pop("holder_ref"))
    return Application(**facts)


def _keep_copies(connection: Connection, municipality: str, copies: Sequence[Copy]) -> None:
    connection.execute(_INSERT_COPY, [_copy_row(copy, municipality) for copy in copies])
    persons = dict.fromkeys((subject, copy.application_id) for copy in copies for subject in copy.subjects)
    if persons:
        connection.execute(
            _INSERT_SUBJECT,
            [
                {"municipality": municipality, "subject": subject, "application_id": application_id}
                for subject, application_id in persons
            ],
        )


def _copy_row(copy: Copy, municipality: str) -> dict[str, Any]:
    return {name: getattr(copy, name) for name in Copy.__dataclass_fields__} | {
        "municipality": municipality,
        "subjects": list(copy.subjects),
        "as_of": None if copy.as_of is None else copy.as_of.isoformat(),
        "entries": None if copy.entries is None else [list(one) for one in copy.entries],
    }


def _report(row: Row[Any]) -> LedgerReport:
    facts = dict(row._mapping)
    for own in ("application_id", "taken_at"):
        del facts[own]
    return LedgerReport.model_validate_json(json.dumps(facts))
