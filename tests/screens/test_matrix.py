"""Every sample page in every language and look, on every size of monitor: nothing cut, overlapping, below the fold or hard to read.

In `make test` each page is looked at in one language and the two ends of the looks; with KONBINI_LONG in all of them, on all sizes, at every
scale of the desktop.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QRectF
from PySide6.QtWidgets import QApplication, QWidget

from kiosk_app.flow.views import Look
from kiosk_app.screens import theme
from kiosk_app.screens.gallery import MOMENT, in_language, samples
from kiosk_app.screens.parts import Text
from kiosk_app.screens.texts import LANGUAGES
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.clock import Clock
from tests.long import LONG
from tests.screens.pages import assert_all_ink_is_shown, faults, page_of, texts

LOOKS = {
    "usual": Look(),
    "large": Look(large=True),
    "contrast": Look(contrast=True),
    "both": Look(large=True, contrast=True),
}
SIZES = ((1366, 768), (1920, 1080), (2560, 1440), (3840, 2160))
"""Of monitors, in their own pixels."""
SCALES = (1.0, 1.5, 2.0)
"""By how much a desktop draws everything larger."""
VIEWS = samples()


@pytest.fixture(scope="module")
def gallery(qapp: QApplication) -> Iterator[KioskWindow]:
    window = a_window()
    yield window
    window.close()


def a_window() -> KioskWindow:
    clock = Clock(MOMENT)
    clock.freeze()
    window = KioskWindow(clock)
    window.show()
    return window


@pytest.mark.parametrize("name", list(VIEWS))
def test_every_page_keeps_the_rules_in_large_letters_on_black(gallery: KioskWindow, name: str) -> None:
    language = LANGUAGES[list(VIEWS).index(name) % len(LANGUAGES)]
    gallery.show_view(replace(in_language(VIEWS[name], language), look=LOOKS["both"]))
    assert faults(gallery) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_large_text_is_larger(gallery: KioskWindow, language: str) -> None:
    """By a fifth over the pages, and never smaller than the least size of the usual text."""
    grown = []
    for view in list(VIEWS.values())[:: 1 if LONG else 6]:
        gallery.show_view(replace(in_language(view, language), look=LOOKS["large"]))
        for text in texts(page_of(gallery)):
            if len(text.text()) > 2 and text._usual != theme.CODE:
                assert text.size_px >= theme.SMALL, text.text()
                grown.append(text.grown)
    assert sum(grown) / len(grown) >= (1.2 if language in ("ja", "en") else 1.1)


@pytest.mark.parametrize("accent", ["#1F5FA8", "#FFD000", "#000000", "#FFFFFF"])
@pytest.mark.parametrize("look", LOOKS.values(), ids=list(LOOKS))
def test_every_letter_of_every_look_stands_out(accent: str, look: Look) -> None:
    """The pairs of letters and grounds that buttons, panels and strong words are made of."""
    c = theme.palette(accent, look)
    least = theme.DARK_CONTRAST if look.contrast else theme.CONTRAST
    for letters, ground in (
        (c.ink, c.ground), (c.ink, c.panel), (c.ink, c.tint), (c.accent, c.ground), (c.accent, c.tint), (c.ground, c.accent),
        (c.ground, c.ink), (c.soft, c.panel), (c.soft, c.ground), (c.ink, c.rest),
    ):  # fmt: skip
        assert theme.contrast(letters, ground) >= least, (letters, ground)
    assert theme.contrast(c.soft, c.rest) >= theme.CONTRAST
    assert theme.contrast(c.ground, c.pressed) >= theme.CONTRAST


# --- it can fail -------------------------------------------------------------------------------------------------------------------


def _too_long(page: QWidget) -> None:
    _first(page).say("とても長い案内文。" * 30)


def _one_on_another(page: QWidget) -> None:
    one, other = [text for text in texts(page) if text.parentWidget() is page][:2]
    other.place(QRectF(one.box))


def _pale(page: QWidget) -> None:
    _first(page).set_colour("#8A8A8A")


def _below(page: QWidget) -> None:
    text = _first(page)
    text.place(QRectF(text.box.left(), theme.HEIGHT - 12, text.box.width(), text.box.height()))


def _torn_window(page: QWidget) -> None:
    page.resize(page.width(), page.height() + 40)


def _first(page: QWidget) -> Text:
    return next(text for text in texts(page) if text.parentWidget() is page and text.size_px < theme.LARGE)


@pytest.mark.parametrize("plant", [_too_long, _one_on_another, _pale, _below, _torn_window])
def test_a_planted_fault_is_found(gallery: KioskWindow, plant: Callable[[QWidget], None]) -> None:
    gallery.show_view(VIEWS["PlaceCard"])
    assert faults(gallery) == []
    plant(page_of(gallery))
    try:
        assert faults(gallery)
    finally:
        gallery.show_view(VIEWS["TopMenu"])


# --- the whole matrix --------------------------------------------------------------------------------------------------------------


def on_size(window: KioskWindow, width: int, height: int, *, every: int = 1) -> list[str]:
    """Faults of every `every`th page, in all languages and looks, in a window of the size (pixels of the desktop)."""
    window.resize(width, height)
    found = []
    for name in list(VIEWS)[::every]:
        for language in LANGUAGES:
            for look, told in LOOKS.items():
                window.show_view(replace(in_language(VIEWS[name], language), look=told))
                QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # the pages before
                told_wrong = faults(window)
                if look in ("usual", "both"):
                    try:
                        assert_all_ink_is_shown(page_of(window), between_pixels=True)
                    except AssertionError as error:
                        told_wrong.append(str(error).splitlines()[0])
                found += [f"{width}x{height} {name} {language} {look}: {one}" for one in told_wrong]
    return found


@pytest.mark.skipif(not LONG, reason="the whole matrix (make fuzz)")
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("width", "height"), [(theme.WIDTH, theme.HEIGHT), *SIZES])
def test_every_page_in_every_language_and_look_on_every_monitor(
    width: int, height: int, scale: float
) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(scale)}
    size = (str(round(width / scale)), str(round(height / scale)))
    ran = subprocess.run(
        [sys.executable, "-m", "tests.screens.test_matrix", *size], env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    assert ran.stdout.splitlines()[-1] == "0 faults"


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_some_pages_fill_every_monitor(gallery: KioskWindow, width: int, height: int) -> None:
    gallery.resize(width, height)
    for name in ("TopMenu", "Refusal_expired"):
        gallery.show_view(VIEWS[name])
        assert faults(gallery) == []
    gallery.resize(theme.WIDTH, theme.HEIGHT)


def main() -> int:
    application = QApplication([])
    window = a_window()
    found = on_size(window, int(sys.argv[1]), int(sys.argv[2]), every=int(sys.argv[3]) if sys.argv[3:] else 1)
    application.processEvents()
    print(*found, f"{len(found)} faults", sep="\n")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
