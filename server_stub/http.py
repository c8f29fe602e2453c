"""HTTP of every node: connections, and bodies received whole and within a size."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn, cast

import h11
from starlette.datastructures import Headers
from starlette.types import Message, Receive
from uvicorn.protocols.http.h11_impl import H11Protocol

from server_stub.interface.failures import Failed
from server_stub.interface.values import FailureBody

MAX_BODY = 1_000_000
"""Bytes; no message of ours comes near it."""
PAGE_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "x-robots-tag": "noindex, nofollow",
}
"""On every answer of a node that browsers come to, beside its own policies of content and referrer."""
BODY_SECONDS = 10.0
"""Real seconds that a caller has for a whole body."""


class CallerGone(Exception):
    """The connection broke before the body was whole: nobody waits for an answer."""


async def whole_body(
    headers: Headers, receive: Receive, limit: int = MAX_BODY, seconds: float | None = None
) -> bytes:
    """The body, however it is cut into pieces: up to `limit` bytes within so many real seconds (none told: BODY_SECONDS).

    Raises Failed(Request_Too_Large), also for a body that does not tell its length, Failed(Request_Too_Slow), CallerGone.
    """
    told = headers.get("content-length", "")
    if told.isascii() and told.isdecimal() and (len(told) > 18 or int(told) > limit):
        raise Failed("Request_Too_Large", limit=limit)
    body, allowed = bytearray(), BODY_SECONDS if seconds is None else seconds
    try:
        async with asyncio.timeout(allowed):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise CallerGone
                body += message.get("body", b"")
                if len(body) > limit:
                    raise Failed("Request_Too_Large", limit=limit)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise Failed("Request_Too_Slow", seconds=allowed) from error


def again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands `body` out once, then whatever comes after it."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def check_json(headers: Headers, body: bytes) -> None:
    """Refuse what two readers could read differently: a key twice, NaN and Infinity, text that is no UTF-8.

    Whatever is no JSON at all is left to the one who expects a message. Raises Failed(Request_Malformed).
    """
    if not body or "json" not in headers.get("content-type", "").lower():
        return
    try:
        text = body.decode("utf-8-sig")
        if "\0" in text:  # what is left of UTF-16 and UTF-32, which json would detect
            raise Failed("Request_Malformed", fields=["body: no UTF-8"])
        value = json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_number)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError as error:
        raise Failed("Request_Malformed", fields=["body: no UTF-8"]) from error
    except RecursionError as error:
        raise Failed("Request_Malformed", fields=["body: too deep"]) from error
    except ValueError:
        return


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Failed("Request_Malformed", fields=["body: a key stands twice"])
    return found


def _no_number(name: str) -> NoReturn:
    raise Failed("Request_Malformed", fields=[f"body: {name} is no JSON"])


HEADER_SECONDS = 15.0
"""Real seconds from the connection, or from the first byte of a further request, to the end of its headers."""


LINGER_SECONDS = 2.0
"""Real seconds that a refused caller may go on sending: closing at once would reset the connection under the answer."""


class _Lingering:
    """A transport that, closed in the middle of a request, first lets the caller read the answer."""

    def __init__(self, transport: asyncio.Transport, protocol: NodeProtocol) -> None:
        self._transport = transport
        self._protocol = protocol
        self.lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self.lingers or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        unread = self._protocol.conn.their_state in (h11.SEND_BODY, h11.ERROR)
        if not unread or not self._transport.can_write_eof():
            self._transport.close()
            return
        self.lingers = True
        try:
            self._transport.write_eof()
        except OSError:  # the caller has gone already
            self._transport.abort()
            return
        self._transport.resume_reading()
        self._protocol.loop.call_later(LINGER_SECONDS, self._transport.abort)


class NodeProtocol(H11Protocol):
    """What is no HTTP gets a failure by name; who does not finish the headers is not waited for."""

    _headers_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, _Lingering(transport, self)))
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._await_headers()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        self._stop_waiting()
        body = FailureBody(failure="Request_Malformed", facts={"fields": ["HTTP"]}).model_dump_json().encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        try:
            for event in (
                h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
                h11.Data(data=body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:  # an answer was under way already: all that is left is to close
            pass
        self.transport.close()

    def _await_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self.loop.call_later(HEADER_SECONDS, self.timeout_keep_alive_handler)

    def _stop_waiting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None
