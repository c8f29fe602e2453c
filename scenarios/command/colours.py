"""Colours on a terminal: none in a file or a pipe, none where NO_COLOR is set."""

from __future__ import annotations

import os
import sys
from typing import TextIO

GOOD, BAD, WARNING, HEADING, NAME, FAINT = "green", "bold red", "yellow", "bold", "cyan", "dim"


def coloured(stream: TextIO | None = None) -> bool:
    """Whether whoever reads `stream` (standard output) sees colours."""
    stream = stream or sys.stdout
    if os.environ.get("NO_COLOR") or not stream.isatty():
        return False
    try:
        from rich.console import Console
    except ImportError:  # during make setup
        return False
    console = Console(file=stream)
    return console.color_system is not None and not console.legacy_windows


def painted(text: str, style: str, stream: TextIO | None = None) -> str:
    """`text` in a style of rich's ("bold red"), as it is where there are no colours."""
    if not text or not coloured(stream):
        return text
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)


MARK_STYLES = {"○": GOOD, "×": BAD, "△": WARNING, "－": FAINT}


def marked(mark: str, stream: TextIO | None = None) -> str:
    """A mark of a verdict or finding in its colour."""
    return painted(mark, MARK_STYLES.get(mark, HEADING), stream)
