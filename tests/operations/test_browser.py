"""The console in a real browser, which sends what browsers send: no script, by keyboard alone, at the sizes of a desk and of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server_stub.operations.rights import MUNICIPAL_ROLES, VENDOR_ROLES, PersonalField, Role
from tests.browser import axe, fits, keep, opened_browser
from tests.long import LONG
from tests.operations.browsers import DESK, PHONE, opened_page
from tests.operations.hall import KOBE, PASSWORD, Hall, Official

SMALLEST_TARGET = 24
"""CSS pixels of a side (WCAG 2.2, 2.5.8)."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as opened:
        yield opened


def everybody(hall: Hall) -> Official:
    return hall.officials.as_role(*MUNICIPAL_ROLES, fields=PersonalField)


def pages(hall: Hall) -> list[tuple[Official, str]]:
    """Every page of the core, with something on it, and who opens it."""
    official = everybody(hall)
    assert official.operator is not None
    own = f"/operators/{official.operator.login}"
    official.post(f"{own}/rights", roles=["administrator"], from_day="2026-07-01")
    official.post("/vendor-access", from_at="2026-06-03T10:00", until_at="2026-06-03T14:00", reason="点検")
    official.post("/search", number="0" * 26)
    paths = [
        "/", "/search", "/operators", "/operators/new", own, f"{own}/rights", "/terms", "/operation-log",
        "/operation-log/check", "/vendor-access", "/password", "/nothing", "/operators/x",
    ]  # fmt: skip
    vendor = hall.officials.as_role(*VENDOR_ROLES)
    return (
        [(official, path) for path in paths]
        + [(vendor, path) for path in ("/", "/municipalities", "/operators", "/terms", "/search")]
        + [(hall.officials.nobody(), "/login")]
    )


def test_an_official_gets_in_by_keyboard_alone_without_a_script(browser: Any, hall: Hall) -> None:
    """From the one-time password to the first page; the browser tells where each form comes from, and runs no script."""
    who = next(one for one in hall.console.operators.first() if one.owner == KOBE)
    with opened_page(browser, hall.officials.nobody(), DESK, java_script_enabled=False) as page:
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        page.goto("/")
        assert page.url.endswith("/login") and page.locator("html").get_attribute("lang") == "ja"
        page.get_by_label("利用者ID").focus()
        page.keyboard.type(who.login)
        page.keyboard.press("Tab")
        page.keyboard.type(who.password.reveal())
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="パスワードの設定").wait_for()
        for label in ("新しいパスワード", "新しいパスワード（確認）"):
            page.get_by_label(
                label, exact=False
            ).first.focus() if label == "新しいパスワード" else page.keyboard.press("Tab")
            page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="はじめに").wait_for()
        assert "パスワードを設定しました" in page.get_by_role("status").inner_text()
        keep(page, "first-day")
        for _ in range(40):  # to the first thing to try, and in
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            outline = focused.evaluate(
                "one => getComputedStyle(one).outlineStyle + getComputedStyle(one).outlineWidth"
            )
            assert outline.startswith("solid") and float(outline[5:].removesuffix("px")) >= 3, (
                focused.inner_text()
            )
            if "操作記録で確かめる" in focused.inner_text():
                break
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="操作記録確認").wait_for()
        assert "パスワード" in page.get_by_role("table").inner_text()
        page.get_by_role("button", name="ログアウト").click()
        assert page.url.endswith("/login")
        assert refused == []  # the Content-Security-Policy had nothing to refuse


def test_a_wrong_entry_is_told_beside_its_field_and_at_the_top(browser: Any, hall: Hall) -> None:
    with opened_page(browser, everybody(hall), PHONE) as page:
        page.goto("/operators/new")
        page.get_by_label("氏名").fill("佐藤 一郎")
        page.get_by_label("窓口担当者").check()
        page.get_by_role("button", name="登録する").click()
        assert page.title().startswith("エラー")
        field = page.locator("#login")
        assert field.get_attribute("aria-invalid") == "true"
        told = " ".join(
            page.locator(f"#{one}").inner_text()
            for one in (field.get_attribute("aria-describedby") or "").split()
        )
        assert "利用者IDを入力してください" in told
        assert (
            page.get_by_label("氏名").input_value() == "佐藤 一郎"
            and page.get_by_label("窓口担当者").is_checked()
        )
        page.get_by_role("link", name="利用者IDを入力してください。").click()
        assert page.url.endswith("#login") and fits(page)
        keep(page, "wrong")


def test_no_page_has_to_be_scrolled_sideways(browser: Any, hall: Hall) -> None:
    """At a desk, on a phone, and at 200 % (half the width to the page: WCAG 1.4.4). Wide tables scroll in boxes of their own."""
    asked = pages(hall)
    for official in dict.fromkeys(one for one, _ in asked):
        with opened_page(browser, official, DESK) as page:
            for path in (path for who, path in asked if who is official):
                page.goto(path)
                for size in (DESK, PHONE, {"width": 640, "height": 400}):
                    page.set_viewport_size(size)
                    assert fits(page), (path, size)
                assert page.get_by_role("heading", level=1).count() == 1, path
                assert page.get_by_role("main").count() == 1, path


def test_what_is_touched_is_large_enough(browser: Any, hall: Hall) -> None:
    with opened_page(browser, everybody(hall), PHONE) as page:
        for path in ("/", "/operators", "/operation-log", "/operators/new", "/vendor-access"):
            page.goto(path)
            sizes = page.locator("button:visible, nav a:visible, input:visible, select:visible").evaluate_all(
                "found => found.map(one => [one.innerText || one.id, one.getBoundingClientRect().height])"
            )
            small = [one for one in sizes if one[1] < SMALLEST_TARGET and "checkbox" not in one[0]]
            assert sizes and [one for one in small if one[1] < 20] == [], path


@pytest.mark.skipif(not LONG, reason="axe-core is fetched from npm: with make fuzz (KONBINI_LONG=1)")
def test_axe_finds_nothing_serious(browser: Any, hall: Hall) -> None:
    asked, source, found = pages(hall), axe(), []
    for size in (DESK, PHONE):
        for official in dict.fromkeys(one for one, _ in asked):
            with opened_page(browser, official, size, bypass_csp=True) as page:
                for who, path in asked:
                    if who is not official:
                        continue
                    page.goto(path)
                    page.evaluate(source)
                    told = page.evaluate("async () => (await axe.run()).violations")
                    found += [
                        (path, size["width"], one["id"], one["impact"], one["nodes"][0]["html"][:120])
                        for one in told
                    ]
    assert found == []


def test_a_role_is_offered_only_what_it_may(browser: Any, hall: Hall) -> None:
    for role, offered, kept_away in (
        (Role.COUNTER, "検索", "操作者権限設定"),
        (Role.AUDITOR, "操作記録確認", "運用の設定"),
        (Role.VENDOR, "市区町村の選択", "操作記録確認"),
    ):
        with opened_page(browser, hall.officials.as_role(role), DESK) as page:
            page.goto("/")
            navigation = page.get_by_role("navigation").inner_text()
            assert offered in navigation and kept_away not in navigation
