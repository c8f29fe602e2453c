"""Days of the register as they are printed, from each notation that delivered files have. Written for this reader alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_ERAS = (
    ("令和", "5", "R", date(2019, 5, 1)),
    ("平成", "4", "H", date(1989, 1, 8)),
    ("昭和", "3", "S", date(1926, 12, 25)),
    ("大正", "2", "T", date(1912, 7, 30)),
    ("明治", "1", "M", date(1868, 1, 25)),
)
"""Name, digit and letter of each era, and the day it began."""


@dataclass(frozen=True)
class Day:
    """`japanese`: 令和8年6月3日; `western`: 2026年6月3日. Both empty where the register has no day. `inner`: the day itself, beside
    which the register may state it in words."""

    japanese: str
    western: str
    inner: date | None = None


NO_DAY = Day("", "")


def of_day(day: date) -> Day:
    """The day of the calendar, in the era that it lies in."""
    western = f"{day.year}年{day.month}月{day.day}日"
    for name, _digit, _letter, first in _ERAS:
        if day >= first:
            return Day(_japanese(name, day.year - first.year + 1, day.month, day.day), western, day)
    return Day(western, western, day)


def stated(words: str, day: Day) -> Day:
    """As the register states it (不詳, or a day that no calendar has); '' is the day itself."""
    return Day(words, words, day.inner) if words else day


def _japanese(era: str, year: int, month: int, day: int) -> str:
    return f"{era}{'元' if year == 1 else year}年{month}月{day}日"


def _in_era(column: int, sign: str, year: str, month: str, day: str) -> Day:
    """As it was delivered: the era is the file's own, and none is worked out."""
    era = next(era for era in _ERAS if era[column] == sign)
    western = f"{era[3].year + int(year) - 1}年{int(month)}月{int(day)}日"
    try:
        inner = date(era[3].year + int(year) - 1, int(month), int(day))
    except ValueError:  # a row that nobody gets a paper of
        inner = None
    return Day(_japanese(era[0], int(year), int(month), int(day)), western, inner)


def read_day(text: str, notation: str) -> Day:
    """`notation`: era_digit (5080603), era_letter (R08.06.03), gregorian (20260603) or iso8601 (2026-06-03); '' is no day.

    Raises ValueError for anything else.
    """
    if not text:
        return NO_DAY
    if notation == "era_digit" and (found := re.fullmatch(r"([1-5])(\d\d)(\d\d)(\d\d)", text)):
        return _in_era(1, *found.groups())
    if notation == "era_letter" and (found := re.fullmatch(r"([MTSHR])(\d\d)\.(\d\d)\.(\d\d)", text)):
        return _in_era(2, *found.groups())
    if notation == "gregorian" and re.fullmatch(r"\d{8}", text):
        return of_day(date(int(text[:4]), int(text[4:6]), int(text[6:])))
    if notation == "iso8601" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return of_day(date.fromisoformat(text))
    raise ValueError(f"{text} is no day in the notation {notation}")
