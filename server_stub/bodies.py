"""Bodies of requests: received whole before anything is done, within a size and a time, and JSON that can be read one way only."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from .interface.failures import Failed

MAX_BODY = 1_000_000
"""Bytes; no message of ours comes near it."""
BODY_SECONDS = 10.0
"""Real seconds that a caller has for a whole body."""


class CallerGone(Exception):
    """The connection broke before the body was whole: nobody waits for an answer."""


async def whole_body(headers: Headers, receive: Receive) -> bytes:
    """The body, however it is cut into pieces.

    Raises Failed(Request_Too_Large), also for a body that does not tell its length, Failed(Request_Too_Slow), CallerGone.
    """
    told = headers.get("content-length", "")
    if told.isascii() and told.isdecimal() and (len(told) > 18 or int(told) > MAX_BODY):
        raise Failed("Request_Too_Large", limit=MAX_BODY)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise CallerGone
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise Failed("Request_Too_Large", limit=MAX_BODY)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError as error:
        raise Failed("Request_Too_Slow", seconds=BODY_SECONDS) from error


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
