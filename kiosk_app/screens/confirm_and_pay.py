"""Everything that was chosen and the fee, before anything is made; then the money that is dropped."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF

from kiosk_app.devices.interface import DENOMINATIONS
from kiosk_app.flow.events import Confirmed
from kiosk_app.flow.views import Confirm, Pay

from . import theme
from .names import Name, needs_register_face, width_of_name
from .parts import Align, rect
from .screen import Screen
from .wrap import wrap

Entry = tuple[str, bool]
"""Words, and whether they are a name."""
COLUMNS = 2
NAME_HIGH = 36.0
ROW_HIGH = 52.0
LABEL_WIDE = 200.0
LINE_HIGH = 34.0
FEW_ANSWERS, MOST_ANSWER_LINES = 3, 5
"""So many answers have a line each; more are told one behind the other."""
UNBROKEN = 32
"""Letters of an answer that is kept on one line."""


class ConfirmScreen(Screen[Confirm]):
    def title(self) -> str:
        return self.words("confirm.title")

    def fill(self) -> None:
        c, view = self.content, self.view
        money_wide = 340.0
        self._row, self._line, self._name = map(self.colours.grown, (ROW_HIGH, LINE_HIGH, NAME_HIGH))
        facts = rect(c.left(), c.top(), c.width() - money_wide - theme.GAP, c.height())
        self.panel(facts)
        inner = facts.adjusted(28, 8, -28, -8)
        self._wide = inner.width() - LABEL_WIDE
        answers, answer_lines = self._answers()
        options_high = 20 + self._line * answer_lines
        name = self.words.offered(view.words)
        name_high = self._row if self._fits(name, bold=True) else 2 * self._line + 12
        room = inner.height() - name_high - 2 * self._row - (options_high if answers else 0) - 16
        rows = self._rows(max(1, int(room // self._name)))
        told = view.municipality
        # several municipalities of one name: the prefecture tells them apart
        city = self.words(
            "municipality.in",
            name=self.words.either(told.name, told.name_en),
            prefecture=self.words.either(told.prefecture, told.prefecture_en),
        )
        lines = [
            ("kind", name, name_high),
            ("municipality", city, self._row),
            ("persons", "", max(self._row, 16 + self._name * self._lines(rows))),
            ("copies", self.words.count("copies.number", view.copies), self._row),
        ]
        if answers:
            lines.append(("options", answers, options_high))
        spare = (inner.height() - sum(high for _, _, high in lines)) / len(lines)
        top = inner.top()
        for index, (key, text, high) in enumerate(lines):
            if index:
                self.panel(rect(inner.left(), top, inner.width(), 2), self.colours.rule)
            label = rect(inner.left(), top, LABEL_WIDE - 12, high + spare)
            self.text(label, self.words(f"confirm.{key}"), theme.SMALL, colour=self.colours.soft)
            value = rect(inner.left() + LABEL_WIDE, top, inner.width() - LABEL_WIDE, high + spare)
            if key == "persons":
                self._persons(value, rows)
            else:
                # a name that fits one line shrinks rather than to be broken
                one_line = key == "kind" and name_high == self._row
                self.text(value, text, theme.TEXT, bold=key == "kind", least=theme.SMALL, single=one_line)
            top += high + spare
        self._money(rect(facts.right() + theme.GAP, c.top(), money_wide, c.height()))
        self.main(self.words("confirm.apply"), lambda: self.tell(Confirmed()))

    def _rows(self, room: int) -> list[list[Entry]]:
        """The persons in at most `room` lines: those for whom there is no room are counted."""
        names = self.view.names
        self._register = needs_register_face(names)
        head: list[list[Entry]] = []
        if self.view.whole is not None:
            whole = self.words.offered(self.view.whole)
            head = [[(self.words.count("confirm.whole", len(names), whole=whole), False)]]
        elif not names:
            head = [[(self.words("confirm.self"), False)]]
        for told in range(len(names), -1, -1):
            entries: list[Entry] = [(name, True) for name in names[:told]]
            if told < len(names):
                entries.append((self.words.count("confirm.others", len(names) - told), False))
            rows = head + self._in_columns(entries)
            if self._lines(rows) <= room:
                break
        return rows

    def _lines(self, rows: list[list[Entry]]) -> int:
        """How many lines `rows` take: a name too long for one is broken."""
        return sum(2 if len(row) == 1 and self._too_long(*row[0]) else 1 for row in rows)

    def _too_long(self, text: str, person: bool) -> bool:
        return person and width_of_name(text, theme.SMALL, self._register) > self._wide - 12

    def _in_columns(self, entries: list[Entry]) -> list[list[Entry]]:
        """Two entries a row; a long name has a row for itself."""
        rows: list[list[Entry]] = []
        open_row = False
        for text, person in entries:
            half = self._wide / COLUMNS - 12
            short = not person or width_of_name(text, theme.TEXT, self._register) <= half
            if short and open_row:
                rows[-1].append((text, person))
                open_row = False
            else:
                rows.append([(text, person)])
                open_row = short
        return rows

    def _persons(self, box: QRectF, rows: list[list[Entry]]) -> None:
        top = box.center().y() - self._name * self._lines(rows) / 2
        for row in rows:
            wide = box.width() / len(row)
            high = self._name * self._lines([row])
            for column, (text, person) in enumerate(row):
                cell = rect(box.left() + column * wide, top, wide - 12, high)
                if person:
                    Name(
                        self, cell, text, theme.TEXT, register=self._register, least=theme.SMALL, single=True
                    )
                else:
                    self.text(cell, text, theme.SMALL)
            top += high

    def _answers(self) -> tuple[str, int]:
        """Every question with its answer, in at most MOST_ANSWER_LINES lines: those for which there is no room are counted."""
        offered = self.words.offered
        parts = [
            self.words("confirm.answer", question=offered(question), choice=offered(choice))
            for question, choice in self.view.answers
        ]
        few = len(parts) <= FEW_ANSWERS
        if not few:
            parts = [_short_unbroken(part) for part in parts]
        text, lines = "", 0
        for told in range(len(parts), -1, -1):
            left = len(parts) - told
            shown = parts[:told] + ([self.words.count("confirm.answers.others", left)] if left else [])
            text = ("\n" if few else self.words("confirm.between")).join(shown)
            anywhere = self.words.language == "zh"
            lines = len(wrap(text, self._wide, lambda line: self._width(line), anywhere=anywhere))
            if lines <= MOST_ANSWER_LINES:
                break
        return text, lines

    def _fits(self, text: str, *, bold: bool) -> bool:
        """Whether `text` fits one line at the least size."""
        return self._width(text, bold=bold) <= self._wide

    def _width(self, text: str, *, bold: bool = False) -> float:
        face = theme.font(theme.SMALL, bold, language=self.words.language)
        return QFontMetricsF(face).horizontalAdvance(text)

    def _money(self, box: QRectF) -> None:
        self.panel(box, self.colours.tint)
        inner = box.adjusted(28, 24, -28, -24)
        self.text(rect(inner.left(), inner.top(), inner.width(), 44), self.words("confirm.fee"), theme.LEAD)
        fee = self.words.money(self.view.fee)
        terms = self.words.count("copies.terms", self.view.copies, fee=fee)
        self.text(rect(inner.left(), inner.top() + 52, inner.width(), 44), terms, theme.SMALL)
        total = self.words.money(self.view.fee_total)
        big = rect(inner.left(), inner.top() + 110, inner.width(), 90)
        self.text(big, total, 64, bold=True, colour=self.colours.accent, least=theme.TITLE, single=True)
        note = rect(inner.left(), inner.top() + 220, inner.width(), inner.height() - 220)
        self.text(
            note, self.words("confirm.note" if self.view.fee_total else "confirm.note.free"), theme.SMALL
        )


def _short_unbroken(text: str) -> str:
    """`text` with no line's end in it, if it is short: 'Relationship: Leave out' stays together in a running list."""
    return text.replace(" ", "\u00a0") if len(text) <= UNBROKEN else text


