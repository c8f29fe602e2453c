"""The eras of the Japanese calendar, as `eras.toml` lists them, and both ways between an era's year and a date.

A new era is a table more in that file. `eras` of the functions is for looking ahead: what it will be with another list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from server_stub.settings_file import Settings, matching, read_settings

FILE = Path(__file__).parent / "eras.toml"


@dataclass(frozen=True, slots=True)
class Era:
    """An era. `first` is its first day, which lies in its year 1; `digit` and `letter` are how registers code it."""

    digit: str
    letter: str
    name: str
    first: date


class _Row(Settings):
    name: Annotated[str, matching(r"[一-鿿]{2,4}", "漢字の元号")]
    first: date
    digit: Annotated[str, matching(r"[0-9]", "数字1字")]
    letter: Annotated[str, matching(r"[A-Z]", "英大文字1字")]


class _File(Settings):
    era: Annotated[list[_Row], Field(min_length=1)]

    @model_validator(mode="after")
    def _oldest_first_and_each_once(self) -> Self:
        days = [one.first for one in self.era]
        signs = [sign for one in self.era for sign in (one.name, one.digit, one.letter)]
        if sorted(set(days)) != days or len(set(signs)) != len(signs):
            raise ValueError("古い順で、元号・日・符号が重ならない一覧")
        return self


def load_eras(file: Path = FILE) -> tuple[Era, ...]:
    """Load the eras, oldest first. Raises Failed(Settings_Wrong, file=, field=, expected=)."""
    return tuple(Era(one.digit, one.letter, one.name, one.first) for one in read_settings(file, _File).era)


ERAS: tuple[Era, ...] = load_eras()


def date_in_era(era: str, year: int, month: int, day: int, eras: tuple[Era, ...] | None = None) -> date:
    """The date of year `year` of the era with that digit, letter or name.

    Raises ValueError for an unknown era, a day that no calendar has, and one outside the era.
    """
    eras = eras or ERAS
    number = next((n for n, one in enumerate(eras) if era in (one.digit, one.letter, one.name)), None)
    if number is None:
        raise ValueError("no such era")
    found = date(eras[number].first.year + year - 1, month, day)
    over = number + 1 < len(eras) and found >= eras[number + 1].first
    if year < 1 or found < eras[number].first or over:
        raise ValueError("outside its era")
    return found


def year_of_era(era: str, year: str) -> int:
    """The Gregorian year of a year (元, 1, 2 …) of the era with that name. Raises ValueError for one that the era does not have."""
    number = next((n for n, one in enumerate(ERAS) if one.name == era), None)
    if number is None:
        raise ValueError("no such era")
    found = ERAS[number].first.year + (1 if year == "元" else int(year)) - 1
    if number + 1 < len(ERAS) and found > ERAS[number + 1].first.year:
        raise ValueError("outside its era")
    return found


def era_of(day: date, eras: tuple[Era, ...] | None = None) -> tuple[Era, int] | None:
    """The era of `day` and the year in it; None before 明治."""
    for era in reversed(eras or ERAS):
        if day >= era.first:
            return era, day.year - era.first.year + 1
    return None


def wareki(day: date, eras: tuple[Era, ...] | None = None) -> str:
    """`day` as 令和8年6月3日, an era's first year as 元年; before 明治 as `seireki`."""
    found = era_of(day, eras)
    if found is None:
        return seireki(day)
    era, year = found
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def seireki(day: date) -> str:
    """`day` as 1990年4月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


def age(birth: date, today: date) -> int:
    """Count full years of age: one more on the birthday itself, as everybody counts.

    (The law on the counting of age lets a year end with the day before; no terminal refuses by that.) Who was born on
    29 February counts up on 1 March in a common year.
    """
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
