"""What stands on a 戸籍の附票の写し: lines of a fixed pitch in two columns, as the forms of the 戸籍 have them, and the sheets that
they fill; what was set is read off these sheets again.

The layout follows measured papers of the 戸籍 (unproven for the 附票): a section's name at the left, 【label】value at the right.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from server_stub.eras import wareki
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.values import Box
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, geometry, typeset

from .records import AddressHistory, Member

TEMPLATE = Path(__file__).parent / "address_history.typ"
GEOMETRY = "address_history"
DOMICILE, OVERSEAS, RESIDENT_CODE = "domicile", "overseas_voting", "resident_code"
YES, NO, PARTLY = "yes", "no", "partly"
"""PARTLY is no answer that anybody can give: it says that a sheet shows an item of some and not of others."""
_MADE = {"compiled": "編製", "remade": "改製"}
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_POINT = 25.4 / 72


@dataclass(frozen=True, slots=True)
class Person:
    """One member, as printed. `key` is not printed. `name` with U+3000 between 氏 and 名; `given` alone stands where the head of
    the sheet tells the 氏. None: the item was left out, or the person has none (`has_overseas`, `has_code` tell which)."""

    key: str
    name: str
    given: str
    birth: str
    sex: str
    removed: bool
    overseas_voting: str | None
    resident_code: Secret | None
    has_overseas: bool
    has_code: bool
    addresses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AddressHistoryFront:
    """One copy. `domicile` and `head` (本籍, 筆頭者) None: not asked for, and each person's whole 氏名 is printed."""

    extent: str
    domicile: str | None
    head: str | None
    made: str
    made_on: str
    reason: str
    persons: tuple[Person, ...]
    attestation: str
    issued_on: str
    issue_number: str


def address_history_front(
    history: AddressHistory,
    members: Sequence[Member],
    answers: Mapping[str, str],
    *,
    extent: str,
    attestation: str,
    issued_on: str,
    issue_number: str,
) -> AddressHistoryFront:
    """Make one copy of `members`, in their order. `extent`: 全部証明 or 一部証明, as the municipality calls it."""
    shown = answers.get(DOMICILE) == YES
    return AddressHistoryFront(
        extent=extent,
        domicile=history.domicile if shown else None,
        head=history.head if shown else None,
        made=_MADE[history.made],
        made_on=wareki(history.made_on),
        reason=history.reason,
        persons=tuple(_person(member, answers) for member in members),
        attestation=attestation,
        issued_on=issued_on,
        issue_number=issue_number,
    )


def _person(member: Member, answers: Mapping[str, str]) -> Person:
    return Person(
        key=member.key,
        name=member.name,
        given=member.given,
        birth=member.birth,
        sex=member.sex,
        removed=member.removed,
        overseas_voting=member.overseas_voting if answers.get(OVERSEAS) == YES else None,
        resident_code=member.resident_code if answers.get(RESIDENT_CODE) == YES else None,
        has_overseas=bool(member.overseas_voting),
        has_code=member.resident_code is not None,
        addresses=member.addresses,
    )


