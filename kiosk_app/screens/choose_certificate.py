"""The menu of offers with fee and hours, and for whom: the holder, all together, or one by one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF

from kiosk_app.flow.events import KindChosen, ScopeChosen
from kiosk_app.flow.views import ChooseCertificate, ChooseKind, ChooseScope
from server_stub.interface.offers import Offer, Scope, Subject
from server_stub.interface.values import FailureBody

from . import theme
from .button import Button, Tick
from .names import Name, needs_register_face
from .pager import cells, page_of
from .parts import Align, Drawing, rect, stack
from .screen import Screen
from .texts import RefusalWords, Words
from .wrap import wrap

FEW = 2
"""Offers that have a wide tile each, with a drawing."""
GRIDS = ((2, 3), (2, 2), (1, 3), (1, 2))
"""Columns and rows of more offers: the first in which every tile has room for its words."""
FEE_WIDE, COUNTER_WIDE = 120, 212
FEE_WIDEST = 260
"""In a wide tile; the words beside it have what a fee leaves of it."""
PADDING, NARROW_GAP = 12, 8
KIND_COLUMNS, KIND_ROWS = 2, 3


class ChooseKindScreen(Screen[ChooseKind]):
    """Before the PIN of a 住民基本台帳カード: names alone, since nothing is known yet of whoever stands here."""

    def title(self) -> str:
        return self.words("certificate.title")

    def fill(self) -> None:
        c = self.content
        city = self.view.municipality
        name = self.words.either(city.name, city.name_en)
        self.text(rect(c.left(), c.top(), c.width(), 40), self.words("kind.of", name=name), theme.TEXT)
        area = rect(c.left(), c.top() + 56, c.width(), c.height() - 56)
        kinds = self.view.kinds
        paged = len(kinds) > KIND_COLUMNS * KIND_ROWS
        room = area.adjusted(0, 0, 0, -(theme.TOUCH + theme.TOUCH_GAP) if paged else 0)
        boxes = cells(room, KIND_COLUMNS, KIND_ROWS, theme.GAP)
        for box, kind in zip(boxes, page_of(self, "page", kinds, len(boxes), area), strict=False):
            words = self.words.offered(kind.words)
            tile = self.button(box, words, partial(self.tell, KindChosen(kind.kind)), bare=True)
            Drawing(tile, rect(20, 12, 100, box.height() - 24), f"symbol_{kind.symbol}", self.colours)
            inner = rect(136, 12, box.width() - 152, box.height() - 24)
            tile.on(inner, words, theme.LEAD, bold=True, least=theme.SMALL)


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
        if len(offers) <= FEW:
            for box, offer in zip(cells(area, 1, 2, theme.GAP), offers, strict=False):
                self._wide(box, offer)
            return
        boxes = self._grid(area)
        for box, offer in zip(boxes, page_of(self, "page", offers, len(boxes), area), strict=False):
            self._narrow(box, offer)

    def _grid(self, area: QRectF) -> list[QRectF]:
        """The boxes of one page."""
        offers = self.view.offers
        boxes: list[QRectF] = []
        for columns, rows in GRIDS:
            paged = len(offers) > columns * rows
            boxes = cells(
                area.adjusted(0, 0, 0, -(theme.TOUCH + theme.TOUCH_GAP) if paged else 0), columns, rows
            )
            if all(self._has_room(boxes[0], offer) for offer in offers):
                break
        return boxes

    def _has_room(self, box: QRectF, offer: Offer) -> bool:
        """Whether name and second line fit a narrow tile of this size at their least size."""
        name_wide, told_wide = self._widths(box, offer)
        high = float(PADDING)
        for text, wide, bold in (
            (self.words.offered(offer.words), name_wide, True),
            (self._second(offer), told_wide, False),
        ):
            size = self._least()
            metrics = QFontMetricsF(theme.font(size, bold, language=self.words.language))
            lines = wrap(text, wide, metrics.horizontalAdvance, anywhere=self.words.language == "zh")
            high += size * (1 + theme.LINE * (len(lines) - 1))
        return high + NARROW_GAP <= box.height()

    def _least(self) -> int:
        """Of the large text nearly all of it is wanted: rather fewer tiles on a page."""
        return round(theme.SMALL * (1 + (self.colours.growth - 1) * 0.6))

    def _widths(self, box: QRectF, offer: Offer) -> tuple[float, float]:
        """Of the name and of the second line in a narrow tile: the fee stands beside the one, the counter's beside the other."""
        wide = box.width() - 48
        counter, fee = map(self.colours.grown, (COUNTER_WIDE, FEE_WIDE))
        if self._counter(offer):
            return wide - counter, wide - counter
        return wide - fee, wide

    def _second(self, offer: Offer) -> str:
        if offer.refusal is None:
            return self._hours(offer)
        told = [self._why_not(offer)] + ([self._hours(offer)] if _is_about_hours(offer.refusal) else [])
        return "\n".join(told)

    def _why_not(self, offer: Offer) -> str:
        assert offer.refusal is not None
        return why_not(self.words, offer.refusal)

    def _wide(self, box: QRectF, offer: Offer) -> None:
        tile = self._tile(box, offer)
        high = box.height()
        picture = rect(32, 24, 140, high - 48)
        Drawing(tile, picture, f"symbol_{offer.symbol}", self.colours, resting=offer.refusal is not None)
        right = rect(box.width() - FEE_WIDEST - 32, 12, FEE_WIDEST, high - 24)
        fee = tile.on(right, self.words.money(offer.fee), 48, bold=True, align=Align.RIGHT, single=True)
        unit = self.words("certificate.each.person" if offer.fee_per_subject else "certificate.each")
        each = tile.on(right, unit, theme.SMALL, align=Align.RIGHT)
        counter = [tile.on(right, told, theme.SMALL, align=Align.RIGHT) for told in self._counter(offer)]
        stack(right, [fee, each, *counter], 16)
        fee_wide = max(text.used.width() for text in (fee, each, *counter))
        left = rect(204, 12, box.width() - 236 - theme.GAP - fee_wide, high - 24)
        line = rect(left.left(), left.top(), left.width(), theme.TITLE + 8)
        name = tile.on(line, tile.text(), theme.TITLE, bold=True, least=theme.LEAD)
        lines = [self._why_not(offer)] if offer.refusal is not None else []
        if offer.refusal is None or _is_about_hours(offer.refusal):
            lines.append(self._hours(offer))
        stack(left, [name, *(tile.on(left, line, theme.TEXT, least=theme.SMALL) for line in lines)], 16)

    def _narrow(self, box: QRectF, offer: Offer) -> None:
        tile = self._tile(box, offer)
        wide = box.width() - 48
        name_wide, told_wide = self._widths(box, offer)
        fee_wide = wide - name_wide
        inner = rect(24, 6, wide, box.height() - PADDING)
        high = self.colours.grown(36)
        # a name of two lines has whatever height it needs
        one_line = QFontMetricsF(theme.font(theme.SMALL, True)).horizontalAdvance(tile.text()) <= name_wide
        name_box = rect(24, 6, name_wide, high if one_line or high == 36 else inner.height())
        name = tile.on(name_box, tile.text(), theme.LEAD, bold=True, least=theme.SMALL)
        fee_box = rect(24 + wide - fee_wide, 6, fee_wide, high)
        money = self._fee(offer)
        fee = tile.on(
            fee_box, money, theme.LEAD, bold=True, align=Align.RIGHT, least=theme.SMALL, single=True
        )
        told = rect(24, 6, told_wide, box.height() - PADDING)
        under = tile.on(told, self._second(offer), theme.SMALL)
        stack(inner, [name, under], NARROW_GAP)
        counter = [
            tile.on(fee_box, line, theme.SMALL, align=Align.RIGHT, single=True)
            for line in self._counter(offer)
        ]
        if counter:
            stack(inner, [fee, *counter], NARROW_GAP)
        else:
            fee.place(fee_box.translated(0, name.box.center().y() - fee_box.center().y()))

    def _fee(self, offer: Offer) -> str:
        money = self.words.money(offer.fee)
        return self.words("certificate.person", fee=money) if offer.fee_per_subject else money

    def _counter(self, offer: Offer) -> list[str]:
        """What it costs at the counter, where that is known."""
        if offer.counter_fee is None or offer.refusal is not None:
            return []
        return [self.words("certificate.counter", fee=self.words.money(offer.counter_fee))]

    def _tile(self, box: QRectF, offer: Offer) -> Button:
        name = self.words.offered(offer.words)
        tile = self.button(box, name, lambda: self.tell(KindChosen(offer.kind)), bare=True)
        tile.setEnabled(offer.refusal is None)
        return tile

    def _hours(self, offer: Offer) -> str:
        return self.words("certificate.hours", hours=self.words.hours(self.words.offered(offer.hours)))


