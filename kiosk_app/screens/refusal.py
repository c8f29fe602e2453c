"""The one refusal screen: what happened, what to do now, whom to ask; the code is small."""

from __future__ import annotations

from kiosk_app.flow.events import Acknowledged
from kiosk_app.flow.views import Refusal

from . import theme
from .parts import rect
from .refusal_words import RefusalWords
from .screen import Screen


class RefusalScreen(Screen[Refusal]):
    def title(self) -> str:
        return self.words("refusal.title")

    def fill(self) -> None:
        c, view = self.content, self.view
        told = RefusalWords(self.words, view.failure, dict(view.facts))
        head = rect(c.left(), c.top(), c.width(), 132)
        self.panel(head, theme.INK)
        self.drawing(rect(head.left() + 32, head.top() + 30, 72, 72), "attention")
        words_box = rect(head.left() + 136, head.top() + 8, head.width() - 168, 116)
        self.text(words_box, told.happened, theme.LARGE, bold=True, colour=theme.GROUND, least=theme.LEAD)
        rows = [("do", " ".join([*told.known, told.advice]) if self.words.language == "en" else "".join([*told.known, told.advice]))]  # fmt: skip
        extra = []
        if view.card_inside:
            extra.append(self.words("refusal.card"))
        if view.returned:
            extra.append(self.words("refusal.returned", amount=self.words.money(view.returned)))
        if extra:
            rows.append(("also", (" " if self.words.language == "en" else "").join(extra)))
        rows.append(("ask", view.contact or told.ask))
        top = head.bottom() + theme.GAP
        high = (c.bottom() - top) / len(rows)
        for index, (key, text) in enumerate(rows):
            box = rect(c.left(), top + index * high, c.width(), high)
            if index:
                self.panel(rect(box.left(), box.top() - 1, box.width(), 2), theme.RULE)
            label = rect(box.left() + 8, box.top(), 264, box.height())
            self.text(label, self.words(f"refusal.{key}"), theme.TEXT, bold=True, colour=self.colours.accent)
            value = rect(box.left() + 288, box.top(), box.width() - 296, box.height())
            self.text(value, text, theme.LEAD, least=theme.SMALL)
        code = rect(c.left() + 284, theme.FOOTER.top(), 520, theme.FOOTER.height())
        self.text(code, self.words("refusal.code", code=view.failure), theme.CODE, colour=theme.SOFT)
        if view.can_retry:
            self.way_back(self.words("main.end"), lambda: self.emit(Acknowledged()))
            self.main(self.words("main.again"), lambda: self.emit(Acknowledged(again=True)))
        else:
            self.main(self.words("main.end"), lambda: self.emit(Acknowledged()))