NOTE = 1000
"""From here on money is paper."""


PAY_ROW = 72


class PayScreen(Screen[Pay]):
    RENEWS = True
    ESCAPE_CANCELS = False

    def title(self) -> str:
        return self.words("pay.title" if self.view.inserted < self.view.due else "pay.done")

    def fill(self) -> None:
        c, view = self.content, self.view
        left_wide = 620.0
        rest = max(0, view.due - view.inserted)
        change = max(0, view.inserted - view.due)
        for index, (key, amount) in enumerate(
            (("due", view.due), ("inserted", view.inserted), ("change", change))
        ):
            top = c.top() + index * (PAY_ROW + 12)
            self.panel(rect(c.left(), top, left_wide, PAY_ROW))
            self.text(rect(c.left() + 32, top, 300, PAY_ROW), self.words(f"pay.{key}"), theme.LEAD)
            box = rect(c.left() + left_wide - 292, top, 260, PAY_ROW)
            self.text(box, self.words.money(amount), 44, bold=True, align=Align.RIGHT)
        top = c.top() + 3 * (PAY_ROW + 12)
        high = c.bottom() - top
        big = rect(c.left(), top, left_wide, high if not view.rejected else high - 120)
        self.panel(big, self.colours.accent)
        self.text(rect(big.left() + 32, big.top(), 210, big.height()), self.words("pay.rest"), theme.LARGE, bold=True, colour=self.colours.ground)  # fmt: skip
        box = rect(big.left() + 274, big.top(), big.width() - 306, big.height())
        self.text(
            box,
            self.words.money(rest),
            88,
            bold=True,
            align=Align.RIGHT,
            colour=self.colours.ground,
            least=48,
            single=True,
        )
        if view.rejected:
            box = rect(c.left(), c.bottom() - 104, left_wide, 104)
            self.panel(box, self.colours.ink)
            told = self.words("pay.rejected", amount=self.words.money(view.rejected))
            self.text(box.adjusted(28, 14, -28, -14), told, theme.TEXT, bold=True, colour=self.colours.ground)
        self._accepted(c.left() + left_wide + theme.GAP)

    def _accepted(self, left: float) -> None:
        c = self.content
        wide = c.right() - left
        self.panel(rect(left, c.top(), wide, c.height()))
        self.drawing(rect(left + 32, c.top() + 20, wide - 64, c.height() - 216), "coins")
        coins = self.words("pay.between").join(self.words.money(n) for n in DENOMINATIONS if n < NOTE)
        notes = self.words("pay.between").join(self.words.money(n) for n in DENOMINATIONS if n >= NOTE)
        top = c.bottom() - 184
        self.text(rect(left + 32, top, wide - 64, 36), self.words("pay.accepted"), theme.SMALL, bold=True)
        told = self.words("pay.coins", coins=coins) + "\n" + self.words("pay.notes", notes=notes)
        self.text(rect(left + 32, top + 52, wide - 64, 116), told, theme.SMALL, top=True)
