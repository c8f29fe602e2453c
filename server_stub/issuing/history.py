"""The history of what was issued: found by person, 発行番号, day or terminal, newest first; and 処分情報, which is only ever added to.

With a million records a page has to be found by one index: `applications_listed` has all that a list is filtered by, and what
names few records (a person, a number, a state) is looked up first, by an index of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, func, insert, or_, select

from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.history import (
    Disposal,
    DisposalEntry,
    IssuedCopy,
    IssueEntry,
    IssueExport,
    IssueFilter,
    IssuePage,
    IssueQuery,
    SampleFilled,
    SampleRequest,
    ServiceFigures,
    ServiceQuery,
    Statistics,
    StatisticsQuery,
)
from server_stub.interface.values import Identity, Place, TerminalKind
from server_stub.node import NodeContext

from . import tables as t
from .counting import SLIP
from .ledger import Ledger
from .sample_history import fill_sample
from .statistics import kind_names, service_figures, statistics
from .tenants import Tenant, Tenants

_A = t.applications.c
_STATE = t.application_states.c
_EXPORT_BATCH = 2000
COLUMNS = (
    "発行日時", "交付日時", "証明書の種類", "発行番号", "通番", "枚数", "手数料（申請）", "店舗事業者", "店舗", "端末の市区町村コード", "端末番号",
    "開庁時間", "状態", "記載事項", "申請ID",
)  # fmt: skip
_EXPORTED = (
    "application_id", "prepared_at", "handed_over_at", "kind", "fee_total", "operator", "shop", "area", "terminal_id", "within_office",
)  # fmt: skip
STATE_WORDS = {
    State.PREPARED: "作成済み（未交付）",
    State.PAID: "入金済み（未交付）",
    State.HANDED_OVER: "交付済み",
    State.CANCELLED: "取消",
    State.IN_DOUBT: "確認が必要",
    State.INCIDENT: "重大事象",
}


class History:
    """Safe from any thread. Every method raises Failed(Municipality_Unknown) for one that is not hosted here."""

    def __init__(self, ledger: Ledger, tenants: Tenants, context: NodeContext) -> None:
        self._ledger, self._tenants, self._context = ledger, tenants, context

    def statistics(self, query: StatisticsQuery) -> Statistics:
        """Read the statistics of some months."""
        tenant = self._tenants.get(query.municipality)
        with self._ledger.read() as connection:
            return statistics(connection, tenant.municipality, query)

    def service_level(self, query: ServiceQuery) -> ServiceFigures:
        """Read figures of the service level of a month."""
        tenant = self._tenants.get(query.municipality)
        with self._ledger.read() as connection:
            return service_figures(connection, tenant.municipality, query)

    def list(self, query: IssueQuery) -> IssuePage:
        """List issues, newest first."""
        tenant = self._tenants.get(query.municipality)
        person, refs = self._person(tenant, query.person_key)
        asked = _found(query, person, refs).order_by(_A.prepared_at.desc(), _A.application_id.desc())
        if query.cursor is not None:
            seen = select(_A.prepared_at).where(_A.application_id == query.cursor).scalar_subquery()
            asked = asked.where(
                _A.prepared_at <= seen, or_(_A.prepared_at < seen, _A.application_id < query.cursor)
            )
        with self._ledger.read() as connection:
            ids = list(connection.execute(asked.limit(query.limit + 1)).scalars())
            shown = _entries(connection, tenant, ids[: query.limit], person, refs)
        return IssuePage(
            issues=shown, next_cursor=shown[-1].application_id if len(ids) > query.limit else None
        )

    def export(self, query: IssueFilter) -> Iterator[bytes]:
        """Give every copy as a line of JSON, oldest first, behind one line that says what stands where.

        Read a batch at a time: memory does not grow with what is exported. Raises before the first line is taken."""
        tenant = self._tenants.get(query.municipality)
        person, refs = self._person(tenant, query.person_key)
        return self._lines(tenant, _found(query, person, refs))

    def _lines(self, tenant: Tenant, found: Select[Any]) -> Iterator[bytes]:
        names = kind_names(tenant.municipality)
        with self._ledger.read() as connection:
            papers = found.with_only_columns(func.coalesce(func.sum(_A.copies), 0))
            head = IssueExport(columns=COLUMNS, rows=int(connection.scalar(papers) or 0))
            yield head.model_dump_json().encode() + b"\n"
            after: tuple[str, str] | None = None
            while True:
                asked = found.add_columns(_A.prepared_at).order_by(_A.prepared_at, _A.application_id)
                if after is not None:
                    asked = asked.where(
                        _A.prepared_at >= after[0],
                        or_(_A.prepared_at > after[0], _A.application_id > after[1]),
                    )
                ids = connection.execute(asked.limit(_EXPORT_BATCH)).all()
                if not ids:
                    return
                after = (ids[-1].prepared_at, ids[-1].application_id)
                yield b"".join(_lines(connection, names, [row.application_id for row in ids]))

    def dispose(self, asked: Disposal) -> DisposalEntry:
        """Write down that a wrong paper was destroyed. Raises Failed(Issue_Number_Unknown)."""
        self._tenants.get(asked.municipality)
        row = {
            **asked.model_dump(),
            "disposal_id": new_ulid(self._context.clock),
            "at": self._context.clock.now().isoformat(),
        }
        own = (t.copies.c.municipality == asked.municipality, t.copies.c.issue_number == asked.issue_number)
        with self._ledger.write() as connection:
            if connection.execute(select(t.copies.c.application_id).where(*own)).first() is None:
                raise Failed("Issue_Number_Unknown")
            connection.execute(insert(t.disposals), row)
        self._context.trace.emit("operator", "disposed", municipality=asked.municipality, issue_number=asked.issue_number)  # fmt: skip
        return _disposal(row)

    def fill_sample(self, asked: SampleRequest) -> SampleFilled:
        """Make up a history to show, unless there is one."""
        tenant = self._tenants.get(asked.municipality)
        filled = fill_sample(self._ledger, tenant.municipality)
        self._context.trace.emit(
            "operator", "sample_filled", municipality=asked.municipality, applications=filled
        )
        return SampleFilled(applications=filled)

    def _person(self, tenant: Tenant, person_key: str | None) -> tuple[str | None, tuple[str, ...]]:
        """Find by what a person is called: the pseudonym on papers, and the references of their certificates as applicant. Of somebody
        who is in no register any more the papers are found all the same."""
        if person_key is None:
            return None, ()
        with tenant.replica.open_generation() as reader:
            refs = tuple(notice.holder_ref for notice in reader.notices_of(person_key))
        return tenant.ref(person_key), refs


def _found(query: IssueFilter, person: str | None, refs: Sequence[str]) -> Select[Any]:
    """Select the ids of what was asked for."""
    few: list[Any] = []
    if query.application_id is not None:
        few.append(_A.application_id == query.application_id)
    if query.issue_number is not None:
        own = (t.copies.c.municipality == query.municipality, t.copies.c.issue_number == query.issue_number)
        few.append(_A.application_id.in_(select(t.copies.c.application_id).where(*own)))
    if person is not None:
        by_subject = select(t.copy_subjects.c.application_id).where(
            t.copy_subjects.c.municipality == query.municipality, t.copy_subjects.c.subject == person
        )
        of_holder = t.applications.alias()
        by_holder = select(of_holder.c.application_id).where(
            of_holder.c.municipality == query.municipality, of_holder.c.holder_ref.in_(refs)
        )
        few.append(_A.application_id.in_(by_subject.union(by_holder) if refs else by_subject))
    if query.terminal_id is not None:
        few.append(_A.terminal_id == query.terminal_id)
    if query.state is not None and query.state is not State.HANDED_OVER:
        few.append(_A.application_id.in_(select(_STATE.application_id).where(_STATE.state == query.state)))
    # an expression in place of the column: the database then begins with the few
    of_it = _A.municipality if not few else func.coalesce(_A.municipality, "")
    conditions = [of_it == query.municipality, _A.sample.is_(query.sample), _A.kind != SLIP, *few]
    if query.state is State.HANDED_OVER:
        state = select(_STATE.state).where(_STATE.application_id == _A.application_id).scalar_subquery()
        conditions.append(state == State.HANDED_OVER)
    if query.since is not None:  # kept as ISO 8601 in Japan's time, whose order is that of the texts
        conditions.append(_A.prepared_at >= query.since.isoformat())
    if query.until is not None:
        conditions.append(_A.prepared_at < query.until.isoformat() + "T24")
    for column, wanted in (
        (_A.kind, query.kind),
        (_A.operator, query.chain),
        (_A.area, query.area),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    return select(_A.application_id).where(and_(*conditions))


def _lines(connection: Connection, names: Mapping[str, str], ids: Sequence[str]) -> Iterator[bytes]:
    rows = connection.execute(
        select(
            *(_A[name] for name in _EXPORTED),
            _STATE.state,
            *(t.copies.c[name] for name in ("issue_number", "copy_number", "sheets", "entries")),
        )
        .join(t.copies, t.copies.c.application_id == _A.application_id)
        .outerjoin(t.application_states, _STATE.application_id == _A.application_id)
        .where(_A.application_id.in_(ids))
        .order_by(_A.prepared_at, _A.application_id, t.copies.c.copy_number)
    )
    for row in rows:
        told = (
            _seconds(row.prepared_at),
            _seconds(row.handed_over_at),
            names.get(row.kind, row.kind),
            row.issue_number,
            row.copy_number,
            row.sheets,
            row.fee_total if row.copy_number == 1 else 0,
            row.operator,
            row.shop,
            row.area,
            row.terminal_id,
            "" if row.within_office is None else "時間内" if row.within_office else "時間外",
            STATE_WORDS[State(row.state)],
            "、".join(f"{question}：{answer}" for question, answer in row.entries or ()),
            row.application_id,
        )
        yield json.dumps(told, ensure_ascii=False).encode() + b"\n"


def _seconds(moment: str | None) -> str:
    """To the second, as a spreadsheet shows it."""
    return "" if moment is None else moment[:19].replace("T", " ")


def _entries(
    connection: Connection, tenant: Tenant, ids: Sequence[str], person: str | None, refs: Sequence[str]
) -> tuple[IssueEntry, ...]:
    """Read the issues of `ids`, in their order."""
    if not ids:
        return ()
    names = kind_names(tenant.municipality)
    rows = {
        row["application_id"]: row
        for row in connection.execute(
            select(
                t.applications,
                _STATE.state,
                t.charges.c.amount,
                t.refunds.c.report_id.label("refund"),
            )
            .outerjoin(t.application_states, _STATE.application_id == _A.application_id)
            .outerjoin(t.charges, t.charges.c.application_id == _A.application_id)
            .outerjoin(t.refunds, t.refunds.c.application_id == _A.application_id)
            .where(_A.application_id.in_(ids))
        ).mappings()
    }
    reasons = {
        row.application_id: row.reason
        for row in connection.execute(
            select(t.status_reports)
            .where(t.status_reports.c.application_id.in_(ids))
            .order_by(t.status_reports.c.taken_at, t.status_reports.c.report_id)
        )
    }
    copies: dict[str, list[RowMapping]] = {}
    for copy in connection.execute(
        select(t.copies).where(t.copies.c.application_id.in_(ids)).order_by(t.copies.c.copy_number)
    ).mappings():
        copies.setdefault(copy["application_id"], []).append(copy)
    numbers = [copy["issue_number"] for found in copies.values() for copy in found]
    disposals: dict[str, list[DisposalEntry]] = {}
    for row in connection.execute(
        select(t.disposals)
        .where(
            t.disposals.c.municipality == tenant.municipality.info.code,
            t.disposals.c.issue_number.in_(numbers),
        )
        .order_by(t.disposals.c.number)
    ).mappings():
        disposals.setdefault(row["issue_number"], []).append(_disposal(row))
    return tuple(
        _entry(
            rows[one],
            names,
            _copies(copies.get(one, ()), disposals, person),
            None if person is None else rows[one]["holder_ref"] in refs,
            reasons.get(one, ""),
        )
        for one in ids
    )


def _entry(
    row: RowMapping,
    names: Mapping[str, str],
    copies: tuple[IssuedCopy, ...],
    applicant: bool | None,
    reason: str,
) -> IssueEntry:
    handed_over = row["handed_over_at"]
    return IssueEntry(
        application_id=row["application_id"],
        kind=row["kind"],
        kind_name=names.get(row["kind"], row["kind"]),
        place=Place(row["place"]),
        received_at=datetime.fromisoformat(row["received_at"]),
        prepared_at=datetime.fromisoformat(row["prepared_at"]),
        handed_over_at=None if handed_over is None else datetime.fromisoformat(handed_over),
        within_office=row["within_office"],
        chain=row["operator"],
        shop=row["shop"],
        area=row["area"],
        terminal_id=row["terminal_id"],
        terminal_kind=TerminalKind(row["terminal_kind"]),
        holder=Identity(method=row["holder_method"], reference=row["holder_ref"]),
        applicant=applicant,
        state=State(row["state"]),
        fee_total=row["fee_total"],
        paid=row["amount"] is not None,
        refunded=row["refund"] is not None,
        reason=reason,
        sample=row["sample"],
        restored=row["restored_by"] is not None,
        copies=copies,
    )


def _copies(
    rows: Iterable[RowMapping], disposals: Mapping[str, Sequence[DisposalEntry]], person: str | None
) -> tuple[IssuedCopy, ...]:
    return tuple(
        IssuedCopy(
            copy_number=row["copy_number"],
            issue_number=row["issue_number"],
            sheets=row["sheets"],
            subjects=tuple(row["subjects"]),
            concerned=None if person is None else person in row["subjects"],
            as_of=None if row["as_of"] is None else datetime.fromisoformat(row["as_of"]),
            entries=None
            if row["entries"] is None
            else tuple((question, answer) for question, answer in row["entries"]),
            disposals=tuple(disposals.get(row["issue_number"], ())),
        )
        for row in rows
    )


def _disposal(row: RowMapping | Mapping[str, Any]) -> DisposalEntry:
    return DisposalEntry(
        disposal_id=row["disposal_id"],
        municipality=row["municipality"],
        issue_number=row["issue_number"],
        operator=row["operator"],
        reason=row["reason"],
        at=datetime.fromisoformat(row["at"]),
    )