# --- lines ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `left` a section's name (`event`: further in, as that of an entry), `label` and `text` at the right. `name`: larger,
    and twice as high. `more`: the rest of a broken line. `mark`: 除籍 stands in a box at the left. `rule` is drawn above it, in
    an empty line."""

    left: str = ""
    event: bool = False
    label: str = ""
    text: str = ""
    after: str = ""
    name: bool = False
    more: bool = False
    mark: bool = False
    rule: str = ""
    secret: bool = False

    @property
    def height(self) -> int:
        return (2 if self.name else 1) + (1 if self.rule else 0)


@dataclass(slots=True)
class Sheet:
    """The lines of one sheet, and whose headings are among them."""

    lines: list[Line] = field(default_factory=list)
    persons: list[Person] = field(default_factory=list)
    domicile: bool = False

    @property
    def height(self) -> int:
        return sum(line.height for line in self.lines)


def sheets_of(front: AddressHistoryFront, height: int, width: float) -> list[Sheet]:
    """Fill sheets of `height` lines, `width` characters wide at the right. An address is never parted; where a person's go on
    overleaf, the heading stands there again with （続き）, so that no sheet is without the name of whose addresses it shows.
    Raises Failed(Text_Too_Long) where one address does not go on a sheet with what must stand above it."""
    made = [_begin(front, width, first=True)]
    for person in front.persons:
        rule = "solid"
        entries = [_entry(number, one, width) for number, one in enumerate(person.addresses, start=1)]
        for number, entry in enumerate(entries):
            heading = (
                _heading(person, front, width, rule, number > 0) if person not in made[-1].persons else []
            )
            tall = sum(line.height for line in (*heading, *entry))
            if made[-1].height + tall + 1 > height and made[-1].persons:  # one is for the last line
                made.append(_begin(front, width, first=False))
                heading = _heading(person, front, width, rule if made[-1].lines else "", number > 0)
            if heading:
                made[-1].persons.append(person)
                entry[0] = replace(entry[0], rule="dashed")
            made[-1].lines += [*heading, *entry]
            if made[-1].height + 1 > height:
                raise Failed("Text_Too_Long", field="address")
    return made


def _begin(front: AddressHistoryFront, width: float, *, first: bool) -> Sheet:
    lines: list[Line] = []
    if front.domicile is not None and front.head is not None:
        lines += _broken(Line(left="本　　　籍"), "", front.domicile, width)
        lines += _broken(Line(left="筆　頭　者"), "", front.head, width)
    if first:
        rule = "dashed" if lines else ""
        lines += _broken(
            Line(left=f"附票の{front.made}", rule=rule), f"【{front.made}日】", front.made_on, width
        )
        if front.reason:
            lines += _broken(Line(), f"【{front.made}事由】", front.reason, width)
    return Sheet(lines, domicile=front.domicile is not None)


def _heading(
    person: Person, front: AddressHistoryFront, width: float, rule: str, continued: bool
) -> list[Line]:
    whole = front.domicile is None
    lines = [
        Line(
            left="附票に記録されている者",
            label="【氏名】" if whole else "【名】",
            text=person.name if whole else person.given,
            after="（続き）" if continued else "",
            name=True,
            rule=rule,
        )
    ]
    below: list[Line] = []
    for label, text in (("【生年月日】", person.birth), ("【性別】", person.sex)):
        if text:
            below += _broken(Line(), label, text, width)
    if person.resident_code is not None:
        below.append(Line(label="【住民票コード】", text=person.resident_code.reveal(), secret=True))
    if person.overseas_voting is not None:
        below += _broken(Line(), "【在外選挙人名簿登録市区町村】", person.overseas_voting, width)
    if person.removed:
        below += [Line()] * (2 - len(below))
        below[0] = replace(below[0], mark=True)
    return lines + below


def _entry(number: int, address: tuple[str, str], width: float) -> list[Line]:
    where, since = address
    left = Line(left=f"住所{number}", event=True, rule="right")
    return [*_broken(left, "【住所】", where, width), *_broken(Line(), "【住定日】", since, width)]


def _broken(first: Line, label: str, text: str, width: float) -> Iterator[Line]:
    """The lines of `label` and `text`: what does not fit goes on below, one and a half characters further in."""
    room = int(width) - len(label)
    parts = _parts(text, room, int(width - 1.5))
    yield replace(first, label=label, text=parts[0])
    for part in parts[1:]:
        yield Line(text=part, more=True)


def _parts(text: str, first: int, rest: int) -> list[str]:
    """Break `text` anywhere but before a variation selector and, where that can be had, within a number; each character counts as
    one full width, which none exceeds."""
    clusters: list[str] = []
    for letter in text:
        if clusters and unicodedata.category(letter) in ("Mn", "Me"):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    found: list[str] = []
    while clusters or not found:
        room = rest if found else first
        end = room
        while 1 < end < len(clusters) and clusters[end - 1].isdigit() and clusters[end].isdigit():
            end -= 1
        end = end if end > 1 else room
        found.append("".join(clusters[:end]))
        clusters = clusters[end:]
    return found


# --- paper -----------------------------------------------------------------------------------------------------------------


def render_address_history(
    kind: str, copies: Sequence[AddressHistoryFront], issuer: Issuer, title: str, asked: Iterable[str]
) -> Rendered:
    """Set the fronts. `asked`: the questions that the municipality has; an item that it never asks about is told only if it is
    shown. Raises Failed as `typeset`."""
    place = geometry(TEMPLATE, GEOMETRY)
    width = (place["right"] - place["value"]) / (place["size"] * _POINT)
    filled = [sheets_of(copy, place["lines"], width) for copy in copies]
    data = {
        "copies": [
            {
                "title": title,
                "extent": copy.extent,
                "attestation": copy.attestation,
                "issued_on": copy.issued_on.translate(_WIDE),
                "issue_number": copy.issue_number,
                "sheets": [_sheet(sheet) for sheet in sheets],
            }
            for copy, sheets in zip(copies, filled, strict=True)
        ]
    }
    pdf = typeset(TEMPLATE, "address-history(", data, issuer)
    known = frozenset(asked)
    pages = tuple(
        RenderedPage(
            copy_number=number,
            k=k,
            n=len(sheets),
            subjects=tuple(person.key for person in sheet.persons),
            answers={
                question: said
                for question, said in shown_on(sheet).items()
                if question in known or said != NO
            },
            secret_boxes=tuple(_boxes(sheet, place)),
        )
        for number, sheets in enumerate(filled, start=1)
        for k, sheet in enumerate(sheets, start=1)
    )
    return Rendered(kind, issuer.code, pdf, pages)


def _sheet(sheet: Sheet) -> dict[str, Any]:
    """The lines with their places, counted in lines from the top; digits in full width, as addresses have them."""
    return {
        "lines": [
            {
                "y": y,
                "left": line.left.translate(_WIDE),
                "label": line.label,
                "text": line.text.translate(_WIDE),
                "after": line.after,
                "event": line.event,
                "name": line.name,
                "more": line.more,
                "mark": line.mark,
                "secret": line.secret,
            }
            for y, line in _placed(sheet)
        ],
        "rules": [{"y": y - 0.5, "kind": line.rule} for y, line in _placed(sheet) if line.rule],
        "end": sheet.height,
    }


def _placed(sheet: Sheet) -> Iterator[tuple[int, Line]]:
    y = 0
    for line in sheet.lines:
        above = 1 if line.rule else 0
        yield y + above, line
        y += line.height


def _boxes(sheet: Sheet, place: Mapping[str, Any]) -> Iterator[Box]:
    """Where the 住民票コード stand on a sheet: they are covered in every picture of it."""
    em = place["size"] * _POINT
    for y, line in _placed(sheet):
        if line.secret:
            yield Box(
                x=place["code"],
                y=place["top"] + y * place["pitch"],
                width=len(line.text) * em,
                height=place["pitch"],
            )


def shown_on(sheet: Sheet) -> dict[str, str]:
    """Read off a sheet which items it shows: the answers that it is an answer to, each only of whom it concerns."""
    said = {
        DOMICILE: {sheet.domicile},
        OVERSEAS: {one.overseas_voting is not None for one in sheet.persons if one.has_overseas},
        RESIDENT_CODE: {one.resident_code is not None for one in sheet.persons if one.has_code},
    }
    return {
        question: PARTLY if len(found) > 1 else YES if True in found else NO
        for question, found in said.items()
        if found
    }
