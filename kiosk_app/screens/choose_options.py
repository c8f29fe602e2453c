"""The questions of a certificate, and how many copies."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import Answered, CopiesChosen
from kiosk_app.flow.views import ChooseCopies, ChooseOptions
from server_stub.interface.offers import Choice, Question

from . import theme
from .button import Tick
from .pager import cells, page_of
from .parts import Align, Text, rect, stack
from .screen import Screen

ROWS = 3


class ChooseOptionsScreen(Screen[ChooseOptions]):
    """Up to three questions with two choices in a row each, or one with more. Memory: question -> choice."""

    def title(self) -> str:
        alone = len(self.view.questions[0].choices) > 2
        return self.words("options.title.one" if alone else "options.title")

    def fill(self) -> None:
        for question in self.view.questions:
            self.memory.setdefault(question.code, self.view.answers[question.code])
        if len(self.view.questions[0].choices) > 2:
            self._alone(self.view.questions[0])
        else:
            for row, question in zip(cells(self.content, 1, ROWS), self.view.questions, strict=False):
                self._row(row, question)
        self.main(self.words("main.next"), lambda: self.tell(Answered(dict(self.memory))))

    def _row(self, row: QRectF, question: Question) -> None:
        self.panel(row)
        buttons_wide = 568.0
        words = rect(row.left() + 28, row.top() + 8, row.width() - buttons_wide - 72, row.height() - 16)
        stack(words, self._asked(words, question))
        area = rect(row.right() - buttons_wide - 20, row.center().y() - 40, buttons_wide, 80)
        for box, choice in zip(cells(area, 2, 1), question.choices, strict=True):
            self._choice(box, question, choice, theme.TEXT)

    def _alone(self, question: Question) -> None:
        c = self.content
        head = rect(c.left(), c.top(), c.width(), 128)
        self.panel(head)
        words = head.adjusted(28, 8, -28, -8)
        stack(words, self._asked(words, question))
        area = rect(c.left(), head.bottom() + theme.GAP, c.width(), c.bottom() - head.bottom() - theme.GAP)
        for box, choice in zip(cells(area, 2, ROWS), question.choices, strict=False):
            self._choice(box, question, choice, theme.LEAD)

    def _asked(self, box: QRectF, question: Question) -> list[Text]:
        """The question, and under it what explains it."""
        asked = [self.text(box, self.words.offered(question.words), theme.LEAD, bold=True, least=theme.SMALL)]
        if question.about is not None:
            asked.append(self.text(box, self.words.offered(question.about), theme.SMALL))
        return asked

    def _choice(self, box: QRectF, question: Question, choice: Choice, size: int) -> None:
        told = self.words.offered(choice.words)
        name = f"{self.words.offered(question.words)} {told}"
        act = partial(self._choose, question.code, choice.code)
        made = self.button(box, told, act, bare=True, checkable=True, name=name)
        made.setChecked(self.memory[question.code] == choice.code)
        Tick(made, rect(20, box.height() / 2 - 20, 40, 40), round_box=True)
        inner = rect(72, 4, box.width() - 84, box.height() - 8)
        made.on(inner, told, size, bold=True, least=theme.SMALL)

    def _choose(self, question: str, choice: str) -> None:
        self.memory[question] = choice
        self.refill()


PER_PAGE = 10


class ChooseCopiesScreen(Screen[ChooseCopies]):
    """Memory: `copies`."""

    def title(self) -> str:
        return self.words("copies.title")

    def fill(self) -> None:
        copies = int(self.memory.setdefault("copies", self.view.copies))
        c = self.content
        sum_high = 128.0
        area = rect(c.left(), c.top(), c.width(), c.height() - sum_high - theme.GAP)
        grid = area
        numbers = range(1, self.view.max_copies + 1)
        if len(numbers) > PER_PAGE:
            grid = rect(area.left(), area.top(), area.width(), area.height() - theme.TOUCH - theme.TOUCH_GAP)
        page = page_of(self, "page", numbers, PER_PAGE, area)
        for box, number in zip(cells(grid, 5, 2), page, strict=False):
            made = self.button(
                box,
                self.words.count("copies.number", number),
                partial(self._choose, number),
                size=theme.LARGE,
                checkable=True,
            )
            made.setChecked(number == copies)
        self._sum(c.bottom() - sum_high, sum_high, copies)
        self.main(self.words("main.next"), lambda: self.tell(CopiesChosen(int(self.memory["copies"]))))

    def _sum(self, top: float, high: float, copies: int) -> None:
        c = self.content
        self.panel(rect(c.left(), top, c.width(), high))
        name = self.words.offered(self.view.words)
        fee = self.words.money(self.view.fee)
        terms = self.words.count("copies.terms", copies, fee=fee)
        left = rect(c.left() + 32, top + 8, 640, high - 16)
        line = rect(left.left(), left.top(), left.width(), 40)
        bought = self.text(line, name, theme.LEAD, bold=True, least=theme.SMALL)
        stack(left, [bought, self.text(left, terms, theme.TEXT)], 14)
        right = c.right() - 32
        total = self.words.money(self.view.fee * copies)
        self.text(
            rect(right - 460, top, 200, high), self.words("copies.total"), theme.LEAD, align=Align.RIGHT
        )
        self.text(
            rect(right - 240, top, 240, high),
            total,
            52,
            bold=True,
            align=Align.RIGHT,
            least=theme.LEAD,
            single=True,
        )

    def _choose(self, copies: int) -> None:
        self.memory["copies"] = copies
        self.refill()
