"""How large the terminal's window is: the shape of its pages in whole pixels, and no larger than the screen."""

from __future__ import annotations

from math import gcd

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QStyle

from . import theme

_UNIT = gcd(theme.WIDTH, theme.HEIGHT)
WIDE, HIGH = theme.WIDTH // _UNIT, theme.HEIGHT // _UNIT
"""The shape: 8 to 5."""


def fitted(width: int, height: int) -> QSize:
    """The largest window of the terminal's shape in `width` x `height` pixels; at least one unit of the shape."""
    times = max(1, min(width // WIDE, height // HIGH))
    return QSize(times * WIDE, times * HIGH)


def title_height() -> int:
    """Pixels that the desktop needs above a window."""
    return QApplication.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)


def first_size() -> QSize:
    """1280 x 800, or what fits on a smaller screen. A window that nobody sees (offscreen) is always of full size."""
    full = QSize(theme.WIDTH, theme.HEIGHT)
    screen = QGuiApplication.primaryScreen()
    if screen is None or QGuiApplication.platformName() == "offscreen":
        return full
    free = screen.availableGeometry()
    room = QSize(free.width(), free.height() - title_height()).boundedTo(full)
    return full if room == full else fitted(room.width(), room.height())
