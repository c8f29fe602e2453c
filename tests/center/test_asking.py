from __future__ import annotations

import httpx

from server_stub.center.asking import post


def test_the_centre_asks_with_the_headers_and_the_time_it_means_and_follows_nobody() -> None:
    asked: list[httpx.Request] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(307, headers={"Location": "http://elsewhere.invalid/"})

    answer = post(
        httpx.MockTransport(elsewhere),
        "http://peer.invalid/x",
        "{}",
        {"X-Key": "1"},
        httpx.Timeout(3, connect=1),
    )
    (request,) = asked
    assert answer.status_code == 307
    assert dict(request.headers) == {"host": "peer.invalid", "x-key": "1", "content-length": "2"}
    assert request.extensions["timeout"] == {"connect": 1, "read": 3, "write": 3, "pool": 3}
    assert (request.method, request.content) == ("POST", b"{}")
