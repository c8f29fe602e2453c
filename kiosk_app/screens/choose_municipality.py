"""住所地 or 本籍地, and a paged list of municipalities; where it is long, first the prefecture."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import MunicipalityChosen, PlaceChosen
from kiosk_app.flow.views import ChooseMunicipality, ChoosePlace
from server_stub.interface.values import MunicipalityInfo, Place

from . import theme
from .button import Kind
from .pager import cells, page_of
from .parts import Align, Drawing, rect, stack
from .screen import Screen


class ChoosePlaceScreen(Screen[ChoosePlace]):
    def title(self) -> str:
        return self.words("place.title")

    def fill(self) -> None:
        c = self.content
        wide = (c.width() - theme.GAP) / 2
        for index, place in enumerate(Place):
            tile = self.button(
                rect(c.left() + index * (wide + theme.GAP), c.top(), wide, c.height()),
                self.words(f"place.{place}"),
                partial(self.tell, PlaceChosen(place)),
                bare=True,
            )
            Drawing(tile, rect(40, 36, wide - 80, c.height() - 284), f"place_{place}", self.colours)
            name = rect(24, c.height() - 204, wide - 48, 48)
            tile.on(
                name, tile.text(), theme.LARGE, bold=True, align=Align.CENTRE, single=True, least=theme.LEAD
            )
            about = rect(24, name.bottom() + 16, wide - 48, 116)
            told = self.words(f"place.{place}.about")
            tile.on(about, told, theme.SMALL, align=Align.CENTRE, top=True)


COLUMNS, ROWS = 3, 4
PER_PAGE = COLUMNS * ROWS
KANA_ROWS = ("あいうえお", "かきくけこ", "さしすせそ", "たちつてと", "なにぬねの", "はひふへほ", "まみむめも", "やゆよ", "らりるれろ", "わをん")  # fmt: skip
_PLAIN = str.maketrans(
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ", "かきくけこさしすせそたちつてとはひふへほはひふへほ"
)


def kana_row(kana: str) -> str:
    """The row of the syllabary a reading belongs to, by its first kana (あ, か, …); わ for anything else."""
    first = kana[:1]
    if "ァ" <= first <= "ヶ":
        first = chr(ord(first) - 0x60)
    first = first.translate(_PLAIN)
    return next((row[0] for row in KANA_ROWS if first in row), "わ")


class ChooseMunicipalityScreen(Screen[ChooseMunicipality]):
    """Memory: `by` (prefecture or kana), `group` (the one chosen), `page`."""

    def title(self) -> str:
        return self.words("municipality.title" if self._direct() else f"municipality.title.{self._level()}")

    def _level(self) -> str:
        return "name" if "group" in self.memory else str(self.memory.get("by", "prefecture"))

    def _direct(self) -> bool:
        return len(self.view.municipalities) <= PER_PAGE

    def has_back(self) -> bool:
        return super().has_back() or "group" in self.memory

    def go_back(self) -> None:
        if "group" in self.memory:
            del self.memory["group"]
            self.memory.pop("page", None)
            self.refill(other=True)
        else:
            super().go_back()

    def fill(self) -> None:
        if self._direct() or "group" in self.memory:
            self._names()
        else:
            self._groups()

    def _groups(self) -> None:
        c = self.content
        by = self._level()
        wide = (c.width() - theme.GAP) / 2
        for index, way in enumerate(("prefecture", "kana")):
            tab = self.button(
                rect(c.left() + index * (wide + theme.GAP), c.top(), wide, theme.TOUCH),
                self.words(f"municipality.by.{way}"),
                partial(self._remember, by=way),
                checkable=True,
                size=theme.TEXT,
            )
            tab.setChecked(way == by)
        top = c.top() + theme.TOUCH + theme.GAP
        area = rect(c.left(), top, c.width(), c.bottom() - top)
        grid = rect(area.left(), area.top(), area.width(), area.height() - theme.TOUCH - theme.TOUCH_GAP)
        if by == "kana":
            found = {kana_row(m.kana) for m in self.view.municipalities}
            for box, row in zip(cells(area, 5, 2), KANA_ROWS, strict=True):
                name = self.words("municipality.kana_row", kana=row[0])
                self.button(box, name, partial(self._remember, group=row[0]), size=theme.LARGE).setEnabled(
                    row[0] in found
                )
        else:
            prefectures = list(dict.fromkeys(self._prefecture(m) for m in self.view.municipalities))
            page = page_of(self, "page", prefectures, 12, area)
            for box, name in zip(cells(grid, 4, 3), page, strict=False):
                self.button(box, name, partial(self._remember, group=name))

    def _remember(self, **memory: str) -> None:
        self.memory.pop("page", None)
        self.memory.update(memory)
        self.refill(other=True)

    def _prefecture(self, one: MunicipalityInfo) -> str:
        return self.words.either(one.prefecture, one.prefecture_en)

    def _names(self) -> None:
        group = self.memory.get("group")
        by = self.memory.get("by", "prefecture")
        shown = [
            one
            for one in self.view.municipalities
            if group is None or group == (kana_row(one.kana) if by == "kana" else self._prefecture(one))
        ]
        if group is not None and by == "kana":
            shown.sort(key=lambda one: one.kana)
        c = self.content
        few = len(shown) <= 6
        grid = c
        if len(shown) > PER_PAGE:
            grid = rect(c.left(), c.top(), c.width(), c.height() - theme.TOUCH - theme.TOUCH_GAP)
        names = [self.words.either(one.name, one.name_en) for one in shown]
        boxes = cells(grid, 2, 3) if few else cells(grid, COLUMNS, ROWS)
        for box, one in zip(boxes, page_of(self, "names", shown, PER_PAGE, c), strict=False):
            name = self.words.either(one.name, one.name_en)
            twice = names.count(name) > 1
            tile = self.button(
                box,
                name,
                partial(self.tell, MunicipalityChosen(one.code)),
                Kind.CHOICE,
                bare=True,
                name=self.words("municipality.in", name=name, prefecture=self._prefecture(one))
                if twice
                else None,
            )
            inner = rect(16, 6, box.width() - 32, box.height() - 12)
            size = theme.TITLE if few else theme.LEAD
            written = tile.on(
                inner, name, size, bold=True, align=Align.CENTRE, least=theme.SMALL, single=True
            )
            where = tile.on(inner, self._prefecture(one), theme.SMALL, align=Align.CENTRE, single=True)
            stack(inner, [written, where])
