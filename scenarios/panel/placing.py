"""Where terminal and panel stand, so that neither covers the other: plain arithmetic over the screens there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRect, QSize

from kiosk_app.screens import theme as terminal_theme
from kiosk_app.screens.placing import fitted

WIDTH, HEIGHT = 1280, 800
"""Pixels of the panel where there is room for all of it. These and the next are of a screen of 1920 x 1080: a larger one has
`scale` times as many."""
THREE_COLUMNS, TWO_COLUMNS, ONE_COLUMN = 1024, 712, 420
"""The least width, in pixels, for so many columns of the panel's parts."""
LEAST_HEIGHT = 480
_WELL_SEEN = 1024
"""The terminal is not made narrower than this for a second column of the panel."""
_FULL = QSize(terminal_theme.WIDTH, terminal_theme.HEIGHT)


class Places(NamedTuple):
    """The insides of both windows, in screen pixels."""

    terminal: QRect
    panel: QRect


def columns_for(width: int, scale: float = 1.0) -> int:
    """How many columns of parts a panel of that width has."""
    return 3 if width >= THREE_COLUMNS * scale else 2 if width >= TWO_COLUMNS * scale else 1


def side_by_side(screens: Sequence[QRect], title: int = 0, scale: float = 1.0) -> Places:
    """With a second screen the panel stands there; on a single one it takes the right edge, and the terminal gets what is
    left, in its own shape. `screens`: what is free of each, the terminal's first; `title`: pixels above each window;
    `scale`: of the panel."""
    free = screens[0].adjusted(0, title, 0, 0)
    if len(screens) > 1:
        size = _FULL.boundedTo(free.size())
        return Places(
            QRect(free.topLeft(), fitted(size.width(), size.height())), _on(screens[1], title, scale)
        )
    width = _panel_width(free.width(), scale)
    high = round(HEIGHT * scale)
    height = min(high, free.height()) if columns_for(width, scale) == 3 else free.height()
    panel = QRect(free.right() + 1 - width, free.top(), width, height)
    return Places(QRect(free.topLeft(), fitted(free.width() - width, free.height())), panel)


def apart(screens: Sequence[QRect], taken: int, title: int = 0, scale: float = 1.0) -> QRect:
    """The panel's place beside a terminal that fills the screen number `taken` (from 0) of several."""
    return _on(next(screen for number, screen in enumerate(screens) if number != taken), title, scale)


def _on(screen: QRect, title: int, scale: float) -> QRect:
    free = screen.adjusted(0, title, 0, 0)
    return QRect(free.topLeft(), (QSize(WIDTH, HEIGHT) * scale).boundedTo(free.size()))


def _panel_width(free: int, scale: float) -> int:
    full, well_seen = _FULL.width() * scale, _WELL_SEEN * scale
    if free >= full + THREE_COLUMNS * scale:
        return round(min(WIDTH * scale, free - full))
    two = TWO_COLUMNS * scale
    return round(two if free - two >= well_seen else ONE_COLUMN * scale)
