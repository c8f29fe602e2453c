"""住民票: the whole household, or members one by one."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import ScopeChosen
from kiosk_app.flow.views import ChooseScope
from server_stub.interface.terminal import Member

from . import theme
from .names import Name, needs_register_face
from .pager import cells, page_of
from .parts import Align, Drawing, rect, stack
from .refusal_words import RefusalWords
from .screen import Screen
from .tick import Tick

PER_PAGE = 6


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
        if len(self.view.members) > PER_PAGE:
            grid = rect(area.left(), area.top(), area.width(), area.height() - theme.TOUCH - theme.TOUCH_GAP)
        members = page_of(self, "page", self.view.members, PER_PAGE, area)
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
