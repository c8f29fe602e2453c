"""The keyboard for Japanese text: the kana table, the digits with the words of an address, candidates, forms of a letter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, TypeVar

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk_app.flow.events import Event
from kiosk_app.flow.views import View
from kiosk_app.input_method.composing import MARKS, NOT_TAKEN, Composition, composition
from kiosk_app.input_method.entries import Entry
from kiosk_app.input_method.variants import forms
from server_stub.interface.letter_forms import letters

from . import theme
from .button import Button, Kind
from .names import (
    Name,
    can_be_shown,
    needs_register_face,
    outline,
    register_face,
    register_font,
    width_of_name,
)
from .pager import cells, page_of
from .parts import Align, Text, rect
from .screen import Screen
from .texts import RefusalWords

V = TypeVar("V", bound=View)
Act = Callable[[Composition], Composition]

KANA = (
    "わをんー小", "らりるれろ", "やゆよ゛゜", "まみむめも", "はひふへほ", "なにぬねの", "たちつてと", "さしすせそ", "かきくけこ", "あいうえお",
)  # fmt: skip
"""The table of the fifty sounds as it hangs in every classroom: its columns from left to right, あ at the right."""
FULL_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
PLACE_WORDS = ("丁目", "番地", "番", "号", "大字", "字", "甲", "乙")
FIELD_HIGH = 76.0
HINT_HIGH = 36.0
FUNCTIONS_WIDE = 304.0
VARIANT_COLUMNS, PICK_ROWS = 8, 4
VARIANT_SIZE = 52


def _typed(kana: str, typed: Composition) -> Composition:
    return typed.kana(kana)


def _marked(mark: str, typed: Composition) -> Composition:
    return typed.mark(mark)


def _put(text: str, typed: Composition) -> Composition:
    return typed.put(text)


class TypedText(Text):
    """What is being typed, letter by letter so that the cursor stands exactly; what is converted or changed has a ground of its
    own: the reading, or with `vary` the letter before the cursor."""

    vary = False

    def __init__(self, parent: QWidget, box: QRectF, colours: theme.Palette, size: int = theme.LARGE) -> None:
        self.colours = colours
        self._composition: Composition | None = None
        self._register = False
        self._rows: list[list[str]] = [[]]
        super().__init__(parent, box, "", size, least=theme.SMALL)

    def show_composition(self, composition: Composition) -> None:
        self._composition = composition
        self.say("".join(self._all()))

    def _all(self) -> tuple[str, ...]:
        c = self._composition
        return () if c is None else (*c.before, *c.reading, *c.after)

    def say(self, text: str) -> None:
        self.setText(text)
        self._register = needs_register_face([text]) and register_font() is not None
        self.size_px = self._most
        while True:
            self._rows = self._broken()
            self.lines = ["".join(row) for row in self._rows]
            widest = max(map(self.width_of, self.lines))
            self.used = QSizeF(widest, self.size_px * (1 + theme.LINE * (len(self.lines) - 1)))
            if self.fits() or self.size_px <= self._least:
                break
            self.size_px -= 1
        self.update()

    def _width(self, letter: str) -> float:
        return width_of_name(letter, self.size_px, self._register)

    def width_of(self, line: str) -> float:
        return sum(map(self._width, letters(line)))

    def _broken(self) -> list[list[str]]:
        rows: list[list[str]] = [[]]
        used = 0.0
        for letter in self._all():
            wide = self._width(letter)
            if rows[-1] and used + wide > self.box.width():
                rows.append([])
                used = 0.0
            rows[-1].append(letter)
            used += wide
        return rows

    def paintEvent(self, event: QPaintEvent) -> None:
        c = self._composition
        if c is None:
            return
        painter = self.pen()
        painter.setFont(theme.font(self.size_px))
        first, last = len(c.before), len(c.before) + len(c.reading)
        cursor = first + c.at
        if self.vary:
            first, last = cursor - 1, cursor
        high = self.size_px * 1.1
        top = (self.box.height() - self.used.height()) / 2
        number = 0
        for index, row in enumerate(self._rows):
            x, line = 0.0, top + self.size_px * theme.LINE * index
            baseline = line + self.size_px * theme.ASCENT
            for letter in row:
                wide = self._width(letter)
                painter.setPen(Qt.PenStyle.NoPen)
                if first <= number < last:
                    painter.fillRect(QRectF(x, line, wide, self.size_px), QColor(self.colours.tint))
                    painter.fillRect(QRectF(x, line + self.size_px, wide, 3), QColor(self.colours.accent))
                if number == cursor:
                    painter.fillRect(QRectF(max(0.0, x - 1.5), line, 3, high), QColor(self.colours.accent))
                if self._register:
                    painter.save()
                    painter.setBrush(QColor(self.colour))
                    painter.translate(QPointF(x, baseline))
                    painter.scale(self.size_px, self.size_px)
                    painter.drawPath(outline(letter)[0])
                    painter.restore()
                else:
                    painter.setPen(QColor(self.colour))
                    painter.drawText(QPointF(x, baseline), letter)
                x += wide
                number += 1
            if number == cursor and index == len(self._rows) - 1:
                at = min(x, self.box.width() - 3)
                painter.fillRect(QRectF(at, line, 3, high), QColor(self.colours.accent))
        painter.end()


class WritingScreen(Screen[V]):
    """One text on the kana keyboard. Memory: `typed` (the composition), `pad` (which keys are shown), `found` (candidates or forms
    to pick from) and the page of these."""

    SHOWS_STEPS = False
    ENTRY: ClassVar[Entry]
    WORDS: ClassVar[str]
    """The first part of the keys of its words."""
    WITH_DIGITS: ClassVar[bool]
    """Whether there is a pad of digits; else a key for the space between two names."""

    def typed_before(self) -> str:
        raise NotImplementedError

    def entered(self, text: str) -> Event:
        raise NotImplementedError

    # --- the page --------------------------------------------------------------------------------------------------

    @property
    def typed(self) -> Composition:
        if "typed" not in self.memory:
            self.memory["typed"] = composition(self.ENTRY, self.typed_before(), can_be_shown)
        found: Composition = self.memory["typed"]
        return found

    @property
    def _pad(self) -> str:
        return str(self.memory.get("pad", "kana"))

    @property
    def _picks(self) -> bool:
        return self._pad in ("candidates", "variants")

    def title(self) -> str:
        return self.words(f"writing.{self._pad}.title" if self._picks else f"{self.WORDS}.title")

    def has_back(self) -> bool:
        return super().has_back() or self._picks

    def go_back(self) -> None:
        if self._picks:
            self._turn_to("kana")
        else:
            super().go_back()

    def leave(self) -> None:
        if self.conversion is not None:
            self.conversion.forget()

    def fill(self) -> None:
        if self.conversion is not None and "typed" not in self.memory:
            self.conversion.prepare()
        c = self.content
        frame = rect(c.left(), c.top(), c.width(), FIELD_HIGH)
        self.panel(frame, theme.GROUND, self.colours.accent)
        self.field = TypedText(self, frame.adjusted(20, 6, -20, -6), self.colours)
        self.field.vary = self._pad == "variants"
        self.hint = self.text(rect(c.left(), frame.bottom() + 4, c.width(), HINT_HIGH), "", theme.SMALL)
        self.keys: dict[str, Button] = {}
        area = rect(
            c.left(), frame.bottom() + HINT_HIGH + 12, c.width(), c.bottom() - frame.bottom() - HINT_HIGH - 12
        )
        if self._picks:
            self._pick(area)
        else:
            board = area.adjusted(0, 0, -FUNCTIONS_WIDE - theme.TOUCH_GAP, 0)
            (self._kana if self._pad == "kana" else self._digits)(board)
            self._functions(rect(area.right() - FUNCTIONS_WIDE, area.top(), FUNCTIONS_WIDE, area.height()))
            self.next = self.main(self.words("main.next"), self._done)
        self._changed(self.typed)

    def _turn_to(self, pad: str) -> None:
        for key in ("found", "left_out", "page"):
            self.memory.pop(key, None)
        self.memory["pad"] = pad
        self.refill(other=True)

    def _changed(self, typed: Composition) -> None:
        """Show what is typed now, on the keys that are there."""
        self.memory["typed"] = typed
        self.field.show_composition(typed)
        able = {
            "convert": bool(typed.reading),
            "commit": bool(typed.reading),
            "variants": bool(self._forms(typed)),
            "delete": bool(typed.reading or typed.before),
            "left": bool(typed.at if typed.reading else typed.before),
            "right": bool(typed.at < len(typed.reading) if typed.reading else typed.after),
        }
        for name, button in self.keys.items():
            button.setEnabled(able.get(name, True))
        if not self._picks:
            self.next.setEnabled(typed.complete)
        self._say_hint(typed)

    def _say_hint(self, typed: Composition) -> None:
        if typed.refusal is not None:
            refused = RefusalWords(self.words, typed.refusal.failure, dict(typed.refusal.facts))
            told = self.words("between.sentences").join([refused.happened, *refused.known])
        elif self._picks and self.memory.get("left_out"):
            told = RefusalWords(self.words, NOT_TAKEN, {}).choice
        elif self._picks:
            told = self.words(f"writing.{self._pad}.hint")
        elif typed.reading:
            told = self.words("writing.hint.reading")
        elif self.keys["variants"].isEnabled():
            told = self.words("writing.hint.variants")
        elif self._pad == "digits":
            told = self.words("writing.hint.digits")
        else:
            told = self.words(f"{self.WORDS}.hint")
        self.hint.bold = typed.refusal is not None
        self.hint.say(told)

    # --- keys ------------------------------------------------------------------------------------------------------

    def _key(
        self, box: QRectF, label: str, act: Act, size: int = theme.LARGE, kind: Kind = Kind.CHOICE
    ) -> Button:
        return self.button(box, label, lambda: self._changed(act(self.typed)), kind, size)

    def _kana(self, board: QRectF) -> None:
        boxes = cells(board, len(KANA), 5)
        for column, kana in enumerate(KANA):
            for row, one in enumerate(kana):
                box = boxes[row * len(KANA) + column]
                if one in MARKS:
                    self._key(box, one, partial(_marked, one), kind=Kind.QUIET)
                else:
                    self._key(box, one, partial(_typed, one))

    def _digits(self, board: QRectF) -> None:
        wide = 392.0
        for box, digit in zip(
            cells(rect(board.left(), board.top(), wide, board.height()), 3, 4), "123456789－0の", strict=True
        ):
            self._key(box, digit, partial(_put, digit.translate(FULL_DIGITS)), 44)
        words = rect(
            board.left() + wide + theme.GAP, board.top(), board.width() - wide - theme.GAP, board.height()
        )
        for box, word in zip(cells(words, 2, 4), PLACE_WORDS, strict=True):
            self._key(box, word, partial(_put, word))

    def _functions(self, area: QRectF) -> None:
        rows = cells(area, 1, 5)

        def pair(box: QRectF) -> list[QRectF]:
            return cells(box, 2, 1)

        def change(box: QRectF, name: str, act: Act) -> None:
            self.keys[name] = self._key(box, self.words(f"writing.{name}"), act, theme.TEXT, Kind.QUIET)

        def turn(box: QRectF, name: str, act: Callable[[], None]) -> None:
            self.keys[name] = self.button(box, self.words(f"writing.{name}"), act, size=theme.TEXT)

        left, right = pair(rows[0])
        change(left, "left", Composition.left)
        change(right, "right", Composition.right)
        left, right = pair(rows[1])
        change(left, "delete", Composition.delete)
        if not self.WITH_DIGITS:
            change(right, "space", partial(_put, "　"))
        else:
            other = "digits" if self._pad == "kana" else "kana"
            turn(right, other, partial(self._turn_to, other))
        turn(rows[2], "variants", self._vary)
        if self._pad == "kana":
            turn(rows[3], "convert", self._convert)
            change(rows[4], "commit", Composition.commit)

    def _done(self) -> None:
        self.tell(self.entered(self.typed.text))

    # --- picking ----------------------------------------------------------------------------------------------------

    def _convert(self) -> None:
        if self.conversion is not None:
            self.conversion.ask(self.typed.reading, self._found)

    def _found(self, reading: str, words: tuple[str, ...]) -> None:
        """Candidates have come; whoever has typed on meanwhile does not want them any more."""
        typed = self.typed
        if reading != typed.reading or self._picks:
            return
        offered = typed.offered(words)
        self.memory.update(pad="candidates", found=offered, left_out=len(offered) < len(words))
        self.refill(other=True)

    def _forms(self, typed: Composition) -> tuple[str, ...]:
        return typed.offered(forms(typed.letter, register_face())) if typed.letter else ()

    def _vary(self) -> None:
        self.memory.update(pad="variants", found=self._forms(self.typed), left_out=False)
        self.refill(other=True)

    def _picked(self, one: str) -> None:
        typed = self.typed
        self.memory["typed"] = typed.vary(one) if self._pad == "variants" else typed.choose(one)
        self._turn_to("kana")

    def _pick(self, area: QRectF) -> None:
        found: tuple[str, ...] = self.memory.get("found", ())
        variants = self._pad == "variants"
        size = VARIANT_SIZE if variants else theme.LARGE
        register = variants or needs_register_face(found)
        columns = VARIANT_COLUMNS if variants else _columns(found, register, area.width())
        rows = PICK_ROWS
        if len(found) > columns * rows:
            rows -= 1
        page = page_of(self, "page", found, columns * rows, area)
        high = area.height() - (theme.TOUCH + theme.TOUCH_GAP if len(found) > len(page) else 0)
        grid = rect(area.left(), area.top(), area.width(), high)
        for box, one in zip(cells(grid, columns, rows), page, strict=False):
            tile = self.button(box, one, partial(self._picked, one), bare=True)
            inner = tile.area.adjusted(12, 8, -12, -8)
            name = Name(
                tile, inner, one, size, register=register, align=Align.CENTRE, least=theme.SMALL, single=True
            )
            tile.adopt(name)


def _columns(found: tuple[str, ...], register: bool, wide: float) -> int:
    """As many as leave room for the longest of `found` in one line of the least size."""
    longest = max((width_of_name(one, theme.LEAD, register) for one in found), default=0.0)
    for columns in (4, 3, 2):
        if longest + 24 <= (wide - (columns - 1) * theme.TOUCH_GAP) / columns:
            return columns
    return 1
