"""The menu of offers with fee and hours, and for whom: the whole household, or members one by one."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import KindChosen, ScopeChosen
from kiosk_app.flow.views import ChooseCertificate, ChooseScope
from server_stub.interface.offers import Offer

from . import theme
from .button import Button, Tick
from .names import Name, needs_register_face
from .pager import cells, page_of
from .parts import Align, Drawing, rect, stack
from .screen import Screen
from .texts import RefusalWords

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


MEMBERS_PER_PAGE = 6


class ChooseScopeScreen(Screen[ChooseScope]):
    """Memory: `all` (whole household is ticked), `members` (refs that are ticked), `page`."""

    def title(self) -> str:
        return self.words("scope.title")

    def fill(self) -> None:
        self.memory.setdefault("members", list(self.view.chosen))
        self._register = needs_register_face(member.name for member in self.view.members)
        c = self.content
        area = c
        if self.view.whole_household:
            left = 304.0
            self._household(rect(c.left(), c.top(), left, c.height()))
            area = rect(c.left() + left + theme.GAP, c.top(), c.width() - left - theme.GAP, c.height())
        grid = area
        if len(self.view.members) > MEMBERS_PER_PAGE:
            grid = rect(area.left(), area.top(), area.width(), area.height() - theme.TOUCH - theme.TOUCH_GAP)
        members = page_of(self, "page", self.view.members, MEMBERS_PER_PAGE, area)
        labels = [self._label(member) for member in self.view.members]
        for box, member in zip(cells(grid, 2, 3), members, strict=False):
            self._member(box, member, twice=labels.count(self._label(member)) > 1)
        ready = bool(self.memory.get("all") or self.memory["members"])
        self.main(self.words("main.next"), self._done, enabled=ready)

    def _household(self, box: QRectF) -> None:
        tile = self.button(box, self.words("scope.household"), self._tick_all, bare=True, checkable=True)
        tile.setChecked(bool(self.memory.get("all")))
        wide, high = box.width(), box.height()
        Tick(tile, rect(20, 20, 44, 44))
        Drawing(tile, rect(40, 72, wide - 80, high - 296), "household", self.colours)
        people = self.words.count("scope.household.about", len(self.view.members))
        under = rect(16, high - 208, wide - 32, 176)
        stack(
            under,
            [
                tile.on(
                    under,
                    tile.text(),
                    theme.TITLE,
                    bold=True,
                    align=Align.CENTRE,
                    least=theme.TEXT,
                    single=True,
                ),
                tile.on(under, people, theme.SMALL, align=Align.CENTRE),
            ],
            20,
        )

    def _member(self, box: QRectF, member: Member, twice: bool) -> None:
        label = self._label(member)
        name = f"{label} {self._relationship(member)}" if twice else label
        tile = self.button(box, label, lambda: self._tick(member.ref), bare=True, checkable=True, name=name)
        tile.setEnabled(member.refusal is None)
        tile.setChecked(member.ref in self.memory["members"])
        wide, high = box.width(), box.height()
        if member.refusal is None:
            Tick(tile, rect(16, (high - 44) / 2, 44, 44))
        left = 76.0 if member.refusal is None else 24.0
        if member.refusal is None:
            second = self._relationship(member)
        else:
            second = RefusalWords(self.words, member.refusal.failure, member.refusal.facts).choice
        inner = rect(left, 6, wide - left - 12, high - 12)
        name_box = rect(left, 6, wide - left - 12, 60)
        written = Name(
            tile, name_box, label, theme.LEAD, register=self._register, bold=True, least=theme.SMALL
        )
        tile.adopt(written)
        stack(inner, [written, tile.on(inner, second, theme.SMALL)], 8)

    def _label(self, member: Member) -> str:
        return member.name

    def _relationship(self, member: Member) -> str:
        told = self.words.find(f"relationship.{member.relationship}") or member.relationship
        return self.words("scope.holder", relationship=told) if member.holder else told

    def _tick_all(self) -> None:
        self.memory["all"] = not self.memory.get("all")
        self.memory["members"] = []
        self.refill()

    def _tick(self, ref: str) -> None:
        self.memory["all"] = False
        ticked: list[str] = self.memory["members"]
        self.memory["members"] = [one for one in ticked if one != ref] if ref in ticked else [*ticked, ref]
        self.refill()

    def _done(self) -> None:
        if self.memory.get("all"):
            self.tell(ScopeChosen(()))
            return
        ticked = set(self.memory["members"])
        self.tell(ScopeChosen(tuple(member.ref for member in self.view.members if member.ref in ticked)))
