"""Measures what is really on a page: boxes in logical pixels, the ground behind a text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QRegion
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from kiosk_app.flow.events import Event
from kiosk_app.flow.views import View
from kiosk_app.screens import theme
from kiosk_app.screens.gallery import in_language, samples
from kiosk_app.screens.parts import Placed, Text
from kiosk_app.screens.window import KioskWindow, touchables

LANGUAGES = ("ja", "en")
PAGE = QRectF(0, 0, 1280, 800)


def all_pages() -> Iterator[tuple[str, View]]:
    for name, view in samples().items():
        for language in LANGUAGES:
            yield f"{name}-{language}", in_language(view, language)


def box_of(widget: QWidget, page: QWidget) -> QRectF:
    """Where the widget really lies on the page, in logical pixels; of a text, the box it was given."""
    lies = QRectF(widget.mapTo(page, QPoint(0, 0)), widget.size().toSizeF())
    if isinstance(widget, Text):
        lies.adjust(widget.bleed(), widget.bleed(), -widget.bleed(), -widget.bleed())
    ratio = ratio_of(page)
    return QRectF(lies.topLeft() / ratio, lies.size() / ratio)


def ratio_of(page: QWidget) -> float:
    return page.ratio if isinstance(page, Placed) else 1.0


def spare(page: QWidget) -> float:
    """What an edge between two pixels may take, in logical pixels."""
    ratio = ratio_of(page)
    return 0.0 if ratio == 1 else 1.5 / ratio


def page_of(window: KioskWindow) -> QWidget:
    found = window.findChildren(QWidget, window.screen_name())
    return next(one for one in found if one.isVisibleTo(window))


def texts(page: QWidget) -> list[Text]:
    return [one for one in page.findChildren(Text) if one.isVisibleTo(page) and one.text()]


def buttons(page: QWidget) -> list[QAbstractButton]:
    return [one for one in page.findChildren(QAbstractButton) if one.isVisibleTo(page)]


def written(text: Text, page: QWidget) -> QRectF:
    """The part of the text's box that its lines take."""
    box = box_of(text, page)
    left = {"left": 0.0, "centre": (box.width() - text.used.width()) / 2}.get(
        text.align, box.width() - text.used.width()
    )
    top = 0.0 if text.top else (box.height() - text.used.height()) / 2
    return QRectF(box.left() + left, box.top() + top, text.used.width(), text.used.height())


def distance(one: QRectF, other: QRectF) -> float:
    """Pixels between two boxes along the axis that parts them; negative when they overlap."""
    across = max(one.left(), other.left()) - min(one.right(), other.right())
    down = max(one.top(), other.top()) - min(one.bottom(), other.bottom())
    return max(across, down)


def pixels(image: QImage) -> np.ndarray:
    """0xRRGGBB for every pixel."""
    converted = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(converted.constBits(), dtype=np.uint32).reshape(
        converted.height(), converted.bytesPerLine() // 4
    )
    return rows[:, : converted.width()] & 0xFFFFFF


def ground(picture: np.ndarray, box: QRectF) -> str:
    """The colour that most of `box` has, as #rrggbb."""
    part = picture[
        max(0, int(box.top()) - 2) : int(box.bottom()) + 2 : 2, int(box.left()) : int(box.right()) + 1 : 2
    ]
    colours, counts = np.unique(part, return_counts=True)
    return f"#{int(colours[counts.argmax()]):06x}"


def ink(text: Text) -> np.ndarray:
    """Where the text leaves ink, on its own widget and nothing else: True for each such pixel of the screen."""
    scale = text.devicePixelRatio()
    image = QImage(text.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.transparent)
    text.render(image, QPoint(0, 0), QRegion(), QWidget.RenderFlag(0))
    rows = np.frombuffer(image.constBits(), dtype=np.uint32).reshape(
        image.height(), image.bytesPerLine() // 4
    )
    return rows[:, : image.width()] >> 24 > 0


def with_room(text: Text, room: int) -> np.ndarray:
    """The ink of the text with `room` more pixels on every side."""
    shown = text.bleed() + room
    text.bleed = lambda: shown  # type: ignore[method-assign]
    text.rescale(text.ratio)
    try:
        return ink(text)
    finally:
        del text.bleed
        text.rescale(text.ratio)


