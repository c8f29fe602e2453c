"""What all screens have in common: the page with title, steps, way back, main button, cancel and language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk_app.flow.events import BackTouched, CancelTouched, Event, LanguageChosen, MoreTimeTouched
from kiosk_app.flow.views import Step, View

from . import theme
from .button import Button, Kind, TouchGuard
from .chrome import Countdown, StepRow
from .conversion import Conversion
from .parts import Align, Drawing, Panel, Placed, Text, rect
from .texts import NAMES, Words, unread

V = TypeVar("V", bound=View)
SENTENCE_GAP = 52
"""Between the sentences beside a drawing."""
CODE_HIGH = 24


@dataclass(frozen=True, slots=True)
class LanguagesTouched(Event):
    """Show the languages to choose from. Of the window alone: the flow hears of the language that was chosen."""


@dataclass(frozen=True, slots=True)
class LanguagesLeft(Event):
    """Show again what stood there before; of the window alone."""


class Screen(Placed, QWidget, Generic[V]):
    """One view on a page. A screen says what it holds in `fill`; what it tells goes through `tell`.

    `memory` is what the resident has begun on this screen (a page turned, a box ticked); it survives only a change
    of language.
    """

    MAIN_WIDTH: ClassVar[float] = 364
    SHOWS_STEPS: ClassVar[bool] = True
    """Whether there is room for the row of steps; a keyboard needs it."""
    WARNS: ClassVar[bool] = False
    """Whether it says that nobody has read the translation: where a visit begins."""
    RENEWS: ClassVar[bool] = False
    """Whether it changes by itself (a coin, a sheet, a reminder): the buttons of the page's frame stay then, so that none that
    is held down is lost. Such a screen has no memory."""

    def __init__(
        self,
        parent: QWidget,
        view: V,
        emit: Callable[[Event], None],
        memory: dict[str, Any] | None = None,
        guard: TouchGuard | None = None,
        conversion: Conversion | None = None,
    ) -> None:
        super().__init__(parent)
        self.guard = guard or TouchGuard()
        self.conversion = conversion
        self.view = view
        self.words = Words(view.language)
        self.colours = theme.palette(view.accent)
        self.memory: dict[str, Any] = memory if memory is not None else {}
        self._emit = emit
        self._countdown: Countdown | None = None
        self.has_steps = self.SHOWS_STEPS and view.step is not Step.NONE
        self.content = theme.content(self.has_steps)
        self._warns = self.WARNS and unread(self.words.language) > 0
        if self._warns:
            self.content.setTop(theme.WARNING.bottom() + theme.WARNING_GAP)
        self.setObjectName(type(view).__name__)
        self.place(QRectF(0, 0, theme.WIDTH, theme.HEIGHT))
        self._chrome()
        self.fill()

    # --- for screens ---------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Put this screen's own things on the page."""
        raise NotImplementedError

    def title(self) -> str:
        """One polite sentence that says what to do."""
        raise NotImplementedError

    def go_back(self) -> None:
        """What 「戻る」 does; a screen with steps of its own takes one of these back first."""
        self.tell(BackTouched())

    def has_back(self) -> bool:
        return self.view.can_go_back

    def leave(self) -> None:
        """The screen will not be shown again."""

    def retire(self) -> None:
        """Another screen stands in its place: a press that began here and ends now tells nothing."""
        self._emit = lambda event: None
        self.leave()

    def still(self) -> None:
        """Set what moves by itself to its first position, so that pictures of one view are the same."""

    def tell(self, event: Event) -> None:
        self._emit(event)

    def renew(self, view: V) -> bool:
        """Show `view` in place, if only what the page holds differs; False if it must be built anew."""
        before = self.view
        frame = (view.language, view.step, view.can_cancel, view.can_go_back, view.accent)
        if not self.RENEWS or frame != (
            before.language, before.step, before.can_cancel, before.can_go_back, before.accent
        ):  # fmt: skip
            return False
        self.view = view
        for part in self.children():
            if isinstance(part, QWidget) and part is not self._countdown and part not in self._frame:
                part.hide()
                part.deleteLater()
        kept = set(self.children())
        self._title.say(self.title())
        self.fill()
        self._show_new(kept)
        return True

    def refill(self, *, other: bool = False) -> None:
        """Build the page anew from view and memory. `other`: something else lies under the finger now (another page of a
        list, another group), and not the same with another selection."""
        if other:
            self.guard.changed()
        old = {part for part in self.children() if isinstance(part, QWidget) and part is not self._countdown}
        # they go with the next turn of the event loop: taking each out now would cost more than the page
        for part in old:
            part.hide()
            part.deleteLater()
        self._chrome()
        self.fill()
        self._show_new(old)

    def _show_new(self, old: set[Any]) -> None:
        for child in self.children():
            if isinstance(child, QWidget) and child is not self._countdown and child not in old:
                if isinstance(child, Placed):
                    child.rescale(self.ratio)
                child.show()

    def card_words(self, key: str) -> str:
        """The words for the card that may be laid: a My Number Card, or, in its time, a 住民基本台帳カード too."""
        return self.words(f"{key}.either" if self.view.either_card else key)

    def bought_words(self, key: str) -> str:
        """The words for what is bought: a certificate, or the slip with a 申請番号."""
        return f"{key}.slip" if self.view.registration else key

    def text(self, box: QRectF, text: str, size: int = theme.TEXT, **how: Any) -> Text:
        return Text(self, box, text, size, **how)

    def panel(self, box: QRectF, fill: str = theme.PANEL, edge: str | None = None) -> Panel:
        return Panel(self, box, fill, edge)

    def drawing(self, box: QRectF, name: str) -> Drawing:
        return Drawing(self, box, name, self.colours)

    def button(
        self,
        box: QRectF,
        label: str,
        act: Callable[[], None],
        kind: Kind = Kind.CHOICE,
        size: int = theme.LEAD,
        **how: Any,
    ) -> Button:
        """A touch target that calls `act`."""
        made = Button(self, box, label, self.colours, kind, size, guard=self.guard, **how)
        made.pressed.connect(self._touched)
        made.clicked.connect(lambda: act())
        return made

    def main(self, label: str, act: Callable[[], None], enabled: bool = True) -> Button:
        """The main button, lower right."""
        foot = theme.FOOTER
        box = rect(foot.right() - self.MAIN_WIDTH, foot.top(), self.MAIN_WIDTH, foot.height())
        made = self.button(box, label, act, Kind.MAIN)
        made.setEnabled(enabled)
        return made

    def way_back(self, label: str, act: Callable[[], None]) -> Button:
        """The quiet button, lower left."""
        foot = theme.FOOTER
        return self.button(rect(foot.left(), foot.top(), 260, foot.height()), label, act, Kind.QUIET)

    # --- chrome --------------------------------------------------------------------------------------------------

    def _chrome(self) -> None:
        before = set(self.children())
        head = theme.HEADER
        right = head.right()
        right = self._language_buttons(right) - theme.TOUCH_GAP
        if self.view.can_cancel:
            cancel = rect(right - 180, head.top(), 180, theme.TOUCH)
            self.button(
                cancel,
                self.words("chrome.cancel"),
                lambda: self.tell(CancelTouched()),
                Kind.QUIET,
                theme.TEXT,
            )
        right -= 180 + theme.GAP
        self._title = self.text(
            rect(head.left(), head.top(), right - head.left(), head.height()),
            self.title(),
            theme.TITLE,
            bold=True,
            least=theme.LARGE,
        )
        if self._warns:
            warning = self.words("language.unread")
            self.text(theme.WARNING, warning, theme.SMALL, colour=theme.SOFT, single=True)
        if self.has_steps:
            StepRow(self, self.words, self.colours, self.view.step)
        if self.has_back():
            self.way_back(self.words("chrome.back"), lambda: self.go_back())
        self._frame = {part for part in self.children() if part is not self._countdown} - before

    def _language_buttons(self, right: float) -> float:
        """To the left of `right`: English or Japanese at one touch, and a globe that leads to all languages. Where they begin."""
        top, wide = theme.HEADER.top(), theme.LANGUAGE_WIDE
        other = "en" if self.words.language == "ja" else "ja"
        box = rect(right - wide, top, wide, theme.TOUCH)
        named = self.button(
            box, NAMES[other], lambda: self.tell(LanguageChosen(other)), Kind.QUIET, bare=True
        )
        inner = named.area.adjusted(8, 8, -8, -8)
        label = Text(named, inner, NAMES[other], theme.TEXT, align=Align.CENTRE, single=True, least=theme.SMALL, language=other)  # fmt: skip
        named.adopt(label)
        right = box.left() - theme.TOUCH_GAP - theme.TOUCH
        globe = self.button(
            rect(right, top, theme.TOUCH, theme.TOUCH),
            self.words("chrome.languages"),
            lambda: self.tell(LanguagesTouched()),
            Kind.QUIET,
            bare=True,
        )
        Drawing(globe, globe.area.adjusted(14, 14, -14, -14), "globe", self.colours)
        return right

    def code(self, failure: str) -> None:
        """The name of a failure, small, for whoever is asked."""
        c = self.content
        box = rect(c.right() - 520, c.bottom() - CODE_HIGH, 520, CODE_HIGH)
        told = self.words("refusal.code", code=failure)
        self.text(box, told, theme.CODE, colour=theme.SOFT, align=Align.RIGHT, figures=True)

    def count_down(self, seconds: int | None) -> None:
        """Show that `seconds` are left; None: no countdown."""
        if seconds is None:
            if self._countdown is not None:
                self._countdown.hide()
            return
        if self._countdown is None:
            self._countdown = Countdown(self, self.words, self.colours, self.guard)
            self._countdown.button.pressed.connect(self._touched)
            self._countdown.rescale(self.ratio)
        self._countdown.count(seconds)
        self._countdown.show()

    def _touched(self) -> None:
        if self._countdown is not None and self._countdown.isVisible():
            self.tell(MoreTimeTouched())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._touched()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        painter.fillRect(self.area, QColor(theme.GROUND))
        painter.fillRect(QRectF(0, 0, theme.WIDTH, theme.BAND), QColor(self.colours.accent))
        painter.end()


