"""Colours, sizes and the style sheet of the panel: dark slate, so that nobody takes it for a part of the white terminal."""

from __future__ import annotations

import math
import re
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QWidget

from kiosk_app.screens.theme import FAMILIES, use_configured_fonts

GROUND = "#17202B"
BOX = "#212D3B"
FIELD = "#17202B"
RAISED = "#33445A"
RAISED_OVER = "#3E526C"
RULE = "#3B4C61"
INK = "#F1F5F9"
SOFT = "#B4C1CF"
REST = "#94A2B2"
ACCENT = "#F2B84B"
ACCENT_OVER = "#FFCB69"
ON_ACCENT = "#1B1405"
"""ACCENT is the colour of the one thing to press now, and of nothing else."""
FOCUS = "#7FB6E8"
"""Of the keyboard's focus, of what is switched on and of the tab that is open."""
GOOD = "#6FD3A0"
BAD = "#FF9C8C"
CHOSEN = "#3A5A80"
PAPER = "#FFFFFF"

SIZE, SMALL, HEAD, LARGE = 14, 12, 15, 20
"""Of letters, on a screen of 1920 x 1080; `font` enlarges them for a larger one."""
_GAP, _EDGE = 8, 10
_SCREEN = QSize(1920, 1080)
_MOST = 3.0
SCALE = 1.0
"""Pixels of this screen for one of a screen of 1920 x 1080. Set by `use_scale`."""
GAP, EDGE = _GAP, _EDGE
"""In pixels of this screen."""


def scale_for(screen: QSize) -> float:
    """In steps of a quarter, so that letters and lines stay sharp; never smaller than 1. `screen`: in the pixels that the
    system tells, which it may have enlarged itself."""
    ratio = min(screen.width() / _SCREEN.width(), screen.height() / (_SCREEN.height() - _TAKEN))
    return min(_MOST, max(1.0, math.floor(ratio * 4) / 4))


_TAKEN = 60
"""Pixels of a screen's height that the desktop may keep for itself."""


def use_scale(scale: float) -> None:
    """Before the panel is made: all of it is `scale` times as large."""
    global SCALE, GAP, EDGE
    SCALE = scale
    GAP, EDGE = px(_GAP), px(_EDGE)


def px(size: float) -> int:
    """Pixels of this screen for `size` of one of 1920 x 1080."""
    return round(size * SCALE)


def font(size: int = SIZE, bold: bool = False, *, enlarged: bool = True) -> QFont:
    use_configured_fonts()
    made = QFont()
    made.setFamilies(FAMILIES)
    made.setPixelSize(px(size) if enlarged else size)
    made.setBold(bold)
    return made


def colour(name: str) -> QColor:
    return QColor(name)


def style(widget: QWidget) -> None:
    """Dress `widget` and everything in it. Roles are told by the property `role`."""
    widget.setFont(font())
    widget.setStyleSheet(re.sub(r"(\d+)px", lambda found: f"{px(int(found[1]))}px", _SHEET))


