"""The copier's top menu: 行政サービス is alive, the shop's other services rest."""

from __future__ import annotations

from kiosk_app.flow.events import ServiceTouched
from kiosk_app.flow.views import TopMenu

from . import theme
from .button import Button
from .parts import Align, Drawing, rect
from .screen import Screen

RESTING = ("copy", "print", "scan", "fax", "photo", "ticket")


class TopMenuScreen(Screen[TopMenu]):
    def title(self) -> str:
        return self.words("top.title")

    def fill(self) -> None:
        c = self.content
        wide = (c.width() - 3 * theme.GAP) / 4
        service = self.button(
            rect(c.left(), c.top(), 2 * wide + theme.GAP, c.height() + 104),
            self.words("top.service"),
            lambda: self.tell(ServiceTouched()),
            bare=True,
        )
        across = service.area.width()
        Drawing(service, rect(0, 56, across, 280), "hall", self.colours)
        service.on(rect(24, 372, across - 48, 72), service.text(), 56, bold=True, align=Align.CENTRE)
        service.on(
            rect(32, 468, across - 64, 110), self.words("top.service.about"), theme.TEXT, align=Align.CENTRE
        )
        high = (c.height() + 104 - 2 * theme.GAP) / 3
        for index, name in enumerate(RESTING):
            column, row = index % 2, index // 2
            box = rect(
                c.left() + (2 + column) * (wide + theme.GAP), c.top() + row * (high + theme.GAP), wide, high
            )
            self._resting(Button(self, box, self.words(f"top.{name}"), self.colours, bare=True), name)

    def _resting(self, button: Button, name: str) -> None:
        button.setEnabled(False)
        across, high = button.area.width(), button.area.height()
        Drawing(button, rect(0, 18, across, high - 128), f"icon_{name}", self.colours, resting=True)
        button.on(rect(12, high - 98, across - 24, 40), button.text(), theme.LEAD, bold=True, align=Align.CENTRE, least=theme.SMALL)  # fmt: skip
        button.on(rect(12, high - 52, across - 24, 32), self.words("top.resting"), theme.SMALL, align=Align.CENTRE)  # fmt: skip
