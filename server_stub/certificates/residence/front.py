"""What stands on a 住民票の写し: from the records of the register to the layout, and what was set read off it again."""

from __future__ import annotations

import functools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator

from server_stub.eras import seireki, wareki
from server_stub.interface.secret import Secret
from server_stub.interface.values import Box
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, geometry, in_width, typeset
from server_stub.registry.records import ForeignResident, Person, Sex

TEMPLATE = Path(__file__).parent / "residence.typ"
LAYOUTS = ("household", "individual")
"""世帯連記式 (up to 4 persons a sheet) and 個人票 (one), both A4 portrait."""
ANNEX = "annex"
"""別紙: the geometry of the sheets behind either."""
RELATIONSHIP, DOMICILE, MY_NUMBER = "relationship", "domicile", "my_number"
NATIONALITY, STATUS, CARD_NUMBER = "nationality", "status_of_residence", "card_number"
ALIAS_HISTORY, ADDRESS_BEFORE = "alias_history", "address_before"
QUESTIONS = (
    RELATIONSHIP,
    DOMICILE,
    MY_NUMBER,
    NATIONALITY,
    STATUS,
    CARD_NUMBER,
    ALIAS_HISTORY,
    ADDRESS_BEFORE,
)
YES, NO, PARTLY = "yes", "no", "partly"
"""PARTLY is no answer that anybody can give: it says that a sheet shows an item of some and not of others."""
SEX = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNKNOWN: "不明", Sex.NOT_RECORDED: ""}
NOT_APPLICABLE = "＊＊＊"
"""Stands in a cell of the form for an item that somebody of this category does not have."""
BLANK, MARKED = "", "【空欄】"
SEE_ANNEX = "別紙のとおり"


class AliasEntry(BaseModel):
    """通称の記載及び削除に関する事項: one 通称, when and where it was recorded and struck off. Days in ISO 8601; a deletion that is
    empty has not been."""

    alias: str
    recorded_on: date
    recorded_by: str
    deleted_on: Annotated[date | None, BeforeValidator(lambda value: value or None)] = None
    deleted_by: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a municipality has decided about the form. `blank` stands where the register has nothing; `digits`: the one width
    ("half", "full") of all digits on a paper; `address_before`: who has an 異動前住所 has a cell for it; `readings`: the form has
    rows for 振り仮名."""

    blank: str = BLANK
    digits: str = "half"
    address_before: bool = False
    readings: bool = True


@dataclass(frozen=True, slots=True)
class ForeignItems:
    """The cells of a foreign resident's block. None: not asked for, printed as 【省略】."""

    nationality: str | None
    category: str | None
    status_of_residence: str | None
    period: str | None
    period_ends: str | None
    card_number: str | None
    alias_history: str | None


@dataclass(frozen=True, slots=True)
class ResidencePerson:
    """One block, as printed. `key` is the record's, not printed. None: the item was not asked for and is printed as 【省略】;
    '' is printed blank. `moved_within`: the block has a cell for `address_before`. `foreign`: of foreign residents, whose block has
    another form."""

    key: str
    name: str
    reading: str
    former_surname: str
    former_reading: str
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
    address_before: str | None = None
    moved_within: bool = False
    foreign: ForeignItems | None = None


@dataclass(frozen=True, slots=True)
class AliasRow:
    """One block of the 別紙; `key` is not printed."""

    key: str
    name: str
    alias: str
    recorded_on: str
    recorded_by: str
    deleted_on: str
    deleted_by: str


@dataclass(frozen=True, slots=True)
class ResidenceFront:
    """One copy. `persons` in the order of the register; the layout puts up to 4 on a sheet (個人票: 1); `annex` stands on sheets
    behind them. `head_of_household` None: not asked for, printed as 【省略】."""

    address: str
    head_of_household: str | None
    persons: tuple[ResidencePerson, ...]
    attestation: str
    issued_on: str
    issue_number: str
    annex: tuple[AliasRow, ...] = ()
    digits: str = "half"
    readings: bool = True


