"""The paper large, in a window of its own: leaf through the sheets, turn them over, look closer, put one on the copier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QObject,
    QPoint,
    QPointF,
    QRectF,
    QRunnable,
    QSize,
    Qt,
    QThreadPool,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import (
    QCloseEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from . import theme
from .parts import Elided, button, label, row, set_role
from .sheets import VIEW_DPI, copy_of, pictures, sides_of
from .two_languages import LANGUAGE, say

SIDES = ("front", "back")
_DPI = (VIEW_DPI, 200, 300)
"""What a side is rendered at, the closer one looks the more."""
MOST_ZOOM, _STEP = 6.0, 1.25
_TURN_MS = 260
_A4_INCHES = 11.69
_KEPT = 8
_MARGIN = 14
_SHARE = 0.92
"""Of the screen's height for the window."""
_WIDTH = 980
_LEAST = QSize(720, 480)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One picture: sheet and side from 0, as the paper or as its copy, at so many dpi."""

    sheet: int
    side: int
    copied: bool
    dpi: float


class Studio(QObject):
    """Makes the pictures, one after the other, off the GUI thread; `ready` tells what was wanted and the picture (null: it cannot be
    made)."""

    ready = Signal(object, object)

    def __init__(self, parent: QObject, sheets: Sequence[bytes]) -> None:
        super().__init__(parent)
        self._sheets = tuple(sheets)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def ask(self, wanted: Wanted) -> None:
        self._pool.start(QRunnable.create(lambda: self._make(wanted)))

    def stop(self) -> None:
        """What waits is dropped, what runs is waited for."""
        self._pool.clear()
        self._pool.waitForDone()

    def _make(self, wanted: Wanted) -> None:
        body = self._sheets[wanted.sheet]
        try:
            if wanted.copied:
                self.ready.emit(wanted, copy_of(body, wanted.side, wanted.dpi))
                return
            for side, picture in enumerate(pictures(body, wanted.dpi)):  # the other side will be wanted next
                self.ready.emit(Wanted(wanted.sheet, side, wanted.copied, wanted.dpi), picture)
        except ValueError:
            self.ready.emit(wanted, QImage())


class Canvas(QWidget):
    """One side, whole or closer: wheel and double click for closer, dragging moves it."""

    zoomed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.picture = QImage()
        self.waits = ""
        """What is said over the picture while another one is made."""
        self.zoom = 1.0
        """1: the whole side is seen."""
        self._middle = QPointF(0.5, 0.5)
        """What of the side lies in the middle, as shares of its width and height."""
        self._held: QPoint | None = None
        self.width_share = 1.0
        """While it is being turned over."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(theme.px(240), theme.px(240))
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def show_picture(self, picture: QImage, waits: str = "") -> None:
        self.picture, self.waits = picture, waits
        self.update()

    def whole_size(self) -> QSize:
        """Of the side where all of it is seen, in pixels of this window."""
        shape = self.picture.size() if not self.picture.isNull() else QSize(210, 297)
        margin = 2 * theme.px(_MARGIN)
        return shape.scaled(self.size() - QSize(margin, margin), Qt.AspectRatioMode.KeepAspectRatio)

    def dots(self) -> float:
        """Dots an inch of a sheet of A4 as it is seen now."""
        return self.whole_size().height() * self.zoom * self.devicePixelRatioF() / _A4_INCHES

    def look_closer(self, factor: float, at: QPointF | None = None) -> None:
        """`at`: the point that stays where it is, in pixels of this widget; None: the middle."""
        before = self._place()
        zoom = min(MOST_ZOOM, max(1.0, self.zoom * factor))
        if at is not None and before.width():
            share = QPointF(
                (at.x() - before.left()) / before.width(), (at.y() - before.top()) / before.height()
            )
            scale = zoom / self.zoom
            off = (at - QRectF(self.rect()).center()) / scale
            width, height = before.width(), before.height()
            self._middle = QPointF(share.x() - off.x() / width, share.y() - off.y() / height)
        self.zoom = zoom
        self._changed()

    def see_whole(self) -> None:
        self.zoom, self._middle = 1.0, QPointF(0.5, 0.5)
        self._changed()

    def move_by(self, right: float, down: float) -> None:
        """Look at what lies further right and down, in shares of what is seen."""
        place = self._place()
        self._middle += QPointF(right * self.width() / place.width(), down * self.height() / place.height())
        self._changed()

    def _changed(self) -> None:
        for horizontal in (True, False):
            size = self._place().width() if horizontal else self._place().height()
            room = self.width() if horizontal else self.height()
            least = min(0.5, room / size / 2) if size else 0.5
            value = self._middle.x() if horizontal else self._middle.y()
            value = min(1 - least, max(least, value))
            (self._middle.setX if horizontal else self._middle.setY)(value)
        self.update()
        self.zoomed.emit()

    def _place(self) -> QRectF:
        """Where the side lies, in pixels of this widget."""
        size = self.whole_size() * self.zoom
        centre = QRectF(self.rect()).center()
        return QRectF(
            centre.x() - self._middle.x() * size.width(), centre.y() - self._middle.y() * size.height(),
            size.width(), size.height(),
        )  # fmt: skip

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), theme.colour(theme.FIELD))
        place = self._place()
        if self.width_share < 1:
            half = place.width() * self.width_share / 2
            place = QRectF(place.center().x() - half, place.top(), 2 * half, place.height())
        if self.picture.isNull():
            painter.fillRect(place, theme.colour(theme.PAPER))
        else:
            painter.drawImage(place, self._fitting(place))
        if self.waits:
            painter.setOpacity(0.7)
            painter.fillRect(place, theme.colour(theme.GROUND))
            painter.setOpacity(1)
            painter.setFont(theme.font(theme.LARGE, bold=True))
            painter.setPen(theme.colour(theme.INK))
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self.waits)
        if self.hasFocus():
            painter.setPen(theme.colour(theme.ACCENT))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _fitting(self, place: QRectF) -> QImage:
        """The picture made smaller where it is far too large: the painter alone would leave out dots."""
        ratio = self.devicePixelRatioF()
        wanted = (place.size() * ratio).toSize()
        if 0 < wanted.width() < self.picture.width() * 0.75:
            smooth = Qt.TransformationMode.SmoothTransformation
            return self.picture.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        return self.picture

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._changed()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y()
        if turns:
            self.look_closer(_STEP if turns > 0 else 1 / _STEP, event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.position().toPoint()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            here = event.position().toPoint()
            moved = self._held - here
            self._held = here
            self.move_by(moved.x() / max(1, self.width()), moved.y() / max(1, self.height()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.zoom > 1:
            self.see_whole()
        else:
            self.look_closer(2.5, event.position())


class PaperWindow(QDialog):
    """A window beside all others. `sheet` and `side` (from 0) are seen first."""

    def __init__(self, parent: QWidget, sheets: Sequence[bytes], sheet: int = 0, side: int = 0) -> None:
        """Raises ValueError for what is no PDF."""
        sides = [sides_of(body) for body in sheets]  # before there is a window that would be left half made
        super().__init__(parent, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("PaperWindow")
        self._sides = sides
        self.sheet, self.side, self.copied = sheet, side, False
        self._made: dict[Wanted, QImage] = {}
        self._asked: set[Wanted] = set()
        self._studio = Studio(self, sheets)
        self._studio.ready.connect(self._take)
        self.canvas = Canvas()
        self.canvas.zoomed.connect(self._show)
        self.place = label("", "head", name="paper_place")
        self.told = label("", wrap=True, name="paper_told")
        self.keys = Elided()
        self.keys.setProperty("role", "small")
        self.previous = button("", lambda: self.leaf(-1))
        self.turn_over = button("", self.turn, role="main")
        self.next = button("", lambda: self.leaf(1))
        self.smaller = button("", lambda: self.canvas.look_closer(1 / _STEP))
        self.whole = button("", self.canvas.see_whole)
        self.larger = button("", lambda: self.canvas.look_closer(_STEP))
        self.copier = button("", self.copy, role="tight")
        self.copier.setCheckable(True)
        self.language = button("", LANGUAGE.toggle, role="way")
        self._turning = QVariantAnimation(self)
        self._turning.setDuration(_TURN_MS)
        self._turning.setStartValue(-1.0)
        self._turning.setEndValue(1.0)
        self._turning.valueChanged.connect(self._squeeze)
        self._lay_out()
        LANGUAGE.changed.connect(self._speak)
        self._speak()
        self.canvas.setFocus()

    def _lay_out(self) -> None:
        theme.style(self)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(
            QLayout.SizeConstraint.SetNoConstraint
        )  # other words do not resize the window
        self.setMinimumSize(theme.px(_LEAST.width()), theme.px(_LEAST.height()))
        layout.setContentsMargins(theme.EDGE, theme.GAP, theme.EDGE, theme.GAP)
        layout.setSpacing(theme.GAP)
        layout.addLayout(row(self.place, 1, self.language))
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.told)
        actions = QHBoxLayout()
        actions.setSpacing(theme.GAP)
        for action in self._actions():
            actions.addWidget(action, 1)
        layout.addLayout(actions)
        layout.addWidget(self.keys)
        room = self.screen().availableSize()
        high = int(room.height() * _SHARE)
        self.resize(min(int(room.width() * _SHARE), max(theme.px(_WIDTH), high * 3 // 4)), high)
        self.move(self.screen().availableGeometry().center() - self.rect().center())

    def _actions(self) -> tuple[QPushButton, ...]:
        return (
            self.previous, self.turn_over, self.next, self.smaller, self.whole, self.larger, self.copier,
        )  # fmt: skip

    def _speak(self) -> None:
        keys = ("previous", "turn", "next", "smaller", "whole", "larger")
        for action, key in zip(self._actions(), keys, strict=False):
            action.setText(say(f"paper.{key}"))
            action.setAccessibleName(action.text())
        self.setWindowTitle(say("paper"))
        self.keys.setText(say("paper.keys"))
        self.language.setText(say("language"))
        self.language.setAccessibleName(say("language"))
        self._show()

    # --- what can be done ---------------------------------------------------------------------------------------------------------

    def leaf(self, step: int) -> None:
        """To the next sheet, or with -1 the one before; its front."""
        wanted = self.sheet + step
        if 0 <= wanted < len(self._sides):
            self.sheet, self.side = wanted, 0
            self._show()

    def turn(self) -> None:
        """To the other side."""
        if self._sides[self.sheet] > 1:
            self.side = 1 - self.side
            self._turning.stop()
            self._turning.start()
            self._show()

    def copy(self) -> None:
        """Put the sheet on the copier, or look at the paper itself again."""
        self.copied = not self.copied
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        done = {
            Qt.Key.Key_Right: lambda: self.leaf(1),
            Qt.Key.Key_PageDown: lambda: self.leaf(1),
            Qt.Key.Key_Left: lambda: self.leaf(-1),
            Qt.Key.Key_PageUp: lambda: self.leaf(-1),
            Qt.Key.Key_Space: self.turn,
            Qt.Key.Key_Plus: lambda: self.canvas.look_closer(_STEP),
            Qt.Key.Key_Semicolon: lambda: self.canvas.look_closer(
                _STEP
            ),  # + of a Japanese keyboard without shift
            Qt.Key.Key_Equal: lambda: self.canvas.look_closer(_STEP),
            Qt.Key.Key_Minus: lambda: self.canvas.look_closer(1 / _STEP),
            Qt.Key.Key_0: self.canvas.see_whole,
            Qt.Key.Key_Up: lambda: self.canvas.move_by(0, -0.2),
            Qt.Key.Key_Down: lambda: self.canvas.move_by(0, 0.2),
            Qt.Key.Key_C: self.copy,
        }.get(Qt.Key(event.key()))
        if done is None:
            super().keyPressEvent(event)
        else:
            done()

    # --- what is seen ---------------------------------------------------------------------------------------------------------------

    def seen(self) -> bool:
        """Whether the side that is wanted is the one that is seen, as sharp as it will be."""
        return self._wanted() in self._made

    def _wanted(self) -> Wanted:
        if self.copied:  # it takes seconds: once for every look at it
            return Wanted(self.sheet, self.side, True, _DPI[-1])
        dots = self.canvas.dots()
        dpi = next((one for one in _DPI if one >= dots), _DPI[-1])
        return Wanted(self.sheet, self.side, self.copied, dpi)

    def _show(self) -> None:
        wanted = self._wanted()
        if wanted not in self._made and wanted not in self._asked:
            self._asked.add(wanted)
            self._studio.ask(wanted)
        best = self._best(wanted)
        waits = self.copied and best.isNull() and wanted not in self._made
        if waits:  # the sheet lies on the glass meanwhile
            best = self._best(Wanted(wanted.sheet, wanted.side, False, wanted.dpi))
        self.canvas.show_picture(best, say("paper.copying") if waits else "")
        count, side = len(self._sides), say(f"paper.{SIDES[self.side]}")
        self.place.setText(say("paper.place", number=self.sheet + 1, count=count, side=side))
        self.canvas.setAccessibleName(self.place.text())
        self.previous.setEnabled(self.sheet > 0)
        self.next.setEnabled(self.sheet + 1 < count)
        self.turn_over.setEnabled(self._sides[self.sheet] > 1)
        self.copier.setChecked(self.copied)
        self.copier.setText(say("paper.original" if self.copied else "paper.copy"))
        self.copier.setAccessibleName(self.copier.text())
        self.smaller.setEnabled(self.canvas.zoom > 1)
        self.whole.setEnabled(self.canvas.zoom > 1)
        self.larger.setEnabled(self.canvas.zoom < MOST_ZOOM)
        lost = wanted in self._made and self._made[wanted].isNull()
        key = "lost" if lost else "copying" if waits else "copied" if self.copied else "seen"
        self.told.setText(say(f"paper.{key}"))
        set_role(self.told, "bad" if lost else "")

    def _best(self, wanted: Wanted) -> QImage:
        """The picture that is wanted, else the same side less sharp; a null one for none."""
        same = [
            (made.dpi, picture)
            for made, picture in self._made.items()
            if (made.sheet, made.side, made.copied) == (wanted.sheet, wanted.side, wanted.copied)
        ]
        return self._made.get(wanted) or max(same, key=lambda one: one[0], default=(0, QImage()))[1]

    def _take(self, made: Wanted, picture: QImage) -> None:
        self._made[made] = picture
        self._asked.discard(made)
        for old in [one for one in self._made if one.sheet != self.sheet][: max(0, len(self._made) - _KEPT)]:
            del self._made[old]
        self._show()

    def _squeeze(self, share: float) -> None:
        self.canvas.width_share = abs(share)
        self.canvas.update()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._studio.stop()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        self._studio.stop()
        super().done(result)
