from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios import trace_labels
from server_stub.authority import Authority
from server_stub.authority.ocsp import MALFORMED_REQUEST
from server_stub.authority.profile import Kind
from server_stub.http import NodeProtocol
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Event, Trace
from server_stub.node import RunningNode
from tests.authority.helper import OPERATOR_KEY, SomeHolder, authentication_ca, load, request_for

OPERATOR = {"Authorization": f"Bearer {OPERATOR_KEY}"}


@pytest.fixture
def client(node: RunningNode) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=node.base_url, trust_env=False) as client:
        yield client


@pytest.fixture
def leaf(authority: Authority, card_key: RSAPublicKey) -> x509.Certificate:
    return load(authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START))


def ask(client: httpx.Client, request: bytes) -> ocsp.OCSPResponse:
    answer = client.post(
        "/ocsp/authentication", content=request, headers={"Content-Type": "application/ocsp-request"}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(answer.content)


def test_good_is_signed_by_the_ca_and_dated_by_the_clock(
    client: httpx.Client, authority: Authority, leaf: x509.Certificate, clock: Clock
) -> None:
    clock.advance(timedelta(days=100, seconds=7))
    ca = authentication_ca(authority)
    answer = ask(client, request_for(leaf, ca, nonce=b"0123456789abcdef"))
    assert answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.serial_number == leaf.serial_number
    key = ca.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(answer.signature, answer.tbs_response_bytes, PKCS1v15(), hashes.SHA256())
    now = clock.now().replace(microsecond=0)
    assert (answer.this_update_utc, answer.produced_at_utc) == (now, now)
    assert answer.next_update_utc == now + timedelta(minutes=10)
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"0123456789abcdef"


def test_held_revoked_and_released_are_told_with_time_and_reason(
    client: httpx.Client, authority: Authority, leaf: x509.Certificate, clock: Clock, trace: Trace
) -> None:
    told: list[Event] = []
    trace.subscribe(told.append)
    request = request_for(leaf, authentication_ca(authority))
    clock.advance(timedelta(minutes=1))
    authority.hold(leaf.serial_number)
    held = ask(client, request)
    assert held.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert held.revocation_reason is x509.ReasonFlags.certificate_hold
    assert held.revocation_time_utc == clock.now()
    authority.release(leaf.serial_number)
    assert ask(client, request).certificate_status is ocsp.OCSPCertStatus.GOOD
    authority.revoke(leaf.serial_number, "key_compromise")
    revoked = ask(client, request)
    assert revoked.revocation_reason is x509.ReasonFlags.key_compromise
    answered = [event.data["statuses"] for event in told if event.kind == "ocsp_answered"]
    in_words = [trace_labels.value("statuses", one) for one in answered]
    assert in_words == ["一時停止", "有効", "失効・鍵の危殆化"]
    authority_said_nothing = ask(client, request_for(leaf, authentication_ca(authority)))
    with pytest.raises(x509.ExtensionNotFound):
        authority_said_nothing.extensions.get_extension_for_class(x509.OCSPNonce)


def test_the_other_ca_does_not_know_the_certificate(
    client: httpx.Client, authority: Authority, leaf: x509.Certificate
) -> None:
    request = request_for(leaf, authentication_ca(authority))
    answer = client.post("/ocsp/signature", content=request)
    assert ocsp.load_der_ocsp_response(answer.content).certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    by_number = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(leaf, load(authority.signature_ca_certificate()), hashes.SHA1())  # noqa: S303
        .build()
    )
    answer = client.post("/ocsp/signature", content=by_number.public_bytes(Encoding.DER))
    assert ocsp.load_der_ocsp_response(answer.content).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_the_request_may_come_in_the_address(
    client: httpx.Client, authority: Authority, leaf: x509.Certificate
) -> None:
    encoded = base64.b64encode(request_for(leaf, authentication_ca(authority))).decode()
    for written in (quote(encoded, safe=""), encoded):
        answer = client.get(f"/ocsp/authentication/{written}")
        assert ocsp.load_der_ocsp_response(answer.content).certificate_status is ocsp.OCSPCertStatus.GOOD
    answer = client.get("/ocsp/authentication/%%%")
    assert answer.content == MALFORMED_REQUEST