def residence_front(
    persons: Sequence[Person],
    answers: Mapping[str, str],
    *,
    attestation: str,
    issued_on: date,
    issue_number: str,
    look: Look = Look(),
    aliases: Mapping[str, Sequence[AliasEntry]] | None = None,
) -> ResidenceFront:
    """Make one copy of `persons` (at least one, of one household, in the order of the register). `aliases`: by person."""
    histories = aliases or {}
    shown = answers.get(ALIAS_HISTORY) == YES
    head = next((one.head_of_household for one in persons if one.head_of_household), "")
    return ResidenceFront(
        address=persons[0].address,
        head_of_household=(head or look.blank) if answers.get(RELATIONSHIP) == YES else None,
        persons=tuple(
            residence_person(person, answers, look, bool(histories.get(person.key))) for person in persons
        ),
        attestation=attestation,
        issued_on=wareki(issued_on),
        issue_number=issue_number,
        annex=tuple(
            _alias_row(person, entry)
            for person in persons
            for entry in (histories.get(person.key, ()) if shown else ())
        ),
        digits=look.digits,
        readings=look.readings,
    )


def residence_person(
    person: Person, answers: Mapping[str, str], look: Look = Look(), has_history: bool = False
) -> ResidencePerson:
    """Make one block. 世帯主 and 続柄 go together, as 本籍 and 筆頭者 do."""
    blank, foreign = look.blank, person.foreign
    domicile = answers.get(DOMICILE) == YES and foreign is None
    notified = wareki(person.notified_on) if person.notified_on else ""
    moved_within = look.address_before and person.address_before != ""
    return ResidencePerson(
        key=person.key,
        name=person.full_name,
        reading=person.reading.words,
        former_surname=person.former_surname,
        former_reading=person.former_reading.words if person.former_surname else "",
        alias=person.alias,
        birth=person.birth.words,
        sex=SEX[person.sex] or blank,
        relationship=(person.relationship or blank) if answers.get(RELATIONSHIP) == YES else None,
        resident_since=person.resident_since.words,
        address_since=person.address_since.words if person.address_since else blank,
        notified_on=notified or blank,
        previous_address=person.previous_address or blank,
        domicile=person.domicile if domicile else None,
        domicile_head=person.domicile_head if domicile else None,
        my_number=person.my_number if answers.get(MY_NUMBER) == YES else None,
        address_before=person.address_before if moved_within and answers.get(ADDRESS_BEFORE) == YES else None,
        moved_within=moved_within,
        foreign=None if foreign is None else foreign_items(foreign, answers, has_history),
    )


def foreign_items(foreign: ForeignResident, answers: Mapping[str, str], has_history: bool) -> ForeignItems:
    """Make the cells of 外国人住民の記載事項 (住民基本台帳法 第30条の45). 区分, 在留資格, 期間 and 満了の日 go together; that somebody has none of
    them is told only where they are."""

    def of_status(text: str) -> str | None:
        return (text or NOT_APPLICABLE) if answers.get(STATUS) == YES else None

    number: str | None = None
    if not foreign.card_number:
        number = NOT_APPLICABLE
    elif answers.get(CARD_NUMBER) == YES:
        number = foreign.card_number
    history: str | None = NOT_APPLICABLE
    if has_history:
        history = SEE_ANNEX if answers.get(ALIAS_HISTORY) == YES else None
    return ForeignItems(
        nationality=foreign.nationality if answers.get(NATIONALITY) == YES else None,
        category=of_status(foreign.category),
        status_of_residence=of_status(foreign.status_of_residence),
        period=of_status(foreign.period),
        period_ends=of_status(seireki(foreign.period_ends) if foreign.period_ends else ""),
        card_number=number,
        alias_history=history,
    )


def _alias_row(person: Person, entry: AliasEntry) -> AliasRow:
    return AliasRow(
        key=person.key,
        name=person.full_name,
        alias=entry.alias,
        recorded_on=wareki(entry.recorded_on),
        recorded_by=entry.recorded_by,
        deleted_on=wareki(entry.deleted_on) if entry.deleted_on else "",
        deleted_by=entry.deleted_by,
    )


# --- setting it ---------------------------------------------------------------------------------------------------------------


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
    """Make a copy's data: all digits of one width but those of 発行番号."""
    numbers = [str(number) for number in range(1, len(copy.persons) + 1)]
    told: dict[str, Any] = in_width({**_fields(copy), "numbers": numbers}, copy.digits)
    return told | {"digits": copy.digits, "issue_number": copy.issue_number}


