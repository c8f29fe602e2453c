"""What is typed for the 利用登録申請: 町名・番地, 筆頭者の氏名, telephone number, and the password of the signature certificate."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import DomicileEntered, Event, HeadEntered, PasswordEntered, TelephoneEntered
from kiosk_app.flow.views import EnterDomicile, EnterHead, EnterPassword, EnterTelephone
from kiosk_app.input_method.composing import Composition, composition
from kiosk_app.input_method.entries import (
    DIGITS,
    DOMICILE,
    HEAD,
    KEYS_OF_PASSWORDS,
    PASSWORD_LEAST,
    PASSWORD_MOST,
    TELEPHONE,
)
from server_stub.interface.secret import Secret

from . import theme
from .button import Button, Kind
from .card_and_pin import Dots
from .keyboard import TypedText, WritingScreen
from .names import can_be_shown
from .pager import cells
from .parts import rect
from .screen import Screen
from .texts import RefusalWords

FULL_TRIES = 5
"""Tries of the password after the right one; fewer are told."""


class EnterDomicileScreen(WritingScreen[EnterDomicile]):
    ENTRY, WORDS, WITH_DIGITS = DOMICILE, "domicile", True

    def typed_before(self) -> str:
        return self.view.text

    def entered(self, text: str) -> Event:
        return DomicileEntered(text)


class EnterHeadScreen(WritingScreen[EnterHead]):
    ENTRY, WORDS, WITH_DIGITS = HEAD, "head", False

    def typed_before(self) -> str:
        return self.view.text

    def entered(self, text: str) -> Event:
        return HeadEntered(text)


class EnterTelephoneScreen(Screen[EnterTelephone]):
    """Memory: `typed`."""

    TYPES = True

    def title(self) -> str:
        return self.words("telephone.title")

    def fill(self) -> None:
        c = self.content
        pad_wide = 480
        left = c.width() - pad_wide - 2 * theme.GAP
        self.text(
            rect(c.left(), c.top(), left, 132), self.words("telephone.ask"), theme.LEAD, least=theme.SMALL
        )
        frame = rect(c.left(), c.top() + 148, left, 88)
        self.panel(frame, self.colours.ground, self.colours.accent)
        self.field = TypedText(self, frame.adjusted(20, 12, -20, -12), self.colours, 44)
        note = rect(c.left(), frame.bottom() + theme.GAP, left, c.bottom() - frame.bottom() - theme.GAP)
        self.hint = self.text(note, "", theme.TEXT, top=True, least=theme.SMALL)
        for box, key in zip(
            cells(rect(c.right() - pad_wide, c.top(), pad_wide, c.height()), 3, 4),
            "123456789-0",
            strict=False,
        ):
            self.button(box, key, partial(self._put, key), size=44)
        last = cells(rect(c.right() - pad_wide, c.top(), pad_wide, c.height()), 3, 4)[-1]
        self.delete = self.button(
            last,
            self.words("writing.delete"),
            lambda: self._changed(self.typed.delete()),
            Kind.QUIET,
            theme.LEAD,
        )
        self.next = self.main(self.words("main.next"), lambda: self.tell(TelephoneEntered(self.typed.text)))
        self._changed(self.typed)

    @property
    def typed(self) -> Composition:
        if "typed" not in self.memory:
            self.memory["typed"] = composition(TELEPHONE, self.view.text, can_be_shown)
        found: Composition = self.memory["typed"]
        return found

    def _put(self, key: str) -> None:
        self._changed(self.typed.put(key))

    def type_text(self, text: str) -> None:
        if text in "0123456789-":
            self._put(text)

    def erase(self) -> None:
        self._changed(self.typed.delete())

    def _changed(self, typed: Composition) -> None:
        self.memory["typed"] = typed
        self.field.show_composition(typed)
        self.delete.setEnabled(bool(typed.before))
        self.next.setEnabled(typed.complete)
        told = self.words("telephone.note")
        if typed.refusal is not None:
            refused = RefusalWords(self.words, typed.refusal.failure, dict(typed.refusal.facts))
            told = self.words("between.sentences").join([refused.happened, *refused.known])
        self.hint.bold = typed.refusal is not None
        self.hint.say(told)


class EnterPasswordScreen(Screen[EnterPassword]):
    """The keys carry the property `secret`: what was touched there must not be written down anywhere. It has no memory."""

    SHOWS_STEPS = False
    TYPES = True

    def title(self) -> str:
        return self.words("password.title")

    def fill(self) -> None:
        self._characters: list[str] = []
        c = self.content
        self._told(rect(c.left(), c.top(), c.width(), 100))
        self.dots = Dots(self, self.words, self.colours, PASSWORD_MOST, 8)
        self.dots.place(rect(c.left(), c.top() + 116, c.width(), 64))
        area = rect(c.left(), c.bottom() - 352, c.width(), 352)
        digits = rect(area.right() - 272, area.top(), 272, area.height())
        letters = rect(area.left(), area.top(), area.width() - 272 - 64, area.height())
        boxes = cells(letters, 9, 4)
        self.keys: list[Button] = []
        for box, letter in zip(boxes, KEYS_OF_PASSWORDS, strict=False):
            self._key(box, letter)
        for box, digit in zip(cells(digits, 3, 4), "123456789 0", strict=False):
            if digit in DIGITS:
                self._key(box, digit)
        last = boxes[27].united(boxes[29])
        self.delete = self.button(last, self.words("writing.delete"), self._delete, Kind.QUIET, theme.TEXT)
        note = boxes[30].united(boxes[35])
        self.text(note.adjusted(8, 0, 0, 0), self.words("password.note"), theme.SMALL)
        self.next = self.main(self.words("main.next"), self._done, enabled=False)

    def _key(self, box: QRectF, character: str) -> None:
        made = self.button(box, character, partial(self._put, character), size=theme.LARGE)
        made.keep_secret()
        self.keys.append(made)

    def _told(self, box: QRectF) -> None:
        tries = self.view.tries_left
        left = [] if tries is None else [self.words.count("password.tries", tries)]
        if not self.view.was_wrong and (tries is None or tries >= FULL_TRIES):
            self.text(box, "\n".join([self.words("password.ask"), *left]), theme.LEAD, least=theme.SMALL)
            return
        self.panel(box, self.colours.ink)
        sentences = [self.words("password.wrong"), *left] if self.view.was_wrong else left
        inner = box.adjusted(28, 12, -28, -12)
        self.text(
            inner, "\n".join(sentences), theme.LEAD, bold=True, colour=self.colours.ground, least=theme.SMALL
        )

    def _put(self, character: str) -> None:
        if len(self._characters) < PASSWORD_MOST:
            self._characters.append(character)
            self._changed()

    def _delete(self) -> None:
        if self._characters:
            self._characters.pop()
            self._changed()

    def type_text(self, text: str) -> None:
        if text.upper() in KEYS_OF_PASSWORDS or text in DIGITS:
            self._put(text.upper())

    def erase(self) -> None:
        self._delete()

    def _changed(self) -> None:
        self.dots.show_count(len(self._characters))
        self.next.setEnabled(len(self._characters) >= PASSWORD_LEAST)

    def _done(self) -> None:
        password = Secret("".join(self._characters))
        self.leave()
        self._changed()
        self.tell(PasswordEntered(password))

    def leave(self) -> None:
        self._characters.clear()
