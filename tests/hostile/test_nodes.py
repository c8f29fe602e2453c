"""Every node answers whatever comes in by a failure's name, without a stack trace, and nothing of it stays in a database."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from cryptography.x509 import ocsp

from server_stub import http
from server_stub.http import MAX_BODY
from tests.hostile.nodes import NODES, NOWHERE, TARGETS, Nodes, reply
from tests.hostile.test_power_cuts import until

each_node = pytest.mark.parametrize("node", NODES)


@pytest.fixture(autouse=True)
def nothing_half_done(nodes: Nodes) -> Iterator[None]:
    nodes.events.clear()
    before = nodes.contents()
    yield
    assert nodes.contents() == before
    assert not nodes.stumbled()
    for node in NODES:  # and it serves the next one as ever
        assert nodes.post(node, b"{").failure() == "Request_Malformed"


# --- bodies ----------------------------------------------------------------------------------------------------------

NOTE = b'{"report_id": "%s", "kind": "paid", "at": "2026-06-03T10:00:00+09:00", "amount": 250%s}'


def report(more: bytes = b"") -> bytes:
    return NOTE % (b"0" * 26, more)


BROKEN = [
    b"", b"{", b"null", b"[]", b'"text"', b"0", b"\xff\xfe", b"\x00" * 100, b"{}" * 2, b"{'a': 1}",
    b"[" * 200_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b"NaN", b"-Infinity", report(b', "sheets_printed": NaN'), report(b', "sheets_printed": Infinity'),
    report(b', "sheets_printed": 1e400'), report(b', "sheets_printed": ' + b"9" * 10_000),
    report(b', "sheets_printed": ' + b"9" * 300), report(b', "sheets_printed": -1'), report(b', "sheets_printed": 1.5'),
    report(b', "amount": 250'), report(b', "reason": "a", "reason": "b"'),
    report(b', "reason": "\\ud800"'), report(b', "reason": "\\udfff\\ud800"'), report(b', "\\ud800": 1'),
    report(b', "reason": "\xff\xfe"'), report(b', "reason": "\xed\xa0\x80"'), report(b', "reason": ["' + b"x" * 999 + b'"]'),
    report(b', "' + b"k" * 100_000 + b'": 1'), report(b', "expired": "maybe"'),
    report().decode().encode("utf-16"), report().replace(b"+09:00", b""), report().replace(b"2026", b"99999"),
    report().replace(b"paid", b"forged"),
    b'{"reason": {"reason": "unspecified"}}', b'{"reason": "unspecified", "reason": "unspecified"}',
]  # fmt: skip


@each_node
@pytest.mark.parametrize("body", BROKEN)
def test_a_broken_message_is_named(nodes: Nodes, node: str, body: bytes) -> None:
    assert nodes.post(node, body).failure() == "Request_Malformed"


@pytest.mark.parametrize("node", ["center", "issuing"])
def test_an_unbroken_message_comes_through(nodes: Nodes, node: str) -> None:
    """The twin of all the broken ones."""
    assert nodes.post(node, report()).failure() == "Application_Unknown"


def test_a_refusal_repeats_nothing_long_of_what_was_sent(nodes: Nodes) -> None:
    reply = nodes.post("center", report(b', "' + b"k" * 100_000 + b'": 1, "zz": "' + b"v" * 100_000 + b'"'))
    assert len(reply.body) < 2000
    assert b"vvv" not in reply.body


@each_node
@pytest.mark.parametrize(
    "kind",
    [
        b"", b"text/plain", b"text/html", b"application/xml", b"application/x-www-form-urlencoded", b"json", b"/",
        b"multipart/form-data", b"multipart/form-data; boundary=x", b"application/json\xff", b"application/jsonl",
        b"application/octet-stream", b"application/json, text/html",
    ],
)  # fmt: skip
def test_a_message_under_another_content_type_is_no_message(nodes: Nodes, node: str, kind: bytes) -> None:
    body = report() if node != "authority" else b'{"reason": "superseded"}'
    assert nodes.post(node, body, kind).failure() == "Request_Malformed"


# --- sizes -----------------------------------------------------------------------------------------------------------


@each_node
@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_a_body_in_pieces_that_tells_no_length_passes_no_limit(nodes: Nodes, node: str, path: str) -> None:
    head = nodes.head(node, b"Content-Type: application/json", b"Transfer-Encoding: chunked", path=path)
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert nodes.send(node, head, *[piece] * (MAX_BODY // 0x10000 + 2)).failure() == "Request_Too_Large"


@each_node
@pytest.mark.parametrize("length", [MAX_BODY + 1, 10**15, 10**19])
def test_a_length_that_is_too_large_is_refused_before_it_comes(nodes: Nodes, node: str, length: int) -> None:
    head = nodes.head(node, b"Content-Type: application/json", f"Content-Length: {length}".encode())
    reply = nodes.send(node, head)
    assert (reply.status, reply.failure()) == (413, "Request_Too_Large")


@pytest.mark.parametrize("node", ["center", "issuing"])
def test_a_message_in_many_pieces_is_a_message(nodes: Nodes, node: str) -> None:
    head = nodes.head(node, b"Content-Type: application/json", b"Transfer-Encoding: chunked")
    pieces = [b"1\r\n" + bytes([byte]) + b"\r\n" for byte in report()]
    assert nodes.send(node, head, *pieces, b"0\r\n\r\n").failure() == "Application_Unknown"


# --- slow and cut ----------------------------------------------------------------------------------------------------


@each_node
def test_a_body_that_does_not_come_is_not_waited_for(
    nodes: Nodes, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.05)
    head = nodes.head(node, b"Content-Type: application/json", b"Content-Length: 100")
    reply = nodes.send(node, head, b'{"report_id":')
    assert (reply.status, reply.failure()) == (408, "Request_Too_Slow")


@each_node
@pytest.mark.parametrize("begun", [b"", b"POST /v1/sess"])
def test_headers_that_do_not_come_are_not_waited_for(
    nodes: Nodes, node: str, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "HEADER_SECONDS", 0.05)
    with nodes.connect(node) as raw:
        raw.sendall(begun)
        assert raw.recv(1) == b""


@each_node
@pytest.mark.parametrize("kept", [0, 1, 40, -1])
def test_a_body_that_breaks_off_changes_nothing(nodes: Nodes, node: str, kept: int) -> None:
    body = report() if node != "authority" else b'{"reason": "superseded"}'
    head = nodes.head(node, b"Content-Type: application/json", f"Content-Length: {len(body)}".encode())
    with nodes.connect(node) as raw:
        raw.sendall(head + body[:kept])
    # the next request on another connection is served; what was cut is noticed in its own time
    assert nodes.post(node, b"{").failure() == "Request_Malformed"


@each_node
def test_a_message_whose_end_never_came_is_not_acted_on(nodes: Nodes, node: str) -> None:
    """It could be read as it stands, but the caller has not said that this is all."""
    head = nodes.head(node, b"Content-Type: application/json", b"Transfer-Encoding: chunked")
    body = report() if node != "authority" else b'{"reason": "superseded"}'
    begun = len(nodes.events)
    with nodes.connect(node) as raw:
        raw.sendall(head + f"{len(body):x}\r\n".encode() + body + b"\r\n")
    until(lambda: any(event.kind == "caller_gone" for event in nodes.events[begun:]))
    assert not [event for event in nodes.events[begun:] if event.kind in ("answered", "refused")]


@each_node
def test_who_is_refused_in_the_middle_may_send_to_the_end_and_reads_the_name(nodes: Nodes, node: str) -> None:
    head = nodes.head(node, b"Content-Type: application/json", b"Content-Length: 8000000")
    with nodes.connect(node) as raw:
        raw.sendall(head)
        for _ in range(1000):  # to close at once would break this off
            raw.sendall(b" " * 8000)
        assert reply(raw, "POST").failure() == "Request_Too_Large"


# --- HTTP ------------------------------------------------------------------------------------------------------------


@each_node
@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500, b"\r\n\r\n\r\nhello\r\n\r\n", b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", b"G\0T / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n", b"GET /\xe3\x81\x82 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\na: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 20_000 + b"\r\n", b"GET /" + b"x" * 100_000,
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x10\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_is_named(nodes: Nodes, node: str, garbage: bytes) -> None:
    assert nodes.send(node, garbage).failure() in ("Request_Malformed", "Request_Not_Found")


@each_node
@pytest.mark.parametrize("piece", [b"zz\r\n", b"-1\r\nx\r\n", b"5\r\nabcdefgh\r\n", b"f" * 40 + b"\r\n"])
def test_a_body_in_pieces_that_are_none_is_named(nodes: Nodes, node: str, piece: bytes) -> None:
    head = nodes.head(node, b"Content-Type: application/json", b"Transfer-Encoding: chunked")
    assert nodes.send(node, head, piece).failure() == "Request_Malformed"


@each_node
@pytest.mark.parametrize(
    "method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "CONNECT", "post"]
)
def test_another_method_is_named(nodes: Nodes, node: str, method: str) -> None:
    reply = nodes.send(node, nodes.head(node, method=method))
    assert (reply.status, reply.failure()) == (405, "Request_Not_Found")


@each_node
def test_a_head_request_has_no_body(nodes: Nodes, node: str) -> None:
    reply = nodes.send(node, nodes.head(node, method="HEAD"))
    assert (reply.status, reply.body) == (405, b"")


@each_node
@pytest.mark.parametrize(
    "path",
    [
        "/", "//", "/v1", "/v1/", "/docs", "/redoc", "/favicon.ico", "/../../../etc/passwd", "/v1/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/v1/%00", "/%ff%fe", "/%ed%a0%80", "/v1/x;y",
        "http://elsewhere.invalid/v1", "*", "/" + "x" * 10_000, "/v1/municipalities/", "/control", "/control/",
        "/control/nothing",
    ],
)  # fmt: skip
def test_another_path_is_named_and_leads_nowhere(nodes: Nodes, node: str, path: str) -> None:
    for method in ("GET", "POST"):
        reply = nodes.send(node, nodes.head(node, method=method, path=path))
        assert reply.failure() == "Request_Not_Found"
        assert "location" not in reply.headers


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ("center", "/v1/sessions/{}/nonce"), ("center", "/v1/applications/{}/sheets/1"), ("issuing", "/v1/applications/{}/reports"),
        ("authority", "/v1/certificates/{}"), ("authority", "/crl/{}"), ("authority", "/ca/{}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", ["..%2f..", "%00", "%0a", "%27--", "x" * 5000, "%f0%9f%92%a3", "%ff", "-1"])
def test_a_path_with_an_odd_part_is_named(nodes: Nodes, node: str, path: str, part: str) -> None:
    for method in ("GET", "POST"):
        reply = nodes.send(node, nodes.head(node, method=method, path=path.format(part)))
        assert reply.failure() in ("Request_Malformed", "Request_Not_Found")


@each_node
@pytest.mark.parametrize(
    "line",
    [
        b"traceparent: \xe3\x81\x82", b"traceparent: " + b"0" * 5000, b"traceparent: 00-x-y-01", b"traceparent:",
        b"Content-Type: application/json; charset=\xff", b"Cookie: " + b"a=b; " * 1000, b"Expect: 200-maybe",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13",
        b"Range: bytes=-99999999999999999999", b"X-Forwarded-For: ' OR 1=1", b"Accept: */*\r\nAccept: \xff",
    ],
)  # fmt: skip
def test_odd_headers_change_nothing(nodes: Nodes, node: str, line: bytes) -> None:
    body = b"{"
    head = nodes.head(node, b"Content-Type: application/json", b"Content-Length: 1", line)
    assert nodes.send(node, head + body).failure() == "Request_Malformed"
    traceparents = {event.traceparent for event in nodes.events if event.kind == "answered"}
    assert traceparents and all(len(one) == 55 and one.isascii() for one in traceparents)


@each_node
@pytest.mark.parametrize(
    "shown",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearer x",
        b"Basic eDp5",
        b"\xff\xfe",
        b"Bearer " + b"x" * 9000,
        b"bearer \xff",
    ],
)
def test_whoever_shows_no_key_is_unknown(nodes: Nodes, node: str, shown: bytes) -> None:
    body = report() if node != "authority" else b'{"reason": "superseded"}'
    head = (
        f"POST {TARGETS[node]} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nAuthorization: "
    ).encode()
    reply = nodes.send(node, head + shown + b"\r\n\r\n" + body)
    assert (reply.status, reply.failure()) == (
        401,
        "Terminal_Unknown" if node == "center" else "Caller_Unknown",
    )


# --- OCSP keeps its own answers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_no_ocsp_request_gets_ocsps_own_answer(nodes: Nodes, body: bytes) -> None:
    reply = nodes.post("authority", body, b"application/ocsp-request", "/ocsp/authentication")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/ocsp-response")
    told = ocsp.load_der_ocsp_response(reply.body)
    assert told.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


# --- the issuing server against a centre gone mad -----------------------------------------------------------------------

ISSUE = {
    "application_id": NOWHERE,
    "holder": {"method": "jpki", "reference": "a" * 64},
    "place": "address",
    "application": {
        "kind": "residence", "municipality": "28100", "scope": "chosen", "subjects": ["b" * 64], "answers": {}, "copies": 1,
        "fee_total": 250,
    },
    "terminal": {"terminal_id": "T", "operator": "o", "shop": "s", "area": "28100", "kind": "store"},
    "received_at": "2026-06-03T10:00:00+09:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({}, "Holder_Not_Linked"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "Request_Malformed"),
        ({"received_at": "9999-12-31T23:59:59-14:00"}, "Request_Malformed"),
        ({"received_at": "2026-06-03T10:00:00"}, "Request_Malformed"),
        ({"received_at": 10**30}, "Request_Malformed"),
        ({"terminal": ISSUE["terminal"] | {"shop": "\0" * 10}}, "Holder_Not_Linked"),  # type: ignore[operator]
        ({"holder": {"method": "jpki", "reference": "A" * 64}}, "Request_Malformed"),
        ({"holder": {"method": "face", "reference": "a" * 64}}, "Request_Malformed"),
        ({"application": ISSUE["application"] | {"kind": "no_such_kind"}}, "Service_Not_Offered"),  # type: ignore[operator]
        ({"application": ISSUE["application"] | {"kind": "../residence"}}, "Request_Malformed"),  # type: ignore[operator]
        ({"application": ISSUE["application"] | {"subjects": []}}, "Request_Malformed"),  # type: ignore[operator]
        ({"application": ISSUE["application"] | {"subjects": ["b" * 64] * 201}}, "Request_Malformed"),  # type: ignore[operator]
        ({"application": ISSUE["application"] | {"scope": "everybody"}}, "Request_Malformed"),  # type: ignore[operator]
        ({"application": ISSUE["application"] | {"answers": {"q": ["yes"]}}}, "Request_Malformed"),  # type: ignore[operator]
        (
            {"application": ISSUE["application"] | {"answers": {f"q{n}": "yes" for n in range(21)}}},
            "Request_Malformed",
        ),  # type: ignore[operator]
        ({"application_id": "../../../../../../../../.."}, "Request_Malformed"),
    ],
)
def test_the_issuing_server_names_odd_applications(
    nodes: Nodes, change: dict[str, object], failure: str
) -> None:
    body = json.dumps(ISSUE | change).encode()
    assert nodes.post("issuing", body, path="/v1/applications").failure() == failure


# --- the control port -------------------------------------------------------------------------------------------------

SETTING = {"anchor_clock": "2026-06-03T10:00:00+09:00", "anchor_wall": 0, "version": 10**6}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {}), ("clock", SETTING | {"anchor_wall": "nan"}), ("clock", SETTING | {"anchor_wall": "inf"}),
        ("clock", SETTING | {"anchor_wall": -1e18}), ("clock", SETTING | {"rate": 0}), ("clock", SETTING | {"rate": "1e300"}),
        ("clock", SETTING | {"anchor_clock": "9999-12-31T23:59:59-14:00"}), ("clock", SETTING | {"anchor_clock": "today"}),
        ("clock", SETTING | {"version": "x"}), ("faults/center.down", {"times": "x"}), ("faults/center.down", {"times": -1}),
        ("faults/center.down", {"times": 1.5}), ("faults/nothing", {}), ("faults/..%2f..", {}),
    ],
)  # fmt: skip
@each_node
def test_the_control_port_names_odd_commands_and_changes_nothing(
    nodes: Nodes, node: str, path: str, body: dict[str, object]
) -> None:
    setting = nodes.clock.setting
    length = len(json.dumps(body))
    head = nodes.head(
        node,
        b"Content-Type: application/json",
        f"Content-Length: {length}".encode(),
        method="PUT",
        path=f"/control/{path}",
    )
    reply = nodes.send(node, head + json.dumps(body).encode())
    assert reply.failure() in ("Request_Malformed", "Request_Not_Found")
    assert nodes.clock.setting == setting