class Picture(Screen[V]):
    """A screen that says one thing with a drawing: the drawing at the left, sentences at the right."""

    def show_picture(self, name: str, sentences: list[str], strong: str = "", failure: str = "") -> None:
        """`strong`: an urgent sentence on a dark ground above the others; `failure`: whose code stands small below them."""
        c = self.content
        half = c.width() * 0.46
        self.panel(rect(c.left(), c.top(), half, c.height()))
        self.drawing(rect(c.left() + 24, c.top() + 24, half - 48, c.height() - 48), name)
        left = c.left() + half + 2 * theme.GAP
        wide = c.right() - left
        top = c.top()
        if strong:
            self.panel(rect(left, top, wide, 112), theme.INK)
            self.text(
                rect(left + 24, top, wide - 48, 112), strong, theme.LEAD, bold=True, colour=theme.GROUND
            )
            top += 112 + theme.GAP
        bottom = c.bottom() - (CODE_HIGH + 8 if failure else 0)
        told = [self.text(rect(left, top, wide, bottom - top), one, theme.LEAD) for one in sentences]
        spare = bottom - top - sum(text.used.height() for text in told)
        gap = min(SENTENCE_GAP, spare / (len(told) + 1))
        for text in told:
            top += gap
            text.place(rect(left, top, wide, text.used.height()))
            top += text.used.height()
        if failure:
            self.code(failure)
