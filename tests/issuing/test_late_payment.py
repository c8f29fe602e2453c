"""A cancellation that was only a expiry gives way to a payment made before it, once, and is seen; over HTTP, as the centre tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.issuing import LedgerReport
from server_stub.interface.terminal import ReportKind
from server_stub.node import RunningNode
from tests.issuing.helper import CENTRE_KEY, MIDORI, TownHall, refused

LIFE = timedelta(minutes=15)
Tell = Callable[..., httpx.Response]


@pytest.fixture
def application(shared_hall: TownHall) -> str:
    return shared_hall.apply(MIDORI).application_id


@pytest.fixture
def paid_at(shared_hall: TownHall) -> datetime:
    return shared_hall.clock.now()


@pytest.fixture
def tell(node: RunningNode, shared_hall: TownHall) -> Iterator[Tell]:
    client = httpx.Client(
        base_url=node.base_url,
        headers={"Authorization": f"Bearer {CENTRE_KEY.reveal()}", "Content-Type": "application/json"},
        trust_env=False,
    )

    def send(application_id: str, kind: ReportKind, at: datetime, **fields: object) -> httpx.Response:
        facts = {"report_id": new_ulid(shared_hall.clock), "kind": kind, "at": at} | fields
        report = LedgerReport.model_validate(facts)
        return client.post(f"/v1/applications/{application_id}/reports", content=report.model_dump_json())

    yield send
    client.close()


@pytest.fixture
def expire_at(paid_at: datetime) -> datetime:
    return paid_at + LIFE


def state(answer: httpx.Response) -> str:
    return str(answer.raise_for_status().json()["state"])


def charged(hall: TownHall, application_id: str) -> list[int]:
    return [c.amount for c in hall.service.ledger.charges() if c.application_id == application_id]


def test_a_payment_before_the_lapse_is_charged_once_and_seen(
    shared_hall: TownHall, application: str, tell: Tell, paid_at: datetime, expire_at: datetime
) -> None:
    assert state(tell(application, ReportKind.CANCELLED, expire_at, expired=True)) == "cancelled"
    report_id = new_ulid(shared_hall.clock)
    for _ in range(2):
        assert state(tell(application, ReportKind.PAID, paid_at, amount=250, report_id=report_id)) == "paid"
    assert state(tell(application, ReportKind.HANDED_OVER, expire_at)) == "handed_over"
    assert (
        state(tell(application, ReportKind.PAID, paid_at, amount=250, report_id=report_id)) == "handed_over"
    )
    assert charged(shared_hall, application) == [250]
    ledger = shared_hall.service.ledger
    assert ledger.settled_late(application)
    assert [n.expired for n in ledger.reports(application) if n.kind is ReportKind.CANCELLED] == [True]


def test_a_payment_in_time_is_not_called_late(
    shared_hall: TownHall, application: str, tell: Tell, paid_at: datetime
) -> None:
    tell(application, ReportKind.PAID, paid_at, amount=250).raise_for_status()
    assert not shared_hall.service.ledger.settled_late(application)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_a_payment_after_the_lapse_is_refused(
    shared_hall: TownHall, application: str, tell: Tell, expire_at: datetime, late: timedelta
) -> None:
    tell(application, ReportKind.CANCELLED, expire_at, expired=True).raise_for_status()
    answer = tell(application, ReportKind.PAID, expire_at + late, amount=250)
    assert answer.json()["failure"] == "Application_State_Conflict"
    assert charged(shared_hall, application) == []
    assert not shared_hall.service.ledger.settled_late(application)


@pytest.mark.parametrize("order", [(True, False), (False, True), (False,)])
def test_what_the_terminal_cancelled_stays_cancelled(
    shared_hall: TownHall,
    application: str,
    tell: Tell,
    paid_at: datetime,
    expire_at: datetime,
    order: tuple[bool, ...],
) -> None:
    for expired in order:
        tell(
            application, ReportKind.CANCELLED, expire_at, expired=expired, reason="timed out"
        ).raise_for_status()
    answer = tell(application, ReportKind.PAID, paid_at, amount=250)
    assert answer.json()["failure"] == "Application_State_Conflict"
    assert shared_hall.service.ledger.state(application) is State.CANCELLED
    assert charged(shared_hall, application) == []


def test_paid_and_refunded_while_cut_off_is_no_charge(
    shared_hall: TownHall, application: str, tell: Tell, paid_at: datetime, expire_at: datetime
) -> None:
    tell(application, ReportKind.CANCELLED, expire_at, expired=True).raise_for_status()
    tell(application, ReportKind.PAID, paid_at, amount=250).raise_for_status()
    assert state(tell(application, ReportKind.CANCELLED, paid_at, amount=250)) == "cancelled"
    assert charged(shared_hall, application) == []
    again = tell(application, ReportKind.PAID, paid_at, amount=250)
    assert again.json()["failure"] == "Application_State_Conflict"


def test_a_doubt_told_late_is_not_lost(
    shared_hall: TownHall, application: str, tell: Tell, paid_at: datetime, expire_at: datetime
) -> None:
    tell(application, ReportKind.CANCELLED, expire_at, expired=True).raise_for_status()
    assert state(tell(application, ReportKind.IN_DOUBT, expire_at)) == "in_doubt"
    too_late = tell(application, ReportKind.PAID, expire_at, amount=250)
    assert too_late.json()["failure"] == "Application_State_Conflict"
    assert state(tell(application, ReportKind.PAID, paid_at, amount=250)) == "paid"
    assert charged(shared_hall, application) == [250]


def test_an_application_that_expired_before_it_came_is_never_charged(
    shared_hall: TownHall, tell: Tell, paid_at: datetime, expire_at: datetime
) -> None:
    request = shared_hall.request(MIDORI)
    tell(request.application_id, ReportKind.CANCELLED, expire_at, expired=True).raise_for_status()
    answer = tell(request.application_id, ReportKind.PAID, paid_at, amount=250)
    assert answer.json()["failure"] == "Application_Unknown"
    assert refused(lambda: shared_hall.service.issue(request)).failure == "Application_State_Conflict"


def test_a_time_without_offset_is_named(tell: Tell, application: str) -> None:
    answer = tell(application, ReportKind.PAID, datetime(2026, 6, 3, 10, 0), amount=250)  # noqa: DTZ001
    assert (answer.status_code, answer.json()["failure"]) == (422, "Request_Malformed")
