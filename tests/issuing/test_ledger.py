"""The ledger alone, on a database made by its migrations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from server_stub.db import open_engine, sqlite_url
from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind, StatusReport
from server_stub.interface.values import Identity, Method
from server_stub.issuing import tables
from server_stub.issuing.ledger import Ledger, migrate_ledger
from server_stub.issuing.tables import Application, Copy

CLOCK = Clock(STAGE_START)
SUBJECT = "5" * 64


def an_application(**changes: object) -> Application:
    application = Application(
        application_id=new_ulid(CLOCK),
        municipality="28100",
        kind="residence",
        place="address",
        holder=Identity(method=Method.JPKI, reference="a" * 64),
        request_digest="b" * 64,
        copies=1,
        fee_total=250,
        generation=3,
        received_at=STAGE_START,
        prepared_at=STAGE_START,
        issued_on=date(2026, 6, 3),
        paper_sha256="c" * 64,
        terminal_id="K-1",
        operator="見本マート",
        shop="三宮店",
        area="28100",
        terminal_kind="store",
    )
    return replace(application, **changes)  # type: ignore[arg-type]


def copies_of(application: Application) -> tuple[Copy, ...]:
    return tuple(
        Copy(application.application_id, number, f"{application.application_id}-{number}", 1, (SUBJECT,))
        for number in range(1, application.copies + 1)
    )


def a_report(kind: ReportKind, amount: int = 0, **changes: object) -> StatusReport:
    return StatusReport(
        report_id=new_ulid(CLOCK), kind=kind, at=STAGE_START + timedelta(minutes=1), amount=amount
    ).model_copy(update=changes)


PAID, HANDED_OVER = ReportKind.PAID, ReportKind.HANDED_OVER
CANCELLED, IN_DOUBT, INCIDENT = ReportKind.CANCELLED, ReportKind.IN_DOUBT, ReportKind.INCIDENT


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = sqlite_url(tmp_path / "ledger.db")
    migrate_ledger(url)
    ledger = Ledger(url)
    yield ledger
    ledger.close()


@pytest.fixture
def recorded(ledger: Ledger) -> Application:
    application = an_application()
    ledger.record(application, copies_of(application))
    return application


def report(ledger: Ledger, application: Application, *reports: StatusReport) -> State:
    state = State.PREPARED
    for each in reports:
        state = ledger.take_report(application.application_id, each, STAGE_START)
    return state


def test_the_migrations_make_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "ledger.db")
    migrate_ledger(url)
    engine = open_engine(url)
    made = inspect(engine)
    for table in tables.metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in made.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}
        indexes = {name for index in made.get_indexes(table.name) if (name := index["name"])}
        assert indexes == {str(index.name) for index in table.indexes}
    engine.dispose()


def test_an_application_is_read_back_as_it_was_recorded(ledger: Ledger) -> None:
    application = an_application(copies=2, fee_total=500)
    ledger.record(application, copies_of(application))
    assert ledger.application(application.application_id) == application
    assert ledger.copies(application.application_id) == copies_of(application)
    assert ledger.application(new_ulid(CLOCK)) is None


def test_an_application_is_written_once(ledger: Ledger, recorded: Application) -> None:
    later = replace(recorded, fee_total=999, holder=Identity(method=Method.JPKI, reference="d" * 64))
    with pytest.raises(IntegrityError):
        ledger.record(later, [Copy(later.application_id, 1, "another number", 1, (SUBJECT,))])
    assert ledger.applications() == (recorded,)
    assert ledger.copies(recorded.application_id) == copies_of(recorded)


def test_an_issue_number_never_serves_twice_and_nothing_of_the_second_application_stays(
    ledger: Ledger, recorded: Application
) -> None:
    second = an_application()
    number = copies_of(recorded)[0].issue_number
    with pytest.raises(Failed, match="Issue_Number_Taken"):
        ledger.record(second, [Copy(second.application_id, 1, number, 1, (SUBJECT,))])
    assert ledger.application(second.application_id) is None


def test_a_visit_is_charged_once_and_ends_handed_over(ledger: Ledger, recorded: Application) -> None:
    paid = a_report(PAID, 250)
    assert ledger.charges() == ()
    assert report(ledger, recorded, paid) is State.PAID
    assert report(ledger, recorded, a_report(HANDED_OVER, sheets_printed=1)) is State.HANDED_OVER
    (charge,) = ledger.charges()
    assert (charge.application_id, charge.amount, charge.at) == (recorded.application_id, 250, paid.at)


def test_a_report_delivered_twice_counts_once(ledger: Ledger, recorded: Application) -> None:
    paid = a_report(PAID, 250)
    assert [report(ledger, recorded, paid) for _ in range(2)] == [State.PAID] * 2
    assert report(ledger, recorded, a_report(HANDED_OVER)) is State.HANDED_OVER
    assert report(ledger, recorded, paid) is State.HANDED_OVER
    assert len(ledger.reports(recorded.application_id)) == 2
    assert sum(charge.amount for charge in ledger.charges()) == 250


def test_the_same_report_from_eight_threads_at_once_charges_once(
    ledger: Ledger, recorded: Application
) -> None:
    paid = a_report(PAID, 250)
    barrier = threading.Barrier(8)
    states: list[State] = []

    def deliver() -> None:
        barrier.wait()
        states.append(report(ledger, recorded, paid))

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == [State.PAID] * 8
    assert [charge.amount for charge in ledger.charges()] == [250]


def test_a_second_payment_report_of_a_restarted_terminal_charges_nothing_more(
    ledger: Ledger, recorded: Application
) -> None:
    assert report(ledger, recorded, a_report(PAID, 250), a_report(PAID, 250)) is State.PAID
    assert sum(charge.amount for charge in ledger.charges()) == 250


def test_a_report_id_used_for_another_report_is_refused(ledger: Ledger, recorded: Application) -> None:
    paid = a_report(PAID, 250)
    report(ledger, recorded, paid)
    with pytest.raises(Failed) as refused:
        report(ledger, recorded, paid.model_copy(update={"kind": CANCELLED}))
    assert refused.value.failure == "Idempotency_Conflict"
    other = an_application()
    ledger.record(other, copies_of(other))
    with pytest.raises(Failed, match="Idempotency_Conflict"):
        report(ledger, other, paid)
    assert report(ledger, other, a_report(PAID, 250)) is State.PAID


def test_money_given_back_is_no_charge_any_more(ledger: Ledger, recorded: Application) -> None:
    assert report(ledger, recorded, a_report(PAID, 250), a_report(CANCELLED)) is State.CANCELLED
    assert ledger.charges() == ()
    (charge,) = ledger.charges(refunded=True)
    assert charge.refunded and charge.amount == 250


def test_cancelled_before_payment_was_never_charged(ledger: Ledger, recorded: Application) -> None:
    assert report(ledger, recorded, a_report(CANCELLED), a_report(CANCELLED)) is State.CANCELLED
    assert ledger.charges(refunded=True) == ()


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ([CANCELLED], PAID),
        ([CANCELLED], HANDED_OVER),
        ([PAID, HANDED_OVER], CANCELLED),
        ([PAID, HANDED_OVER], PAID),
        ([PAID, HANDED_OVER], IN_DOUBT),
        ([], HANDED_OVER),
    ],
)
def test_a_report_that_contradicts_what_is_known_is_refused(
    ledger: Ledger, recorded: Application, before: list[ReportKind], then: ReportKind
) -> None:
    report(ledger, recorded, *(a_report(kind, 250 if kind is PAID else 0) for kind in before))
    kept = ledger.application(recorded.application_id), ledger.charges(refunded=True)
    with pytest.raises(Failed) as refused:
        report(ledger, recorded, a_report(then, 250 if then is PAID else 0))
    assert refused.value.failure == "Application_State_Conflict"
    assert (ledger.application(recorded.application_id), ledger.charges(refunded=True)) == kept
    assert len(ledger.reports(recorded.application_id)) == len(before)


def test_another_amount_than_the_fee_is_no_payment(ledger: Ledger, recorded: Application) -> None:
    with pytest.raises(Failed) as refused:
        report(ledger, recorded, a_report(PAID, 200))
    assert refused.value.facts["fee"] == 250
    assert ledger.charges() == ()


def test_paper_without_a_fee_is_handed_over_without_payment(ledger: Ledger) -> None:
    free = an_application(fee_total=0)
    ledger.record(free, copies_of(free))
    assert report(ledger, free, a_report(HANDED_OVER)) is State.HANDED_OVER


def test_doubt_is_resolved_by_what_is_found(ledger: Ledger, recorded: Application) -> None:
    assert report(ledger, recorded, a_report(PAID, 250), a_report(IN_DOUBT)) is State.IN_DOUBT
    assert report(ledger, recorded, a_report(HANDED_OVER)) is State.HANDED_OVER


def test_no_report_closes_an_incident(ledger: Ledger, recorded: Application) -> None:
    assert report(ledger, recorded, a_report(INCIDENT)) is State.INCIDENT
    assert report(ledger, recorded, a_report(PAID, 250), a_report(HANDED_OVER)) is State.INCIDENT
    assert [charge.amount for charge in ledger.charges()] == [250]


def test_an_unknown_application_takes_no_report(ledger: Ledger) -> None:
    with pytest.raises(Failed, match="Application_Unknown"):
        report(ledger, an_application(), a_report(PAID, 250))


def test_a_cancellation_that_overtakes_its_application_stops_it(ledger: Ledger) -> None:
    late, in_time = an_application(), an_application()
    assert report(ledger, late, a_report(CANCELLED)) is State.CANCELLED
    with pytest.raises(IntegrityError):
        ledger.record(late, copies_of(late))
    ledger.record(in_time, copies_of(in_time))
    assert ledger.applications() == (in_time,)
    with pytest.raises(Failed, match="Application_State_Conflict"):
        report(ledger, late, a_report(PAID, 250))


def test_an_application_that_was_never_prepared_is_never_charged(ledger: Ledger) -> None:
    never = an_application()
    assert report(ledger, never, a_report(INCIDENT)) is State.INCIDENT
    with pytest.raises(Failed, match="Application_Unknown"):
        report(ledger, never, a_report(PAID, 250))
    assert ledger.charges(refunded=True) == ()


def test_counts_for_the_statistics(ledger: Ledger, recorded: Application) -> None:
    evening = an_application(
        kind="seal_registration",
        received_at=datetime.fromisoformat("2026-06-04T22:59:00+09:00"),
        issued_on=date(2026, 6, 4),
        area="09202",
    )
    ledger.record(evening, copies_of(evening))
    report(ledger, evening, a_report(PAID, 250))
    assert ledger.counts("state") == {"paid": 1, "prepared": 1}
    assert ledger.counts("kind") == {"residence": 1, "seal_registration": 1}
    assert ledger.counts("hour") == {"10": 1, "22": 1}
    assert ledger.counts("area") == {"09202": 1, "28100": 1}
    assert ledger.counts("day") == {"2026-06-03": 1, "2026-06-04": 1}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(st.sampled_from(list(ReportKind)), max_size=6))
def test_whatever_reports_come_the_money_kept_agrees_with_them(
    ledger: Ledger, kinds: list[ReportKind]
) -> None:
    application = an_application()
    ledger.record(application, copies_of(application))
    taken: list[ReportKind] = []
    for kind in kinds:
        try:
            report(ledger, application, a_report(kind, 250 if kind is PAID else 0))
        except Failed:
            continue
        taken.append(kind)
    kept = [c.amount for c in ledger.charges() if c.application_id == application.application_id]
    assert len(kept) <= 1
    assert bool(kept) == (PAID in taken and CANCELLED not in taken[taken.index(PAID) :])
    found = ledger.application(application.application_id)
    assert found is not None
    assert (found.state is State.INCIDENT) == (INCIDENT in taken)
    if found.state is State.HANDED_OVER:
        assert kept == [250]