def _is_about_hours(refusal: FailureBody) -> bool:
    """Whether the hours say something to who is refused: not where the next day of service is told, for which there is room."""
    told = refusal.facts.get("next_open") or refusal.facts.get("reopens")
    return refusal.failure.startswith(("Service_Closed", "Existing_System_Closed")) and (
        refusal.failure != "Service_Closed_Today" or not told
    )


def why_not(words: Words, refusal: FailureBody) -> str:
    """Why a certificate or a person cannot be chosen."""
    return RefusalWords(words, refusal.failure, refusal.facts, refusal.words).choice


SUBJECTS_PER_PAGE = 6


class ChooseScopeScreen(Screen[ChooseScope]):
    """Memory: `scope` (ticked as a whole), `subjects` (refs that are ticked one by one), `page`."""

    def title(self) -> str:
        return self.words("scope.title")

    def fill(self) -> None:
        view, c = self.view, self.content
        self._ways = dict(view.ways)
        one_by_one = view.scope is Scope.CHOSEN
        self.memory.setdefault("scope", None if one_by_one else view.scope)
        self.memory.setdefault("subjects", list(view.chosen) if one_by_one else [])
        if Scope.CHOSEN in self._ways:
            area = c
            if Scope.WHOLE in self._ways:
                left = 304.0
                self._together(rect(c.left(), c.top(), left, c.height()), Scope.WHOLE)
                area = rect(c.left() + left + theme.GAP, c.top(), c.width() - left - theme.GAP, c.height())
            self._one_by_one(area)
        else:
            for box, scope in zip(cells(c, len(self._ways), 1, theme.GAP), self._ways, strict=True):
                self._together(box, scope)
        ready = bool(self.memory["scope"] or self.memory["subjects"])
        self.main(self.words("main.next"), self._done, enabled=ready)

    def _one_by_one(self, area: QRectF) -> None:
        subjects = self.view.subjects
        self._register = needs_register_face(one.name for one in subjects)
        grid = area
        if len(subjects) > SUBJECTS_PER_PAGE:
            grid = rect(area.left(), area.top(), area.width(), area.height() - theme.TOUCH - theme.TOUCH_GAP)
        labels = [one.name for one in subjects]
        page = page_of(self, "page", subjects, SUBJECTS_PER_PAGE, area)
        for box, one in zip(cells(grid, 2, 3), page, strict=False):
            self._subject(box, one, twice=labels.count(one.name) > 1)

    def _together(self, box: QRectF, scope: Scope) -> None:
        """The tile of a scope that leaves no choice of persons."""
        people = len(self._ways[scope])
        if scope is Scope.WHOLE:
            label = self.words.offered(self.view.whole or {"ja": ""})
            about = self.words("scope.whole.about", n=people)
            if self.view.whole_about is not None:
                about = self.words.offered(self.view.whole_about)
        else:
            label, about = self.words("scope.self"), self.words("scope.self.about")
        tile = self.button(box, label, lambda: self._tick_all(scope), bare=True, checkable=True)
        tile.setChecked(self.memory["scope"] == scope)
        wide, high = box.width(), box.height()
        Tick(tile, rect(20, 20, 44, 44))
        picture = "household" if scope is Scope.WHOLE else "person"
        Drawing(tile, rect(40, 72, wide - 80, high - 296), picture, self.colours)
        under = rect(16, high - 208, wide - 32, 176)
        line = rect(16, high - 208, wide - 32, theme.TITLE + 8)
        stack(
            under,
            [
                tile.on(line, label, theme.TITLE, bold=True, align=Align.CENTRE, least=theme.TEXT),
                tile.on(under, about, theme.SMALL, align=Align.CENTRE),
            ],
            20,
        )

    def _subject(self, box: QRectF, one: Subject, twice: bool) -> None:
        label, note = one.name, self._note(one)
        name = f"{label} {note}" if twice else label
        tile = self.button(box, label, lambda: self._tick(one.ref), bare=True, checkable=True, name=name)
        tile.setEnabled(one.refusal is None)
        tile.setChecked(one.ref in self.memory["subjects"])
        wide, high = box.width(), box.height()
        left = 24.0
        if one.refusal is None:
            Tick(tile, rect(16, (high - 44) / 2, 44, 44))
            left, second = 76.0, note
        else:
            second = why_not(self.words, one.refusal)
        inner = rect(left, 6, wide - left - 12, high - 12)
        name_box = rect(left, 6, wide - left - 12, 60)
        written = Name(
            tile, name_box, label, theme.LEAD, register=self._register, bold=True, least=theme.SMALL
        )
        tile.adopt(written)
        lines = [written, tile.on(inner, second, theme.SMALL)] if second else [written]
        stack(inner, lines, 8)

    def _note(self, one: Subject) -> str:
        """What stands under the name; that it is the holder, too."""
        note = self.words.offered(one.note) if one.note is not None else ""
        if not one.holder:
            return note
        return self.words("scope.holder", note=note) if note else self.words("scope.self")

    def _tick_all(self, scope: Scope) -> None:
        self.memory["scope"] = None if self.memory["scope"] == scope else scope
        self.memory["subjects"] = []
        self.refill()

    def _tick(self, ref: str) -> None:
        self.memory["scope"] = None
        ticked: list[str] = self.memory["subjects"]
        others = [] if self.view.one_only else [one for one in ticked if one != ref]
        self.memory["subjects"] = others if ref in ticked else [*others, ref]
        self.refill()

    def _done(self) -> None:
        scope: Scope | None = self.memory["scope"]
        if scope is not None:
            self.tell(ScopeChosen(scope, self._ways[scope]))
            return
        ticked = set(self.memory["subjects"])
        chosen = tuple(one.ref for one in self.view.subjects if one.ref in ticked)
        self.tell(ScopeChosen(Scope.CHOSEN, chosen))