def assert_all_ink_is_shown(page: QWidget, *, between_pixels: bool = False) -> None:
    """Pixel by pixel: what a text draws where it has room enough is what it draws on the page, inside its ground. `between_pixels`: the
    scale is no whole number, so that with other room a letter may lie a pixel beside, and no more."""
    room = 40
    for text in texts(page):
        scale = text.devicePixelRatio()
        more = int(room * scale)
        whole, shown = with_room(text, room), ink(text)
        assert shown.any(), f"{text.text()!r} is not drawn"
        inner = whole[more:-more, more:-more]
        assert whole.sum() == inner.sum(), f"{text.text()!r} reaches beyond its widget"
        otherwise = inner != shown
        if between_pixels:
            otherwise = (inner & ~_a_pixel_more(shown)) | (shown & ~_a_pixel_more(inner))
        # the faintest pixel of an edge may be rounded away, but no row of a letter is three pixels
        assert otherwise.sum() <= 3, f"{text.text()!r} is drawn otherwise with room around it"
        rows, columns = np.nonzero(shown)
        first = QPoint(int(columns.min() / scale), int(rows.min() / scale))
        drawn = QRect(first, QPoint(int(columns.max() / scale), int(rows.max() / scale)))
        above = text.parentWidget()
        while above is not None:
            on_it = drawn.translated(text.mapTo(above, QPoint(0, 0)))
            assert above.rect().contains(on_it), f"{text.text()!r} is cut by what it stands on"
            above = above.parentWidget() if above is not page else None


def _a_pixel_more(drawn: np.ndarray) -> np.ndarray:
    """What is drawn, with every pixel beside it."""
    more = np.pad(drawn, 1)
    for way in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        more = more | np.roll(more, way, (0, 1))
    return more[1:-1, 1:-1]


def assert_nothing_is_cut(page: QWidget) -> None:
    more = spare(page)
    whole = PAGE.adjusted(-more, -more, more, more)
    for text in texts(page):
        room = box_of(text, page)
        host = box_of(text.parentWidget(), page).adjusted(-1 - more, -1 - more, 1 + more, 1 + more)
        assert max(map(text.width_of, text.lines)) <= room.width() + 0.5 + more, (
            f"{text.text()!r} is too wide"
        )
        assert text.used.height() <= room.height() + 1 + more, f"{text.text()!r} is too high"
        assert host.contains(written(text, page)), f"{text.text()!r} leaves its ground"
        assert whole.contains(written(text, page)), f"{text.text()!r} leaves the page"


def assert_nothing_overlaps(page: QWidget) -> None:
    found, least = texts(page), -spare(page)
    for one, other in itertools.combinations(found, 2):
        assert distance(written(one, page), written(other, page)) >= least, (one.text(), other.text())
    for text, button in itertools.product(found, buttons(page)):
        if not button.isAncestorOf(text):
            assert distance(written(text, page), box_of(button, page)) >= least, (text.text(), button.text())


def assert_touchable(page: QWidget) -> None:
    found, more = {button: box_of(button, page) for button in buttons(page)}, spare(page)
    whole = PAGE.adjusted(-more, -more, more, more)
    for button, box in found.items():
        assert min(box.width(), box.height()) >= 72 - more, button.text()
        assert whole.contains(box), button.text()
    for (one, a), (other, b) in itertools.combinations(found.items(), 2):
        assert distance(a, b) >= 16 - more, (one.text(), other.text())


def assert_readable(page: QWidget, window: KioskWindow) -> None:
    picture = pixels(window.picture())
    for text in texts(page):
        behind = ground(picture, written(text, page))
        assert theme.contrast(text.colour, behind) >= 7.0, (text.text(), text.colour, behind)


def assert_on_the_window(page: QWidget, window: KioskWindow) -> None:
    """Nothing of the page is below a fold, and no more than the shape of the window leaves is left of it."""
    shown = QRect(page.mapTo(window, QPoint(0, 0)), page.size())
    assert window.rect().contains(shown), f"the page {shown} is larger than the window {window.rect()}"
    assert window.width() - shown.width() <= 1 or window.height() - shown.height() <= 1, (
        "the page could be larger"
    )


def faults(window: KioskWindow) -> list[str]:
    """What is wrong with the page that `window` shows, one sentence a rule: cut, overlapping, too close, under the contrast, below the
    fold."""
    page = page_of(window)
    checks: list[Callable[[], None]] = [
        lambda: assert_nothing_is_cut(page),
        lambda: assert_nothing_overlaps(page),
        lambda: assert_touchable(page),
        lambda: assert_on_the_window(page, window),
    ]
    if ratio_of(page) == 1:  # colours are the same in any size
        checks.append(lambda: assert_readable(page, window))
    found = []
    for check in checks:
        try:
            check()
        except AssertionError as error:
            found.append(str(error).splitlines()[0])
    return found


def assert_rules(window: KioskWindow) -> None:
    page = page_of(window)
    assert_nothing_is_cut(page)
    assert_nothing_overlaps(page)
    assert_touchable(page)
    assert_readable(page, window)


class Hand:
    """Touches by accessible name; what the window told is in `events`."""

    def __init__(self, qtbot: QtBot, window: KioskWindow) -> None:
        self._qtbot, self._window = qtbot, window
        self.events: list[Event] = []
        window.emitted.connect(self.events.append)

    def touch(self, *names: str) -> None:
        for name in names:
            self._window.may_be_touched()
            self._qtbot.mouseClick(touchables(self._window)[name], Qt.MouseButton.LeftButton)
