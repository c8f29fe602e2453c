"""The card and its PIN: place the card, the PIN pad, the last try, take the card."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cards.pins import PIN_LENGTH
from kiosk_app.flow.events import CancelTouched, LastTryAccepted, PinEntered
from kiosk_app.flow.presenter import FULL_TRIES
from kiosk_app.flow.views import ConfirmLastTry, EnterPin, PlaceCard, TakeCard
from server_stub.interface.secret import Secret

from . import theme
from .button import Button, Kind
from .pager import cells
from .parts import Placed, rect, rounded
from .screen import Picture, Screen
from .texts import Words


class PlaceCardScreen(Picture[PlaceCard]):
    def title(self) -> str:
        return self.words("place_card.again") if self.view.again else self.card_words("place_card.title")

    def fill(self) -> None:
        first = self.words("place_card.again.1") if self.view.again else self.card_words("place_card.1")
        sentences = [first, *(self.words(f"place_card.{n}") for n in (2, 3))]
        self.show_picture("place_card", sentences)


class Dots(Placed, QWidget):
    """`places` fields; a dot stands for each character that was entered. A screen reader says how many, never which."""

    def __init__(
        self,
        parent: QWidget,
        words: Words,
        colours: theme.Palette,
        places: int = PIN_LENGTH,
        gap: float = theme.GAP,
    ) -> None:
        super().__init__(parent)
        self.words, self.colours, self.places, self.gap, self.count = words, colours, places, gap, 0
        self.show_count(0)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_count(self, count: int) -> None:
        self.count = count
        self.setAccessibleName(self.words.count("entered", count))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        for index, box in enumerate(cells(self.area, self.places, 1, self.gap)):
            rounded(
                painter,
                box,
                self.colours.ground,
                self.colours.accent if index <= self.count else self.colours.frame,
                8,
                3,
            )
            if index < self.count:
                painter.setPen(QPen(Qt.PenStyle.NoPen))
                painter.setBrush(QColor(self.colours.ink))
                radius = min(16, box.width() / 4)
                painter.drawEllipse(QPointF(box.center()), radius, radius)
        painter.end()


class EnterPinScreen(Screen[EnterPin]):
    """The keys carry the property `secret`: what was touched there must not be written down anywhere."""

    TYPES = True

    def title(self) -> str:
        return self.words("pin.title")

    def fill(self) -> None:
        self._digits: list[str] = []
        c = self.content
        pad_wide = 480
        left = c.width() - pad_wide - 2 * theme.GAP
        self._told(rect(c.left(), c.top(), left, 148))
        self.dots = Dots(self, self.words, self.colours)
        self.dots.place(rect(c.left() + (left - 456) / 2, c.top() + 172, 456, 104))
        note = rect(c.left(), c.top() + 300, left, c.height() - 300)
        self.text(note, self.words("pin.note"), theme.TEXT)
        pad = rect(c.right() - pad_wide, c.top(), pad_wide, c.height())
        keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", self.words("pin.correct")]
        self.keys: list[Button] = []
        for box, key in zip(cells(pad, 3, 4), keys, strict=True):
            if not key:
                continue
            digit = key.isdigit()
            made = self.button(
                box,
                key,
                partial(self._digit, key) if digit else self._correct,
                Kind.CHOICE if digit else Kind.QUIET,
                size=44 if digit else theme.LEAD,
            )
            if digit:
                made.keep_secret()
            self.keys.append(made)
        self.next = self.main(self.words("main.next"), self._done, enabled=False)

    def _told(self, box: QRectF) -> None:
        tries = self.view.tries_left
        left = [] if tries is None else [self.words.count("pin.tries", tries)]
        if not self.view.was_wrong and (tries is None or tries >= FULL_TRIES):
            kind = self.view.kind
            ask = (
                self.words("pin.ask")
                if kind is None
                else self.words("pin.ask.kind", kind=self.words.offered(kind))
            )
            asked = "\n".join([ask, *left])
            self.text(box, asked, theme.LEAD, least=theme.SMALL)
            return
        self.panel(box, self.colours.ink)
        sentences = [self.words("pin.wrong"), *left] if self.view.was_wrong else left
        inner = box.adjusted(28, 20, -28, -20)
        self.text(
            inner, "\n".join(sentences), theme.LEAD, bold=True, colour=self.colours.ground, least=theme.SMALL
        )

    def _digit(self, digit: str) -> None:
        if len(self._digits) < PIN_LENGTH:
            self._digits.append(digit)
            self._changed()

    def _correct(self) -> None:
        if self._digits:
            self._digits.pop()
            self._changed()

    def type_text(self, text: str) -> None:
        if text in "0123456789":
            self._digit(text)

    def erase(self) -> None:
        self._correct()

    def _changed(self) -> None:
        self.dots.show_count(len(self._digits))
        self.next.setEnabled(len(self._digits) == PIN_LENGTH)

    def _done(self) -> None:
        pin = Secret("".join(self._digits))
        self.leave()
        self._changed()
        self.tell(PinEntered(pin))

    def leave(self) -> None:
        self._digits.clear()


class ConfirmLastTryScreen(Picture[ConfirmLastTry]):
    def title(self) -> str:
        return self.words(f"last_try.title{self._which()}")

    def _which(self) -> str:
        return ".password" if self.view.password else ""

    def fill(self) -> None:
        strong = self.words("password.wrong" if self.view.password else "pin.wrong")
        sentences = [self.words(f"last_try.{n}{self._which()}") for n in (1, 2)]
        self.show_picture("last_try", sentences, strong if self.view.was_wrong else "")
        self.way_back(self.words("last_try.stop"), lambda: self.tell(CancelTouched()))
        self.main(self.words("last_try.go"), lambda: self.tell(LastTryAccepted()))


class TakeCardScreen(Picture[TakeCard]):
    MORE = ""
    RENEWS = True

    def title(self) -> str:
        return self.words("take_card.title")

    def fill(self) -> None:
        strong = self.words("take_card.forgotten") if self.view.forgotten else ""
        sentences = [self.card_words("take_card.1"), self.words("take_card.2")]
        self.show_picture("take_card", sentences, strong)