@pytest.mark.parametrize(
    "body",
    [b"", b"\x30", b"\x30\x00", b"{}", b"\x30\x80\x00\x00", b"\x30\x84\xff\xff\xff\xff", b"\0" * 5000],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_request_is_answered_as_malformed(client: httpx.Client, body: bytes) -> None:
    assert ask(client, body).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_digest_that_is_none_is_answered_as_malformed(
    client: httpx.Client, authority: Authority, leaf: x509.Certificate
) -> None:
    """Where SHA-256's OID ends in 01, another algorithm's follows: an answer that repeats it could not be read."""
    request = request_for(leaf, authentication_ca(authority))
    sha256 = bytes.fromhex("0609608648016503040201")
    dsa = bytes.fromhex("0609608648016503040301")
    assert request.count(sha256) == 1
    answer = ask(client, request.replace(sha256, dsa))
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_request_never_brings_the_responder_down(
    authority: Authority, card_key: RSAPublicKey, data: st.DataObject
) -> None:
    records = authority.of_person("P0001")
    if not records:
        authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START)
        records = authority.of_person("P0001")
    request = bytearray(request_for(load(records[0].der), authentication_ca(authority), nonce=b"n" * 16))
    for _ in range(data.draw(st.integers(1, 3))):
        request[data.draw(st.integers(0, len(request) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(request[: data.draw(st.integers(0, len(request)))])
    for damaged in (bytes(request), cut):
        answer = ocsp.load_der_ocsp_response(authority.ocsp(Kind.AUTHENTICATION, damaged))
        if answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL:
            assert answer.certificate_status in ocsp.OCSPCertStatus
        else:
            assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_the_operator_stops_and_frees_a_card(
    client: httpx.Client, authority: Authority, leaf: x509.Certificate
) -> None:
    serial = f"{leaf.serial_number:X}"
    listed = client.get("/v1/certificates", params={"person": "P0001"}, headers=OPERATOR).json()
    assert [c["serial"] for c in listed["certificates"]] == [serial]
    held = client.post(f"/v1/certificates/{serial}/hold", headers=OPERATOR)
    assert (held.status_code, held.json()["state"]) == (200, "held")
    assert client.get(f"/v1/certificates/{serial.lower()}", headers=OPERATOR).json() == held.json()
    assert authority.find(leaf.serial_number).state == "held"
    assert client.post(f"/v1/certificates/{serial}/release", headers=OPERATOR).json()["state"] == "good"
    revoked = client.post(
        f"/v1/certificates/{serial}/revoke", json={"reason": "superseded"}, headers=OPERATOR
    )
    assert revoked.json()["reason"] == "superseded"
    again = client.post(f"/v1/certificates/{serial}/hold", headers=OPERATOR)
    assert (again.status_code, again.json()["failure"]) == (409, "Certificate_State_Conflict")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", OPERATOR_KEY, "Bearer é"])
def test_nobody_else_stops_a_card(
    client: httpx.Client, authority: Authority, leaf: x509.Certificate, authorization: str
) -> None:
    headers = {"Authorization": authorization.encode("utf-8")} if authorization else {}
    answer = client.post(f"/v1/certificates/{leaf.serial_number:X}/hold", headers=headers)
    assert (answer.status_code, answer.json()["failure"]) == (401, "Caller_Unknown")
    assert authority.find(leaf.serial_number).state == "good"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "failure"),
    [
        ("POST", "/v1/certificates/xyz/hold", None, 422, "Request_Malformed"),
        ("POST", "/v1/certificates/1/hold", None, 404, "Certificate_Serial_Unknown"),
        ("POST", f"/v1/certificates/{'F' * 40}/hold", None, 404, "Certificate_Serial_Unknown"),
        ("POST", "/v1/certificates/1/revoke", {"reason": 7}, 422, "Request_Malformed"),
        ("POST", "/v1/certificates/1/revoke", {"why": "x"}, 422, "Request_Malformed"),
        ("GET", "/v1/certificates", None, 422, "Request_Malformed"),
        ("POST", "/ocsp/other", None, 422, "Request_Malformed"),
        ("GET", "/nothing", None, 404, "Request_Not_Found"),
    ],
)
def test_bad_input_is_refused_by_name(
    client: httpx.Client, method: str, path: str, body: object, status: int, failure: str
) -> None:
    answer = client.request(method, path, json=body, headers=OPERATOR)
    assert (answer.status_code, answer.json()["failure"]) == (status, failure)
    assert "Traceback" not in answer.text


def test_the_ca_certificates_and_the_list_can_be_fetched(client: httpx.Client, authority: Authority) -> None:
    assert client.get("/ca/authentication").content == authority.authentication_ca_certificate()
    assert client.get("/ca/signature").content == authority.signature_ca_certificate()
    crl = client.get("/crl/authentication")
    assert crl.headers["content-type"] == "application/pkix-crl"
    assert x509.load_der_x509_crl(crl.content).is_signature_valid(
        authentication_ca(authority).public_key()  # type: ignore[arg-type]
    )


def test_an_answer_over_http_does_not_wait_for_a_delayed_ack(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without TCP_NODELAY on the server's side every answer would wait 40 ms."""
    at_once: list[int] = []
    made = NodeProtocol.connection_made

    def looked_at(protocol: NodeProtocol, transport: asyncio.Transport) -> None:
        connection = transport.get_extra_info("socket")
        at_once.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        made(protocol, transport)

    monkeypatch.setattr(NodeProtocol, "connection_made", looked_at)
    assert client.get("/ca/authentication").status_code == 200
    assert at_once and all(at_once)
