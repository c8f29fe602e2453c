"""What stands on a 住民票の写し: from the records of the register to the layout, and what was set read off it again."""

from __future__ import annotations

import functools
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from server_stub.eras import seireki, wareki
from server_stub.interface.secret import Secret
from server_stub.interface.values import Box
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, geometry, typeset
from server_stub.registry.records import ForeignResident, Person, Sex

TEMPLATE = Path(__file__).parent / "residence.typ"
LAYOUTS = ("household", "individual")
"""世帯連記式 (up to 4 persons a sheet) and 個人票 (one), both A4 portrait."""
RELATIONSHIP, DOMICILE, MY_NUMBER = "relationship", "domicile", "my_number"
QUESTIONS = (RELATIONSHIP, DOMICILE, MY_NUMBER)
YES, NO, PARTLY = "yes", "no", "partly"
"""PARTLY is no answer that anybody can give: it says that a sheet shows an item of some and not of others."""
SEX = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNKNOWN: "不明"}


@dataclass(frozen=True, slots=True)
class ResidencePerson:
    """One block, as printed. `key` is the record's, not printed. None: the item was not asked for and is printed as 【省略】;
    '' is printed blank."""

    key: str
    name: str
    kana: str
    former_surname: str
    alias: str
    birth: str
    sex: str
    relationship: str | None
    resident_since: str
    address_since: str
    notified_on: str
    previous_address: str
    domicile: str | None
    domicile_head: str | None
    my_number: Secret | None
    foreign: tuple[tuple[str, str], ...] = ()
    """(label, value) rows such as ("国籍・地域", "ブラジル"); empty for Japanese nationals."""


@dataclass(frozen=True, slots=True)
class ResidenceFront:
    """One copy. `persons` in the order of the register; the layout puts up to 4 on a sheet (個人票: 1).

    `head_of_household` None: not asked for, printed as 【省略】."""

    address: str
    head_of_household: str | None
    persons: tuple[ResidencePerson, ...]
    attestation: str
    issued_on: str
    issue_number: str


def residence_front(
    persons: Sequence[Person],
    answers: Mapping[str, str],
    *,
    attestation: str,
    issued_on: date,
    issue_number: str,
) -> ResidenceFront:
    """Make one copy of `persons` (at least one, of one household, in the order of the register)."""
    first = persons[0]
    return ResidenceFront(
        address=first.address,
        head_of_household=first.head_of_household if answers.get(RELATIONSHIP) == YES else None,
        persons=tuple(residence_person(person, answers) for person in persons),
        attestation=attestation,
        issued_on=wareki(issued_on),
        issue_number=issue_number,
    )


def residence_person(person: Person, answers: Mapping[str, str]) -> ResidencePerson:
    """Make one block. 世帯主 and 続柄 go together, as 本籍 and 筆頭者 do. A foreign resident has no 本籍: blank, not 【省略】."""
    foreign = person.foreign is not None
    domicile = answers.get(DOMICILE) == YES or foreign
    return ResidencePerson(
        key=person.key,
        name=person.name,
        kana=person.kana,
        former_surname=person.former_surname,
        alias=person.alias,
        birth=person.birth_in_words,
        sex=SEX[person.sex],
        relationship=person.relationship if answers.get(RELATIONSHIP) == YES else None,
        resident_since=wareki(person.resident_since),
        address_since=wareki(person.address_since) if person.address_since else "",
        notified_on=wareki(person.notified_on),
        previous_address=person.previous_address,
        domicile=person.domicile if domicile else None,
        domicile_head=person.domicile_head if domicile else None,
        my_number=person.my_number if answers.get(MY_NUMBER) == YES else None,
        foreign=foreign_rows(person.foreign) if person.foreign is not None else (),
    )


def foreign_rows(foreign: ForeignResident) -> tuple[tuple[str, str], ...]:
    """List 外国人住民の記載事項 (住民基本台帳法 第30条の45), six rows in the order of the form."""
    return (
        ("国籍・地域", foreign.nationality),
        ("在留資格", foreign.status_of_residence),
        ("在留期間等", foreign.period),
        ("在留期間の満了の日", seireki(foreign.period_ends) if foreign.period_ends else ""),
        ("在留カード等の番号", foreign.card_number),
        ("30条45規定区分", foreign.category),
    )


