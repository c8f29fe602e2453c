"""The console's pages in a real browser (`tests.browser`), with an official logged in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from server_stub.operations.web import COOKIE
from tests.operations.hall import Official

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@contextmanager
def opened_page(browser: Any, official: Official, size: dict[str, int], **more: Any) -> Iterator[Any]:
    """A page in which the official is logged in already."""
    url = str(official.http.base_url)
    context = browser.new_context(base_url=url, viewport=size, locale="ja-JP", **more)
    for name, value in official.http.cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": url}])
    assert COOKIE in official.http.cookies or official.operator is None
    yield context.new_page()
    context.close()
