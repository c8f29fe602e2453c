"""Values of a register that are no bare strings: days that may be 不詳 or on no calendar, and readings (振り仮名).

Source: 住民記録システム標準仕様書 1.1.8 (the 14 forms of 不詳, days that no calendar has, the inner date beside them), 1.1.9 (和暦;
a foreign resident's birth in 西暦 only), 5.3 (フリガナ); what is printed of a reading that is not official: cities since 2025-05-26.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from server_stub.eras import ERAS, seireki, wareki, year_of_era

OptionalDay = Annotated[date | None, BeforeValidator(lambda told: told or None)]
"""A day of a delivered record; empty where it has none."""


class DateKind(StrEnum):
    """What the words of a date say. The first two are a day; the others are the 14 forms of 不詳, in the order of the standard."""

    DAY = "day"
    NO_CALENDAR_DAY = "no_calendar_day"
    """Such as 昭和3年2月30日, or the day on which an era began told in the era before (大正15年12月25日)."""
    ABOUT_YEAR = "about_year"
    ABOUT_MONTH = "about_month"
    ABOUT_DAY = "about_day"
    PRESUMED_DAY = "presumed_day"
    PRESUMED_MONTH = "presumed_month"
    SEASON = "season"
    THIRD_OF_MONTH = "third_of_month"
    ABOUT_THIRD_OF_MONTH = "about_third_of_month"
    UNKNOWN = "unknown"
    YEAR_ONLY = "year_only"
    MONTH_ONLY = "month_only"
    BETWEEN_AND_ABOUT = "between_and_about"
    PRESUMED_BETWEEN = "presumed_between"
    BETWEEN_ABOUTS = "between_abouts"


_ERA = "|".join(era.name for era in ERAS)
_Y = rf"(?:(?P<era>{_ERA})(?P<year>元|[1-9][0-9]?)|(?P<western>[12][0-9]{{3}}))年"
_M, _D = r"(?P<month>1[0-2]|[1-9])月", r"(?P<day>3[01]|[12][0-9]|[1-9])日"
_LATER = r"(?:3[01]|[12][0-9]|[1-9])日"
_FORMS: tuple[tuple[DateKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(form))
    for kind, form in (
        (DateKind.NO_CALENDAR_DAY, f"{_Y}{_M}{_D}"),
        (DateKind.ABOUT_YEAR, f"{_Y}頃"),
        (DateKind.ABOUT_MONTH, f"{_Y}{_M}頃"),
        (DateKind.ABOUT_DAY, f"{_Y}{_M}{_D}頃"),
        (DateKind.PRESUMED_DAY, f"推定{_Y}{_M}{_D}"),
        (DateKind.PRESUMED_MONTH, f"推定{_Y}{_M}"),
        (DateKind.SEASON, f"{_Y}[春夏秋冬]"),
        (DateKind.THIRD_OF_MONTH, f"{_Y}{_M}[上中下]旬"),
        (DateKind.ABOUT_THIRD_OF_MONTH, f"{_Y}{_M}[上中下]旬頃"),
        (DateKind.UNKNOWN, "年月日不詳"),
        (DateKind.YEAR_ONLY, f"{_Y}[ 　]?月日不詳"),
        (DateKind.MONTH_ONLY, f"{_Y}{_M}[ 　]?日不詳"),
        (DateKind.BETWEEN_AND_ABOUT, f"{_Y}{_M}{_D}から{_LATER}頃までの間"),
        (DateKind.PRESUMED_BETWEEN, f"{_Y}{_M}推定{_D}から{_LATER}までの間"),
        (DateKind.BETWEEN_ABOUTS, f"{_Y}{_M}{_D}頃から{_LATER}頃までの間"),
    )
)


@dataclass(frozen=True, slots=True)
class RegisterDate:
    """A day of the register. `words` is what is printed of it, `inner` the real date beside them, for ages and order only: it is
    never printed, unless the kind is DAY."""

    kind: DateKind
    words: str
    inner: date

    @classmethod
    def of(cls, day: date, *, western: bool = False) -> RegisterDate:
        """Make the value of a calendar day: in the era of that day, or `western`."""
        return cls(DateKind.DAY, seireki(day) if western else wareki(day), day)

    @classmethod
    def stated(cls, words: str, inner: date, *, western: bool = False) -> RegisterDate:
        """Make the value of a day that the register states in words; '' is a calendar day.

        `western`: years are in 西暦 and never in an era, else the other way round. Raises ValueError for words in none of the
        forms, a year that the era does not have, and words that `inner` does not agree with in what they say for certain.
        """
        if not words:
            return cls.of(inner, western=western)
        kind, told = _matched(words)
        if kind is DateKind.UNKNOWN:
            return cls(kind, words, inner)
        if (told["western"] is not None) != western:
            raise ValueError("the other calendar")
        year = int(told["western"] or 0) if western else year_of_era(told["era"] or "", told["year"] or "")
        month, day = told.get("month"), told.get("day")
        if inner.year != year:
            raise ValueError("another year than the inner date's")
        if kind is DateKind.NO_CALENDAR_DAY:
            _check_near(int(month or 0), int(day or 0), inner)
            if words == cls.of(inner, western=western).words:
                kind = DateKind.DAY
        elif month is not None and inner.month != int(month):
            raise ValueError("another month than the inner date's")
        return cls(kind, words, inner)


def _matched(words: str) -> tuple[DateKind, dict[str, str | None]]:
    """Find the form that words are in, and what they say. Raises ValueError for none."""
    for kind, form in _FORMS:
        if found := form.fullmatch(words):
            return kind, found.groupdict()
    raise ValueError("in none of the forms")


def _check_near(month: int, day: int, inner: date) -> None:
    """A day that no calendar has stands beside a real one of its month, or the first of the next. Raises ValueError."""
    if (inner.month, inner.day) != (month, day) and not (
        inner.month == month or (inner.month == month % 12 + 1 and inner.day == 1)
    ):
        raise ValueError("far from the inner date")


STATED_FORMS = "標準仕様書 1.1.8 の不詳の書き方（例 昭和15年頃、年月日不詳、昭和15年3月 日不詳）か、暦にない日。年は内部の日付と同じ年"
"""Says to whoever must mend it what words a date may have."""


class ReadingKind(StrEnum):
    """How much of a reading is official, that is, recorded in the 戸籍: all of it, 氏 only, 名 only, nothing."""

    OFFICIAL = "official"
    SURNAME = "surname"
    GIVEN = "given"
    NONE = "none"


NO_READING, NO_SURNAME, NO_GIVEN = "********", "【氏空欄】", "【名空欄】"
"""As 石巻市 prints them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading in katakana, 氏 and 名 divided by U+3000. `kana` is how the register files the name; only what `kind` says of it
    is official, and nothing else is ever printed."""

    kind: ReadingKind
    kana: str = ""

    @property
    def words(self) -> str:
        """What is printed in the cell 氏名の振り仮名."""
        parts = self.kana.split("　")
        match self.kind:
            case ReadingKind.OFFICIAL:
                return self.kana
            case ReadingKind.SURNAME:
                return f"{parts[0]}　{NO_GIVEN}"
            case ReadingKind.GIVEN:
                return f"{NO_SURNAME}　{parts[-1]}"
            case ReadingKind.NONE:
                return NO_READING
