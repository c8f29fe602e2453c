"""What stands on a family register's certificate: from the record to rows, from rows to pages, and what was set read off the pages.

Every character of the form is one width, so that rows and pages are worked out here, to the character, and the template only puts
each run of text in its place. The measures are those of domain samples (`family_register.json`, mm and pt).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from server_stub.interface.letter_forms import letters
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, geometry, typeset

from .register import SPACE, Entry, FamilyRegisterBody, Item, Member, full_width

TEMPLATE = Path(__file__).parent / "family_register.typ"
POINT = 25.4 / 72
MORE, END = "以下次頁", "以下余白"
_NEVER_FIRST = "、。，．）」』】〕々ー"
_NEVER_LAST = "（「『【〔"


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of the readings; None: the form has none (before 2025-05-26)."""

    surname_reading: str | None
    name_reading: str | None


@dataclass(frozen=True, slots=True)
class FamilyRegisterFront:
    """One copy. `members`: whose blocks stand on it, in the order of the register; `key` of each in `keys`."""

    body: FamilyRegisterBody
    members: tuple[Member, ...]
    keys: tuple[str, ...]
    labels: Labels
    title: str
    attestation: str
    issued_on: str
    issue_number: str


@dataclass(frozen=True, slots=True)
class Run:
    """A text without a break: `x` in mm; `size` in pt."""

    x: float
    text: str
    size: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line over both columns. `height` in half pitches; `rule` above it: "" none, "solid", "dashed", "value" (dashed, right of
    the divider only). `names`: the key of the member whose 【名】 it is. `held`: no page ends with it. `boxed`: a box round what
    stands in the left column (除籍)."""

    left: tuple[Run, ...] = ()
    right: tuple[Run, ...] = ()
    height: int = 2
    rule: str = ""
    names: str = ""
    held: bool = False
    boxed: bool = False


def broken(text: str, first: int, others: int) -> list[str]:
    """Break a text into lines of so many characters. A line neither begins nor ends with a sign that may not stand there."""
    left, lines, room = letters(text), [], first
    while len(left) > room:
        cut = room
        while cut > max(1, room - 3) and (left[cut] in _NEVER_FIRST or left[cut - 1] in _NEVER_LAST):
            cut -= 1
        lines.append("".join(left[:cut]))
        left, room = left[cut:], others
    return [*lines, "".join(left)]


# --- rows ------------------------------------------------------------------------------------------------------------


class Rows:
    """Makes the rows of one copy."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._g = geometry(TEMPLATE, "family_register")
        self._em = self._g["size"] * POINT

    def of(self, front: FamilyRegisterFront) -> list[Row]:
        body = front.body
        rows = [*self._head(body)]
        rows += _ruled(
            "solid", [Row(left=(self._label("戸籍事項"),), held=True), *self._entries(body.entries)]
        )
        for member, key in zip(front.members, front.keys, strict=True):
            rows += _ruled("solid", self._member(member, key))
        return rows

    def _head(self, body: FamilyRegisterBody) -> Iterator[Row]:
        domicile = self._values(body.domicile)
        yield from (
            Row(left=(self._label(f"本{SPACE * 2}籍"),) if number == 0 else (), right=(run,))
            for number, run in enumerate(domicile)
        )
        yield Row(height=1)
        yield from self._named(f"氏{SPACE * 2}名", "", body.head.text)
        yield from self._reading(self._labels.surname_reading, body.head.reading) or [Row(height=1)]

    def _named(self, label: str, before: str, name: str, key: str = "") -> Iterator[Row]:
        """A name in large characters; one that is too long for that in somewhat smaller ones, then over several lines."""
        x = self._g["value"] + len(before) * self._em
        wide = self._g["end"] - x
        sizes = self._g["name"]
        text = full_width(name)
        count = len(letters(text))
        size = sizes["size"] if count * sizes["size"] * POINT <= wide else sizes["least"]
        room = math.floor(wide / (size * POINT))
        for number, line in enumerate(broken(text, room, room)):
            runs: tuple[Run, ...] = (Run(x, line, size),)
            if number == 0 and before:
                runs = (Run(self._g["value"], before, self._g["size"]), *runs)
            yield Row(
                left=(self._label(label),) if number == 0 else (),
                right=runs,
                height=sizes["half_pitches"],
                names=key if number == 0 else "",
                held=True,
            )

    def _reading(self, label: str | None, reading: str | None) -> list[Row]:
        """The line below a name, which else is blank."""
        return self._labelled(label, reading) if label and reading else []

    def _member(self, member: Member, key: str) -> Iterator[Row]:
        yield from self._named("戸籍に記録されている者", "【名】", member.name, key)
        # held down to the birth date: a sheet with the name has both, and whose of several of that name it is
        reading = self._reading(self._labels.name_reading, member.reading) or [Row()]
        yield from (replace(row, held=True) for row in reading)
        born = [Row(right=(run,)) for run in self._values(born_as_printed(member))]
        if member.spouse:
            spouse = Run(self._g["spouse"], f"【配偶者区分】{member.spouse}", self._g["size"])
            if self._ends(born[-1]) > spouse.x:
                born.append(Row())
            born[-1] = replace(born[-1], right=(*born[-1].right, spouse))
        yield from (replace(row, held=True) for row in born[:-1])
        yield born[-1]
        parents = [
            *self._labelled("父", member.father),
            *self._labelled("母", member.mother),
            *self._labelled("続柄", member.relation),
        ]
        if member.adoptive_relation:
            for label, name in (("養父", member.adoptive_father), ("養母", member.adoptive_mother)):
                parents += self._labelled(label, name) if name else []
            parents += self._labelled("続柄", member.adoptive_relation)
        if member.removed:
            mark = Run(self._g["event"] + self._em, f"除{SPACE}籍", self._g["size"])
            parents[0] = replace(parents[0], left=(mark,), boxed=True, held=True)
        yield from parents
        yield from _ruled(
            "dashed", [Row(left=(self._label("身分事項"),), held=True), *self._entries(member.entries)]
        )

    def _entries(self, entries: Sequence[Entry], deeper: int = 0) -> Iterator[Row]:
        for number, entry in enumerate(entries):
            rows = list(self._entry(entry, deeper))
            yield from _ruled("value" if number or deeper else "", rows)

    def _entry(self, entry: Entry, deeper: int) -> Iterator[Row]:
        x = self._g["event"] + deeper * self._g["deeper"] * self._em
        room = math.floor((self._g["divider"] - x) / self._em)
        title = full_width(entry.title)
        if len(letters(title)) == 2:
            title = (SPACE * 2).join(letters(title))
        lines = [Run(x, line, self._g["size"]) for line in broken(title, room, room)]
        for left, row in zip_longest(lines, self._items(entry.items)):
            found = row or Row()
            yield replace(found, left=(left,)) if left else found
        yield from self._entries(entry.corrections, deeper + 1)

    def _items(self, items: Sequence[Item], deeper: int = 0) -> Iterator[Row]:
        for item in items:
            yield from self._labelled(item.label, item.text or "", deeper)
            yield from self._items(item.former, deeper + 1)

    def _labelled(self, label: str, value: str, deeper: int = 0) -> list[Row]:
        indent = deeper * self._g["former"]
        return [Row(right=(run,)) for run in self._values(f"【{label}】{value}", indent)]

    def _values(self, text: str, indent: float = 0) -> list[Run]:
        """The lines of a value; all but the first are indented."""
        x = self._g["value"] + indent * self._em
        wrapped = self._g["wrapped"] * self._em
        lines = broken(full_width(text), self._room(x), self._room(x + wrapped))
        return [
            Run(x + (wrapped if number else 0), line, self._g["size"]) for number, line in enumerate(lines)
        ]

    def _room(self, x: float) -> int:
        return int((self._g["end"] - x) / self._em)

    def _label(self, text: str) -> Run:
        return Run(self._g["label"], text, self._g["size"])

    @staticmethod
    def _ends(row: Row) -> float:
        return max((run.x + len(letters(run.text)) * run.size * POINT for run in row.right), default=0)


