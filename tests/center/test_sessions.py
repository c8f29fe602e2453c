"""Sessions end, by the terminal or by the clock, and nothing of them is left half-done."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import select

from server_stub.center.settings import CenterTimes
from server_stub.center.tables import sessions, sheets
from tests.center.world import World, refused, until, wait_for

LIFE = CenterTimes().session_life
PAYMENT = CenterTimes().payment_life


def test_an_ended_session_serves_nothing_any_more(world: World) -> None:
    session_id = world.known_session()
    assert world.end(session_id).status_code == 204
    refused(world.ask("POST", f"/v1/sessions/{session_id}/nonce"), "Session_Not_Valid")
    refused(world.apply(session_id), "Session_Not_Valid")
    assert world.end(session_id).status_code == 204


def test_an_unknown_session_is_named_so(world: World) -> None:
    unknown = "0" * 26
    refused(world.ask("POST", f"/v1/sessions/{unknown}/nonce"), "Session_Not_Valid")
    refused(world.apply(unknown), "Session_Not_Valid")
    refused(world.end(unknown), "Session_Not_Valid")


def test_a_session_runs_out_at_the_clock(world: World) -> None:
    session_id = world.session()
    world.clock.advance(LIFE - timedelta(microseconds=1))
    world.nonce(session_id)
    world.clock.advance(timedelta(microseconds=1))
    refused(world.ask("POST", f"/v1/sessions/{session_id}/nonce"), "Session_Not_Valid")


def test_without_authentication_there_is_no_application(world: World) -> None:
    refused(world.apply(world.session()), "Session_Not_Authenticated")
    assert not world.issuing.requests


def test_the_end_of_a_session_cancels_all_that_is_not_paid_and_tells_the_ledger(world: World) -> None:
    session_id = world.known_session()
    paid = world.manifest(world.apply(session_id))
    unpaid = [world.manifest(world.apply(session_id)) for _ in range(2)]
    world.report(paid.application_id, "paid", amount=300).raise_for_status()
    world.end(session_id, reason="cancelled by the resident").raise_for_status()
    assert world.state(paid.application_id) == "paid"
    assert [world.state(m.application_id) for m in unpaid] == ["cancelled", "cancelled"]
    told = world.issuing.wait_for_reports(3)
    assert {(ref, report.kind) for ref, report in told} == {(paid.application_id, "paid")} | {
        (m.application_id, "cancelled") for m in unpaid
    }
    for manifest in unpaid:
        refused(world.sheet(manifest.application_id, 1), "Application_State_Conflict")
    assert world.sheet(paid.application_id, 1).status_code == 200


def test_a_time_out_cancels_the_whole_application(world: World) -> None:
    manifest = world.prepared()
    world.clock.advance(max(LIFE, PAYMENT))
    until(lambda: world.state(manifest.application_id) == "cancelled")
    (told,) = world.issuing.wait_for_reports(1)
    assert (told[0], told[1].kind, told[1].reason) == (manifest.application_id, "cancelled", "timed out")
    refused(world.sheet(manifest.application_id, 1), "Application_State_Conflict")


def test_paper_prepared_late_in_a_session_leaves_time_to_pay_and_no_more(world: World) -> None:
    session_id = world.known_session()
    world.clock.advance(LIFE - timedelta(seconds=1))
    paid, unpaid = (world.manifest(world.apply(session_id)) for _ in range(2))
    world.clock.advance(PAYMENT - timedelta(seconds=1))
    world.nonce(session_id)
    assert world.report(paid.application_id, "paid", amount=300).json()["state"] == "paid"
    world.clock.advance(timedelta(seconds=1))
    refused(world.ask("POST", f"/v1/sessions/{session_id}/nonce"), "Session_Not_Valid")
    until(lambda: world.state(unpaid.application_id) == "cancelled")
    assert world.state(paid.application_id) == "paid"


def _apply_and_end_meanwhile(world: World, end: str) -> str:
    """An application whose paper is ready only after its session has ended; returns the application's id."""
    session_id = world.known_session()
    go_on = threading.Event()
    world.issuing.before_answer = lambda: wait_for(go_on)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(world.apply(session_id)))
    asking.start()
    with world.issuing.changed:
        assert world.issuing.changed.wait_for(lambda: world.issuing.requests, 10)
    application_id = world.issuing.requests[0].application_id
    if end == "terminal":
        world.end(session_id).raise_for_status()
        world.session()  # the next resident has begun
    else:
        world.clock.advance(LIFE)
    until(lambda: world.state(application_id) == "cancelled")
    assert not world.issuing.reports, "the issuing server is told only when its answer is there"
    go_on.set()
    asking.join(10)
    refused(answers[0], "Session_Not_Valid")
    return application_id


def test_paper_made_after_the_end_of_its_session_is_cancelled_at_once(world: World) -> None:
    application_id = _apply_and_end_meanwhile(world, "terminal")
    assert world.state(application_id) == "cancelled"
    refused(world.sheet(application_id, 1), "Application_State_Conflict")
    told = world.issuing.wait_for_reports(1)
    assert [(ref, report.kind) for ref, report in told] == [(application_id, "cancelled")]
    assert not world.happened("prepared")


def test_paper_made_after_its_session_ran_out_is_cancelled_at_once(world: World) -> None:
    application_id = _apply_and_end_meanwhile(world, "clock")
    refused(world.sheet(application_id, 1), "Application_State_Conflict")
    assert [(ref, n.kind) for ref, n in world.issuing.wait_for_reports(1)] == [(application_id, "cancelled")]


def test_an_answer_that_is_held_back_arrives_late_and_its_paper_is_cancelled(world: World) -> None:
    session_id = world.known_session()
    world.faults.switch_on("center.hold")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(world.apply(session_id)))
    asking.start()
    until(lambda: world.happened("prepared"))
    world.end(session_id).raise_for_status()
    world.session()
    assert not answers
    world.faults.switch_off("center.hold")
    asking.join(10)
    late = world.manifest(answers[0])
    assert world.state(late.application_id) == "cancelled"
    refused(world.sheet(late.application_id, 1), "Application_State_Conflict")


def test_a_resident_leaves_no_names_behind(world: World) -> None:
    session_id = world.known_session()
    world.apply(session_id).raise_for_status()
    world.end(session_id).raise_for_status()
    with world.center.database.read() as connection:
        assert connection.execute(select(sessions.c.offers)).scalars().all() == [None]
        assert connection.execute(select(sheets.c.number)).scalars().all() == []
