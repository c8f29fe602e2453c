"""行政サービス: 証明書交付サービス, and what to have ready for it."""

from __future__ import annotations

from kiosk_app.flow.events import ServiceTouched
from kiosk_app.flow.views import ServiceMenu

from . import theme
from .parts import Align, Drawing, rect
from .screen import Screen


class ServiceMenuScreen(Screen[ServiceMenu]):
    def title(self) -> str:
        return self.words("service.title")

    def fill(self) -> None:
        c = self.content
        tile = self.button(
            rect(c.left(), c.top(), c.width(), 216),
            self.words("service.certificates"),
            lambda: self.tell(ServiceTouched()),
            bare=True,
        )
        Drawing(tile, rect(40, 28, 200, 160), "certificate", self.colours)
        tile.on(rect(280, 36, c.width() - 320, 72), tile.text(), 48, bold=True, least=theme.TITLE)
        tile.on(rect(280, 116, c.width() - 320, 72), self.words("service.certificates.about"), theme.TEXT)
        top = c.top() + 216 + theme.GAP
        self.text(rect(c.left(), top + 8, c.width(), 40), self.words("service.needed"), theme.LEAD, bold=True)
        top += 64
        wide = (c.width() - 2 * theme.GAP) / 3
        for index, name in enumerate(("card", "pin", "money")):
            box = rect(c.left() + index * (wide + theme.GAP), top, wide, c.bottom() - top)
            self.panel(box)
            self.drawing(rect(box.left() + 24, box.top() + 20, wide - 48, box.height() - 116), f"need_{name}")
            label = rect(box.left() + 16, box.bottom() - 88, wide - 32, 72)
            self.text(label, self.words(f"service.needed.{name}"), theme.SMALL, align=Align.CENTRE)
