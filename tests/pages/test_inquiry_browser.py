"""The inquiry site in a real browser (`tests.browser`): every page it has, at the sizes of a phone and of a desk, in both languages."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from server_stub.sites.texts import LANGUAGES
from tests.browser import assert_large_and_legible, axe, fits, keep, opened_browser
from tests.long import LONG, part
from tests.pages.test_inquiry_site import Site, saying, served

PHONE, DESK = {"width": 420, "height": 800}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as opened:
        yield opened


def a_sheet() -> str:
    """A page of A4 at 100 dpi, as the reader of sheets tells it."""
    image, kept = Image.new("L", (827, 1169), 255), io.BytesIO()
    draw = ImageDraw.Draw(image)
    for line in range(18):
        draw.rectangle((80, 120 + 50 * line, 747 - 31 * (line % 5), 130 + 50 * line), fill=0)
    image.save(kept, "PNG")
    return base64.b64encode(kept.getvalue()).decode()


def told(**more: object) -> dict[str, object]:
    sheet = a_sheet()
    return {
        "held": sheet, "back": sheet, "application": "01K0ZZZZZZZZZZZZZZZZZZZZZZ", "copy": 2, "sheet": (1, 3),
        "dpi": 300, "misread": 12, "record_agrees": True, "stained": False, **more,
    }  # fmt: skip


READERS = {
    "back": told(),
    "differs": told(front=a_sheet(), same_paper=True, places=3, stained=True, record_agrees=False),
    "other": told(front=a_sheet(), same_paper=False, places=0, record_agrees=None),
    "equal": told(front=a_sheet(), same_paper=True, places=0),
    "unknown": {"failure": "Back_Page_Key_Unknown", "facts": {"key": "x"}},
    "torn": {"failure": "Back_Page_Damaged", "facts": {}},
}


@pytest.mark.parametrize(("size", "said"), part(product((PHONE, DESK), READERS), 4))
def test_what_a_sheet_holds_fits_and_can_be_read(
    browser: Any, tmp_path: Path, said: str, size: dict[str, int]
) -> None:
    with served(tmp_path, *saying(**READERS[said])) as site:
        for language in LANGUAGES:
            with _page(browser, site, size) as page:
                page.goto(f"/{language}")
                _looked_at(page, f"inquiry-form-{language}")
                page.locator("input[name=back]").set_input_files(
                    {"name": "back.pdf", "mimeType": "application/pdf", "buffer": b"x"}
                )
                page.locator("button[type=submit]").click()
                assert page.url.endswith("/sheet")
                _looked_at(page, f"inquiry-{said}-{language}")


@pytest.mark.parametrize("size", part((PHONE, DESK), 2))
def test_what_is_not_there_and_who_has_to_wait(browser: Any, tmp_path: Path, size: dict[str, int]) -> None:
    with served(tmp_path, *saying(failure="Back_Page_Absent", facts={})) as site:
        while site.send(b"x").status_code != 429:
            pass
        for language in LANGUAGES:
            with _page(browser, site, size) as page:
                page.goto(f"/{language}/nowhere")
                _looked_at(page, f"inquiry-absent-{language}")
                page.goto(f"/{language}")
                page.locator("input[name=back]").set_input_files(
                    {"name": "back.pdf", "mimeType": "application/pdf", "buffer": b"x"}
                )
                page.locator("button[type=submit]").click()
                _looked_at(page, f"inquiry-wait-{language}")


class _page:
    """A page of a browser that runs no script of the site."""

    def __init__(self, browser: Any, site: Site, size: dict[str, int]) -> None:
        self._context = browser.new_context(base_url=str(site.web.base_url), viewport=size, bypass_csp=True)

    def __enter__(self) -> Any:
        return self._context.new_page()

    def __exit__(self, *_: object) -> None:
        self._context.close()


def _looked_at(page: Any, name: str) -> None:
    keep(page, name)
    assert fits(page), name
    assert_large_and_legible(page)
    if LONG:
        page.evaluate(axe())
        found = page.evaluate("async () => (await axe.run()).violations")
        assert [(one["id"], one["impact"]) for one in found] == [], name
