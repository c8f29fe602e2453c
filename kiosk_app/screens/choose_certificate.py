"""The menu of offers with fee and hours; what is refused stands grey, with its reason."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import KindChosen
from kiosk_app.flow.views import ChooseCertificate
from server_stub.interface.terminal import Offer

from . import theme
from .pager import cells, page_of
from .parts import Align, Drawing, rect
from .refusal_words import RefusalWords
from .screen import Screen

PER_PAGE = 6


class ChooseCertificateScreen(Screen[ChooseCertificate]):
    def title(self) -> str:
        return self.words("certificate.title")

    def fill(self) -> None:
        c = self.content
        city = self.view.municipality
        told = self.words("certificate.of", name=self.words.either(city.name, city.name_en))
        self.text(rect(c.left(), c.top(), c.width(), 40), told, theme.TEXT)
        area = rect(c.left(), c.top() + 56, c.width(), c.height() - 56)
        offers = self.view.offers
        grid = area
        if len(offers) > PER_PAGE:
            grid = rect(area.left(), area.top(), area.width(), area.height() - theme.TOUCH - theme.TOUCH_GAP)
        few = len(offers) <= 2
        boxes = cells(grid, 1, 2, theme.GAP) if few else cells(grid, 2, 3)
        for box, offer in zip(boxes, page_of(self, "page", offers, PER_PAGE, area), strict=False):
            if few:
                self._wide(box, offer)
            else:
                self._narrow(box, offer)

    def _why_not(self, offer: Offer) -> str:
        assert offer.refusal is not None
        return RefusalWords(self.words, offer.refusal.failure, offer.refusal.facts).happened

    def _wide(self, box: QRectF, offer: Offer) -> None:
        tile = self.button(
            box, self.words(f"kind.{offer.kind}"), lambda: self.emit(KindChosen(offer.kind)), bare=True
        )
        refused = offer.refusal is not None
        tile.setEnabled(not refused)
        high = box.height()
        Drawing(tile, rect(32, 24, 140, high - 48), f"kind_{offer.kind}", self.colours, resting=refused)
        fee_wide = 260
        wide = box.width() - 204 - fee_wide - 32
        tile.on(rect(204, 28, wide, 64), tile.text(), 42, bold=True, least=theme.LEAD)
        second = (
            self._why_not(offer) if refused else self.words("certificate.hours", hours=self._hours(offer))
        )
        tile.on(rect(204, 100, wide, high - 116), second, theme.TEXT, top=True, least=theme.SMALL)
        right = box.width() - fee_wide - 32
        tile.on(rect(right, 28, fee_wide, 64), self.words.money(offer.fee), 48, bold=True, align=Align.RIGHT)
        each = self.words("certificate.each")
        tile.on(rect(right, 100, fee_wide, 36), each, theme.SMALL, align=Align.RIGHT)

    def _narrow(self, box: QRectF, offer: Offer) -> None:
        tile = self.button(
            box, self.words(f"kind.{offer.kind}"), lambda: self.emit(KindChosen(offer.kind)), bare=True
        )
        tile.setEnabled(offer.refusal is None)
        wide, fee_wide = box.width() - 48, 110
        name = rect(24, 10, wide - fee_wide, 44)
        tile.on(name, tile.text(), theme.LEAD, bold=True, least=theme.SMALL)
        fee = rect(24 + wide - fee_wide, 10, fee_wide, 44)
        tile.on(fee, self.words.money(offer.fee), theme.LEAD, bold=True, align=Align.RIGHT)
        refused = offer.refusal is not None
        second = (
            self._why_not(offer) if refused else self.words("certificate.hours", hours=self._hours(offer))
        )
        tile.on(rect(24, 58, wide, box.height() - 66), second, theme.SMALL, top=True)

    def _hours(self, offer: Offer) -> str:
        return offer.hours.replace("~", self.words("hours.to")).replace("〜", self.words("hours.to"))
