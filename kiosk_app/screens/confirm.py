"""Everything that was chosen, and the fee, before anything is made."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from kiosk_app.flow.events import Confirmed
from kiosk_app.flow.views import Confirm

from . import theme
from .names import Name, needs_register_face
from .parts import Align, rect
from .screen import Screen

NAMES = 6
"""Names that are written out; of more people the rest is counted."""


class ConfirmScreen(Screen[Confirm]):
    def title(self) -> str:
        return self.words("confirm.title")

    def fill(self) -> None:
        c, view = self.content, self.view
        money_wide = 340.0
        facts = rect(c.left(), c.top(), c.width() - money_wide - theme.GAP, c.height())
        self.panel(facts)
        city = self.words.either(view.municipality.name, view.municipality.name_en)
        options = self._options()
        lines: list[tuple[str, str, float]] = [
            ("kind", self.words(f"kind.{view.kind}"), 62),
            ("municipality", city, 62),
            ("copies", self.words.count("copies.number", view.copies), 62),
        ]
        if options:
            lines.append(("options", options, 112))
        names_high = facts.height() - 24 - sum(high for _, _, high in lines)
        top = facts.top() + 12
        for index, (key, text, high) in enumerate([*lines[:2], ("persons", "", names_high), *lines[2:]]):
            if index:
                self.panel(rect(facts.left() + 24, top, facts.width() - 48, 2), theme.RULE)
            self._line(key, text, rect(facts.left() + 28, top, facts.width() - 56, high))
            top += high
        self._money(rect(facts.right() + theme.GAP, c.top(), money_wide, c.height()))
        self.main(self.words("confirm.apply"), lambda: self.emit(Confirmed()))

    def _line(self, key: str, text: str, box: QRectF) -> None:
        label = rect(box.left(), box.top(), 190, box.height())
        self.text(label, self.words(f"confirm.{key}"), theme.SMALL, colour=theme.SOFT)
        value = rect(box.left() + 200, box.top(), box.width() - 200, box.height())
        if key == "persons":
            self._persons(value)
        else:
            self.text(value, text, theme.TEXT, bold=key == "kind", least=theme.SMALL)

    def _persons(self, box: QRectF) -> None:
        names = self.view.names
        register = needs_register_face(names)
        told = names if len(names) <= NAMES else names[: NAMES - 1]
        rows: list[tuple[str, bool]] = [(name, True) for name in told]
        if len(told) < len(names):
            rows.append((self.words.count("confirm.others", len(names) - len(told)), False))
        top = box.top()
        high = box.height()
        if self.view.whole_household:
            whole = self.words.count("confirm.household", len(names))
            self.text(rect(box.left(), top, box.width(), 44), whole, theme.TEXT)
            top, high = top + 42, high - 50
        columns = 1 if len(rows) <= 1 else 2
        lines = -(-len(rows) // columns)
        each = high / max(1, lines)
        wide = box.width() / columns
        for index, (text, person) in enumerate(rows):
            cell = rect(
                box.left() + (index % columns) * wide, top + (index // columns) * each, wide - 12, each
            )
            if person:
                Name(self, cell, text, theme.TEXT, register=register, least=theme.SMALL)
            else:
                self.text(cell, text, theme.SMALL)

    def _options(self) -> str:
        parts = []
        for option in self.view.available:
            chosen = bool(getattr(self.view.options, option))
            choice = self.words("confirm.with" if chosen else "confirm.without")
            parts.append(self.words("confirm.option", option=self.words(f"option.{option}"), choice=choice))
        return self.words("confirm.options.between").join(parts)

    def _money(self, box: QRectF) -> None:
        self.panel(box, self.colours.tint)
        inner = box.adjusted(28, 24, -28, -24)
        self.text(rect(inner.left(), inner.top(), inner.width(), 44), self.words("confirm.fee"), theme.LEAD)
        fee = self.words.money(self.view.fee)
        terms = self.words.count("copies.terms", self.view.copies, fee=fee)
        self.text(rect(inner.left(), inner.top() + 52, inner.width(), 44), terms, theme.SMALL)
        total = self.words.money(self.view.fee_total)
        big = rect(inner.left(), inner.top() + 110, inner.width(), 90)
        self.text(big, total, 64, bold=True, align=Align.RIGHT, colour=self.colours.accent)
        note = rect(inner.left(), inner.top() + 220, inner.width(), inner.height() - 220)
        self.text(note, self.words("confirm.note"), theme.SMALL)
