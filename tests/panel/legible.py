"""What a presenter could not read on a panel, or not reach: looked for in its widgets and in its picture."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PIL import Image
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDateTimeEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabBar,
    QWidget,
)

from scenarios.panel import PanelWindow
from scenarios.panel.guide_box import Tile
from scenarios.panel.money_box import MoneyButton
from scenarios.panel.parts import Elided
from scenarios.panel.tray_box import Side

LEAST_CONTRAST = 4.5
_LEAVES = (QLabel, QAbstractButton, QLineEdit, QComboBox, QDateTimeEdit)
_DRAWN = (MoneyButton, Side)
"""Pictures: what stands on them is not told by a font and a colour."""


def parts(panel: PanelWindow) -> Iterator[tuple[QWidget, QRect]]:
    """Every part with words that is seen, whole or in part, with its whole place in the window."""
    for part in panel.findChildren(QWidget):
        if not isinstance(part, _LEAVES) or isinstance(part, _DRAWN) or not part.isVisible():
            continue
        inner = part.parentWidget()
        if isinstance(inner, QComboBox | QDateTimeEdit | QTabBar) or not said(part):
            continue
        if not part.visibleRegion().isEmpty():
            yield part, QRect(part.mapTo(panel, QPoint(0, 0)), part.size())


def said(part: QWidget) -> str:
    for name in ("currentText", "text"):
        if hasattr(part, name):
            return str(getattr(part, name)())
    return ""


def cut(panel: PanelWindow) -> list[str]:
    """Parts that have less room than their words need. What is meant to end in … does so, and has its tool tip."""
    found = []
    for part, place in parts(panel):
        if isinstance(part, QLabel) and not isinstance(part, Elided):
            need = part.heightForWidth(place.width()) if part.wordWrap() else part.sizeHint().height()
            wide = 0 if part.wordWrap() else part.sizeHint().width()
            if place.height() < need or place.width() < wide:
                found.append(f"{said(part)}: {place.width()}x{place.height()}, needs {wide}x{need}")
        elif isinstance(part, QPushButton) and not isinstance(part, Tile):
            need = part.fontMetrics().horizontalAdvance(part.text())
            if place.width() < need + 8:
                found.append(f"{said(part)}: {place.width()}, needs {need + 8}")
        if not panel.rect().contains(place) and not panel.columns.isAncestorOf(part):
            found.append(f"{said(part)} hangs out of the window")
    return found


def overlapping(panel: PanelWindow) -> list[str]:
    """Pairs of parts of which one lies on the other."""
    found = []
    for (one, first), (other, second) in combinations(parts(panel), 2):
        if one.isAncestorOf(other) or other.isAncestorOf(one):
            continue
        both = first.intersected(second)
        seen = one.visibleRegion().translated(first.topLeft()) & other.visibleRegion().translated(
            second.topLeft()
        )
        if both.width() > 1 and both.height() > 1 and not seen.isEmpty():
            found.append(f"{said(one)} / {said(other)}")
    return found


def pale(panel: PanelWindow) -> list[str]:
    """Parts whose letters stand out too little from their ground, by the picture of the panel."""
    picture = panel.grab().toImage()
    ratio = picture.devicePixelRatio()
    found = []
    for part, place in parts(panel):
        seen = part.visibleRegion().boundingRect().translated(place.topLeft())
        if seen.height() < place.height() or isinstance(part, Tile):
            continue  # half of it is scrolled away; the lines of a tile are parts of their own
        area = QRect(seen.topLeft() * ratio, seen.size() * ratio)
        if (stands := contrast(picture.copy(area))) < LEAST_CONTRAST:
            found.append(f"{said(part)}: {stands:.1f}")
    return found


def contrast(picture: QImage) -> float:
    """Of the letters (what differs most) to the ground (what there is most of)."""
    plain = picture.convertToFormat(QImage.Format.Format_RGBA8888)
    size = (plain.width(), plain.height())
    image = Image.frombuffer("RGBA", size, bytes(plain.constBits()), "raw", "RGBA", plain.bytesPerLine(), 1)
    count = image.getcolors(size[0] * size[1]) or []
    ground = luminance(max(count)[1])
    lights = [luminance(colour) for _, colour in count]
    return (
        (max(*lights, ground) + 0.05) / (ground + 0.05)
        if ground < 0.18
        else (ground + 0.05) / (min(lights) + 0.05)
    )


def luminance(colour: tuple[int, ...]) -> float:
    """As WCAG 2 has it."""
    linear = [
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in colour[:3])
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
