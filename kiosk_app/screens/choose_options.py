"""記載する / 記載しない for each option of the certificate, and how many copies."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import CopiesChosen, OptionsChosen
from kiosk_app.flow.views import ChooseCopies, ChooseOptions
from server_stub.interface.terminal import ApplicationOptions, OptionName

from . import theme
from .button import Tick
from .pager import cells, page_of
from .parts import Align, rect, stack
from .screen import Screen

ROWS = 3


class ChooseOptionsScreen(Screen[ChooseOptions]):
    """Memory: an entry for each option, True for 記載する."""

    def title(self) -> str:
        return self.words("options.title")

    def fill(self) -> None:
        for option in self.view.available:
            self.memory.setdefault(option, bool(getattr(self.view.chosen, option)))
        rows = cells(self.content, 1, max(ROWS, len(self.view.available)))
        for row, option in zip(rows, self.view.available, strict=False):
            self._row(row.left(), row.top(), row.width(), row.height(), option)
        self.main(self.words("main.next"), self._done)

    def _row(self, left: float, top: float, wide: float, high: float, option: OptionName) -> None:
        self.panel(rect(left, top, wide, high))
        buttons_wide = 568.0
        words_wide = wide - buttons_wide - 72
        label = self.words(f"option.{option}")
        box = rect(left + 28, top, words_wide, high)
        about = self.words(f"option.{option}.about")
        stack(box, [self.text(box, label, theme.LEAD, bold=True), self.text(box, about, theme.SMALL)])
        area = rect(left + wide - buttons_wide - 20, top + high / 2 - 40, buttons_wide, 80)
        for box, value, key in zip(cells(area, 2, 1), (True, False), ("yes", "no"), strict=True):
            choice = self.words(f"option.{key}")
            made = self.button(
                box,
                choice,
                partial(self._choose, option, value),
                bare=True,
                checkable=True,
                name=f"{label} {choice}",
            )
            made.setChecked(self.memory[option] is value)
            Tick(made, rect(20, 20, 40, 40), round_box=True)
            made.on(rect(72, 0, box.width() - 88, box.height()), choice, theme.TEXT, bold=True)

    def _choose(self, option: OptionName, value: bool) -> None:
        self.memory[option] = value
        self.refill()

    def _done(self) -> None:
        chosen = {str(option): bool(self.memory[option]) for option in self.view.available}
        self.tell(OptionsChosen(ApplicationOptions(**chosen)))


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
