"""The refusal: what happened, what to do now, whom to ask; and out of service: what the resident can do instead."""

from __future__ import annotations

from kiosk_app.flow.events import Acknowledged
from kiosk_app.flow.views import OutOfService, Refusal

from . import theme
from .parts import rect
from .screen import Picture, Screen
from .texts import RefusalWords

ROW_MARGIN = 16
"""Above and below the words of a row together, at least."""


class RefusalScreen(Screen[Refusal]):
    def title(self) -> str:
        return self._told().title

    def _told(self) -> RefusalWords:
        return RefusalWords(self.words, self.view.failure, dict(self.view.facts), self.view.words)

    def fill(self) -> None:
        c, view = self.content, self.view
        told = self._told()
        head = rect(c.left(), c.top(), c.width(), 132)
        self.panel(head, theme.INK)
        self.drawing(rect(head.left() + 32, head.top() + 30, 72, 72), "attention")
        happened = rect(head.left() + 136, head.top() + 8, head.width() - 168, 116)
        self.text(happened, told.happened, theme.LARGE, bold=True, colour=theme.GROUND, least=theme.LEAD)
        rows = self._rows(told)
        top = head.bottom() + 12
        whole = rect(c.left() + 288, top, c.width() - 296, c.bottom() - 32 - top - ROW_MARGIN * len(rows))
        values = [self.text(whole, text, theme.LEAD, least=theme.SMALL) for _, text in rows]
        # what is left over is shared evenly: a row of three lines stands as free as one of a single line
        free = max(0.0, whole.height() - sum(value.used.height() for value in values)) / len(rows)
        for index, ((key, _), value) in enumerate(zip(rows, values, strict=True)):
            high = value.used.height() + free + ROW_MARGIN
            box = rect(c.left(), top, c.width(), high)
            top = box.bottom()
            if index:
                self.panel(rect(box.left(), box.top() - 1, box.width(), 2), theme.RULE)
            label = rect(box.left() + 8, box.top(), 264, box.height())
            self.text(label, self.words(f"refusal.{key}"), theme.TEXT, bold=True, colour=self.colours.accent)
            value.place(rect(whole.left(), box.top(), whole.width(), high))
        self.code(view.failure)
        if view.can_retry:
            self.way_back(self.words("main.end"), lambda: self.tell(Acknowledged()))
            self.main(self.words("main.again"), lambda: self.tell(Acknowledged(again=True)))
        else:
            self.main(self.words("main.end"), lambda: self.tell(Acknowledged()))

    def _rows(self, told: RefusalWords) -> list[tuple[str, str]]:
        """What to do, what lies ready to be taken, whom to ask."""
        view = self.view
        between = self.words("between.sentences")
        advice = self.words("refusal.doubt") if view.doubt else told.advice
        what_to_do = [sentence for sentence in (*told.known, advice) if sentence]
        rows = [("do", between.join(what_to_do))] if what_to_do else []
        back = []
        if view.card_inside:
            back.append(self.card_words("refusal.card"))
        if view.returned:
            back.append(self.words("refusal.returned", amount=self.words.money(view.returned)))
        if back:
            rows.append(("also", "\n".join(back)))
        rows.append(("ask", told.ask(view.contact, only_domicile=view.registration)))
        return rows


class OutOfServiceScreen(Picture[OutOfService]):
    def title(self) -> str:
        return self.words("out_of_service.title")

    def fill(self) -> None:
        told = [self.words(f"out_of_service.{n}") for n in ("elsewhere", "money")]
        if self.view.card_inside:
            told.insert(0, self.words("out_of_service.card"))
        self.show_picture("out_of_service", told, self.words("out_of_service.now"), self.view.failure)
