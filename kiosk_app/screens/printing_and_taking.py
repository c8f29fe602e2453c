"""From the first sheet to the thanks: printing, the jam, taking the paper, the receipt."""

from __future__ import annotations

from functools import partial

from kiosk_app.flow.events import Acknowledged, ReceiptChosen
from kiosk_app.flow.views import AskReceipt, Jammed, Printing, TakePaper, Thanks

from . import theme
from .parts import Align, Drawing, Panel, rect
from .screen import Picture, Screen
from .texts import RefusalWords


class PrintingScreen(Picture[Printing]):
    RENEWS = True

    def title(self) -> str:
        return self.words(self.bought_words("printing.title"))

    def fill(self) -> None:
        c, view = self.content, self.view
        half = c.width() * (0.3 if self.view.look.large else 0.46)
        self.panel(rect(c.left(), c.top(), half, c.height()))
        self.drawing(rect(c.left() + 24, c.top() + 24, half - 48, c.height() - 48), "printing")
        left = c.left() + half + 2 * theme.GAP
        wide = c.right() - left
        stay = rect(left, c.top(), wide, 128)
        self.panel(stay, self.colours.ink)
        self.text(stay.adjusted(24, 14, -24, -14), self.words("printing.stay"), theme.LEAD, bold=True, colour=self.colours.ground)  # fmt: skip
        sheet = self.words("printing.sheet", printed=view.printed, total=view.total)
        self.text(rect(left, c.top() + 176, wide, 72), sheet, 44, bold=True, least=theme.LEAD, single=True)
        bar = Panel(self, rect(left, c.top() + 256, wide, 32), self.colours.rest, radius=16)
        share = view.printed / max(1, view.total)
        if share > 0:
            Panel(bar, rect(0, 0, max(32, wide * share), 32), self.colours.accent, radius=16)
        about = rect(left, c.top() + 316, wide, c.height() - 316)
        self.text(about, self.words(self.bought_words("printing.about")), theme.TEXT, top=True)


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
        told = [printed, self.words("jammed.about")]
        self.show_picture(picture, told, self.words("jammed.call"), view.failure)


class TakePaperScreen(Picture[TakePaper]):
    MORE = ""
    RENEWS = True

    def title(self) -> str:
        return self.words(self.bought_words("take_paper.title"))

    def fill(self) -> None:
        view = self.view
        sentences = [self.words.count(self.bought_words("take_paper.sheets"), view.sheets)]
        if view.change:
            sentences.append(self.words("take_paper.change", amount=self.words.money(view.change)))
        sentences.append(self.words(self.bought_words("take_paper.check")))
        strong = self.words(self.bought_words("take_paper.forgotten")) if view.forgotten else ""
        self.show_picture("take_paper_change" if view.change else "take_paper", sentences, strong)


class AskReceiptScreen(Screen[AskReceipt]):
    def title(self) -> str:
        return self.words("receipt.title")

    def fill(self) -> None:
        c = self.content
        wide = (c.width() - theme.GAP) / 2
        high = c.height()
        for index, (name, wanted) in enumerate((("yes", True), ("no", False))):
            tile = self.button(
                rect(c.left() + index * (wide + theme.GAP), c.top(), wide, high),
                self.words(f"receipt.{name}"),
                partial(self.tell, ReceiptChosen(wanted)),
                bare=True,
            )
            Drawing(tile, rect(40, 40, wide - 80, high - 180), f"receipt_{name}", self.colours)
            tile.on(
                rect(24, high - 140, wide - 48, 72), tile.text(), theme.TITLE, bold=True, align=Align.CENTRE
            )


class ThanksScreen(Picture[Thanks]):
    MORE = ""

    def title(self) -> str:
        return self.words("thanks.title")

    def fill(self) -> None:
        self.show_picture("thanks", [self.words(self.bought_words("thanks.1")), self.words("thanks.2")])
        self.main(self.words("main.end"), lambda: self.tell(Acknowledged()))
