"""Whatever answers where the centre should: a failure by name, never a crash, and no secret in the trace."""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.responses import Response, StreamingResponse

from kiosk_app import center_client
from kiosk_app.center_client import CenterClient
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event, Trace

from .centre import KEY, Centre

JSON = "application/json"


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def client(centre: Centre, events: list[Event]) -> Iterator[CenterClient]:
    trace = Trace(Clock(STAGE_START))
    trace.subscribe(events.append)
    centre.renew(Clock(STAGE_START))
    client = CenterClient(centre.url, Secret(KEY), trace)
    yield client
    client.close()


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Response("{", media_type=JSON), "Answer_Malformed"),
        (Response("", media_type=JSON), "Answer_Malformed"),
        (Response("null", media_type=JSON), "Answer_Malformed"),
        (Response('{"session_id": 1}', media_type=JSON), "Answer_Malformed"),
        (Response(b"\xff\xfe\x00", media_type=JSON), "Answer_Malformed"),
        (Response("<html>Bad gateway</html>", 502, media_type="text/html"), "Answer_Malformed"),
        (Response('{"failure": "No_Such_Name"}', 403, media_type=JSON), "Answer_Malformed"),
        (Response('{"failure": "Holder_Restricted", "more": 1}', 403, media_type=JSON), "Answer_Malformed"),
        (Response('{"failure": "Holder_Restricted"}', 403, media_type=JSON), "Holder_Restricted"),
        (Response("", 503), "Centre_Unreachable"),
        (Response('{"failure": "Internal_Error"}', 500, media_type=JSON), "Internal_Error"),
        (Response("", 302, {"location": "http://127.0.0.1:1/"}), "Answer_Malformed"),
        (Response("", 404), "Answer_Malformed"),
        (Response("gzip?", 200, {"content-encoding": "gzip"}, JSON), "Answer_Malformed"),
    ],
)
def test_an_answer_that_was_not_agreed_on_has_a_name(
    client: CenterClient, centre: Centre, answer: Response, failure: str
) -> None:
    centre.answer["/sessions"] = answer
    with pytest.raises(Failed) as caught:
        client.open_session()
    assert caught.value.failure == failure


def test_an_answer_without_end_is_cut_off(
    client: CenterClient, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(center_client, "LONGEST_SHEET", 1000)
    centre.answer["/sheets"] = Response(b"x" * 5000, media_type="application/pdf")
    with pytest.raises(Failed, match="Answer_Malformed"):
        client.sheet("01JWYYYYYYYYYYYYYYYYYYYYYY", 1)


PACKED = {
    "gzip": gzip.compress(b"{}"),
    "gzip bomb": gzip.compress(bytes(64_000_000)),
    "deflate": zlib.compress(b"{}"),
    "br": b"\x0b\x01\x80{}\x03",
    "zstd": b"(\xb5/\xfd",
    "identity, gzip": gzip.compress(b"{}"),
    "GZIP": gzip.compress(b"{}"),
}


@pytest.mark.attack
@pytest.mark.parametrize("coding", PACKED)
def test_a_packed_answer_is_never_unpacked(client: CenterClient, centre: Centre, coding: str) -> None:
    name = coding.removesuffix(" bomb")
    centre.answer["/sheets"] = Response(PACKED[coding], 200, {"content-encoding": name}, "application/pdf")
    tracemalloc.start()
    try:
        with pytest.raises(Failed, match="Answer_Malformed") as caught:
            client.sheet("01JWYYYYYYYYYYYYYYYYYYYYYY", 1)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.facts["detail"] == "packed"
    assert most < 8_000_000


@pytest.mark.attack
def test_an_endless_answer_is_read_no_further_than_agreed_on(
    client: CenterClient, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(center_client, "LONGEST_MESSAGE", 100_000)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield bytes(10_000)
            await asyncio.sleep(0)

    centre.answer["/sessions"] = StreamingResponse(endless(), media_type=JSON)
    with pytest.raises(Failed, match="Answer_Malformed") as caught:
        client.open_session()
    assert caught.value.facts["detail"] == "too long"


@pytest.mark.attack
def test_an_answer_that_drips_is_given_up(
    client: CenterClient, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece comes within the time for a piece, and all of it never does."""
    monkeypatch.setattr(center_client, "ANSWER_SECONDS", 0.2)
    client = CenterClient(centre.url, Secret(KEY), Trace(Clock(STAGE_START)))

    async def drips() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" "
            await asyncio.sleep(0.01)

    centre.answer["/sessions"] = StreamingResponse(drips(), media_type=JSON)
    with pytest.raises(Failed, match="Centre_Unreachable") as caught:
        client.open_session()
    assert caught.value.facts["reason"] == "time-out"
    client.close()


def test_a_sheet_must_come_as_a_pdf(client: CenterClient, centre: Centre) -> None:
    centre.answer["/sheets"] = Response("not a sheet", media_type="text/plain")
    with pytest.raises(Failed, match="Answer_Malformed"):
        client.sheet("01JWYYYYYYYYYYYYYYYYYYYYYY", 1)


def test_nobody_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    client = CenterClient(f"http://127.0.0.1:{port}", Secret(KEY), Trace(Clock(STAGE_START)))
    with pytest.raises(Failed, match="Centre_Unreachable"):
        client.municipalities()
    client.close()


def test_someone_who_never_answers_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(center_client, "ANSWER_SECONDS", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = CenterClient(url, Secret(KEY), Trace(Clock(STAGE_START)))
        with pytest.raises(Failed, match="Centre_Unreachable"):
            client.municipalities()
        client.close()


def test_the_refusal_keeps_its_facts(client: CenterClient, centre: Centre) -> None:
    body = '{"failure": "Service_Closed_Now", "facts": {"hours": "6:30-23:00", "failure": "x", "self": 1}}'
    centre.answer["/municipalities"] = Response(body, 403, media_type=JSON)
    with pytest.raises(Failed) as caught:
        client.municipalities()
    assert caught.value.facts == {"hours": "6:30-23:00", "failure": "x", "self": 1}


def test_the_terminals_key_is_sent_and_never_told(client: CenterClient, events: list[Event]) -> None:
    client.municipalities()
    assert [event.kind for event in events] == ["request", "answered"]
    assert not any(KEY in event.to_line() for event in events)
