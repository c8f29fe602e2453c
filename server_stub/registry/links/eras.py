"""Dates as the existing systems write them: 和暦 by era digit or letter, and plain Gregorian digits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Era:
    """A Japanese era; `first` is its first day, which lies in its year 1."""

    digit: str
    letter: str
    first: date


ERAS: tuple[Era, ...] = (
    Era("1", "M", date(1868, 9, 8)),
    Era("2", "T", date(1912, 7, 30)),
    Era("3", "S", date(1926, 12, 25)),
    Era("4", "H", date(1989, 1, 8)),
    Era("5", "R", date(2019, 5, 1)),
)

DateReader = Callable[[str], date]
"""Raises ValueError for a text that is no date of that form."""


def _in_era(index: int, year: int, month: int, day: int) -> date:
    found = date(ERAS[index].first.year + year - 1, month, day)
    over = index + 1 < len(ERAS) and found >= ERAS[index + 1].first
    if year < 1 or found < ERAS[index].first or over:
        raise ValueError("outside its era")
    return found


def coded_wareki(text: str) -> date:
    """Era digit and YYMMDD: 5080603 is 2026-06-03."""
    if not re.fullmatch(r"[1-5][0-9]{6}", text, re.ASCII):
        raise ValueError("not 7 digits")
    return _in_era(int(text[0]) - 1, int(text[1:3]), int(text[3:5]), int(text[5:7]))


def lettered_wareki(text: str) -> date:
    """Era letter and YY.MM.DD: R08.06.03 is 2026-06-03."""
    found = re.fullmatch(r"([MTSHR])([0-9]{2})\.([0-9]{2})\.([0-9]{2})", text, re.ASCII)
    if not found:
        raise ValueError("not like R08.06.03")
    letters = [era.letter for era in ERAS]
    return _in_era(letters.index(found[1]), int(found[2]), int(found[3]), int(found[4]))


def gregorian(text: str) -> date:
    """YYYYMMDD: 20260603 is 2026-06-03."""
    if not re.fullmatch(r"[0-9]{8}", text, re.ASCII):
        raise ValueError("not 8 digits")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


EXPECTED: dict[DateReader, str] = {
    coded_wareki: "元号コード1桁＋年月日6桁の日付（例 5080603）",
    lettered_wareki: "元号の英字＋年.月.日 の日付（例 R08.06.03）",
    gregorian: "西暦8桁の日付（例 20260603）",
}
