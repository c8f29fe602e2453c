"""From the top menu to the card: the copier's menu, 行政サービス, consent. The first paint needs no more than this."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import Agreed, RegistrationTouched, ServiceTouched
from kiosk_app.flow.views import Consent, ServiceMenu, TopMenu

from . import theme
from .button import Button
from .parts import Align, Drawing, Panel, Text, rect
from .screen import Screen

RESTING = ("copy", "print", "scan", "fax", "photo", "ticket")


class TopMenuScreen(Screen[TopMenu]):
    WARNS = True

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


class ServiceMenuScreen(Screen[ServiceMenu]):
    def title(self) -> str:
        return self.words("service.title")

    def fill(self) -> None:
        c = self.content
        half = (c.width() - theme.GAP) / 2
        services = (
            ("certificates", "certificate", ServiceTouched()),
            ("registration", "symbol_family", RegistrationTouched()),
        )
        for index, (name, drawn, event) in enumerate(services):
            tile = self.button(
                rect(c.left() + index * (half + theme.GAP), c.top(), half, 224),
                self.words(f"service.{name}"),
                partial(self.tell, event),
                bare=True,
            )
            Drawing(tile, rect(20, 44, 128, 128), drawn, self.colours)
            label = rect(164, 12, half - 176, 92)
            tile.on(label, tile.text(), theme.TITLE, bold=True, least=theme.LEAD)
            about = rect(164, 112, half - 176, 104)
            tile.on(about, self.words(f"service.{name}.about"), theme.SMALL, top=True)
        top = c.top() + 224 + theme.GAP
        self.text(rect(c.left(), top + 8, c.width(), 40), self.words("service.needed"), theme.LEAD, bold=True)
        top += 64
        wide = (c.width() - 2 * theme.GAP) / 3
        for index, name in enumerate(("card", "pin", "money")):
            box = rect(c.left() + index * (wide + theme.GAP), top, wide, c.bottom() - top)
            self.panel(box)
            self.drawing(rect(box.left() + 24, box.top() + 20, wide - 48, box.height() - 116), f"need_{name}")
            label = rect(box.left() + 16, box.bottom() - 88, wide - 32, 72)
            words = self.words if name == "money" else self.card_words
            self.text(label, words(f"service.needed.{name}"), theme.SMALL, align=Align.CENTRE)


NOTES = ("pin", "who", "stay", "refund", "privacy")


class ConsentScreen(Screen[Consent]):
    WARNS = True

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
            if self.view.registration:
                told = self.words(f"consent.registration.{note}")
            else:
                told = self.card_words("consent.pin") if note == "pin" else self.words(f"consent.{note}")
            self.text(box, told, 28)
        self.main(self.words("consent.agree"), lambda: self.tell(Agreed()))