_ARROW = (Path(__file__).parent / "down.svg").as_posix()
_FAMILY = ", ".join(f'"{family}"' for family in FAMILIES)
_LATIN = f'"Open Sans", "Noto Sans", "Segoe UI", "Helvetica Neue", "DejaVu Sans", {_FAMILY}'
"""English stands in a Latin face."""
_SHEET = f"""
* {{ color: {INK}; font-family: {_FAMILY}; font-size: {SIZE}px; }}
QWidget#PanelWindow, QDialog {{ background: {GROUND}; }}
QToolTip {{ background: {INK}; color: {GROUND}; border: 0; padding: 4px; }}
QFrame[role="box"] {{ background: {BOX}; border: 1px solid {RULE}; border-radius: 8px; }}
QFrame[role="line"] {{ background: {RULE}; border: 0; max-height: 1px; min-height: 1px; }}
QLabel {{ background: transparent; border: 0; }}
QLabel[role="title"] {{ font-size: 15px; font-weight: bold; color: {SOFT}; }}
QLabel[role="narrow_title"] {{ font-size: 14px; font-weight: bold; color: {SOFT}; }}
QLabel[role="head"] {{ font-size: {HEAD}px; font-weight: bold; }}
QLabel[role="soft"] {{ color: {SOFT}; font-size: 13px; }}
QLabel[role="small"] {{ color: {SOFT}; font-size: {SMALL}px; }}
QLabel[role="large"] {{ font-size: {LARGE}px; font-weight: bold; }}
QLabel[role="next"] {{ font-size: 26px; font-weight: bold; }}
QLabel[role="narrow_next"] {{ font-size: 20px; font-weight: bold; }}
QLabel[role="caption"] {{ font-size: 18px; }}
QLabel[role="narrow_caption"] {{ font-size: 16px; }}
QLabel[role="english"] {{ font-family: {_LATIN}; font-size: 13px; color: {SOFT}; }}
QLabel[role="good"] {{ color: {GOOD}; }}
QLabel[role="bad"] {{ color: {BAD}; }}
QPushButton {{ background: {RAISED}; border: 1px solid {RULE}; border-radius: 6px; padding: 6px 8px; min-height: 18px; }}
QPushButton:hover {{ background: {RAISED_OVER}; }}
QPushButton:pressed {{ background: {CHOSEN}; }}
QPushButton:checked {{ background: {CHOSEN}; border-color: {FOCUS}; }}
QPushButton[role="way"] {{ padding: 3px 4px; }}
QPushButton:disabled {{ background: {BOX}; color: {REST}; border-color: {RULE}; }}
QPushButton[role="main"] {{ background: {ACCENT}; color: {ON_ACCENT}; border-color: {ACCENT}; font-weight: bold; }}
QPushButton[role="tile"], QPushButton[role="lit_tile"] {{ background: {BOX}; border: 2px solid {RULE}; border-radius: 8px; }}
QPushButton[role="tile"]:hover, QPushButton[role="lit_tile"]:hover {{ background: {RAISED}; }}
QPushButton[role="tight"] {{ padding: 6px 4px; }}
QPushButton[role="main"]:hover {{ background: {ACCENT_OVER}; }}
QPushButton[role="main"]:disabled {{ background: {BOX}; color: {REST}; border-color: {RULE}; }}
QPushButton:focus, QLineEdit:focus, QListView:focus, QTableView:focus {{ border: 1px solid {FOCUS}; }}
QPushButton[role="lit_tile"], QPushButton[role="lit_tile"]:focus {{ border: 2px solid {ACCENT}; }}
QPushButton[role="tile"]:focus {{ border: 2px solid {FOCUS}; }}
QLineEdit, QDateTimeEdit, QComboBox {{
    background: {FIELD}; border: 1px solid {RULE}; border-radius: 6px; padding: 5px 8px; min-height: 18px;
    selection-background-color: {CHOSEN};
}}
QComboBox::drop-down, QDateTimeEdit::drop-down {{ border: 0; width: 26px; }}
QComboBox::down-arrow, QDateTimeEdit::down-arrow {{ image: url("{_ARROW}"); width: 12px; height: 8px; }}
QComboBox QAbstractItemView {{ background: {FIELD}; border: 1px solid {RULE}; selection-background-color: {CHOSEN}; }}
QListView, QTableView, QScrollArea, QScrollArea > QWidget > QWidget {{
    background: {FIELD}; border: 0; border-radius: 6px;
}}
QListView, QTableView, QScrollArea {{ border: 1px solid {RULE}; }}
QPlainTextEdit {{ background: {FIELD}; border: 1px solid {RULE}; border-radius: 6px; color: {SOFT}; font-size: 13px; }}
QTableView {{ gridline-color: transparent; selection-background-color: {CHOSEN}; selection-color: {INK}; }}
QScrollArea#columns, QScrollArea#columns > QWidget > QWidget {{ background: {GROUND}; border: 0; }}
QScrollArea#columns > QWidget > QWidget > QWidget {{ background: {GROUND}; }}
QTabWidget::pane {{ border: 0; }}
QTabBar {{ background: transparent; }}
QTabBar::tab {{
    background: transparent; border: 0; border-bottom: 3px solid transparent; color: {SOFT};
    padding: 5px 12px; margin-right: 4px; font-size: {HEAD}px; font-weight: bold;
}}
QTabBar::tab:selected {{ color: {INK}; border-bottom-color: {FOCUS}; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 2px; }}
QScrollBar::handle:vertical {{ background: {RAISED_OVER}; border-radius: 4px; min-height: 28px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QStatusBar {{ background: {GROUND}; }}
QStatusBar::item {{ border: 0; }}
QCalendarWidget QWidget {{ background: {BOX}; }}
QCalendarWidget QAbstractItemView {{ background: {FIELD}; selection-background-color: {CHOSEN}; selection-color: {INK}; }}
QCalendarWidget QToolButton {{ background: {BOX}; border: 0; padding: 4px 8px; }}
QCalendarWidget QToolButton::menu-indicator {{ image: none; }}
"""
