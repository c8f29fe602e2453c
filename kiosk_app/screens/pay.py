"""Drop money: what is due, what lies in the machine, what is still to pay."""

from __future__ import annotations

from kiosk_app.devices.interface import DENOMINATIONS
from kiosk_app.flow.views import Pay

from . import theme
from .parts import Align, rect
from .screen import Screen

NOTE = 1000
"""From here on money is paper."""


class PayScreen(Screen[Pay]):
    RENEWS = True

    def title(self) -> str:
        return self.words("pay.title" if self.view.inserted < self.view.due else "pay.done")

    def fill(self) -> None:
        c, view = self.content, self.view
        left_wide = 620.0
        rest = max(0, view.due - view.inserted)
        for index, (key, amount) in enumerate((("due", view.due), ("inserted", view.inserted))):
            top = c.top() + index * 96
            self.panel(rect(c.left(), top, left_wide, 80))
            self.text(rect(c.left() + 32, top, 300, 80), self.words(f"pay.{key}"), theme.LEAD)
            box = rect(c.left() + left_wide - 292, top, 260, 80)
            self.text(box, self.words.money(amount), 44, bold=True, align=Align.RIGHT)
        top = c.top() + 192
        high = c.bottom() - top
        big = rect(c.left(), top, left_wide, high if not view.rejected else high - 120)
        self.panel(big, self.colours.accent)
        self.text(rect(big.left() + 32, big.top(), 210, big.height()), self.words("pay.rest"), theme.LARGE, bold=True, colour=theme.GROUND)  # fmt: skip
        box = rect(big.left() + 274, big.top(), big.width() - 306, big.height())
        self.text(
            box,
            self.words.money(rest),
            88,
            bold=True,
            align=Align.RIGHT,
            colour=theme.GROUND,
            least=48,
            single=True,
        )
        if view.rejected:
            box = rect(c.left(), c.bottom() - 104, left_wide, 104)
            self.panel(box, theme.INK)
            told = self.words("pay.rejected", amount=self.words.money(view.rejected))
            self.text(box.adjusted(28, 8, -28, -8), told, theme.TEXT, bold=True, colour=theme.GROUND)
        self._accepted(c.left() + left_wide + theme.GAP)

    def _accepted(self, left: float) -> None:
        c = self.content
        wide = c.right() - left
        self.panel(rect(left, c.top(), wide, c.height()))
        self.drawing(rect(left + 32, c.top() + 20, wide - 64, c.height() - 216), "coins")
        coins = self.words("pay.between").join(self.words.money(n) for n in DENOMINATIONS if n < NOTE)
        notes = self.words("pay.between").join(self.words.money(n) for n in DENOMINATIONS if n >= NOTE)
        top = c.bottom() - 184
        self.text(rect(left + 32, top, wide - 64, 36), self.words("pay.accepted"), theme.SMALL, bold=True)
        told = self.words("pay.coins", coins=coins) + "\n" + self.words("pay.notes", notes=notes)
        self.text(rect(left + 32, top + 52, wide - 64, 116), told, theme.SMALL, top=True)
