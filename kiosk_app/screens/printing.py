"""Sheet k of n is being printed; please do not leave."""

from __future__ import annotations

from kiosk_app.flow.views import Printing

from . import theme
from .parts import Panel, rect
from .screen import Picture


class PrintingScreen(Picture[Printing]):
    RENEWS = True

    def title(self) -> str:
        return self.words("printing.title")

    def fill(self) -> None:
        c, view = self.content, self.view
        half = c.width() * 0.46
        self.panel(rect(c.left(), c.top(), half, c.height()))
        self.drawing(rect(c.left() + 24, c.top() + 24, half - 48, c.height() - 48), "printing")
        left = c.left() + half + 2 * theme.GAP
        wide = c.right() - left
        stay = rect(left, c.top(), wide, 128)
        self.panel(stay, theme.INK)
        self.text(stay.adjusted(24, 8, -24, -8), self.words("printing.stay"), theme.LEAD, bold=True, colour=theme.GROUND)  # fmt: skip
        sheet = self.words("printing.sheet", printed=view.printed, total=view.total)
        self.text(rect(left, c.top() + 176, wide, 72), sheet, 44, bold=True, least=theme.LEAD, single=True)
        bar = Panel(self, rect(left, c.top() + 256, wide, 32), theme.REST, radius=16)
        share = view.printed / max(1, view.total)
        if share > 0:
            Panel(bar, rect(0, 0, max(32, wide * share), 32), self.colours.accent, radius=16)
        about = rect(left, c.top() + 316, wide, c.height() - 316)
        self.text(about, self.words("printing.about"), theme.TEXT, top=True)
