"""The paper large: leafed through, turned over, looked at closer and put on the copier, with mouse and keyboard."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from PySide6.QtCore import QBuffer, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from scenarios.panel import paper_view, theme
from scenarios.panel.paper_view import PaperWindow
from scenarios.panel.two_languages import EN, JA, LANGUAGE, table
from tests.panel.helper import sheet_pdf
from tests.paper import samples
from tests.paper.reading import finish
from tests.paper.seen import UNSEEN, word_seen

GREYS = ((0.9, 0.8), (0.7, 0.6), (0.5,))
SLOW_MS = 30_000


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[PaperWindow]:
    parent = QWidget()
    qtbot.addWidget(parent)
    made = PaperWindow(parent, [sheet_pdf(*greys) for greys in GREYS])
    made.show()
    yield made
    if isValid(made):
        made.close()
    LANGUAGE.choose(JA)
    theme.use_scale(1.0)


def grey(qtbot: QtBot, window: PaperWindow) -> float:
    """Of the side that is seen, in the window itself: left of its middle, where nothing is printed."""
    qtbot.waitUntil(window.seen)
    window._turning.stop()
    window.canvas.width_share = 1.0
    picture = window.canvas.grab().toImage()
    return round(picture.pixelColor(picture.width() // 2, picture.height() * 2 // 3).redF(), 1)


def key(qtbot: QtBot, window: PaperWindow, *keys: Qt.Key) -> None:
    for one in keys:
        qtbot.keyClick(window.canvas, one)


def test_all_that_can_be_done_stands_in_one_line_of_equal_buttons(window: PaperWindow) -> None:
    QApplication.processEvents()
    places = [action.geometry() for action in window._actions()]
    assert {(place.top(), place.height()) for place in places} == {(places[0].top(), places[0].height())}


def test_leafing_and_turning_show_every_side_in_order(window: PaperWindow, qtbot: QtBot) -> None:
    seen = []
    for _ in range(2):
        seen.append(grey(qtbot, window))
        qtbot.mouseClick(window.turn_over, Qt.MouseButton.LeftButton)
        seen.append(grey(qtbot, window))
        qtbot.mouseClick(window.next, Qt.MouseButton.LeftButton)
    seen.append(grey(qtbot, window))
    assert seen == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert window.place.text() == "3枚目／3枚　表"
    assert not window.next.isEnabled() and not window.turn_over.isEnabled(), "a receipt has one side"


def test_the_keyboard_does_all_of_it(window: PaperWindow, qtbot: QtBot) -> None:
    key(qtbot, window, Qt.Key.Key_Right, Qt.Key.Key_Space)
    assert grey(qtbot, window) == 0.6
    key(qtbot, window, Qt.Key.Key_Left)
    assert grey(qtbot, window) == 0.9
    key(qtbot, window, Qt.Key.Key_Left)
    assert window.sheet == 0, "nothing lies before the first"
    key(qtbot, window, Qt.Key.Key_Plus, Qt.Key.Key_Plus)
    assert window.canvas.zoom > 1.5
    key(qtbot, window, Qt.Key.Key_0)
    assert window.canvas.zoom == 1.0
    key(qtbot, window, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_what_lies_under_the_wheel_stays_there_when_one_looks_closer(
    window: PaperWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(window.seen)
    canvas = window.canvas
    at = QPointF(canvas._place().center().x(), canvas._place().top() + 100)
    before = (at - canvas._place().topLeft()) / canvas._place().height()
    for _ in range(3):
        QApplication.sendEvent(canvas, wheel(at, 120))
    after = (at - canvas._place().topLeft()) / canvas._place().height()
    assert canvas.zoom > 1.9 and after.y() == pytest.approx(before.y(), abs=0.01)
    for _ in range(9):
        QApplication.sendEvent(canvas, wheel(at, -120))
    assert canvas.zoom == 1.0 and canvas._place().center() == canvas.rect().toRectF().center()


def wheel(at: QPointF, turned: int) -> QWheelEvent:
    return QWheelEvent(
        at, at, QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip


def test_dragging_moves_the_paper_and_never_out_of_sight(window: PaperWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(window.seen)
    canvas = window.canvas
    canvas.look_closer(4)
    begun = canvas._place()
    middle = canvas.rect().center()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(60, 40))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 40))
    moved = canvas._place().topLeft() - begun.topLeft()
    assert (round(moved.x()), round(moved.y())) == (60, 40)
    canvas.move_by(-50, -50)
    assert canvas._place().top() <= 0 <= canvas._place().bottom()


def test_the_closer_one_looks_the_sharper_the_paper_is(window: PaperWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(window.seen)
    first = window.canvas.picture.width()
    window.canvas.look_closer(4)
    qtbot.waitUntil(window.seen, timeout=SLOW_MS)
    assert window.canvas.picture.width() > 1.5 * first


def as_picture(image: QImage) -> Image.Image:
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return Image.open(io.BytesIO(buffer.data().data()))


def test_on_the_copier_the_word_comes_out_that_the_paper_does_not_show(qtbot: QtBot) -> None:
    (sheet,) = finish(samples.render_residence([samples.single()], samples.issuer(), "household"))
    parent = QWidget()
    qtbot.addWidget(parent)
    window = PaperWindow(parent, [sheet])
    window.show()
    qtbot.waitUntil(window.seen, timeout=SLOW_MS)
    assert max(word_seen(as_picture(window.canvas.picture))) < UNSEEN
    key(qtbot, window, Qt.Key.Key_C)
    assert window.canvas.waits == table()["paper.copying"][JA] and not window.canvas.picture.isNull()
    qtbot.waitUntil(window.seen, timeout=SLOW_MS)
    assert max(word_seen(as_picture(window.canvas.picture))) > 2 * UNSEEN
    qtbot.mouseClick(window.copier, Qt.MouseButton.LeftButton)
    assert not window.copied and window.seen()
    window.close()


def test_what_is_no_pdf_opens_no_window(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    with pytest.raises(ValueError, match="no PDF"):
        PaperWindow(parent, [b"no PDF"])


@pytest.mark.parametrize("language", [JA, EN])
@pytest.mark.parametrize(("size", "scale"), [((1366, 768), 1.0), ((3840, 2160), 2.0)])
def test_every_word_of_its_buttons_is_seen_whole(
    window: PaperWindow, qtbot: QtBot, language: str, size: tuple[int, int], scale: float
) -> None:
    theme.use_scale(scale)
    LANGUAGE.choose(language)
    parent = QWidget()
    qtbot.addWidget(parent)
    made = PaperWindow(parent, [sheet_pdf(0.9, 0.8)])
    made.resize(int(paper_view._WIDTH * scale), int(size[1] * 0.92))
    made.show()
    for action in (*made._actions(), made.language):
        assert action.width() >= action.sizeHint().width(), action.text()
    made.close()
