"""The gallery: every screen in the order of a visit, with what the flow calls it and what stands on it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from pypdfium2 import raw
from pytestqt.qtbot import QtBot

from kiosk_app.flow import card_rows, money_rows, paper_rows, registration_rows
from kiosk_app.flow.row import Row
from kiosk_app.flow.state import StateName as S
from kiosk_app.screens import gallery, texts
from scenarios.command.gallery import write_gallery
from scenarios.command.usage import WrongUse
from tests.browser import axe, opened_browser
from tests.long import LONG

SHOWN = {
    "TopMenu": "はじめに", "PlaceCard": "カードと暗証番号", "EnterPin": "カードと暗証番号", "Pay": "お支払い",
    "EnterHead": "戸籍証明書交付の利用登録申請", "Refusal_expired": "お断り・お知らせ",
}  # fmt: skip
"""A few of the samples, in the order of a visit, and where they stand."""
TITLES = {
    "TopMenu": "top.title",
    "PlaceCard": "place_card.title",
    "EnterPin": "pin.title",
    "Pay": "pay.title",
}
"""Their titles in the catalogue of words."""


def words(key: str, language: str) -> str:
    with (Path(texts.__file__).parent / "screens.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = (one for one in csv.DictReader(file) if one["key"] == key)
    return str(row[language])


def test_every_state_of_the_flow_has_its_place() -> None:
    placed = Counter(state for _, states in gallery.SUB_FLOWS for state in states)
    assert placed == Counter(S)


def states(rows: tuple[Row, ...]) -> set[S]:
    return {row.state for row in rows}


def test_the_parts_are_the_sub_flows() -> None:
    """What the tables of card and PIN, cash-in and printing hold stands in the part of that name."""
    of = dict(gallery.SUB_FLOWS)
    ends = {S.REFUSAL, S.CARD_LEFT, S.TOP_MENU, S.CONSENT}
    assert states(card_rows.card_and_pin(comes_from=S.CONSENT, goes_to=S.CHOOSE_CERTIFICATE)) - ends <= {
        *of["カードと暗証番号"]
    }
    assert states(money_rows.cash_in(comes_from=S.PREPARING, goes_to=S.PRINTING, asks=True)) - {
        S.PREPARING
    } <= {*of["お支払い"]}
    printing = states(paper_rows.printing_and_taking(comes_from=S.PRINTING, goes_to=S.THANKS)) - {S.REFUNDING}
    assert printing - ends <= {*of["印刷と受取り"]}
    assert {*of["戸籍証明書交付の利用登録申請"]} <= states(registration_rows.ROWS)


def test_samples_stand_in_the_order_of_a_visit() -> None:
    shown = [(gallery._group(name, state), state.name) for name, state in gallery.in_order().items()]
    assert [group for group, _ in dict.fromkeys((group, 0) for group, _ in shown)] == list(gallery.GROUPS)
    order = list(S)
    for group in gallery.GROUPS:
        within = [order.index(state) for one, state in shown if one == group]
        assert within == sorted(within), group
    assert set(gallery.in_order()) == set(gallery.samples())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, qapp: Any) -> Path:
    """The gallery of a few samples."""
    states = gallery.sample_states()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gallery, "sample_states", lambda: {name: states[name] for name in SHOWN})
        return write_gallery(tmp_path_factory.mktemp("gallery"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as opened:
        yield opened


def test_the_page_shows_both_languages_side_by_side_and_enlarges_at_a_click(browser: Any, page: Path) -> None:
    view = browser.new_page(viewport={"width": 1280, "height": 800}, java_script_enabled=True)
    told: list[str] = []
    view.on("console", lambda message: told.append(message.text))
    view.goto(page.as_uri())
    samples = view.locator(".sample")
    assert samples.locator("h3 span").all_inner_texts() == list(SHOWN)
    headings = view.get_by_role("heading", level=2).all_inner_texts()
    assert [one.split("　", 1)[1] for one in headings] == list(dict.fromkeys(SHOWN.values()))
    for number, (sample, key) in enumerate(TITLES.items()):
        captions = samples.nth(number).locator("figcaption span").all_inner_texts()
        assert captions == [words(key, "ja"), words(key, "en")], sample
    for width, beside in ((1280, True), (420, False)):
        view.set_viewport_size({"width": width, "height": 800})
        japanese, english = (
            view.locator(".sample").first.locator("img").nth(n).bounding_box() for n in (0, 1)
        )
        assert (japanese["y"] == english["y"]) == beside and japanese["width"] > 380
        assert view.evaluate(
            "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    view.locator(".sample a").first.click()
    assert view.url == (page.parent / "TopMenu.ja.png").as_uri()
    with Image.open(page.parent / "TopMenu.ja.png") as picture:
        assert picture.size == (1280, 800)
    view.close()
    assert told == []


def test_it_prints_on_a4_with_every_picture_whole_and_below_its_heading(
    browser: Any, page: Path, tmp_path: Path
) -> None:
    view = browser.new_page()
    view.goto(page.as_uri())
    view.pdf(path=str(tmp_path / "page.pdf"), prefer_css_page_size=True)
    view.close()
    pictures, named = 0, ""
    for sheet in pypdfium2.PdfDocument(tmp_path / "page.pdf"):
        boxes = [one.get_bounds() for one in sheet.get_objects() if one.type == raw.FPDF_PAGEOBJ_IMAGE]
        pictures += len(boxes)
        read = sheet.get_textpage()
        named += read.get_text_range()
        here = [name for name in SHOWN if f" {name}\r" in read.get_text_range().replace("　", " ")]
        assert len(boxes) == 2 * len(here), "a heading and its pictures stand on one sheet"
        assert all(bottom > 16 * 72 / 25.4 - 1 for _, bottom, _, _ in boxes)
    assert pictures == 2 * len(SHOWN)
    assert "選ぶと" not in named


def test_languages_and_modes_are_chosen(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = gallery.sample_states()
    monkeypatch.setattr(gallery, "sample_states", lambda: {"Consent": states["Consent"]})
    monkeypatch.setitem(gallery.MODES, "green", ("緑", {"accent": "#006000"}))
    told: list[tuple[int, int]] = []
    page = write_gallery(tmp_path, ["en"], ["standard", "green"], lambda done, of: told.append((done, of)))
    assert sorted(one.name for one in tmp_path.glob("*.png")) == ["Consent.en.green.png", "Consent.en.png"]
    text = page.read_text(encoding="utf-8")
    assert (
        "English・緑" in text
        and "English・標準" in text
        and "日本語" not in text
        and told == [(1, 2), (2, 2)]
    )
    with Image.open(tmp_path / "Consent.en.green.png") as green:
        red, own, blue = green.convert("RGB").getpixel((640, 2))  # type: ignore[misc]
        assert red == blue == 0 < own, "the band is of the other colour"
    for languages, modes, option in ((["xx"], [], "--language"), ([], ["xx"], "--mode")):
        with pytest.raises(WrongUse, match=f"{option} に指定した「xx」"):
            write_gallery(tmp_path, languages, modes)


@pytest.mark.skipif(not LONG, reason="axe-core is fetched from npm: with make fuzz (KONBINI_LONG=1)")
def test_axe_finds_nothing(browser: Any, page: Path) -> None:
    for width in (1280, 420):
        context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
        view = context.new_page()
        view.goto(page.as_uri())
        view.evaluate(axe())
        told = view.evaluate("async () => (await axe.run()).violations")
        assert [(one["id"], one["nodes"][0]["html"][:160]) for one in told] == []
        context.close()
