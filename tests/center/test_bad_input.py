"""Whatever comes in wrong has a name, no stack trace, and leaves nothing half-done."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest

from tests.center.world import HOUSEHOLD, STORE_KEY, World, refused

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"place": "address"}', b'"text"', b"NaN",
        b'{"place": "moon", "proof": {"certificate": "", "signature": ""}}',
        b'{"place": "address", "proof": {"certificate": 1, "signature": []}}',
        b'{"place": "address", "proof": {"certificate": "", "signature": "", "more": 1}}',
        b'{"place": "address", "proof": {"certificate": "\\ud800", "signature": ""}}',
        b'{"place": "domicile", "municipality": "' + "２８１００".encode() + b'", "proof": {"certificate": "", "signature": ""}}',
    ],
    ids=lambda body: repr(body[:30]),
)  # fmt: skip
def test_a_broken_body_is_named_and_uses_no_nonce(world: World, body: bytes) -> None:
    session_id = world.session()
    nonce = world.nonce(session_id)
    path = f"/v1/sessions/{session_id}/authentication"
    refused(world.ask("POST", path, content=body, headers=JSON), "Request_Malformed")
    good = {
        "place": "address",
        "proof": {"certificate": world.card.der, "signature": world.card.sign(nonce, session_id)},
    }
    assert world.ask("POST", path, json=good).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"copies": 0}, {"copies": 100}, {"copies": 1.5}, {"copies": "x"}, {"fee_total": -1}, {"fee_total": 10**30},
        {"kind": "Passport"}, {"municipality": "281000"}, {"subjects": ["../../etc"]}, {"subjects": []},
        {"answers": {"relationship": True}}, {"scope": "all"}, {"surprise": True},
    ],
)  # fmt: skip
def test_a_broken_application_is_named_and_nothing_is_received(world: World, change: dict[str, Any]) -> None:
    refused(world.apply(world.known_session(), **change), "Request_Malformed")
    assert not world.happened("application_received")


@pytest.mark.parametrize("key", ["short", "x" * 81, "with space", "k" * 8 + "'; --"])
def test_an_application_without_a_good_idempotency_key_is_refused(world: World, key: str) -> None:
    refused(world.apply(world.known_session(), idempotency=key), "Request_Malformed")
    response = world.ask("POST", f"/v1/sessions/{world.known_session()}/applications", json=HOUSEHOLD)
    refused(response, "Request_Malformed")


def test_odd_paths_and_methods_are_named(world: World) -> None:
    for method, path in (
        ("GET", "/"), ("GET", "/v1"), ("DELETE", "/v1/municipalities"), ("GET", "/v1/sessions"),
        ("GET", "/docs"), ("GET", "/control/clock"), ("POST", "/v1/sessions/x/y/z"),
    ):  # fmt: skip
        response = world.ask(method, path)
        refused(response, "Request_Not_Found")
    refused(world.ask("POST", "/v1/sessions/not-a-ulid/nonce"), "Request_Malformed")
    refused(world.ask("GET", f"/v1/applications/{'0' * 26}/sheets/{10**40}"), "Request_Malformed")


def test_a_body_that_is_too_large_is_refused_by_its_length(world: World) -> None:
    response = world.ask("POST", "/v1/sessions", content=b" " * 1_000_001, headers=JSON)
    refused(response, "Request_Too_Large")


def test_a_report_full_of_odd_values_is_taken_or_named(world: World) -> None:
    manifest = world.prepared()
    report = {"amount": 300, "sheets_printed": 10_000, "reason": "\0" + "長" * 5000}
    assert world.report(manifest.application_id, "paid", **report).json()["state"] == "paid"
    for change in (
        {"report_id": "x"},
        {"at": "yesterday"},
        {"sheets_printed": -1},
        {"sheets_printed": 10**30},
        {"at": "9999-99-99T00:00:00Z"},
    ):
        refused(world.report(manifest.application_id, "cancelled", **change), "Request_Malformed")
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert world.report(manifest.application_id, "in_doubt", at=at).json()["state"] == "in_doubt"


def test_headers_that_are_no_headers_break_nothing(world: World) -> None:
    url = httpx.URL(world.base_url)
    for line in (
        b"Authorization: Bearer \xff\xfe", b"Authorization: Bearer", b"Authorization: " + b"x" * 9000,
        b"Authorization: Bearer " + STORE_KEY.encode() + b"\r\ntraceparent: \xe3\x81\x82",
        b"Authorization: Bearer " + STORE_KEY.encode() + b"\r\nContent-Length: -1",
        b"Authorization: Bearer " + STORE_KEY.encode() + b"\r\nContent-Length: abc",
    ):  # fmt: skip
        with socket.create_connection((url.host, url.port), timeout=5) as raw:
            raw.sendall(
                b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + line + b"\r\n\r\n"
            )
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
        status = int(answer.split()[1])
        assert status in (200, 400, 401)
        assert b"Traceback" not in answer
    assert not [event for event in world.events if event.kind == "internal_error"]


def test_one_nonce_lets_one_of_many_in(world: World) -> None:
    session_id = world.session()
    nonce = world.nonce(session_id)
    body = {
        "place": "address",
        "proof": {"certificate": world.card.der, "signature": world.card.sign(nonce, session_id)},
    }
    answers: list[httpx.Response] = []
    together = threading.Barrier(6)

    def ask() -> None:
        together.wait(10)
        answers.append(world.ask("POST", f"/v1/sessions/{session_id}/authentication", json=body))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


def test_residents_at_the_same_moment_each_get_their_own_paper(world: World) -> None:
    cards = [world.ca.card(key=f"resident {number % 2}") for number in range(6)]
    world.linked(*cards)
    manifests: dict[str, Any] = {}
    together = threading.Barrier(len(cards))

    def visit(number: int) -> None:
        session_id = world.session()
        world.authenticate(session_id, cards[number]).raise_for_status()
        together.wait(10)
        manifests[cards[number].holder_ref] = world.manifest(world.apply(session_id))

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(len(cards))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {ref: manifest.holder.reference for ref, manifest in manifests.items()} == {
        card.holder_ref: card.holder_ref for card in cards
    }
    assert len({manifest.application_id for manifest in manifests.values()}) == len(cards)
