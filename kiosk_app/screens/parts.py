"""The few widgets all screens are made of, laid out in logical pixels, and the SVG drawings on them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel, QWidget

from . import theme
from .texts import Words
from .wrap import characters, phrases, wrap

_FOLDER = Path(__file__).parent / "drawings"
# the colours the files are drawn in, which stand for the palette's
_ACCENT, _TINT, _INK, _GROUND, _FRAME = "#1f5fa8", "#e8eff7", "#1a1a1a", "#ffffff", "#6b7280"
_DRAWN = re.compile("|".join((_ACCENT, _TINT, _INK, _GROUND, _FRAME)))


@cache
def _svg(name: str) -> str:
    return (_FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def read_drawings() -> None:
    """Read all drawings from the disk, on any thread."""
    for path in _FOLDER.glob("*.svg"):
        _svg(path.stem)


@lru_cache(maxsize=64)
def renderer(name: str, colours: theme.Palette, resting: bool) -> QSvgRenderer:
    """The drawing `name` in the palette's colours, or in grey where its button rests."""
    c = colours
    shown = {_ACCENT: c.accent, _TINT: c.tint, _INK: c.ink, _GROUND: c.ground, _FRAME: c.frame}
    if resting:
        shown |= {_ACCENT: c.frame, _TINT: c.rest, _INK: c.frame}
    svg = _DRAWN.sub(lambda drawn: shown[drawn[0]], _svg(name))
    return QSvgRenderer(QByteArray(svg.encode()))


def colours_of(widget: QWidget | None) -> theme.Palette:
    """The palette of the screen on which `widget` stands; the usual one of a widget that stands on none."""
    while widget is not None:
        found = getattr(widget, "colours", None)
        if isinstance(found, theme.Palette):
            return found
        widget = widget.parentWidget()
    return theme.palette(theme.ACCENT)


def rect(x: float, y: float, width: float, height: float) -> QRectF:
    return QRectF(x, y, width, height)


def language_of(widget: QWidget | None) -> str:
    """The language of the screen on which `widget` stands; Japanese for a widget that stands on none."""
    while widget is not None:
        words = getattr(widget, "words", None)
        if isinstance(words, Words):
            return words.language
        widget = widget.parentWidget()
    return "ja"


class Placed:
    """Mixed into a QWidget: its logical box within its parent, and the scale it is shown at."""

    box: QRectF
    ratio: float = 1.0

    def place(self, box: QRectF) -> None:
        self.box = box
        self._lay()

    def rescale(self, ratio: float) -> None:
        """Show this widget and all it holds at `ratio` device pixels per logical pixel."""
        self.ratio = ratio
        self._lay()
        assert isinstance(self, QWidget)
        for child in self.children():
            if isinstance(child, Placed):
                child.rescale(ratio)

    def _lay(self) -> None:
        assert isinstance(self, QWidget)
        self.setGeometry(self._shown_at())

    def _shown_at(self) -> QRect:
        """The box within the parent, in device pixels."""
        b, r = self.box, self.ratio
        left, top = round(b.left() * r), round(b.top() * r)
        return QRect(left, top, round(b.right() * r) - left, round(b.bottom() * r) - top)

    def pen(self) -> QPainter:
        """A painter on this widget in logical pixels."""
        assert isinstance(self, QWidget)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(self.ratio, self.ratio)
        return painter

    @property
    def area(self) -> QRectF:
        return QRectF(0, 0, self.box.width(), self.box.height())


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


