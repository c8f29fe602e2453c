"""記載する / 記載しない for each option of the certificate."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import OptionsChosen
from kiosk_app.flow.views import ChooseOptions
from server_stub.interface.terminal import ApplicationOptions, OptionName

from . import theme
from .pager import cells
from .parts import rect, stack
from .screen import Screen
from .tick import Tick

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
