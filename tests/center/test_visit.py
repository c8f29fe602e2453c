"""The way of one visit, and what every answer of it promises."""

from __future__ import annotations

import hashlib

from server_stub.interface.binding import key_id
from server_stub.interface.terminal import SignedManifest
from tests.center.fake_issuing import SUBJECTS
from tests.center.world import CITY, HOUSEHOLD, SECOND_KEY, World, refused


def test_a_whole_visit_ends_with_the_paper_handed_over_and_the_ledger_told(world: World) -> None:
    session_id = world.session()
    assert world.offers(world.authenticate(session_id)).municipality.code == CITY
    manifest = world.manifest(world.apply(session_id))
    assert world.report(manifest.application_id, "paid", amount=300).json()["state"] == "paid"
    assert (
        world.report(manifest.application_id, "handed_over", sheets_printed=2).json()["state"]
        == "handed_over"
    )
    assert world.end(session_id).status_code == 204
    told = world.issuing.wait_for_reports(2)
    assert [(ref, report.kind, report.amount) for ref, report in told] == [
        (manifest.application_id, "paid", 300),
        (manifest.application_id, "handed_over", 0),
    ]
    around = ("asked", "answered", "report_passed_on")
    assert [one.kind for one in world.events if one.source == "centre" and one.kind not in around] == [
        "session_opened", "authenticated", "application_received", "prepared", "paid", "handed_over",
    ]  # fmt: skip


def test_the_manifest_names_holder_session_terminal_and_request_and_is_signed_by_the_centre(
    world: World,
) -> None:
    session_id = world.known_session()
    response = world.apply(session_id, copies=2, fee_total=600)
    signed = SignedManifest.model_validate_json(response.content)
    assert signed.key_id == key_id(world.signing_key.public_key())
    manifest = world.manifest(response)
    assert manifest.holder == world.card.identity
    assert (manifest.session_id, manifest.terminal_id, manifest.municipality) == (session_id, "T1", CITY)
    assert (manifest.copies, manifest.fee_total, manifest.generation) == (2, 600, 7)
    assert manifest.received_at == world.clock.now()
    assert [(s.number, s.copy_number, s.k, s.n, s.subjects) for s in manifest.sheets] == [
        (1, 1, 1, 2, (SUBJECTS[0].ref,)),
        (2, 1, 2, 2, (SUBJECTS[1].ref,)),
        (3, 2, 1, 2, (SUBJECTS[0].ref,)),
        (4, 2, 2, 2, (SUBJECTS[1].ref,)),
    ]


def test_every_sheet_is_served_with_the_bytes_that_the_manifest_names(world: World) -> None:
    manifest = world.prepared()
    for entry in manifest.sheets:
        response = world.sheet(manifest.application_id, entry.number)
        assert response.headers["content-type"] == "application/pdf"
        assert hashlib.sha256(response.content).hexdigest() == entry.sha256


def test_the_issuing_server_is_asked_for_the_holder_that_the_centre_computed_at_this_terminal(
    world: World,
) -> None:
    manifest = world.prepared(copies=1)
    (asked,) = world.issuing.asked
    (request,) = world.issuing.requests
    assert asked.holder == request.holder == world.card.identity
    assert asked.terminal == request.terminal
    assert (asked.terminal.terminal_id, asked.terminal.operator, asked.terminal.kind) == (
        "T1",
        "見本コンビニ",
        "store",
    )
    assert request.application_id == manifest.application_id
    assert request.received_at == manifest.received_at


def test_the_traceparent_of_the_terminal_reaches_the_issuing_server(world: World) -> None:
    session_id = world.known_session()
    mark = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    world.ask(
        "POST", f"/v1/sessions/{session_id}/applications", json=HOUSEHOLD,
        headers={"Idempotency-Key": "k" * 8, "traceparent": mark},
    ).raise_for_status()  # fmt: skip
    assert world.issuing.traceparents[-1] == mark
    assert {e.traceparent for e in world.events if e.kind == "prepared"} == {mark}


def test_events_never_hold_a_name_or_the_whole_holder_reference(world: World) -> None:
    world.prepared()
    lines = "\n".join(event.to_line() for event in world.events)
    assert world.card.holder_ref[:8] in lines
    assert world.card.holder_ref not in lines
    assert all(member.name not in lines for member in SUBJECTS)


def test_the_municipalities_come_with_those_that_do_not_participate(world: World) -> None:
    listed = world.ask("GET", "/v1/municipalities").raise_for_status().json()["municipalities"]
    assert [(m["code"], m["participating"]) for m in listed] == [
        ("28100", True), ("09202", True), ("28201", False), ("28202", True),
    ]  # fmt: skip


def test_a_key_that_no_terminal_has_is_refused_everywhere(world: World) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}):
        for method, path in (("GET", "/v1/municipalities"), ("POST", "/v1/sessions")):
            response = world.http.request(method, path, headers=headers)
            refused(response, "Terminal_Unknown")
            assert response.status_code == 401


def test_another_terminal_can_use_neither_session_nor_paper(world: World) -> None:
    session_id = world.known_session()
    manifest = world.manifest(world.apply(session_id))
    refused(world.ask("POST", f"/v1/sessions/{session_id}/nonce", key=SECOND_KEY), "Session_Not_Valid")
    refused(world.apply(session_id, key=SECOND_KEY), "Session_Not_Valid")
    refused(world.end(session_id, key=SECOND_KEY), "Session_Not_Valid")
    refused(world.sheet(manifest.application_id, 1, key=SECOND_KEY), "Application_Unknown")
    refused(world.report(manifest.application_id, "paid", key=SECOND_KEY, amount=300), "Application_Unknown")
    assert world.state(manifest.application_id) == "prepared"
