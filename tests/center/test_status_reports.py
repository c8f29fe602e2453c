"""What became of an application: told any number of times, taken once, passed on until the ledger has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import Response
from sqlalchemy import insert

from server_stub.center.app import create_app
from server_stub.center.tables import applications, sessions
from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.node import NodeContext
from tests.center.world import World, quick_sheets, refused, until

WAYS: list[tuple[list[str], str]] = [
    (["paid"], "paid"),
    (["paid", "handed_over"], "handed_over"),
    (["cancelled"], "cancelled"),
    (["paid", "cancelled"], "cancelled"),
    (["in_doubt"], "in_doubt"),
    (["paid", "in_doubt", "handed_over"], "handed_over"),
    (["in_doubt", "paid", "handed_over"], "handed_over"),
    (["paid", "in_doubt", "cancelled"], "cancelled"),
    (["incident"], "cancelled"),
    (["paid", "incident"], "in_doubt"),
    (["paid", "paid", "handed_over", "handed_over"], "handed_over"),
]


@pytest.mark.parametrize(
    ("kinds", "state"), WAYS, ids=lambda value: "-".join(value) if isinstance(value, list) else ""
)
def test_reports_lead_from_state_to_state_and_all_reach_the_ledger_in_order(
    world: World, kinds: list[str], state: str
) -> None:
    manifest = world.prepared()
    for kind in kinds:
        world.report(manifest.application_id, kind, amount=300 if kind == "paid" else 0).raise_for_status()
    assert world.state(manifest.application_id) == state
    assert [report.kind for _, report in world.issuing.wait_for_reports(len(kinds))] == kinds


@pytest.mark.parametrize(
    ("kinds", "last"),
    [
        ([], "handed_over"),
        (["cancelled"], "paid"),
        (["cancelled"], "handed_over"),
        (["cancelled"], "in_doubt"),
        (["paid", "handed_over"], "cancelled"),
        (["paid", "handed_over"], "paid"),
        (["in_doubt"], "handed_over"),
    ],
)
def test_a_report_that_contradicts_what_is_known_changes_nothing(
    world: World, kinds: list[str], last: str
) -> None:
    manifest = world.prepared()
    for kind in kinds:
        world.report(manifest.application_id, kind, amount=300 if kind == "paid" else 0).raise_for_status()
    before = world.state(manifest.application_id)
    facts = refused(world.report(manifest.application_id, last, amount=300), "Application_State_Conflict")
    assert facts["state"] == before == world.state(manifest.application_id)
    # money or paper that moved against the ledger is a matter for people
    incidents = world.center.incidents.of(manifest.application_id)
    assert len(incidents) == (1 if last in ("paid", "handed_over") else 0)


def test_another_amount_than_the_fee_is_no_payment_and_an_incident_once(world: World) -> None:
    manifest = world.prepared()
    report_id = new_ulid(world.clock)
    for _ in range(2):
        response = world.report(manifest.application_id, "paid", amount=200, report_id=report_id)
        facts = refused(response, "Application_State_Conflict")
        assert (facts["amount"], facts["fee_total"]) == (200, 300)
    assert world.state(manifest.application_id) == "prepared"
    assert len(world.center.incidents.of(manifest.application_id)) == 1


def test_the_same_report_again_gets_the_same_answer_and_goes_on_once(world: World) -> None:
    manifest = world.prepared()
    at = world.clock.now().isoformat()
    report_id = new_ulid(world.clock)
    answers = [
        world.report(manifest.application_id, "paid", amount=300, report_id=report_id, at=at)
        .raise_for_status()
        .json()
        for _ in range(3)
    ]
    world.report(manifest.application_id, "handed_over").raise_for_status()
    answers.append(
        world.report(manifest.application_id, "paid", amount=300, report_id=report_id, at=at).json()
    )
    assert [answer["state"] for answer in answers] == ["paid"] * 4
    assert [report.kind for _, report in world.issuing.wait_for_reports(2)] == ["paid", "handed_over"]


def test_a_report_id_that_said_something_else_before_is_a_conflict(world: World) -> None:
    one, two = world.prepared(), world.prepared()
    report_id = new_ulid(world.clock)
    world.report(one.application_id, "paid", amount=300, report_id=report_id).raise_for_status()
    refused(world.report(one.application_id, "cancelled", report_id=report_id), "Idempotency_Conflict")
    refused(world.report(two.application_id, "paid", amount=300, report_id=report_id), "Idempotency_Conflict")
    assert (world.state(one.application_id), world.state(two.application_id)) == ("paid", "prepared")


def test_an_incident_told_by_the_terminal_is_kept_and_stops_the_application(world: World) -> None:
    manifest = world.prepared()
    world.report(manifest.application_id, "incident", reason="Manifest_Invalid: signature").raise_for_status()
    (incident,) = world.center.incidents.of(manifest.application_id)
    assert (incident.noticed_by, incident.name) == ("terminal", "Manifest_Invalid")
    refused(world.sheet(manifest.application_id, 1), "Application_State_Conflict")


def test_reports_wait_for_a_ledger_that_is_away_and_keep_their_order(world: World) -> None:
    manifest = world.prepared()
    world.issuing.answer = Response(status_code=503)
    world.report(manifest.application_id, "paid", amount=300).raise_for_status()
    tried = len(world.issuing.traceparents)
    until(lambda: len(world.issuing.traceparents) > tried)
    world.report(manifest.application_id, "handed_over").raise_for_status()
    assert len(world.center.outbox.pending()) == 2
    world.issuing.answer = None
    assert [report.kind for _, report in world.issuing.wait_for_reports(2)] == ["paid", "handed_over"]
    until(lambda: not world.center.outbox.pending())


def test_a_report_that_the_ledger_refuses_is_an_incident_and_not_tried_for_ever(world: World) -> None:
    manifest = world.prepared()
    world.issuing.report_refusal = Failed("Application_State_Conflict", state="cancelled")
    world.report(manifest.application_id, "paid", amount=300).raise_for_status()
    until(lambda: not world.center.outbox.pending())
    (incident,) = world.center.incidents.of(manifest.application_id)
    assert (incident.noticed_by, incident.name, incident.detail) == (
        "ledger", "Application_State_Conflict", {"report": "paid"},
    )  # fmt: skip


def test_cancelling_what_the_ledger_never_had_is_no_incident(world: World) -> None:
    manifest = world.prepared()
    world.issuing.report_refusal = Failed("Application_Unknown")
    world.report(manifest.application_id, "cancelled").raise_for_status()
    until(lambda: not world.center.outbox.pending())
    assert not world.center.incidents.of()


def test_a_report_without_offset_or_of_an_unknown_application_is_named(world: World) -> None:
    manifest = world.prepared()
    refused(
        world.report(manifest.application_id, "paid", at="2026-06-03T10:00:00", amount=300),
        "Request_Malformed",
    )
    refused(world.report("0" * 26, "paid", amount=300), "Application_Unknown")


def test_what_a_centre_owes_the_ledger_survives_its_end(world: World, tmp_path: Path) -> None:
    """Status reports not yet passed on, and an application that was under way when the centre died."""
    context = NodeContext(world.clock, world.trace, world.faults)
    settings = world.settings(tmp_path / "dying.db")
    now = world.clock.now()
    first = create_app(context, settings, finish=quick_sheets).state.center
    first.close()
    with first.database.write() as connection:
        connection.execute(
            insert(sessions).values(
                session_id="0" * 26, terminal_id="T1", state="open", opened_at=now, expires_at=now
            )
        )
        connection.execute(
            insert(applications).values(
                application_id="1" * 26, session_id="0" * 26, terminal_id="T1", idempotency_key="k" * 8,
                fingerprint="f", holder_ref="a" * 64, municipality="28100", kind="residence", copies=1,
                fee_total=300, state="received", at_issuing=True, received_at=now, changed_at=now,
            )
        )  # fmt: skip
    first.database.dispose()
    second = create_app(context, settings, finish=quick_sheets).state.center
    try:
        told = world.issuing.wait_for_reports(1)
        assert [(ref, report.kind) for ref, report in told] == [("1" * 26, "cancelled")]
    finally:
        second.close()


def test_a_report_that_the_ledger_stumbles_over_holds_up_no_other_application(world: World) -> None:
    one, two = world.prepared(), world.prepared()
    world.issuing.stumble_over = one.application_id
    world.report(one.application_id, "paid", amount=300).raise_for_status()
    world.report(two.application_id, "paid", amount=300).raise_for_status()
    until(lambda: [row["application_id"] for row in world.center.outbox.pending()] == [one.application_id])
    world.issuing.stumble_over = ""
    until(lambda: not world.center.outbox.pending())
