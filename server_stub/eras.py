"""The eras of the Japanese calendar: the one table, and both ways between an era's year and a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Era:
    """An era. `first` is its first day, which lies in its year 1; `digit` and `letter` are how registers code it."""

    digit: str
    letter: str
    name: str
    first: date


ERAS: tuple[Era, ...] = (
    Era("1", "M", "明治", date(1868, 1, 25)),
    Era("2", "T", "大正", date(1912, 7, 30)),
    Era("3", "S", "昭和", date(1926, 12, 25)),
    Era("4", "H", "平成", date(1989, 1, 8)),
    Era("5", "R", "令和", date(2019, 5, 1)),
)
"""Oldest first. Days are of the present calendar: the edict of 1868 made the whole year 慶応4年, which began on what is 1868-01-25 in
it, the first of 明治."""
_BY_SIGN = {sign: number for number, era in enumerate(ERAS) for sign in (era.digit, era.letter, era.name)}


def date_in_era(era: str, year: int, month: int, day: int) -> date:
    """The date of year `year` of the era with that digit, letter or name.

    Raises ValueError for an unknown era, a day that no calendar has, and one outside the era.
    """
    if era not in _BY_SIGN:
        raise ValueError("no such era")
    number = _BY_SIGN[era]
    found = date(ERAS[number].first.year + year - 1, month, day)
    over = number + 1 < len(ERAS) and found >= ERAS[number + 1].first
    if year < 1 or found < ERAS[number].first or over:
        raise ValueError("outside its era")
    return found


def year_of_era(era: str, year: str) -> int:
    """The Gregorian year of a year (元, 1, 2 …) of the era with that name. Raises ValueError for one that the era does not have."""
    if era not in _BY_SIGN:
        raise ValueError("no such era")
    number = _BY_SIGN[era]
    found = ERAS[number].first.year + (1 if year == "元" else int(year)) - 1
    if number + 1 < len(ERAS) and found > ERAS[number + 1].first.year:
        raise ValueError("outside its era")
    return found


def era_of(day: date) -> tuple[Era, int] | None:
    """The era of `day` and the year in it; None before 明治."""
    for era in reversed(ERAS):
        if day >= era.first:
            return era, day.year - era.first.year + 1
    return None


def wareki(day: date) -> str:
    """`day` as 令和8年6月3日, an era's first year as 元年; before 明治 as `seireki`."""
    found = era_of(day)
    if found is None:
        return seireki(day)
    era, year = found
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def seireki(day: date) -> str:
    """`day` as 1990年4月5日."""
    return f"{day.year}年{day.month}月{day.day}日"
