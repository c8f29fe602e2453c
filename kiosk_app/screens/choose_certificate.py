"""The menu of offers with fee and hours; what is refused stands grey, with its reason."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import KindChosen
from kiosk_app.flow.views import ChooseCertificate
from server_stub.interface.terminal import Offer

from . import theme
from .button import Button
from .pager import cells, page_of
from .parts import Align, Drawing, rect, stack
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
        return RefusalWords(self.words, offer.refusal.failure, offer.refusal.facts).choice

    def _wide(self, box: QRectF, offer: Offer) -> None:
        tile = self._tile(box, offer)
        high, fee_wide = box.height(), 260
        picture = rect(32, 24, 140, high - 48)
        Drawing(tile, picture, f"kind_{offer.kind}", self.colours, resting=offer.refusal is not None)
        left = rect(204, 12, box.width() - 236 - fee_wide, high - 24)
        name = tile.on(left, tile.text(), theme.TITLE, bold=True, least=theme.LEAD, single=True)
        lines = [self._why_not(offer)] if offer.refusal is not None else []
        if offer.refusal is None or offer.refusal.failure.startswith("Service_Closed"):
            lines.append(self._hours(offer))
        stack(left, [name, *(tile.on(left, line, theme.TEXT, least=theme.SMALL) for line in lines)], 16)
        right = rect(box.width() - fee_wide - 32, 12, fee_wide, high - 24)
        fee = tile.on(right, self.words.money(offer.fee), 48, bold=True, align=Align.RIGHT, single=True)
        each = tile.on(right, self.words("certificate.each"), theme.SMALL, align=Align.RIGHT)
        stack(right, [fee, each], 16)

    def _narrow(self, box: QRectF, offer: Offer) -> None:
        tile = self._tile(box, offer)
        wide, fee_wide = box.width() - 48, 120
        inner = rect(24, 6, wide, box.height() - 12)
        name_box = rect(24, 6, wide - fee_wide, 36)
        name = tile.on(name_box, tile.text(), theme.LEAD, bold=True, least=theme.SMALL, single=True)
        fee_box = rect(24 + wide - fee_wide, 6, fee_wide, 36)
        money = self.words.money(offer.fee)
        fee = tile.on(
            fee_box, money, theme.LEAD, bold=True, align=Align.RIGHT, least=theme.SMALL, single=True
        )
        second = self._hours(offer) if offer.refusal is None else self._why_not(offer)
        stack(inner, [name, tile.on(inner, second, theme.SMALL)], 8)
        fee.place(fee_box.translated(0, name.box.center().y() - fee_box.center().y()))

    def _tile(self, box: QRectF, offer: Offer) -> Button:
        tile = self.button(
            box, self.words(f"kind.{offer.kind}"), lambda: self.tell(KindChosen(offer.kind)), bare=True
        )
        tile.setEnabled(offer.refusal is None)
        return tile

    def _hours(self, offer: Offer) -> str:
        return self.words("certificate.hours", hours=self.words.hours(offer.hours))
