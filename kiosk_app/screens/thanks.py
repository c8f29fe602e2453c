"""ご利用ありがとうございました."""

from __future__ import annotations

from kiosk_app.flow.events import Acknowledged
from kiosk_app.flow.views import Thanks

from .screen import Picture


class ThanksScreen(Picture[Thanks]):
    def title(self) -> str:
        return self.words("thanks.title")

    def fill(self) -> None:
        self.show_picture("thanks", [self.words(f"thanks.{n}") for n in (1, 2)])
        self.main(self.words("main.end"), lambda: self.tell(Acknowledged()))
