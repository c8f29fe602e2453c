"""The SVG drawings, coloured. Loaded when first painted: QtSvg is not needed for a window to open."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray
from PySide6.QtSvg import QSvgRenderer

from . import theme

_FOLDER = Path(__file__).parent / "drawings"
# the colours the files are drawn in, which stand for the palette's
_ACCENT, _TINT, _INK = "#1f5fa8", "#e8eff7", "#1a1a1a"


@cache
def _svg(name: str) -> str:
    return (_FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def read_drawings() -> None:
    """Read all drawings from the disk, on any thread."""
    for path in _FOLDER.glob("*.svg"):
        _svg(path.stem)


@lru_cache(maxsize=64)
def renderer(name: str, colours: theme.Palette, resting: bool) -> QSvgRenderer:
    """The drawing `name` in the municipality's colour, or in grey where its button rests."""
    svg = _svg(name)
    accent, tint, ink = (
        (theme.FRAME, theme.REST, theme.FRAME) if resting else (colours.accent, colours.tint, theme.INK)
    )
    for drawn, wanted in ((_ACCENT, accent), (_TINT, tint), (_INK, ink)):
        svg = svg.replace(drawn, wanted)
    return QSvgRenderer(QByteArray(svg.encode()))
