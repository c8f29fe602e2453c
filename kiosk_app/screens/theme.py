"""Colours, sizes and spacings of the terminal: the one place. All lengths are logical pixels of the 1280x800 page."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from functools import cache, lru_cache

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QFontDatabase

from kiosk_app.flow.views import Look
from server_stub.interface.failures import Failed
from server_stub.interface.font_files import CHINESE, GOTHIC, KOREAN, LATIN, SCREEN, VARIABLE, font_file

WIDTH, HEIGHT = 1280, 800
MARGIN = 48
GAP = 24
TOUCH_GAP = 16
TOUCH = 72
RADIUS = 12

TITLE = 40
LARGE = 34
LEAD = 30
TEXT = 26
SMALL = 24
CODE = 18
LINE = 1.4
"""Line height as a multiple of the letter size."""
ASCENT = 0.88
"""Base line below the upper edge of a line, as a multiple of the letter size: the body of kanji, of which 0.12 are below."""

GROWTH = 1.3
"""How much larger the large text is, where the page has room for it; it is never smaller than the usual one."""

ACCENT = "#1F5FA8"
"""As long as no municipality's is known."""
INK = "#1A1A1A"
SOFT = "#454545"
GROUND = "#FFFFFF"
PANEL = "#F2F4F7"
REST = "#E9EBEE"
RULE = "#C4CAD2"
FRAME = "#6B7280"
BORDER = "#2B2B2B"
"""Around the page when the panel has another shape."""

CONTRAST = 7.0
"""Least contrast of a text to its ground (WCAG 2 AAA)."""

DARK_GROUND, DARK_INK, DARK_ACCENT = "#000000", "#FFFFFF", "#FFE600"
"""Of high contrast: the municipality's colour gives way to one that stands out from black."""
DARK_CONTRAST = 10.0
"""Least contrast of a text to its ground there."""

FAMILIES = [SCREEN, "BIZ UDPゴシック", "Noto Sans CJK JP", "Yu Gothic UI", "Meiryo", "sans-serif"]
FIGURE_FAMILIES = [GOTHIC, "BIZ UDゴシック", *FAMILIES[2:]]
FACES = {"en": LATIN, "vi": LATIN, "pt": LATIN, "zh": CHINESE, "ko": KOREAN}
"""The face of each language but Japanese, before those of FAMILIES, which have what it lacks (names of the register). Its figures
are all of one width."""
NEEDED_FACES = ("zh", "ko", "vi", "pt")
"""Languages that the faces of FAMILIES cannot set; English they can."""

HEADER = QRectF(MARGIN, 28, WIDTH - 2 * MARGIN, TOUCH)
STEPS = QRectF(MARGIN, 116, WIDTH - 2 * MARGIN, 56)
FOOTER = QRectF(MARGIN, HEIGHT - GAP - 80, WIDTH - 2 * MARGIN, 80)
WARNING = QRectF(MARGIN, 108, WIDTH - 2 * MARGIN, SMALL)
"""The line that says that a translation was not read by anybody."""
WARNING_GAP = 12
LANGUAGE_WIDE = 128
BAND = 10
COUNTDOWN_SECONDS = 15


def content(with_steps: bool) -> QRectF:
    """Where a screen may put its own things: below title (and steps), above the lower buttons."""
    top = STEPS.bottom() + GAP if with_steps else HEADER.bottom() + GAP
    return QRectF(MARGIN, top, WIDTH - 2 * MARGIN, FOOTER.top() - GAP - top)


def luminance(colour: QColor) -> float:
    """Relative luminance of WCAG 2, 0 to 1."""

    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(one: str, other: str) -> float:
    """Contrast of WCAG 2, 1 to 21."""
    lighter, darker = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`share` (0 to 1) of `other` in `one`."""
    a, b = QColor(one), QColor(other)
    return QColor(
        round(a.red() + (b.red() - a.red()) * share),
        round(a.green() + (b.green() - a.green()) * share),
        round(a.blue() + (b.blue() - a.blue()) * share),
    ).name()


@dataclass(frozen=True, slots=True)
class Palette:
    """What follows from a municipality's accent colour and the look. `accent` is darkened until text in it can be read. `growth`: by
    how much texts may be larger than they are written."""

    accent: str
    pressed: str
    tint: str
    ink: str = INK
    soft: str = SOFT
    ground: str = GROUND
    panel: str = PANEL
    rest: str = REST
    rule: str = RULE
    frame: str = FRAME
    growth: float = 1.0

    def grown(self, size: float) -> int:
        """A length that goes with the size of the letters on it."""
        return round(size * self.growth)


@lru_cache(maxsize=32)
def palette(accent: str, look: Look = Look()) -> Palette:  # noqa: B008
    growth = GROWTH if look.large else 1.0
    if look.contrast:
        return Palette(
            DARK_ACCENT, mix(DARK_ACCENT, DARK_GROUND, 0.25), "#262626", ink=DARK_INK, soft="#D9D9D9", ground=DARK_GROUND,
            panel="#1F1F1F", rest="#333333", rule="#808080", frame="#BFBFBF", growth=growth,
        )  # fmt: skip
    strong = QColor(accent).name()
    tint = mix(GROUND, strong, 0.09)
    while contrast(strong, tint) < CONTRAST:
        strong = mix(strong, "#000000", 0.04)
        tint = mix(GROUND, strong, 0.09)
    return Palette(strong, mix(strong, "#000000", 0.35), tint, growth=growth)


@cache
def use_configured_fonts() -> None:
    """Show Qt the fonts of KONBINI_FONTS, once. What lies elsewhere it finds by itself, without a search by us before the
    first paint."""
    if not os.environ.get(VARIABLE):
        return
    for family in (SCREEN, GOTHIC):
        with contextlib.suppress(Failed):  # the next of FAMILIES is used; `konbini doctor` tells
            regular = font_file(family)
            for face in (regular, regular.with_name(regular.name.replace("Regular", "Bold"))):
                QFontDatabase.addApplicationFont(str(face))


@cache
def can_be_set(language: str) -> bool:
    """Whether this machine has the face of `language`; searched once, on any thread. `konbini doctor` tells which is missing."""
    if language not in NEEDED_FACES:
        return True
    try:
        font_file(FACES[language])
    except Failed:
        return False
    return True


@cache
def _use_configured_face(family: str) -> None:
    """As `use_configured_fonts`, for the face of a language when it is first spoken."""
    if os.environ.get(VARIABLE):
        with contextlib.suppress(Failed):
            regular = font_file(family)
            for face in (regular, regular.with_name(regular.name.replace("Regular", "Bold"))):
                QFontDatabase.addApplicationFont(str(face))


@lru_cache(maxsize=64)
def font(size: int, bold: bool = False, figures: bool = False, language: str = "ja") -> QFont:
    """The terminal's face for `language` at `size` pixels, unhinted so that a scaled page breaks its lines as the unscaled one."""
    use_configured_fonts()
    made = QFont()
    own = FACES.get(language)
    if own is not None:
        _use_configured_face(own)
        made.setFamilies([own, *FAMILIES])
    else:
        made.setFamilies(FIGURE_FAMILIES if figures else FAMILIES)
    made.setPixelSize(size)
    made.setBold(bold)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made
