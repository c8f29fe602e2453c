"""Every sample page in both languages keeps the rules of the look, measured on the real widgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication

from kiosk_app.flow import views as v
from kiosk_app.screens import theme
from kiosk_app.screens.gallery import HOUSEHOLD, KOBE, MOMENT, SEAL, in_language, samples
from kiosk_app.screens.parts import Panel
from kiosk_app.screens.texts import LANGUAGES as ALL_LANGUAGES
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.clock import Clock
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.offers import Offer
from server_stub.interface.values import FailureBody
from tests.screens.pages import (
    LANGUAGES,
    all_pages,
    assert_all_ink_is_shown,
    assert_nothing_is_cut,
    assert_nothing_overlaps,
    assert_rules,
    box_of,
    buttons,
    page_of,
    texts,
    written,
)

PAGES = dict(all_pages())


@pytest.fixture(scope="module")
def gallery_window(qapp: QApplication) -> Iterator[KioskWindow]:
    clock = Clock(MOMENT)
    clock.freeze()
    window = KioskWindow(clock)
    window.show()
    yield window
    window.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_the_rules(gallery_window: KioskWindow, name: str) -> None:
    """No text is cut, all stand on their ground and stand out from it, nothing overlaps, what is touched is large and apart."""
    gallery_window.show_view(PAGES[name])
    page = page_of(gallery_window)
    assert buttons(page), "every screen can at least change the language"
    assert_rules(gallery_window)
    title = next(text for text in texts(page) if text.parentWidget() is page and text.bold)
    assert title.size_px >= 34
    for text in texts(page):
        is_code = text.text().startswith(("コード ", "Code "))
        assert text.size_px >= (18 if is_code else 24), text.text()


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("language", ALL_LANGUAGES)
def test_words_keep_away_from_the_edge_of_their_ground_and_from_the_next(
    window: KioskWindow, language: str, large: bool
) -> None:
    for name in ("ServiceMenu", "Consent_registration", "TakeCard_forgotten", "Pay_rejected", "Printing", "EnterPassword_wrong"):  # fmt: skip
        window.show_view(replace(in_language(samples()[name], language), look=v.Look(large=large)))
        page = page_of(window)
        dark = [one for one in page.findChildren(Panel) if one.fill == theme.INK and one.height() > 60]
        tiles = [one for one in buttons(page) if box_of(one, page).height() > 150]
        grounds = [box_of(one, page) for one in (*dark, *tiles)]
        lies = {one.text(): written(one, page) for one in texts(page)}
        for words, at in lies.items():
            for ground in grounds:
                if ground.contains(at.center()):
                    assert at.top() - ground.top() >= 10, f"{name}: {words}"
                    assert ground.bottom() - at.bottom() >= 10, f"{name}: {words}"
            if name in ("ServiceMenu", "Consent_registration"):
                below = [one.top() - at.bottom() for one in lies.values() if one.top() >= at.center().y() and one.left() == at.left()]  # fmt: skip
                assert min(below, default=99) >= 10, f"{name}: {words}"


@pytest.mark.parametrize(("language", "width", "height"), [("ja", 1366, 768), ("en", 1280, 800)])
def test_every_letter_is_drawn_to_its_last_pixel(
    window: KioskWindow, language: str, width: int, height: int
) -> None:
    window.resize(width, height)
    for view in samples().values():
        window.show_view(in_language(view, language))
        assert_all_ink_is_shown(page_of(window))


def test_the_buttons_of_the_chrome_are_always_in_the_same_place(window: KioskWindow) -> None:
    places: dict[str, set[tuple[float, ...]]] = {}
    for view in samples().values():
        window.show_view(view)
        page = page_of(window)
        for button in buttons(page):
            if button.text() in ("English", "中止する", "戻る", "次へ", "操作を続ける"):
                places.setdefault(button.text(), set()).add(box_of(button, page).getRect())
    assert {name: len(boxes) for name, boxes in places.items()} == dict.fromkeys(places, 1)
    assert len(places) == 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_failure_of_the_catalogue_fits_the_refusal(window: KioskWindow, language: str) -> None:
    facts = (
        ("opens", "6:30"),
        ("closes", "23:00"),
        ("next_open", "2027-01-04"),
        ("attempts_remaining", 1),
        ("limit", 10),
    )
    for name in CATALOGUE:
        view = v.Refusal(
            failure=name, facts=facts, returned=2500, card_inside=True, can_retry=True, language=language
        )
        window.show_view(view)
        assert_nothing_is_cut(page_of(window))
        assert_nothing_overlaps(page_of(window))


OF_OFFERS = (
    "Holder", "Seal", "Household", "Service", "Municipality", "Terminal_Kind", "Ordinance", "Existing_System", "Outage",
)  # fmt: skip
"""How the names begin of failures that can stand on the tile of a certificate."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("several", [1, 3], ids=["wide", "narrow"])
def test_every_refusal_of_an_offer_fits_its_tile(window: KioskWindow, language: str, several: int) -> None:
    for name in CATALOGUE:
        if name.startswith(OF_OFFERS):
            refused: list[Offer] = [
                offer.model_copy(update={"refusal": FailureBody(failure=name)}) for offer in (HOUSEHOLD, SEAL)
            ]
            view = v.ChooseCertificate(
                municipality=KOBE, offers=tuple(refused * several), step=v.Step.CERTIFICATE
            )
            window.show_view(in_language(view, language))
            assert_nothing_is_cut(page_of(window))
            assert_nothing_overlaps(page_of(window))


@pytest.mark.parametrize("accent", ["#1F5FA8", "#FFD000", "#7A2E5D", "#00FF00", "#000000", "#FFFFFF"])
def test_any_accent_of_a_municipality_becomes_readable(accent: str) -> None:
    colours = theme.palette(accent)
    assert theme.contrast(colours.accent, theme.GROUND) >= 7.0
    assert theme.contrast(colours.accent, colours.tint) >= 7.0


def test_contrast_is_the_one_of_wcag() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert theme.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("bold", [False, True])
def test_the_face_is_really_biz_ud(window: KioskWindow, bold: bool) -> None:
    assert QFontInfo(theme.font(theme.TEXT, bold)).family() in ("BIZ UDPGothic", "BIZ UDPゴシック")
    assert QFontInfo(theme.font(theme.TEXT, bold, figures=True)).family() in (
        "BIZ UDGothic",
        "BIZ UDゴシック",
    )