def _ruled(rule: str, rows: Iterator[Row] | Sequence[Row]) -> list[Row]:
    """Put a rule above the first of these rows."""
    first, *others = rows
    return [replace(first, rule=rule or first.rule), *others]


# --- pages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """`continued`: the key of the member whose block it goes on with; `ahead`: of the first one, where it has nothing yet but what is
    before all blocks."""

    rows: tuple[Row, ...]
    last: bool
    continued: str = ""
    ahead: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Whose block, or a part of it, stands on it; or whom it leads to, so that no sheet is nobody's."""
        named = tuple(row.names for row in self.rows if row.names)
        return tuple(key for key in (self.continued, *named, self.ahead) if key)


def paged(rows: Sequence[Row]) -> list[Page]:
    """Divide rows into pages. A page may end anywhere, also within a person, but not below a heading; the last one has room for
    認証文 and seal below its frame, and ends with 以下余白."""
    g = geometry(TEMPLATE, "family_register")
    full, last = (_room(g, g[page]["bottom"]) for page in ("full", "last"))
    last -= Row().height
    pages: list[Page] = []
    left = list(rows)

    def continued() -> str:
        named = [row.names for row in rows[: len(rows) - len(left)] if row.names]
        return named[-1] if named and not left[0].names else ""

    while _height(left) > last:
        cut = next(
            (count for count in range(1, len(left)) if _height(left[: count + 1]) > full), len(left) - 1
        )
        if cut == len(left) - 1:  # what is left would be a line or none
            cut = max((n for n in range(1, cut + 1) if left[n].rule), default=cut)
        while cut > 1 and left[cut - 1].held:
            cut -= 1
        within = continued()
        begun = within or any(row.names for row in left[:cut])
        ahead = "" if begun else next((row.names for row in left[cut:] if row.names), "")
        pages.append(Page(tuple(left[:cut]), last=False, continued=within, ahead=ahead))
        left = left[cut:]
    return [*pages, Page(tuple(left), last=True, continued=continued())]


