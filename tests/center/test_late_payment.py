"""The terminal was cut off with the resident's money in it: what expired gives way, what it cancelled itself does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from server_stub.center.settings import CenterTimes
from server_stub.center.tables import applications
from server_stub.interface.binding import new_ulid
from server_stub.interface.terminal import Manifest
from tests.center.world import World, refused, until

LIFE = max(CenterTimes().session_life, CenterTimes().payment_life)


@pytest.fixture
def expired(world: World) -> Manifest:
    """An application whose session ran out while its terminal could not be heard."""
    manifest = world.prepared()
    world.clock.advance(LIFE)
    until(lambda: world.state(manifest.application_id) == "cancelled")
    world.issuing.wait_for_reports(1)
    return manifest


def before(world: World) -> str:
    """A moment at which the session was still alive."""
    return (world.clock.now() - LIFE + timedelta(minutes=1)).isoformat()


def reason(world: World, application_id: str) -> str:
    with world.center.database.read() as connection:
        query = select(applications.c.reason).where(applications.c.application_id == application_id)
        return str(connection.execute(query).scalar_one())


def test_a_payment_before_the_lapse_is_settled_late_and_seen(world: World, expired: Manifest) -> None:
    at = before(world)
    assert world.report(expired.application_id, "paid", amount=300, at=at).json()["state"] == "paid"
    assert world.report(expired.application_id, "handed_over").json()["state"] == "handed_over"
    assert [n.kind for _, n in world.issuing.wait_for_reports(3)] == ["cancelled", "paid", "handed_over"]
    assert [n.expired for _, n in world.issuing.reports] == [True, False, False]
    (event,) = world.happened("settled_late")
    assert event["application_id"] == expired.application_id
    assert datetime.fromisoformat(event["paid_at"]) < datetime.fromisoformat(event["expired_at"])
    assert reason(world, expired.application_id) == "settled late (timed out)"
    assert not world.center.incidents.of()


def test_it_is_settled_once_however_often_it_is_told(world: World, expired: Manifest) -> None:
    at, report_id = before(world), new_ulid(world.clock)
    for _ in range(3):
        answer = world.report(expired.application_id, "paid", amount=300, at=at, report_id=report_id)
        assert answer.json()["state"] == "paid"
    assert world.report(expired.application_id, "paid", amount=300, at=at).json()["state"] == "paid"
    assert len(world.happened("settled_late")) == 1
    world.report(expired.application_id, "handed_over").raise_for_status()
    assert (
        world.report(expired.application_id, "paid", amount=300, at=at, report_id=report_id).status_code
        == 200
    )
    assert world.state(expired.application_id) == "handed_over"


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1), timedelta(days=1)])
def test_a_payment_after_the_lapse_is_a_conflict_and_an_incident(
    world: World, expired: Manifest, late: timedelta
) -> None:
    at = (world.clock.now() + late).isoformat()
    refused(world.report(expired.application_id, "paid", amount=300, at=at), "Application_State_Conflict")
    assert world.state(expired.application_id) == "cancelled"
    assert len(world.center.incidents.of(expired.application_id)) == 1


def test_another_amount_than_the_fee_settles_nothing(world: World, expired: Manifest) -> None:
    at = before(world)
    refused(world.report(expired.application_id, "paid", amount=200, at=at), "Application_State_Conflict")
    assert world.state(expired.application_id) == "cancelled"
    assert len(world.center.incidents.of(expired.application_id)) == 1


@pytest.mark.parametrize("how", ["cancelled", "incident", "end"])
def test_what_the_terminal_cancelled_after_the_lapse_stays_cancelled(
    world: World, expired: Manifest, how: str
) -> None:
    at = before(world)
    if how == "end":
        world.end(expired.session_id).raise_for_status()
    else:
        world.report(expired.application_id, how).raise_for_status()
    refused(world.report(expired.application_id, "paid", amount=300, at=at), "Application_State_Conflict")
    assert world.state(expired.application_id) == "cancelled"


@pytest.mark.parametrize("how", ["cancelled", "end", "timed out"])
def test_what_the_terminal_cancelled_in_time_stays_cancelled(world: World, how: str) -> None:
    """Also when the terminal's own words for it are those of the centre."""
    manifest = world.prepared()
    at = world.clock.now().isoformat()
    world.clock.advance(timedelta(minutes=1))
    if how == "cancelled":
        world.report(manifest.application_id, "cancelled", reason="timed out").raise_for_status()
    else:
        world.end(manifest.session_id, reason=how).raise_for_status()
    world.clock.advance(LIFE)
    refused(world.report(manifest.application_id, "paid", amount=300, at=at), "Application_State_Conflict")
    assert world.state(manifest.application_id) == "cancelled"
    assert len(world.center.incidents.of(manifest.application_id)) == 1
    assert not world.happened("settled_late")


def test_paid_and_refunded_while_cut_off_ends_cancelled(world: World, expired: Manifest) -> None:
    at = before(world)
    for kind, amount in (("paid", 300), ("cancelled", 300)):
        world.report(expired.application_id, kind, amount=amount, at=at).raise_for_status()
    assert world.state(expired.application_id) == "cancelled"
    refused(world.report(expired.application_id, "paid", amount=300, at=at), "Application_State_Conflict")


def test_a_doubt_told_late_is_not_lost(world: World, expired: Manifest) -> None:
    assert world.report(expired.application_id, "in_doubt").json()["state"] == "in_doubt"
    too_late = world.report(expired.application_id, "paid", amount=300)
    refused(too_late, "Application_State_Conflict")
    at = before(world)
    assert world.report(expired.application_id, "paid", amount=300, at=at).json()["state"] == "paid"


def test_paper_that_was_never_prepared_is_never_settled(world: World) -> None:
    """The session ran out while the issuing server was still at work, so the terminal has nothing to be paid for."""
    session_id = world.known_session()
    at = world.clock.now().isoformat()
    world.issuing.before_answer = lambda: world.clock.advance(LIFE)
    refused(world.apply(session_id), "Session_Not_Valid")
    application_id = world.issuing.requests[0].application_id
    refused(world.report(application_id, "paid", amount=300, at=at), "Application_State_Conflict")
    assert world.state(application_id) == "cancelled"
    assert not world.happened("settled_late")


def test_the_terminal_cannot_call_its_own_cancellation_a_expiry(world: World) -> None:
    manifest = world.prepared()
    refused(world.report(manifest.application_id, "cancelled", expired=True), "Request_Malformed")
    assert world.state(manifest.application_id) == "prepared"
