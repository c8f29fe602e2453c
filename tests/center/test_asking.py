from __future__ import annotations

import gzip
from collections.abc import Iterator

import httpx
import pytest

from server_stub.center import issuing_servers
from server_stub.center.issuing_servers import post
from server_stub.interface.failures import Failed


def test_the_centre_asks_with_the_headers_and_the_time_it_means_and_follows_nobody() -> None:
    asked: list[httpx.Request] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(
            307, headers={"Location": "http://elsewhere.invalid/"}, stream=httpx.ByteStream(b"")
        )

    answer = post(
        httpx.MockTransport(elsewhere),
        "http://peer.invalid/x",
        "{}",
        {"X-Key": "1"},
        httpx.Timeout(3, connect=1),
    )
    (request,) = asked
    assert answer.status_code == 307
    meant = {"host": "peer.invalid", "x-key": "1", "accept-encoding": "identity", "content-length": "2"}
    assert meant.items() <= dict(request.headers).items()
    assert "cookie" not in request.headers
    assert request.extensions["timeout"] == {"connect": 1, "read": 3, "write": 3, "pool": 3}
    assert (request.method, request.content) == ("POST", b"{}")


def ask(answer: httpx.Response, longest: int = 1000) -> httpx.Response:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuing_servers, "LONGEST", longest)
        transport = httpx.MockTransport(lambda request: answer)
        return post(transport, "http://node.invalid/x", b"{}", {}, httpx.Timeout(3, connect=1))


def test_an_answer_is_asked_for_unpacked_and_kept_as_it_came() -> None:
    asked: list[httpx.Request] = []

    def node(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    answer = post(httpx.MockTransport(node), "http://node.invalid/x", b"", {}, httpx.Timeout(3))
    assert asked[0].headers["accept-encoding"] == "identity"
    assert (answer.status_code, answer.content) == (200, b"{}")


@pytest.mark.attack
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_packed_answer_of_another_node_is_not_unpacked(coding: str) -> None:
    packed = httpx.ByteStream(gzip.compress(b"{}"))
    with pytest.raises(Failed, match="Answer_Malformed"):
        ask(httpx.Response(200, headers={"content-encoding": coding}, stream=packed))


@pytest.mark.attack
def test_an_answer_of_another_node_without_end_is_cut_off() -> None:
    pieces: list[int] = []

    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                pieces.append(1)
                yield bytes(100)

    with pytest.raises(Failed, match="Answer_Malformed"):
        ask(httpx.Response(200, stream=Endless()))
    assert len(pieces) == 11
