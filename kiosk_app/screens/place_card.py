"""カードを置く."""

from __future__ import annotations

from kiosk_app.flow.views import PlaceCard

from .screen import Picture


class PlaceCardScreen(Picture[PlaceCard]):
    def title(self) -> str:
        return self.words("place_card.title")

    def fill(self) -> None:
        self.show_picture("place_card", [self.words(f"place_card.{n}") for n in (1, 2, 3)])
