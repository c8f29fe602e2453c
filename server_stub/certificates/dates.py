"""Dates as they are printed: 和暦 and 西暦."""

from __future__ import annotations

from datetime import date

from server_stub.registry.records import Person

ERAS: tuple[tuple[date, str], ...] = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 10, 23), "明治"),
)
"""First day and name of each era, newest first. An era's first year is 元年."""


def wareki(day: date) -> str:
    """`day` as 令和8年6月3日. Before 明治 (1868-10-23), which no living resident was born in, 西暦 is used."""
    for first, name in ERAS:
        if day >= first:
            year = day.year - first.year + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return seireki(day)


def seireki(day: date) -> str:
    """`day` as 1990年4月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


def birth_in_words(person: Person) -> str:
    """和暦; 西暦 for foreign residents, as their documents have it."""
    return seireki(person.birth) if person.foreign is not None else wareki(person.birth)
