"""How many copies, and what that comes to."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import CopiesChosen
from kiosk_app.flow.views import ChooseCopies

from . import theme
from .pager import cells, page_of
from .parts import Align, rect
from .screen import Screen

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
        kind = self.words(f"kind.{self.view.kind}")
        self.text(rect(c.left() + 32, top + 16, 640, 48), kind, theme.LEAD, bold=True)
        fee = self.words.money(self.view.fee)
        terms = self.words.count("copies.terms", copies, fee=fee)
        self.text(rect(c.left() + 32, top + 68, 640, 44), terms, theme.TEXT)
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
