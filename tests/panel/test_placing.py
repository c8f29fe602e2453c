"""Terminal and panel on the screens there are: neither covers the other, nothing hangs over an edge, the shape is kept."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect

from scenarios.panel import theme
from scenarios.panel.parts import (
    LEAST_HEIGHT,
    ONE_COLUMN,
    THREE_COLUMNS,
    TWO_COLUMNS,
    apart,
    columns_for,
    side_by_side,
)

TITLE = 24
SINGLE = [
    QRect(0, 0, 1920, 1080),
    QRect(0, 27, 1920, 1013),
    QRect(0, 0, 1680, 1050),
    QRect(0, 0, 1600, 900),
    QRect(0, 0, 1440, 900),
    QRect(0, 0, 1366, 768),
    QRect(64, 0, 1302, 728),
    QRect(0, 0, 1280, 800),
    QRect(0, 0, 1280, 720),
    QRect(0, 0, 1024, 768),
    QRect(0, 0, 2560, 1440),
    QRect(0, 0, 3840, 2160),
    QRect(0, 0, 1080, 1920),
]


@pytest.mark.parametrize("free", SINGLE, ids=str)
def test_on_one_screen_both_are_whole_and_neither_covers_the_other(free: QRect) -> None:
    room = free.adjusted(0, TITLE, 0, 0)
    terminal, panel = side_by_side([free], TITLE)
    assert room.contains(terminal) and room.contains(panel)
    assert not terminal.intersects(panel)
    assert panel.width() >= ONE_COLUMN and panel.height() >= LEAST_HEIGHT


@pytest.mark.parametrize("free", SINGLE, ids=str)
def test_the_terminal_keeps_its_shape_and_fills_what_is_left(free: QRect) -> None:
    terminal, panel = side_by_side([free], TITLE)
    assert terminal.width() * 800 == terminal.height() * 1280
    left = panel.left() - free.left() - terminal.width()
    below = free.bottom() - terminal.bottom()
    assert min(left // 8, below // 5) == 0, "a larger one of the same shape would fit"


@pytest.mark.parametrize(
    ("screen", "columns", "terminal"),
    [
        ((1366, 768), 1, (944, 590)),
        ((1280, 800), 1, (856, 535)),
        ((1920, 1080), 2, (1208, 755)),
        ((2560, 1440), 3, (1280, 800)),
    ],
)
def test_the_panel_is_as_narrow_as_the_screen_asks_for(
    screen: tuple[int, int], columns: int, terminal: tuple[int, int]
) -> None:
    placed = side_by_side([QRect(0, 0, *screen)])
    assert columns_for(placed.panel.width()) == columns
    assert (placed.terminal.width(), placed.terminal.height()) == terminal


LANDSCAPE = [(1024, 768), (1280, 720), (1366, 768), (1920, 1080), (2560, 1440), (3840, 2160), (5120, 2880)]


@pytest.mark.parametrize("size", LANDSCAPE, ids=str)
def test_no_third_of_the_screen_stays_black(size: tuple[int, int]) -> None:
    screen = QRect(0, 0, *size)
    scale = theme.scale_for(screen.size())
    alone = side_by_side([screen], TITLE, scale)
    two = side_by_side([screen, screen.translated(size[0], 0)], TITLE, scale)
    assert area(alone.terminal) + area(alone.panel) > 2 / 3 * area(screen)
    assert area(two.terminal) > 2 / 3 * area(screen) and area(two.panel) > 2 / 3 * area(screen)


def area(place: QRect) -> int:
    return place.width() * place.height()


def test_with_a_second_screen_the_panel_stands_there() -> None:
    first, second = QRect(0, 0, 1366, 768), QRect(1366, 0, 1920, 1080)
    terminal, panel = side_by_side([first, second], TITLE)
    assert first.contains(terminal) and panel == QRect(1366, TITLE, 1920, 1080 - TITLE)
    assert terminal.width() == 1184, "744 px under the title make 740 of that shape"


def test_beside_a_full_screen_the_panel_takes_another() -> None:
    screens = [QRect(0, 0, 1280, 800), QRect(1280, 0, 1920, 1080)]
    assert apart(screens, 1, TITLE) == QRect(0, TITLE, 1280, 776)
    assert apart(screens, 0, TITLE) == QRect(1280, TITLE, 1920, 1056)


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (ONE_COLUMN, 1),
        (TWO_COLUMNS - 1, 1),
        (TWO_COLUMNS, 2),
        (THREE_COLUMNS - 1, 2),
        (THREE_COLUMNS, 3),
    ],
)
def test_columns_follow_the_width(width: int, columns: int) -> None:
    assert columns_for(width) == columns
