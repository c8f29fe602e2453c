"""Names of people as the register writes them: HarfBuzz finds the variants (IVS) that Qt does not draw by itself.

A name goes to the screen's own face unless it has a variation selector or a character that face lacks; then all names
of that screen are drawn in IPAmj Mincho, as outlines, so that one page has one face.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainterPath, QPaintEvent, QRawFont, QTransform
from PySide6.QtWidgets import QWidget

from . import theme
from .parts import Align, Text

_FILE = "ipamjm.ttf"


def _folders() -> Iterable[Path]:
    yield from (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    yield Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"


@cache
def register_font() -> Path | None:
    """The file of IPAmj Mincho, or None where it is not installed (`konbini doctor` tells)."""
    usual = Path("/usr/share/fonts/truetype/ipamj") / _FILE
    if usual.is_file():
        return usual
    return next((found for folder in _folders() if folder.is_dir() for found in folder.rglob(_FILE)), None)


def is_selector(letter: str) -> bool:
    return "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"


def needs_register_face(names: Iterable[str]) -> bool:
    # not QFontMetrics: that counts what Qt would borrow from other fonts
    face = QRawFont.fromFont(theme.font(theme.LEAD))
    return any(
        is_selector(letter) or not (letter.isspace() or face.supportsCharacter(ord(letter)))
        for name in names
        for letter in name
    )


@cache
def _harfbuzz(file: Path) -> Any:
    import uharfbuzz  # mapped, not read: under 2 ms although the file has 44 MB

    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file))))


def glyphs(text: str) -> list[tuple[int, int]]:
    """(glyph id, advance in font units) of `text` in IPAmj Mincho. Raises FileNotFoundError without the font."""
    import uharfbuzz

    file = register_font()
    if file is None:
        raise FileNotFoundError(_FILE)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(_harfbuzz(file), buffer)
    return [
        (info.codepoint, position.x_advance)
        for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
    ]


class _Pen:
    """Takes a glyph's outline into a path (y downwards, font units)."""

    def __init__(self) -> None:
        self.path = QPainterPath()
        self.path.setFillRule(Qt.FillRule.WindingFill)

    def moveTo(self, to: tuple[float, float]) -> None:
        self.path.moveTo(to[0], -to[1])

    def lineTo(self, to: tuple[float, float]) -> None:
        self.path.lineTo(to[0], -to[1])

    def qCurveTo(self, by: tuple[float, float], to: tuple[float, float]) -> None:
        self.path.quadTo(by[0], -by[1], to[0], -to[1])

    def curveTo(self, one: tuple[float, float], two: tuple[float, float], to: tuple[float, float]) -> None:
        self.path.cubicTo(one[0], -one[1], two[0], -two[1], to[0], -to[1])

    def closePath(self) -> None:
        self.path.closeSubpath()

    def endPath(self) -> None:
        pass


@lru_cache(maxsize=512)
def outline(text: str) -> tuple[QPainterPath, float]:
    """`text` as a path of one em in height 1.0 on its base line, and its width in ems."""
    file = register_font()
    assert file is not None
    font = _harfbuzz(file)
    whole = QPainterPath()
    whole.setFillRule(Qt.FillRule.WindingFill)
    x = 0
    for glyph, advance in glyphs(text):
        pen = _Pen()
        font.draw_glyph_with_pen(glyph, pen)
        whole.addPath(pen.path.translated(x, 0))
        x += advance
    em = float(font.face.upem)
    return QTransform.fromScale(1 / em, 1 / em).map(whole), x / em


def width_of_name(name: str, size: int, register: bool) -> float:
    """How wide `name` is in one line of `size`, in the face that `register` says."""
    if register and register_font() is not None:
        return outline(name)[1] * size
    return QFontMetricsF(theme.font(size)).horizontalAdvance(name)


class Name(Text):
    """A person's name. `register`: in IPAmj Mincho (see `needs_register_face`)."""

    def __init__(
        self, parent: QWidget, box: QRectF, name: str, size: int, *, register: bool, **how: Any
    ) -> None:
        self.in_register_face = register and register_font() is not None
        super().__init__(parent, box, name, size, **how)

    def width_of(self, line: str) -> float:
        return outline(line)[1] * self.size_px if self.in_register_face else super().width_of(line)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.in_register_face:
            super().paintEvent(event)
            return
        painter = self.pen()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.colour))
        start = 0.0 if self.top else (self.box.height() - self.used.height()) / 2
        for index, line in enumerate(self.lines):
            path, width = outline(line)
            rest = self.box.width() - width * self.size_px
            x = {Align.LEFT: 0.0, Align.CENTRE: rest / 2, Align.RIGHT: rest}[self.align]
            painter.save()
            painter.translate(QPointF(x, start + self.size_px * (theme.ASCENT + theme.LINE * index)))
            painter.scale(self.size_px, self.size_px)
            painter.drawPath(path)
            painter.restore()
        painter.end()
