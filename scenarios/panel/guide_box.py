"""The panel's head: large what to do next; in a tour also what is read aloud, and the ways on and back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from scenarios.tours import Tour
from scenarios.tours.tour import Both

from . import theme
from .next_thing import Thing
from .parts import Box, Spaced, button, even, label, row, set_role

TITLE = "次にすること"
CLOCK_STANDS = "説明の間、時計は止めてあります"
_SIDE_BY_SIDE = 900
_WITH_ABOUT, _WITH_BOTH = 90, 124
"""Pixels of a tile's height for so much of its words."""
FREE = Both("自由に操作する", "Free play")
FREE_ABOUT = Both(
    "すべてのカード・障害・時計を、自分で動かす", "All cards, faults and the clock in your own hands"
)


class GuideBox(Box):
    """`on`, `back`, `leave` and `again` are what its buttons do."""

    def __init__(
        self,
        on: Callable[[], object],
        back: Callable[[], object],
        again: Callable[[], object],
        leave: Callable[[], object],
    ) -> None:
        super().__init__()
        self.setAccessibleName(TITLE)
        self.course = label("", "soft", name="course")
        self.place = label("", "soft", name="place")
        self.clock = label(CLOCK_STANDS, "small")
        self.head = QWidget()
        head = row(self.course, self.place, 1, self.clock)
        head.setContentsMargins(0, 0, 0, theme.px(3))
        self.head.setLayout(head)
        self.says = Spaced("caption", "caption")
        self.says_english = Spaced("english", "caption_english")
        self.what = label(TITLE, "soft")
        self.next = Spaced("next", "next_thing")
        self.next.setAccessibleName(TITLE)
        self.next_english = Spaced("english", "next_english")
        self.back = button("戻る", back, tip="一つ前の場面に戻ります")
        self.on = button("次へ", on, tip="この場面の操作を代わりに行い、次の場面へ進みます")
        self.again = button("はじめから", again, tip="この見学コースを、最初の場面からやり直します")
        self.leave = button("コースを選ぶ", leave, tip="見学をやめて、コースの一覧に戻ります")
        self.ways = QWidget()
        ways = even(self.back, self.on, self.again, self.leave)
        ways.setContentsMargins(0, 0, 0, 0)
        self.ways.setLayout(ways)
        told = QWidget()
        column = QVBoxLayout(told)
        self._told = column
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2))
        for part in (self.what, self.next, self.next_english):
            column.addWidget(part)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.px(16))
        self._grid.addWidget(told, 0, 0)
        self._grid.addWidget(self.ways, 1, 0)
        self._grid.setColumnStretch(0, 1)
        for one in (self.head, self.says, self.says_english):
            self.inside.addWidget(one)
        self.inside.addLayout(self._grid)
        self.inside.setSpacing(theme.px(3))
        self._tour: Tour | None = None
        self._roomy = self._high = True

    def fit(self, narrow: bool, low: bool) -> None:
        """Smaller letters in a narrow window, and only what must be said in a low one."""
        set_role(self.next, "narrow_next" if narrow else "next")
        set_role(self.says, "narrow_caption" if narrow else "caption")
        self._roomy, self._high = not narrow, not low
        self._grid.removeWidget(self.ways)
        beside = (0, 1) if self._roomy else (1, 0)
        self._grid.addWidget(self.ways, *beside)
        self._offer()

    def _offer(self) -> None:
        led = self._tour is not None
        for part in (self.head, self.says, self.ways):
            part.setVisible(led)
        self._told.setContentsMargins(0, theme.px(6) if led and self._high else 0, 0, 0)
        self.says_english.setVisible(led and self._high)
        self.clock.setVisible(led and self._roomy)
        self.what.setVisible(self._high)
        self.next_english.setVisible(self._high)

    def show_tour(self, tour: Tour | None, at: int) -> None:
        """`at`: the step that comes next."""
        self._tour = tour
        self._offer()
        if tour is None:
            return
        step, last = tour.steps[at], at == len(tour.steps) - 1
        self.course.setText(tour.title.ja)
        self.place.setText(f"{at + 1}／{len(tour.steps)}")
        self.says.setText(step.says.ja)
        self.says_english.setText(step.says.en)
        self.back.setEnabled(at > 0)
        self.on.setEnabled(not last)

    def show_next(self, thing: Thing) -> None:
        self.next.setText(thing.told.ja)
        self.next_english.setText(thing.told.en)


class TourPage(QWidget):
    """The choice: one button a tour, with what it shows as far as there is room, and free play."""

    def __init__(self, tours: tuple[Tour, ...], choose: Callable[[Tour | None], object]) -> None:
        super().__init__()
        self.setAccessibleName("見学コースの一覧")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.GAP)
        self.choices = [Tile(tour.title, tour.about, partial(choose, tour)) for tour in tours]
        self.choices.append(Tile(FREE, FREE_ABOUT, partial(choose, None)))
        self._columns = 0
        self._arrange(1)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for number, one in enumerate(self.choices):
            self._grid.removeWidget(one)
            self._grid.addWidget(one, number // columns, number % columns)
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange(2 if self.width() >= theme.px(_SIDE_BY_SIDE) else 1)
        rows = -(-len(self.choices) // self._columns)
        for one in self.choices:
            one.fit((self.height() + theme.GAP) // rows - theme.GAP)
        super().resizeEvent(event)


class Tile(QPushButton):
    """Three lines that are pressed as one."""

    def __init__(self, title: Both, about: Both, action: Callable[[], object]) -> None:
        super().__init__()
        self.setAccessibleName(title.ja)
        self.setProperty("role", "tile")
        self.setAutoDefault(False)
        self.clicked.connect(lambda: action())
        inside = QVBoxLayout(self)
        inside.setContentsMargins(theme.px(14), theme.px(6), theme.px(14), theme.px(6))
        inside.setSpacing(theme.px(3))
        self._lines: list[Spaced] = []
        inside.addStretch(1)
        for text, role in (
            (title.ja, "large"),
            (about.ja, "soft"),
            (title.en, "english"),
            (about.en, "english"),
        ):
            line = Spaced(role)
            line.setText(text)
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            inside.addWidget(line)
            self._lines.append(line)
        inside.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def fit(self, height: int) -> None:
        """Say as much as there is room for: what it is, in both languages, always; what it shows in one, or in both."""
        _, about, _, about_english = self._lines
        about.setVisible(height >= theme.px(_WITH_ABOUT))
        about_english.setVisible(height >= theme.px(_WITH_BOTH))
        self.setToolTip(about.text())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        inside = self.layout()
        assert inside is not None
        return inside.heightForWidth(width)

    def sizeHint(self) -> QSize:
        inside = self.layout()
        assert inside is not None
        return inside.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), self.heightForWidth(max(self.width(), theme.px(200))))
