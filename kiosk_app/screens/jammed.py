"""The paper is stuck: please call 係員, who goes on or gives the money back."""

from __future__ import annotations

from kiosk_app.flow.views import Jammed

from .refusal_words import RefusalWords
from .screen import Picture


class JammedScreen(Picture[Jammed]):
    def title(self) -> str:
        return self._words().happened

    def _words(self) -> RefusalWords:
        return RefusalWords(self.words, self.view.failure, {})

    def fill(self) -> None:
        view = self.view
        printed = self.words("jammed.printed", printed=view.printed, total=view.total)
        self.show_picture("call_staff", [printed, self.words("jammed.about")], self.words("jammed.call"))
        self.code(view.failure)
