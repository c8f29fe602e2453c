"""Long lists are turned page by page; nothing scrolls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from PySide6.QtCore import QRectF

from . import theme
from .button import Kind
from .parts import Align, rect
from .screen import Screen

T = TypeVar("T")


def page_of(screen: Screen[Any], key: str, items: Sequence[T], size: int, row: QRectF) -> Sequence[T]:
    """The `size` items of the page that `screen` remembers under `key`, and in `row` the buttons to turn it.

    There are no buttons where one page holds all.
    """
    pages = max(1, -(-len(items) // size))
    number = min(int(screen.memory.get(key, 0)), pages - 1)

    def turn(to: int) -> None:
        screen.memory[key] = to
        screen.refill(other=True)

    if pages > 1:
        high = theme.TOUCH
        top = row.bottom() - high
        before = screen.button(
            rect(row.left(), top, 240, high), screen.words("page.before"), lambda: turn(number - 1), Kind.CHOICE, theme.TEXT
        )  # fmt: skip
        after = screen.button(
            rect(row.right() - 240, top, 240, high), screen.words("page.next"), lambda: turn(number + 1), Kind.CHOICE, theme.TEXT
        )  # fmt: skip
        before.setEnabled(number > 0)
        after.setEnabled(number < pages - 1)
        middle = rect(row.left() + 256, top, row.width() - 512, high)
        told = screen.words("page.of", number=number + 1, pages=pages)
        screen.text(middle, told, theme.TEXT, align=Align.CENTRE)
    return items[number * size : (number + 1) * size]


def cells(area: QRectF, columns: int, rows: int, gap: float = theme.TOUCH_GAP) -> list[QRectF]:
    """`columns` x `rows` equal boxes in `area`, row by row."""
    wide = (area.width() - (columns - 1) * gap) / columns
    high = (area.height() - (rows - 1) * gap) / rows
    return [
        rect(area.left() + column * (wide + gap), area.top() + row * (high + gap), wide, high)
        for row in range(rows)
        for column in range(columns)
    ]
