"""Names of people as the register writes them: HarfBuzz finds the variants (IVS) that Qt does not draw by itself.

A name goes to the screen's own face unless it has a variation selector, a character that face lacks or one of private use;
then all names of that screen are drawn in IPAmj Mincho, as outlines, so that one page has one face. What that font lacks
(外字) is drawn in the fonts of the municipalities.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainterPath, QPaintEvent, QRawFont, QTransform
from PySide6.QtWidgets import QWidget

from server_stub.interface.letter_forms import is_selector

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


def needs_register_face(names: Iterable[str]) -> bool:
    # not QFontMetrics: that counts what Qt would borrow from other fonts
    face = QRawFont.fromFont(theme.font(theme.LEAD))
    return any(
        is_selector(letter)
        or unicodedata.category(letter) == "Co"
        or not (letter.isspace() or face.supportsCharacter(ord(letter)))
        for name in names
        for letter in name
    )


_own_fonts: tuple[Path, ...] = ()


def use_fonts(files: Iterable[str]) -> None:
    """Draw in these fonts, in their order, what IPAmj Mincho lacks."""
    global _own_fonts
    _own_fonts = tuple(map(Path, files))
    outline.cache_clear()
    can_be_shown.cache_clear()


@cache
def _harfbuzz(file: Path) -> Any:
    import uharfbuzz  # mapped, not read: under 2 ms although the file has 44 MB

    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file))))


def runs(text: str) -> list[tuple[Path, str]]:
    """The font of each part of `text`. Raises FileNotFoundError without IPAmj Mincho."""
    common = register_font()
    if common is None:
        raise FileNotFoundError(_FILE)
    found: list[tuple[Path, str]] = []
    for letter in text:
        if is_selector(letter):
            file = found[-1][0] if found else common
        else:
            able = (one for one in (common, *_own_fonts) if _harfbuzz(one).get_nominal_glyph(ord(letter)))
            file = next(able, common)
        if found and found[-1][0] == file:
            found[-1] = (file, found[-1][1] + letter)
        else:
            found.append((file, letter))
    return found


def register_face() -> Any:
    """IPAmj Mincho for uharfbuzz, or None where it is not installed."""
    file = register_font()
    return None if file is None else _harfbuzz(file)


@lru_cache(maxsize=4096)
def can_be_shown(letter: str) -> bool:
    """Whether some face has `letter`, a character with its selector or without. Without IPAmj Mincho: the screen's own alone."""
    if letter.isspace():
        return True
    character, selector = letter[0], letter[1:]
    if not selector and QRawFont.fromFont(theme.font(theme.LEAD)).supportsCharacter(ord(character)):
        return True
    faces = [_harfbuzz(file) for file in (register_font(), *_own_fonts) if file is not None]
    return any(
        face.get_variation_glyph(ord(character), ord(selector))
        if selector
        else face.get_nominal_glyph(ord(character))
        for face in faces
    )


def glyphs(text: str, file: Path | None = None) -> list[tuple[int, int]]:
    """(glyph id, advance in font units) of `text` in IPAmj Mincho, or in the font of `file`. Raises FileNotFoundError without
    the font."""
    import uharfbuzz

    file = file or register_font()
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
    whole = QPainterPath()
    whole.setFillRule(Qt.FillRule.WindingFill)
    x = 0.0
    for file, part in runs(text):
        font = _harfbuzz(file)
        em = float(font.face.upem)
        for glyph, advance in glyphs(part, file):
            pen = _Pen()
            font.draw_glyph_with_pen(glyph, pen)
            whole.addPath(QTransform.fromScale(1 / em, 1 / em).map(pen.path).translated(x, 0))
            x += advance / em
    return whole, x


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
