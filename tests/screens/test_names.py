"""Names are drawn with the variants (IVS) that the register has."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PySide6.QtWidgets import QApplication

from kiosk_app.screens import names, theme
from kiosk_app.screens.gallery import samples
from kiosk_app.screens.names import Name, glyphs, needs_register_face, outline, register_font
from kiosk_app.screens.parts import rect
from kiosk_app.screens.screen import Screen
from kiosk_app.screens.window import KioskWindow
from tests.screens.pages import page_of, pixels

BASE, SELECTOR = "邉", "\U000e0118"


def test_the_glyph_is_the_one_the_font_registers_for_the_variant() -> None:
    file = register_font()
    assert file is not None
    with TTFont(file, lazy=True) as font:
        variants = next(table for table in font["cmap"].tables if table.format == 14).uvsDict[ord(SELECTOR)]
        registered = dict(variants)[ord(BASE)]
        assert registered is not None, "a variant that looks as the plain form proves nothing"
        assert glyphs(BASE + SELECTOR)[0][0] == font.getGlyphID(registered)
        assert glyphs(BASE)[0][0] == font.getGlyphID(font.getBestCmap()[ord(BASE)])


def test_a_selector_takes_no_room() -> None:
    assert outline(BASE + SELECTOR)[1] == pytest.approx(outline(BASE)[1])
    assert outline(BASE + SELECTOR)[0] != outline(BASE)[0]


def test_the_variant_is_to_be_seen_on_the_screen(window: KioskWindow) -> None:
    pictures = []
    for name in (BASE, BASE + SELECTOR):
        label = Name(window, rect(0, 0, 100, 100), name, 80, register=True)
        pictures.append(pixels(label.grab().toImage()).copy())
        label.setParent(None)
    assert (pictures[0] != pictures[1]).any()
    assert all((picture != pictures[0][0, 0]).any() for picture in pictures)


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("見本　太郎", False),
        ("髙橋　恵", False),
        ("渡邉\U000e0118　健", True),
        ("𠮷田　愛", True),
        ("Maria Santos", False),
    ],
)
def test_the_register_face_is_used_only_where_it_is_needed(
    qapp: QApplication, name: str, needed: bool
) -> None:
    assert needs_register_face([name]) is needed


def test_one_page_has_one_face_for_names(window: KioskWindow) -> None:
    window.show_view(samples()["ChooseScope_variants"])
    assert {one.in_register_face for one in page_of(window).findChildren(Name)} == {True}
    window.show_view(samples()["ChooseScope"])
    assert {one.in_register_face for one in page_of(window).findChildren(Name)} == {False}


def test_without_the_font_names_are_still_written(
    window: KioskWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(names, "register_font", lambda: None)
    window.show_view(samples()["ChooseScope_variants"])
    page = page_of(window)
    assert isinstance(page, Screen)
    assert {one.in_register_face for one in page.findChildren(Name)} == {False}
    assert page.findChildren(Name)[0].size_px >= theme.SMALL