def _fields(front: Any) -> Any:
    """What the template reads by the same names. `resident_code` (住民票コード) is never printed at a terminal, so it always reads
    【省略】. The items of a foreign resident are fields of the block itself, which `foreign` then tells from others; a block without
    `address_before` has no cell for it."""
    if isinstance(front, Secret):
        return front.reveal()
    if isinstance(front, tuple):
        return [_fields(one) for one in front]
    if not is_dataclass(front):
        return front
    told = {one.name: _fields(getattr(front, one.name)) for one in fields(front)}
    if isinstance(front, ResidencePerson):
        told |= {**(told["foreign"] or {}), "foreign": front.foreign is not None, "resident_code": None}
        if not told.pop("moved_within"):
            del told["address_before"]
    return told


# --- reading off what was set -------------------------------------------------------------------------------------------------


def _pages(copies: Sequence[ResidenceFront], layout: str, asked: Container[str]) -> Iterator[RenderedPage]:
    """List the sheets. Those of the 別紙 tell whose names stand on them: no item that was asked for does."""
    count = geometry(TEMPLATE, layout)["block"]["count"]
    rows = geometry(TEMPLATE, ANNEX)["block"]["count"]
    for copy_number, copy in enumerate(copies, start=1):
        sheets = [copy.persons[start : start + count] for start in range(0, len(copy.persons), count)]
        annex = -(-len(copy.annex) // rows)
        n = len(sheets) + annex
        for k, persons in enumerate(sheets, start=1):
            yield RenderedPage(
                copy_number=copy_number,
                k=k,
                n=n,
                subjects=tuple(person.key for person in persons),
                answers={
                    question: shown
                    for question, shown in shown_on(copy.head_of_household, persons).items()
                    if question in asked or shown != NO
                },
                secret_boxes=tuple(
                    my_number_box(layout, slot, foreign=person.foreign is not None)
                    for slot, person in enumerate(persons)
                    if person.my_number is not None
                ),
            )
        for number in range(annex):
            blocks = copy.annex[number * rows : (number + 1) * rows]
            named = tuple(dict.fromkeys(block.key for block in blocks))
            yield RenderedPage(copy_number, len(sheets) + number + 1, n, subjects=(), named=named)


def shown_on(head_of_household: str | None, persons: Sequence[ResidencePerson]) -> dict[str, str]:
    """Read off a sheet which items it shows: the answers that it is an answer to. Of 本籍 only where somebody has one, of what
    foreign residents have only of those who have it."""
    japanese = [person for person in persons if person.foreign is None]
    foreign = [person.foreign for person in persons if person.foreign is not None]
    cells: dict[str, list[str | None]] = {
        RELATIONSHIP: [head_of_household, *(person.relationship for person in persons)],
        MY_NUMBER: [None if person.my_number is None else "" for person in persons],
        DOMICILE: [item for person in japanese for item in (person.domicile, person.domicile_head)],
        NATIONALITY: [items.nationality for items in foreign],
        STATUS: [
            item
            for items in foreign
            for item in (items.category, items.status_of_residence, items.period, items.period_ends)
        ],
        CARD_NUMBER: [items.card_number for items in foreign if items.card_number != NOT_APPLICABLE],
        ALIAS_HISTORY: [items.alias_history for items in foreign if items.alias_history != NOT_APPLICABLE],
        ADDRESS_BEFORE: [person.address_before for person in persons if person.moved_within],
    }
    return {question: _said(found) for question, found in cells.items() if found}


def _said(cells: Iterable[str | None]) -> str:
    shown = {cell is not None for cell in cells}
    if len(shown) > 1:
        return PARTLY
    return YES if shown == {True} else NO


@functools.cache
def my_number_box(layout: str, slot: int, foreign: bool = False) -> Box:
    """Find where the 個人番号 of the `slot`-th person of a sheet (from 0) is printed."""
    form = geometry(TEMPLATE, layout)
    block = form["block"]
    for part in block["foreign" if foreign else "japanese"]:
        y = block["y"] + slot * block["height"] + part["y"]
        for row in part["rows"]:
            x = form["left"] + block["number_width"] + part["x"]
            for cell in row["cells"]:
                x += cell["label_width"]
                if cell["field"] == "my_number":
                    return Box(x=x, y=y, width=cell["width"], height=row["height"])
                x += cell["width"]
            y += row["height"]
    raise RuntimeError(f"the layout {layout} has no cell for 個人番号")
