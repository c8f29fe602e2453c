"""How the centre asks other nodes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

import httpx


def post(
    transport: httpx.BaseTransport,
    url: str,
    content: str | bytes,
    headers: Mapping[str, str],
    timeout: httpx.Timeout,
) -> httpx.Response:
    """One POST with these headers and no others, on a connection that is kept. Raises httpx.HTTPError.

    Without `httpx.Client`: its redirects, cookies and usual headers are of no use between servers and take a quarter of
    the whole request.
    """
    extensions = {"timeout": timeout.as_dict()}
    request = httpx.Request("POST", url, content=content, headers=headers, extensions=extensions)
    with closing(transport.handle_request(request)) as response:
        response.read()
    return response
