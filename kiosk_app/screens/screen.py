"""What all screens have in common: the page with title, steps, way back, main button, cancel and language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk_app.flow.events import (
    BackTouched,
    CancelTouched,
    Event,
    LanguageChosen,
    LookChosen,
    MoreTimeTouched,
)
from kiosk_app.flow.views import Step, View

from . import keys, theme
from .button import Button, Kind, Tick, TouchGuard
from .chrome import Countdown, StepRow
from .conversion import Conversion
from .parts import Align, Drawing, Panel, Placed, Text, fit_together, rect, stack
from .texts import NAMES, Words, unread

V = TypeVar("V", bound=View)
SENTENCE_GAP = 52
"""Between the sentences beside a drawing."""
PICTURE_GAP = 14
"""The least of it."""
CODE_HIGH = 24
NUMBER_HIGH = 36


class Title(Text):
    """Of a screen: in one line if that is possible at its least size, else in two as large as they can be."""

    def say(self, text: str) -> None:
        self.single = True
        super().say(text)
        if len(self.lines) > 1:
            self.single = False
            super().say(text)


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
    MORE: ClassVar[str] = "countdown.more"
    """The words of the button that asks for more time; '' where nothing can be continued."""
    ESCAPE_CANCELS: ClassVar[bool] = True
    """Whether Esc presses 「中止する」 where there is no way back; else it only leads there."""
    TYPES: ClassVar[bool] = False
    """Whether something is typed on it, so that Enter means its main button."""
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
        self.colours = theme.palette(view.accent, view.look)
        self.memory: dict[str, Any] = memory if memory is not None else {}
        self._emit = emit
        self._countdown: Countdown | None = None
        self.main_button: Button | None = None
        self.has_steps = self.SHOWS_STEPS and view.step is not Step.NONE and not view.look.large
        self.content = theme.content(self.has_steps)
        self._warns = self.WARNS and unread(self.words.language) > 0
        if self._warns:
            self.content.setTop(theme.WARNING.bottom() + theme.WARNING_GAP)
        self.setObjectName(type(view).__name__)
        self.place(QRectF(0, 0, theme.WIDTH, theme.HEIGHT))
        self._chrome()
        self.fill()
        self.setAccessibleName(self.title())

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
        frame = (view.language, view.look, view.step, view.can_cancel, view.can_go_back, view.accent)
        if not self.RENEWS or frame != (
            before.language, before.look, before.step, before.can_cancel, before.can_go_back, before.accent
        ):  # fmt: skip
            return False
        self.view = view
        at = self.focused_at()
        for part in self.children():
            if isinstance(part, QWidget) and part is not self._countdown and part not in self._frame:
                part.hide()
                part.deleteLater()
        kept = set(self.children())
        self._title.say(self.title())
        self.setAccessibleName(self.title())
        self.fill()
        self._show_new(kept)
        self.focus_at(at)
        return True

    def refill(self, *, other: bool = False) -> None:
        """Build the page anew from view and memory. `other`: something else lies under the finger now (another page of a
        list, another group), and not the same with another selection."""
        if other:
            self.guard.changed()
        at = self.focused_at()
        old = {part for part in self.children() if isinstance(part, QWidget) and part is not self._countdown}
        # they go with the next turn of the event loop: taking each out now would cost more than the page
        for part in old:
            part.hide()
            part.deleteLater()
        self._chrome()
        self.fill()
        self._show_new(old)
        self.setAccessibleName(self.title())
        self.focus_at(at)

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

    def panel(self, box: QRectF, fill: str | None = None, edge: str | None = None) -> Panel:
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
        self.main_button = made
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
            self.cancel_button = self.button(
                rect(right - 180, head.top(), 180, theme.TOUCH),
                self.words("chrome.cancel"),
                lambda: self.tell(CancelTouched()),
                Kind.QUIET,
                theme.TEXT,
            )
            right -= 180
        right -= theme.GAP
        # a title of one line, or of two where it is too long
        self._title = Title(
            self,
            rect(head.left(), head.top() - 12, right - head.left(), head.height() + 24),
            self.title(),
            theme.TITLE,
            bold=True,
            least=theme.LARGE,
        )
        if self._warns:
            warning = self.words("language.unread")
            self.text(theme.WARNING, warning, theme.SMALL, colour=self.colours.soft, single=True)
        if self.has_steps:
            StepRow(self, self.words, self.colours, self.view.step)
        if self.has_back():
            self.way_back(self.words("chrome.back"), lambda: self.go_back())
        self._frame = {part for part in self.children() if part is not self._countdown} - before

    def _language_buttons(self, right: float) -> float:
        """To the left of `right`: English or Japanese at one touch, and a globe that leads to all languages and looks. Where they
        begin."""
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

    def look_tile(self, box: QRectF, name: str) -> Button:
        """A tile that changes one thing of the look (`large` or `contrast`) and says what it does."""
        look = self.view.look
        other = replace(look, **{name: not getattr(look, name)})
        tile = self.button(
            box, self.words(f"look.{name}"), partial(self.tell, LookChosen(other)), bare=True, checkable=True
        )
        tile.setChecked(getattr(look, name))
        Tick(tile, rect(28, box.height() / 2 - 22, 44, 44))
        inner = rect(96, 12, box.width() - 116, box.height() - 24)
        label = tile.on(inner, tile.text(), theme.LARGE, bold=True)
        stack(inner, [label, tile.on(inner, self.words(f"look.{name}.about"), theme.SMALL)], 14)
        return tile

    # --- by keyboard -----------------------------------------------------------------------------------------------

    def focused_at(self) -> QRectF | None:
        """Where the button lies that has the focus of the keyboard."""
        button = keys.focused(self)
        return keys.box_on(self, button) if button is not None else None

    def focus_at(self, box: QRectF | None) -> None:
        if box is not None:
            self.window().setFocus(Qt.FocusReason.OtherFocusReason)
            keys.focus_where(self, box)

    def touched_by_key(self) -> None:
        self._touched()

    def escape(self) -> None:
        """Back; where there is no way back, cancel, if nothing is lost by it."""
        if self.has_back():
            self.go_back()
        elif self.view.can_cancel and self.ESCAPE_CANCELS:
            self.tell(CancelTouched())
        elif self.view.can_cancel:
            keys.focus(self.cancel_button)

    def enter(self) -> None:
        """Enter with the focus nowhere: the main button, where something was typed."""
        if self.TYPES and self.main_button is not None and self.main_button.isEnabled():
            self.main_button.click()

    def type_text(self, text: str) -> None:
        """A letter or digit of the keyboard; only some screens take any."""

    def erase(self) -> None:
        """Backspace."""

    def code(self, failure: str, number: QRectF, *, own_words: bool = False) -> None:
        """For whoever is asked: the number of a failure, in the box `number`, to be read over the telephone, and its name, small.
        `own_words`: it tells of itself, where the catalogue does not know it."""
        from server_stub.interface.failures import number_of

        spoken = self.words("refusal.number", number=number_of(failure, own_words=own_words))
        self.text(number, spoken, theme.SMALL, bold=True, single=True)
        self.name_of_failure(failure)

    def name_of_failure(self, failure: str) -> None:
        c = self.content
        box = rect(c.right() - 520, c.bottom() - CODE_HIGH, 520, CODE_HIGH)
        told = self.words("refusal.code", code=failure)
        self.text(box, told, theme.CODE, colour=self.colours.soft, align=Align.RIGHT, figures=True)

    def count_down(self, seconds: int | None) -> None:
        """Show that `seconds` are left; None: no countdown."""
        if seconds is None:
            if self._countdown is not None:
                self._countdown.hide()
            return
        if self._countdown is None:
            self._countdown = Countdown(self, self.words, self.colours, self.guard, self.MORE)
            if self._countdown.button is not None:
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
        painter.fillRect(self.area, QColor(self.colours.ground))
        painter.fillRect(QRectF(0, 0, theme.WIDTH, theme.BAND), QColor(self.colours.accent))
        painter.end()


class Picture(Screen[V]):
    """A screen that says one thing with a drawing: the drawing at the left, sentences at the right."""

    def show_picture(self, name: str, sentences: list[str], strong: str = "", failure: str = "") -> None:
        """`strong`: an urgent sentence on a dark ground above the others; `failure`: whose code stands small below them."""
        c = self.content
        half = c.width() * (0.3 if self.view.look.large else 0.46)
        self.panel(rect(c.left(), c.top(), half, c.height()))
        self.drawing(rect(c.left() + 24, c.top() + 24, half - 48, c.height() - 48), name)
        left = c.left() + half + 2 * theme.GAP
        wide = c.right() - left
        top = c.top()
        if strong:
            self.panel(rect(left, top, wide, 112), self.colours.ink)
            self.text(
                rect(left + 24, top + 12, wide - 48, 88),
                strong,
                theme.LEAD,
                bold=True,
                colour=self.colours.ground,
                least=theme.TEXT,
            )
            top += 112 + theme.GAP
        bottom = c.bottom() - (CODE_HIGH + NUMBER_HIGH + 24 if failure else 0)
        box = rect(left, top, wide, bottom - top)
        told = [self.text(box, one, theme.LEAD, least=theme.SMALL) for one in sentences]
        fit_together(told, bottom - top - PICTURE_GAP * (len(told) + 1))
        spare = bottom - top - sum(text.used.height() for text in told)
        gap = min(SENTENCE_GAP, spare / (len(told) + 1))
        for text in told:
            top += gap
            text.place(rect(left, top, wide, text.used.height()))
            top += text.used.height()
        if failure:
            self.code(failure, rect(left, bottom + 8, wide, NUMBER_HIGH))
