"""The paper is stuck, or has run out: please call 係員, who goes on or gives the money back."""

from __future__ import annotations

from kiosk_app.flow.views import Jammed

from .refusal_words import RefusalWords
from .screen import Picture

EMPTY = "Printer_Paper_Empty"


class JammedScreen(Picture[Jammed]):
    RENEWS = True

    def title(self) -> str:
        return self._words().happened

    def _words(self) -> RefusalWords:
        return RefusalWords(self.words, self.view.failure, {})

    def fill(self) -> None:
        view = self.view
        if view.printed:
            printed = self.words("jammed.printed", printed=view.printed, total=view.total)
        else:
            printed = self.words.count("jammed.none", view.total)
        picture = "call_staff_empty" if view.failure == EMPTY else "call_staff"
        self.show_picture(picture, [printed, self.words("jammed.about")], self.words("jammed.call"))
        self.code(view.failure)
