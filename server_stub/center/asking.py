"""How the centre asks other nodes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import httpx

from server_stub.interface.answers import NOT_PACKED, AnswerLate, read_answer

LONGEST = 64_000_000
"""Bytes of an answer: the fronts of 99 copies in base64 come nowhere near it."""


def post(
    transport: httpx.BaseTransport,
    url: str,
    content: str | bytes,
    headers: Mapping[str, str],
    timeout: httpx.Timeout,
) -> httpx.Response:
    """One POST with these headers and no others, on a connection that is kept. The answer has `timeout.read` seconds to
    come to its end. Raises httpx.HTTPError, Failed(Answer_Malformed) for one that is packed or too long.

    Without `httpx.Client`: its redirects, cookies and usual headers are of no use between servers and take a quarter of
    the whole request.
    """
    extensions = {"timeout": timeout.as_dict()}
    sent = {**headers, **NOT_PACKED}
    request = httpx.Request("POST", url, content=content, headers=sent, extensions=extensions)
    with closing(transport.handle_request(request)) as response:
        assert isinstance(response.stream, httpx.SyncByteStream)
        try:
            body = read_answer(response.headers, response.stream, LONGEST, timeout.read or 0)
        except AnswerLate as error:
            raise httpx.ReadTimeout("the answer does not end", request=request) from error
    return httpx.Response(response.status_code, content=body, request=request)