def render_residence(
    kind: str,
    copies: Sequence[ResidenceFront],
    issuer: Issuer,
    layout: str,
    asked: Container[str] = QUESTIONS,
) -> Rendered:
    """Set the fronts in `layout`, one of LAYOUTS. `asked`: the questions that the municipality has; an item that it never
    asks about is told only if it is shown. Raises Failed as `typeset`."""
    call, data = residence_call(copies, layout)
    pdf = typeset(TEMPLATE, call, data, issuer)
    return Rendered(kind, issuer.code, pdf, tuple(_pages(copies, layout, asked)))


def residence_call(copies: Sequence[ResidenceFront], layout: str) -> tuple[str, dict[str, Any]]:
    """Make the call of the template and its data; also for measuring the typesetting alone."""
    if layout not in LAYOUTS:
        raise ValueError(f"no layout {layout!r}")
    if not copies or not all(copy.persons for copy in copies):
        raise ValueError("every copy needs a person")
    return f'residence("{layout}",', {"copies": [_copy(copy) for copy in copies]}


def _copy(copy: ResidenceFront) -> dict[str, Any]:
    return _fields(copy) | {"persons": [_person(person) for person in copy.persons]}


def _person(person: ResidencePerson) -> dict[str, Any]:
    """Make a block's data. `resident_code` (住民票コード) is never printed at a terminal, so it always reads 【省略】."""
    number = person.my_number
    return _fields(person) | {
        "my_number": None if number is None else number.reveal(),
        "resident_code": None,
    }


def _fields(front: ResidenceFront | ResidencePerson) -> dict[str, Any]:
    """What the template reads by the same names."""
    return {one.name: getattr(front, one.name) for one in fields(front)}


def _pages(copies: Sequence[ResidenceFront], layout: str, asked: Container[str]) -> Iterator[RenderedPage]:
    count = geometry(TEMPLATE, layout)["block"]["count"]
    for copy_number, copy in enumerate(copies, start=1):
        sheets = [copy.persons[start : start + count] for start in range(0, len(copy.persons), count)]
        for k, persons in enumerate(sheets, start=1):
            yield RenderedPage(
                copy_number=copy_number,
                k=k,
                n=len(sheets),
                subjects=tuple(person.key for person in persons),
                answers={
                    question: shown
                    for question, shown in shown_on(copy.head_of_household, persons).items()
                    if question in asked or shown != NO
                },
                secret_boxes=tuple(
                    my_number_box(layout, slot)
                    for slot, person in enumerate(persons)
                    if person.my_number is not None
                ),
            )


def shown_on(head_of_household: str | None, persons: Sequence[ResidencePerson]) -> dict[str, str]:
    """Read off a sheet which items it shows: the answers that it is an answer to. Of 本籍 only where somebody has one."""
    shown = {
        RELATIONSHIP: _said(
            head_of_household is not None, *(person.relationship is not None for person in persons)
        ),
        MY_NUMBER: _said(*(person.my_number is not None for person in persons)),
    }
    japanese = [person for person in persons if not person.foreign]
    if japanese:
        shown[DOMICILE] = _said(
            *(item is not None for person in japanese for item in (person.domicile, person.domicile_head))
        )
    return shown


def _said(*shown: bool) -> str:
    if len(set(shown)) > 1:
        return PARTLY
    return YES if any(shown) else NO


@functools.cache
def my_number_box(layout: str, slot: int) -> Box:
    """Find where the 個人番号 of the `slot`-th person of a sheet (from 0) is printed."""
    form = geometry(TEMPLATE, layout)
    block = form["block"]
    height = sum(row["height"] for row in block["rows"] + block["national_rows"])
    y = block["y"] + slot * height
    for row in block["rows"]:
        x = form["left"] + block["number_width"]
        for cell in row["cells"]:
            x += cell["label_width"]
            if cell.get("field") == "my_number":
                return Box(x=x, y=y, width=cell["width"], height=row["height"])
            x += cell["width"]
        y += row["height"]
    raise RuntimeError(f"the layout {layout} has no cell for 個人番号")
