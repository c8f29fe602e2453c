"""住所地 or 本籍地."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import PlaceChosen
from kiosk_app.flow.views import ChoosePlace
from server_stub.interface.terminal import Place

from . import theme
from .parts import Align, Drawing, rect
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
