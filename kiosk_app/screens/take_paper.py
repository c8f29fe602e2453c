"""証明書をお取りください, and the change."""

from __future__ import annotations

from kiosk_app.flow.views import TakePaper

from .screen import Picture


class TakePaperScreen(Picture[TakePaper]):
    RENEWS = True

    def title(self) -> str:
        return self.words("take_paper.title")

    def fill(self) -> None:
        view = self.view
        sentences = [self.words.count("take_paper.sheets", view.sheets)]
        if view.change:
            sentences.append(self.words("take_paper.change", amount=self.words.money(view.change)))
        sentences.append(self.words("take_paper.check"))
        strong = self.words("take_paper.forgotten") if view.forgotten else ""
        self.show_picture("take_paper_change" if view.change else "take_paper", sentences, strong)
