"""カードをお取りください; sterner when it was forgotten."""

from __future__ import annotations

from kiosk_app.flow.views import TakeCard

from .screen import Picture


class TakeCardScreen(Picture[TakeCard]):
    RENEWS = True

    def title(self) -> str:
        return self.words("take_card.title")

    def fill(self) -> None:
        strong = self.words("take_card.forgotten") if self.view.forgotten else ""
        self.show_picture("take_card", [self.words(f"take_card.{n}") for n in (1, 2)], strong)