def _room(g: dict[str, Any], bottom: float) -> int:
    """How many half pitches a page has."""
    return int((bottom - 0.6 - g["first_row"]) / (g["pitch"] / 2))


def _height(rows: Sequence[Row]) -> int:
    """In half pitches; a rule takes one, but none at the head of a page."""
    return sum(row.height for row in rows) + sum(1 for row in rows[1:] if row.rule)


# --- what the template is given --------------------------------------------------------------------------------------


def render_family_register(kind: str, copies: Sequence[FamilyRegisterFront], issuer: Issuer) -> Rendered:
    """Set the fronts. Raises Failed as `typeset`."""
    if not copies:
        raise ValueError("at least one copy")
    made = [paged(Rows(copy.labels).of(copy)) for copy in copies]
    data = [_copy(copy, pages) for copy, pages in zip(copies, made, strict=True)]
    pdf = typeset(TEMPLATE, "family-register(", {"copies": data}, issuer)
    told = tuple(
        RenderedPage(number, k, len(pages), page.keys)
        for number, pages in enumerate(made, start=1)
        for k, page in enumerate(pages, start=1)
    )
    return Rendered(kind, issuer.code, pdf, told)


def _copy(copy: FamilyRegisterFront, pages: Sequence[Page]) -> dict[str, Any]:
    members = dict(zip(copy.keys, copy.members, strict=True))
    return {
        "title": copy.title,
        "attestation": full_width(copy.attestation),
        "issued_on": full_width(copy.issued_on),
        "issue_number": full_width(copy.issue_number),
        "pages": [
            _page(page, k, len(pages)) | {"foot": _foot(page, members)}
            for k, page in enumerate(pages, start=1)
        ],
    }


def _foot(page: Page, members: Mapping[str, Member]) -> list[tuple[str, str]]:
    """Tell in the foot, outside of the form, whose block the sheet goes on with, or leads to: each sheet must say whose it is, and a page
    of the form that begins within a block, or ends before the first, does not."""
    key = page.continued or page.ahead
    if not key:
        return []
    words = "前頁から続く" if page.continued else "次頁へ続く"
    return [
        ("name", f"{words}【名】{full_width(members[key].name)}"),
        ("birth", born_as_printed(members[key])),
    ]


def born_as_printed(member: Member) -> str:
    return full_width(f"【生年月日】{member.birth}")


def _page(page: Page, k: int, n: int) -> dict[str, Any]:
    """Where everything stands on a page: mm from the upper left corner."""
    g = geometry(TEMPLATE, "family_register")
    half = g["pitch"] / 2
    texts: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    boxes: list[dict[str, float]] = []
    y = g["first_row"]
    for number, row in enumerate(page.rows):
        if row.rule and number:
            left = g["divider"] if row.rule == "value" else g["left"]
            rules.append(
                {"x": left, "y": y + half / 2, "width": g["right"] - left, "dashed": row.rule != "solid"}
            )
            y += half
        line = _base_line(y, row, g)
        texts += [_text(run, line) for run in (*row.left, *row.right)]
        if row.boxed:
            boxes += [_box(run, line) for run in row.left]
        y += row.height * half
    if page.last:
        texts.append(_text(Run(g["word"]["x"], END, g["size"]), _base_line(y, Row(), g)))
    return {
        "k": full_width(str(k)),
        "n": full_width(str(n)),
        "last": page.last,
        "texts": texts,
        "rules": rules,
        "boxes": boxes,
        "word": "" if page.last else MORE,
    }


_ASCENT = 0.88
"""Of the face, in em: how far the base line lies below the upper edge of a text."""


def _base_line(y: float, row: Row, g: dict[str, Any]) -> float:
    """The base line that everything in a row stands on: in the last pitch of the row, so that a name rises above it."""
    size = g["size"] * POINT
    above = max(0, row.height - 2) * g["pitch"] / 2
    return float(y + above + (g["pitch"] - size) / 2 + _ASCENT * size)


def _text(run: Run, base_line: float) -> dict[str, Any]:
    em = run.size * POINT
    # the typesetter takes the empty half of an opening bracket away where a line begins with it
    x = run.x + (em / 2 if run.text.startswith(tuple(_NEVER_LAST)) else 0)
    return {"x": round(x, 3), "y": round(base_line - _ASCENT * em, 3), "size": run.size, "text": run.text}


def _box(run: Run, base_line: float) -> dict[str, float]:
    em = run.size * POINT
    width = len(letters(run.text)) * em
    return {
        "x": round(run.x - 0.6 * em, 3),
        "y": round(base_line - (_ASCENT + 0.28) * em, 3),
        "width": round(width + 1.2 * em, 3),
        "height": round(1.56 * em, 3),
    }
