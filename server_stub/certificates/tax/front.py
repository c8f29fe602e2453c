"""The front of a 課税証明書 or 非課税証明書 as plain texts, read off the record; the template only sets them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from server_stub.eras import era_of
from server_stub.paper.typesetting import in_width
from server_stub.registry.records import Person

from .record import AMOUNTS, TaxBody

NOT_TOLD = "*"
"""In place of every amount of who filed nothing."""
COUNTS = (
    "general", "specific", "elderly", "elderly_parents", "under_16", "special_relatives_count", "disabled",
    "specially_disabled",
)  # fmt: skip
MARKS = ("is_widow", "is_single_parent", "is_student", "is_minor")
APPLIES = "該当"


@dataclass(frozen=True, slots=True)
class TaxRecord:
    """One year of one person. `person`: whose it is by the record itself."""

    person: str
    body: TaxBody


def year_in_words(year: int) -> str:
    """令和8年度（令和7年分）: the year of the tax, and that of the income."""
    return f"{_year(date(year, 4, 1))}度（{_year(date(year - 1, 12, 31))}分）"


def _year(day: date) -> str:
    found = era_of(day)
    if found is None:
        return f"{day.year}年"
    era, number = found
    return f"{era.name}{'元' if number == 1 else number}年"


def yen_in_words(yen: int | None) -> str:
    """1,234,567; △1,234,567 for a loss; empty for an item that the year's form does not have."""
    if yen is None:
        return ""
    return f"△{-yen:,}" if yen < 0 else f"{yen:,}"


def cells_of(person: Person, record: TaxRecord, unfiled_note: str) -> dict[str, str]:
    """Every value of the form by the name that its geometry has for it."""
    body = record.body
    told = body.declaration == "filed"
    amounts = {name: yen_in_words(getattr(body, name)) if told else NOT_TOLD for name in AMOUNTS}
    counts = {name: str(getattr(body, name)) for name in COUNTS}
    marks = {name: APPLIES if getattr(body, name) else "" for name in MARKS}
    remarks = [text for text in (body.remarks, "" if told else unfiled_note) if text]
    return {
        "year": year_in_words(body.year),
        "address": body.address,
        "name": person.name,
        "birth": person.birth_in_words,
        "spouse_class": body.spouse_class,
        "own_disability": body.own_disability,
        "remarks": "　".join(remarks),
        **amounts,
        **counts,
        **marks,
    }


def copy_data(cells: dict[str, str], year: int, **beside: Any) -> dict[str, Any]:
    """One copy for the template: the cells of the form, and what stands beside it."""
    return {**in_width(cells, "half"), "form_year": year, **beside}
