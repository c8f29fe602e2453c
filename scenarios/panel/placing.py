"""Where terminal and panel stand, so that neither covers the other: plain arithmetic over the screens there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRect, QSize

from kiosk_app.screens import theme as terminal_theme
from kiosk_app.screens.placing import fitted

WIDTH, HEIGHT = 1280, 800
"""Pixels of the panel where there is room for all of it."""
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


def columns_for(width: int) -> int:
    """How many columns of parts a panel of that width has."""
    return 3 if width >= THREE_COLUMNS else 2 if width >= TWO_COLUMNS else 1


def side_by_side(screens: Sequence[QRect], title: int = 0) -> Places:
    """With a second screen the panel stands there; on a single one it takes the right edge, and the terminal gets what is
    left, in its own shape. `screens`: what is free of each, the terminal's first; `title`: pixels above each window."""
    free = screens[0].adjusted(0, title, 0, 0)
    if len(screens) > 1:
        size = _FULL.boundedTo(free.size())
        return Places(QRect(free.topLeft(), fitted(size.width(), size.height())), _on(screens[1], title))
    width = _panel_width(free.width())
    height = min(HEIGHT, free.height()) if columns_for(width) == 3 else free.height()
    panel = QRect(free.right() + 1 - width, free.top(), width, height)
    return Places(QRect(free.topLeft(), fitted(free.width() - width, free.height())), panel)


def apart(screens: Sequence[QRect], taken: int, title: int = 0) -> QRect:
    """The panel's place beside a terminal that fills the screen number `taken` (from 0) of several."""
    return _on(next(screen for number, screen in enumerate(screens) if number != taken), title)


def _on(screen: QRect, title: int) -> QRect:
    free = screen.adjusted(0, title, 0, 0)
    return QRect(free.topLeft(), QSize(WIDTH, HEIGHT).boundedTo(free.size()))


def _panel_width(free: int) -> int:
    if free >= _FULL.width() + THREE_COLUMNS:
        return min(WIDTH, free - _FULL.width())
    return TWO_COLUMNS if free - TWO_COLUMNS >= _WELL_SEEN else ONE_COLUMN
