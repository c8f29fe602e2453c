"""Out of service: what the resident can do instead, and whom to ask; staff settle it."""

from __future__ import annotations

from kiosk_app.flow.views import OutOfService

from .screen import Picture


class OutOfServiceScreen(Picture[OutOfService]):
    def title(self) -> str:
        return self.words("out_of_service.title")

    def fill(self) -> None:
        told = [self.words(f"out_of_service.{n}") for n in ("elsewhere", "money")]
        if self.view.card_inside:
            told.insert(0, self.words("out_of_service.card"))
        self.show_picture("out_of_service", told, self.words("out_of_service.now"))
        self.code(self.view.failure)
