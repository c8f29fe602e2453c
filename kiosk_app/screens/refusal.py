"""The refusal: what happened, what to do now, whom to ask; and out of service: what the resident can do instead."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import Acknowledged
from kiosk_app.flow.views import OutOfService, Refusal

from . import theme
from .parts import fit_together, rect
from .screen import NUMBER_HIGH, Picture, Screen
from .texts import RefusalWords

ROW_MARGIN = 16
"""Above and below the words of a row together, at least."""


class RefusalScreen(Screen[Refusal]):
    MORE = "countdown.stay"

    def title(self) -> str:
        return self._told().title

    def _told(self) -> RefusalWords:
        return RefusalWords(self.words, self.view.failure, dict(self.view.facts), self.view.words)

    def fill(self) -> None:
        c, view = self.content, self.view
        told = self._told()
        head = rect(c.left(), c.top(), c.width(), 132)
        self._head(head, told.happened)
        rows = self._rows(told)
        top = head.bottom() + 12
        whole = rect(c.left() + 288, top, c.width() - 296, c.bottom() - 32 - top - ROW_MARGIN * len(rows))
        values = [self.text(whole, text, theme.LEAD, least=theme.SMALL) for _, text in rows]
        fit_together(values, whole.height())
        # what is left over is shared evenly: a row of three lines stands as free as one of a single line
        free = max(0.0, whole.height() - sum(value.used.height() for value in values)) / len(rows)
        for index, ((key, _), value) in enumerate(zip(rows, values, strict=True)):
            high = value.used.height() + free + ROW_MARGIN
            box = rect(c.left(), top, c.width(), high)
            top = box.bottom()
            if index:
                self.panel(rect(box.left(), box.top() - 1, box.width(), 2), self.colours.rule)
            label = rect(box.left() + 8, box.top(), 264, box.height())
            self.text(label, self.words(f"refusal.{key}"), theme.TEXT, bold=True, colour=self.colours.accent)
            value.place(rect(whole.left(), box.top(), whole.width(), high))
        if view.calm:
            self.name_of_failure(view.failure)
        else:
            number = rect(c.left() + 8, c.bottom() - NUMBER_HIGH, c.width() - 528, NUMBER_HIGH)
            self.code(view.failure, number, own_words=view.words is not None)
        if view.can_retry:
            self.way_back(self.words("main.end"), lambda: self.tell(Acknowledged()))
            self.main(self.words("main.again"), lambda: self.tell(Acknowledged(again=True)))
        else:
            self.main(self.words("main.end"), lambda: self.tell(Acknowledged()))

    def _head(self, head: QRectF, happened: str) -> None:
        """What happened: on the dark ground of an alarm, or in the page's own colours where the resident has ended it."""
        if self.view.calm:
            self.panel(head, self.colours.tint)
            box, colour = head.adjusted(40, 14, -32, -14), self.colours.ink
        else:
            self.panel(head, self.colours.ink)
            self.drawing(rect(head.left() + 32, head.top() + 30, 72, 72), "attention")
            box, colour = head.adjusted(136, 14, -32, -14), self.colours.ground
        self.text(box, happened, theme.LARGE, bold=True, colour=colour, least=theme.LEAD)

    def _rows(self, told: RefusalWords) -> list[tuple[str, str]]:
        """What to do, what lies ready to be taken, whom to ask; after one's own cancel there is nothing to ask about."""
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
        if not view.calm:
            rows.append(("ask", self._whom(told)))
        return rows

    def _whom(self, told: RefusalWords) -> str:
        """The shop's staff where money or paper is in the machine, the office in its own matters, else the call centre."""
        view = self.view
        if view.doubt:
            return self.words("ask.staff")
        office = self.words.offered(view.contact) if view.contact else ""
        asked = told.ask(office, only_domicile=view.registration)
        return view.call_center if view.call_center and asked == self.words("ask.center") else asked


class OutOfServiceScreen(Picture[OutOfService]):
    def title(self) -> str:
        return self.words("out_of_service.title")

    def fill(self) -> None:
        told = [self.words(f"out_of_service.{n}") for n in ("elsewhere", "money")]
        center = self.view.call_center or self.words("ask.center")
        told.append(self.words("out_of_service.ask", center=center))
        if self.view.card_inside:
            told.insert(0, self.words("out_of_service.card"))
        self.show_picture("out_of_service", told, self.words("out_of_service.now"), self.view.failure)
