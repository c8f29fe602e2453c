"""領収書を印刷しますか."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import ReceiptChosen
from kiosk_app.flow.views import AskReceipt

from . import theme
from .parts import Align, Drawing, rect
from .screen import Screen


class AskReceiptScreen(Screen[AskReceipt]):
    def title(self) -> str:
        return self.words("receipt.title")

    def fill(self) -> None:
        c = self.content
        wide = (c.width() - theme.GAP) / 2
        high = c.height()
        for index, (name, wanted) in enumerate((("yes", True), ("no", False))):
            tile = self.button(
                rect(c.left() + index * (wide + theme.GAP), c.top(), wide, high),
                self.words(f"receipt.{name}"),
                partial(self.tell, ReceiptChosen(wanted)),
                bare=True,
            )
            Drawing(tile, rect(40, 40, wide - 80, high - 180), f"receipt_{name}", self.colours)
            tile.on(
                rect(24, high - 140, wide - 48, 72), tile.text(), theme.TITLE, bold=True, align=Align.CENTRE
            )
