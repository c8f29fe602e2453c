"""One try is left: whoever is not sure of the PIN can still leave it."""

from __future__ import annotations

from kiosk_app.flow.events import CancelTouched, LastTryAccepted
from kiosk_app.flow.views import ConfirmLastTry

from .screen import Picture


class ConfirmLastTryScreen(Picture[ConfirmLastTry]):
    def title(self) -> str:
        return self.words("last_try.title")

    def fill(self) -> None:
        strong = self.words("pin.wrong") if self.view.was_wrong else ""
        self.show_picture("last_try", [self.words(f"last_try.{n}") for n in (1, 2)], strong)
        self.way_back(self.words("last_try.stop"), lambda: self.tell(CancelTouched()))
        self.main(self.words("last_try.go"), lambda: self.tell(LastTryAccepted()))
