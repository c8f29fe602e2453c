"""The console's pages in a real browser (`tests.browser`), with an official logged in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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


def fits(page: Any) -> bool:
    """Nothing has to be scrolled sideways, but tables within their own boxes."""
    return bool(
        page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    )


def keep(page: Any, name: str) -> None:
    """Keep a picture for whoever looks at it (KONBINI_PICTURES names a folder)."""
    target = os.environ.get("KONBINI_PICTURES")
    if target:
        page.screenshot(path=str(Path(target) / f"{name}-{page.viewport_size['width']}.png"), full_page=True)
