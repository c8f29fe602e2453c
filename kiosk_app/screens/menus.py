"""From the top menu to the card: the copier's menu, 行政サービス, consent. The first paint needs no more than this."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import Agreed, RegistrationTouched, ServiceTouched
from kiosk_app.flow.views import Consent, ServiceMenu, TopMenu

from . import theme
from .parts import Align, Drawing, Panel, Text, rect, stack
from .screen import Screen

LOOK_HIGH = 168.0


class TopMenuScreen(Screen[TopMenu]):
    WARNS = True

    def title(self) -> str:
        return self.words("top.title")

    def fill(self) -> None:
        c = self.content
        wide, high = (c.width() - theme.GAP) / 2, c.height() + 104
        service = self.button(
            rect(c.left(), c.top(), wide, high),
            self.words("top.service"),
            lambda: self.tell(ServiceTouched()),
            bare=True,
        )
        Drawing(service, rect(0, 56, wide, 280), "hall", self.colours)
        service.on(rect(24, 364, wide - 48, 88), service.text(), 56, bold=True, align=Align.CENTRE)
        service.on(
            rect(32, 468, wide - 64, 140), self.words("top.service.about"), theme.TEXT, align=Align.CENTRE
        )
        self._looks_at(rect(c.left() + wide + theme.GAP, c.top(), wide, high))

    def _looks_at(self, box: QRectF) -> None:
        """How the screens may look, and what else the machine has."""
        wide = box.width()
        self.text(rect(box.left(), box.top(), wide, 48), self.words("top.looks"), theme.LEAD, bold=True)
        top = box.top() + 64
        for name in ("large", "contrast"):
            self.look_tile(rect(box.left(), top, wide, LOOK_HIGH), name)
            top += LOOK_HIGH + theme.GAP
        rest = rect(box.left(), top, wide, box.bottom() - top)
        self.panel(rest)
        self.text(rest.adjusted(28, 12, -28, -12), self.words("top.others"), theme.SMALL)


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
            beside = rect(164, 20, half - 180, 184)
            heading = tile.on(beside, tile.text(), theme.TITLE, bold=True, least=theme.LEAD)
            about = tile.on(beside, self.words(f"service.{name}.about"), theme.SMALL)
            stack(beside, (heading, about))
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
            Text(disc, disc.area, str(index + 1), theme.TEXT, bold=True, colour=self.colours.ground, align=Align.CENTRE, figures=True)  # fmt: skip
            box = rect(c.left() + 104, top, c.width() - 136, high).adjusted(0, 12, 0, -12)
            if self.view.registration:
                told = self.words(f"consent.registration.{note}")
            else:
                told = self.card_words("consent.pin") if note == "pin" else self.words(f"consent.{note}")
            self.text(box, told, 28)
        self.main(self.words("consent.agree"), lambda: self.tell(Agreed()))
