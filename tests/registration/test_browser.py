"""The status site in a real browser (`tests.browser`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server_stub.interface.registration import grouped, number_of
from tests.browser import assert_large_and_legible, axe, fits, keep, opened_browser
from tests.long import LONG
from tests.registration.hall import MINATO
from tests.registration.nodes import Nodes

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as opened:
        yield opened


@pytest.fixture(params=["phone", "desk"])
def page(request: pytest.FixtureRequest, browser: Any, nodes: Nodes) -> Iterator[Any]:
    """A page in a browser that runs no script, at the size of a phone and of a desk."""
    size = PHONE if request.param == "phone" else DESK
    context = browser.new_context(
        base_url=nodes.site_url,
        viewport=size,
        java_script_enabled=False,
        locale="ja-JP",
        has_touch=request.param == "phone",
    )
    yield context.new_page()
    context.close()


def test_a_resident_finds_the_status_without_a_script(page: Any, nodes: Nodes) -> None:
    _, received = nodes.apply()
    number = grouped(received.number).reveal()
    page.goto("/")
    assert page.url.endswith("/ja") and page.locator("html").get_attribute("lang") == "ja"
    keep(page, "ask-ja")
    page.get_by_label("申請番号").fill(number)
    page.get_by_role("button", name="確認する").click()
    assert page.get_by_role("heading", level=1).inner_text() == "確認結果"
    assert "審査中" in page.get_by_role("main").inner_text()
    assert number.replace("-", "") not in page.url and number not in page.url
    assert fits(page)
    keep(page, "under-review-ja")
    nodes.hall.at("2026-06-09 11:00:00")
    nodes.hall.link(received.application_id)
    page.get_by_role("link", name="閉じる").click()
    page.get_by_role("link", name="English").click()
    page.get_by_label("Application number").fill(number)
    page.get_by_role("button", name="Check").click()
    told = page.get_by_role("main").inner_text()
    assert "Ready to use" in told and "9 June 2026" in told
    assert fits(page)
    keep(page, "usable-en")


def test_a_wrong_entry_is_told_beside_the_field(page: Any) -> None:
    page.goto("/ja")
    field = page.get_by_label("申請番号")
    field.fill("1234")
    page.get_by_role("button", name="確認する").click()
    field = page.get_by_label("申請番号")
    assert field.get_attribute("aria-invalid") == "true"
    described = (field.get_attribute("aria-describedby") or "").split()
    told = " ".join(page.locator(f"#{one}").inner_text() for one in described)
    assert "申請番号は16桁の数字です" in told and page.title().startswith("エラー")
    assert page.get_by_role("alert").is_visible() and field.input_value() == "1234"
    assert fits(page)
    keep(page, "wrong-ja")


def test_a_keyboard_alone_is_enough(page: Any, nodes: Nodes) -> None:
    """Tab, letters and Enter; what has the focus is always seen, in the order of reading."""
    _, received = nodes.apply()
    page.goto("/ja")
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.count() == 1
        seen.append(focused.inner_text() or focused.get_attribute("id"))
        box = focused.bounding_box()
        assert box is not None and box["x"] >= 0 and box["height"] > 0
        outline = focused.evaluate(
            "one => getComputedStyle(one).outlineStyle + getComputedStyle(one).outlineWidth"
        )
        assert outline.startswith("solid") and float(outline[5:].removesuffix("px")) >= 3
    assert seen[0] == "本文へ" and seen[2] == "English" and seen[3:] == ["number", "確認する"]
    page.locator("#number").focus()
    page.keyboard.type(received.number.reveal())
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="確認結果").wait_for()
    assert "審査中" in page.get_by_role("main").inner_text()


def test_at_twice_the_size_nothing_is_lost(browser: Any, nodes: Nodes) -> None:
    """200 % of 1280 pixels are 640 to the page (WCAG 1.4.4); 400 % are 320 (1.4.10)."""
    _, received = nodes.apply()
    for width in (640, 320):
        context = browser.new_context(
            base_url=nodes.site_url,
            viewport={"width": width, "height": 450},
            device_scale_factor=2,
            java_script_enabled=False,
            locale="ja-JP",
        )
        page = context.new_page()
        for language in ("ja", "en"):
            page.goto(f"/{language}")
            assert fits(page)
            page.locator("#number").fill(grouped(received.number).reveal())
            page.get_by_role("button").click()
            assert fits(page) and page.locator(".number").inner_text() == grouped(received.number).reveal()
            keep(page, f"zoomed-{language}")
        context.close()


def test_what_is_touched_is_large_enough_and_can_be_read(page: Any) -> None:
    """Our own few checks (the whole of axe-core runs with `make fuzz`): sizes of targets, names of fields, one heading, contrast."""
    pages = ["/ja", "/en", "/nothing"]
    for path in pages:
        page.goto(path)
        assert_large_and_legible(page)


@pytest.mark.skipif(not LONG, reason="axe-core is fetched from npm: with make fuzz (KONBINI_LONG=1)")
def test_axe_finds_nothing(browser: Any, nodes: Nodes) -> None:
    _, received = nodes.apply()
    nodes.hall.link(received.application_id)
    source, found = axe(), []
    for size in (PHONE, DESK):
        context = browser.new_context(base_url=nodes.site_url, viewport=size, bypass_csp=True)
        page = context.new_page()
        for language in ("ja", "en"):
            for entered in (None, "12", received.number.reveal(), number_of(MINATO, 7).reveal()):
                page.goto(f"/{language}")
                if entered is not None:
                    page.locator("#number").fill(entered)
                    page.get_by_role("button").click()
                page.evaluate(source)
                told = page.evaluate("async () => (await axe.run()).violations")
                found += [(language, entered and len(entered), one["id"], one["impact"]) for one in told]
                nodes.forward(nodes.site_settings.limits.longest_wait)
        context.close()
    assert found == []