class Text(Placed, QLabel):
    """Words in a box, broken between phrases. `least`: may shrink to this size before it would be cut.

    It grows with the large text as far as its box has room, if it `grows`. `colour`: None for the ink of the screen.

    `top`: begin at the upper edge; otherwise the lines stand in the middle of the box. `single`: shrinks rather than
    to be broken. `language`: in whose face; None for that of the screen.

    The widget reaches `bleed` beyond its box on every side: a box may be as high as its letters, and their tails end
    below it, or between two pixels.
    """

    BLEED: ClassVar[int] = 10
    """In logical pixels; no fewer of the device's."""

    def __init__(
        self,
        parent: QWidget,
        box: QRectF,
        text: str,
        size: int = theme.TEXT,
        *,
        bold: bool = False,
        colour: str | None = None,
        align: Align = Align.LEFT,
        top: bool = False,
        least: int | None = None,
        figures: bool = False,
        single: bool = False,
        grows: bool = True,
        language: str | None = None,
    ) -> None:
        super().__init__(text, parent)
        palette = colours_of(parent)
        self.language = language or language_of(parent)
        self._usual = size
        self.size_px, self.bold, self.align, self.top = size, bold, align, top
        self.colour = colour or palette.ink
        self.figures, self.single = figures, single
        self._most, self._least = palette.grown(size) if grows else size, min(size, least or size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.place(box)
        self.say(text)

    def say(self, text: str) -> None:
        """Show `text` instead, broken and sized for the box."""
        self.setText(text)
        self.size_px = self._most
        anywhere = self.language == "zh"
        while True:
            self.lines = wrap(text, self.box.width(), self.width_of, anywhere=anywhere)
            self.used = QSizeF(
                max(map(self.width_of, self.lines), default=0.0),
                self.size_px * (1 + theme.LINE * (len(self.lines) - 1)),
            )
            good = self.fits() and not (self.single and len(self.lines) > 1) and not self._torn(anywhere)
            if good or self.size_px <= self._least:
                break
            self.size_px -= 1
        self.update()

    def _torn(self, anywhere: bool) -> bool:
        """Whether letters that have grown would tear a word apart."""
        return self.size_px > self._usual and any(
            self.width_of(piece.rstrip()) > self.box.width()
            for line in self.text().split("\n")
            for piece in (characters if anywhere else phrases)(line)
        )

    @property
    def grown(self) -> float:
        """By how much it is larger than usual."""
        return self.size_px / self._usual

    def shrink(self) -> bool:
        """Be a pixel smaller, because of others in the same place; False if it may not."""
        if self.size_px <= self._least:
            return False
        self._most = self.size_px - 1
        self.say(self.text())
        return True

    def width_of(self, line: str) -> float:
        """How wide `line` is at the present size."""
        return QFontMetricsF(self.face()).horizontalAdvance(line)

    def face(self) -> QFont:
        """The font at the present size."""
        return theme.font(self.size_px, self.bold, self.figures, self.language)

    def fits(self) -> bool:
        return self.used.width() <= self.box.width() + 0.5 and self.used.height() <= self.box.height() + 0.5

    def set_colour(self, colour: str) -> None:
        self.colour = colour
        self.update()

    def _lay(self) -> None:
        more = self.bleed()
        self.setGeometry(self._shown_at().adjusted(-more, -more, more, more))

    def bleed(self) -> int:
        """In device pixels."""
        return math.ceil(self.BLEED * max(1.0, self.ratio))

    def pen(self) -> QPainter:
        painter = super().pen()
        painter.translate(self.bleed() / self.ratio, self.bleed() / self.ratio)
        return painter

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        painter.setFont(self.face())
        painter.setPen(QColor(self.colour))
        step = self.size_px * theme.LINE
        start = 0.0 if self.top else (self.box.height() - self.used.height()) / 2
        baseline = start + self.size_px * theme.ASCENT
        for line in self.lines:
            rest = self.box.width() - self.width_of(line)
            x = {Align.LEFT: 0.0, Align.CENTRE: rest / 2, Align.RIGHT: rest}[self.align]
            painter.drawText(QPointF(x, baseline), line)
            baseline += step
        painter.end()


def fit_together(texts: Sequence[Text], high: float) -> None:
    """Shrink `texts`, those first that have grown most, until their heights together are no more than `high`, or they may not be smaller."""
    while sum(text.used.height() for text in texts) > high:
        if not any(text.shrink() for text in sorted(texts, key=lambda one: -one.grown)):
            return


def stack(box: QRectF, texts: Sequence[Text], gap: float = 12) -> None:
    """Set `texts` under each other, as one block in the middle of the height of `box`."""
    fit_together(texts, box.height() - gap * (len(texts) - 1))
    top = box.top() + (box.height() - sum(t.used.height() for t in texts) - gap * (len(texts) - 1)) / 2
    for text in texts:
        text.place(rect(text.box.left(), top, text.box.width(), text.used.height()))
        top += text.used.height() + gap


class Panel(Placed, QWidget):
    """A ground with rounded corners."""

    def __init__(
        self,
        parent: QWidget,
        box: QRectF,
        fill: str | None = None,
        edge: str | None = None,
        radius: float = theme.RADIUS,
        edge_width: float = 2,
    ) -> None:
        super().__init__(parent)
        self.fill = fill or colours_of(parent).panel
        self.edge, self.radius, self.edge_width = edge, radius, edge_width
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.place(box)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        rounded(painter, self.area, self.fill, self.edge, self.radius, self.edge_width)
        painter.end()


def rounded(
    painter: QPainter, area: QRectF, fill: str, edge: str | None, radius: float, edge_width: float
) -> None:
    inset = edge_width / 2 if edge else 0
    painter.setPen(QPen(QColor(edge), edge_width) if edge else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(fill))
    painter.drawRoundedRect(area.adjusted(inset, inset, -inset, -inset), radius, radius)


class Drawing(Placed, QWidget):
    """One of our own SVG drawings, in the municipality's colour."""

    def __init__(
        self, parent: QWidget, box: QRectF, name: str, colours: theme.Palette, resting: bool = False
    ) -> None:
        super().__init__(parent)
        self.name, self.colours, self.resting = name, colours, resting
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.place(box)

    def paintEvent(self, event: QPaintEvent) -> None:

        painter = self.pen()
        svg = renderer(self.name, self.colours, self.resting)
        size = QSizeF(svg.defaultSize()).scaled(self.area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        corner = self.area.center() - QPointF(size.width() / 2, size.height() / 2)
        svg.render(painter, QRectF(corner, size))
        painter.end()
