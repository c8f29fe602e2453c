"""What one must know before, and 「同意する」."""

from __future__ import annotations

from kiosk_app.flow.events import Agreed
from kiosk_app.flow.views import Consent

from . import theme
from .parts import Align, Panel, Text, rect
from .screen import Screen

NOTES = ("pin", "who", "stay", "refund", "privacy")


class ConsentScreen(Screen[Consent]):
    def title(self) -> str:
        return self.words("consent.title")

    def fill(self) -> None:
        c = self.content
        self.panel(c)
        high = (c.height() - 2 * theme.GAP) / len(NOTES)
        for index, note in enumerate(NOTES):
            top = c.top() + theme.GAP + index * high
            disc = Panel(
                self, rect(c.left() + 32, top + (high - 44) / 2, 44, 44), self.colours.accent, radius=22
            )
            Text(disc, disc.area, str(index + 1), theme.TEXT, bold=True, colour=theme.GROUND, align=Align.CENTRE, figures=True)  # fmt: skip
            box = rect(c.left() + 104, top, c.width() - 136, high)
            self.text(box, self.words(f"consent.{note}"), 28)
        self.main(self.words("consent.agree"), lambda: self.tell(Agreed()))
