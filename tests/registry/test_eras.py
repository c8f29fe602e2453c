"""The one table of eras, both ways."""

from __future__ import annotations

from datetime import date

import pytest

from server_stub.eras import date_in_era, wareki

# first and last days as the cabinet orders on the change of era have them
DAYS = [
    ("M", 1, date(1868, 1, 25), "明治元年1月25日"),
    ("明治", 45, date(1912, 7, 29), "明治45年7月29日"),
    ("2", 1, date(1912, 7, 30), "大正元年7月30日"),
    ("T", 15, date(1926, 12, 24), "大正15年12月24日"),
    ("3", 1, date(1926, 12, 25), "昭和元年12月25日"),
    ("S", 64, date(1989, 1, 7), "昭和64年1月7日"),
    ("4", 1, date(1989, 1, 8), "平成元年1月8日"),
    ("平成", 31, date(2019, 4, 30), "平成31年4月30日"),
    ("R", 1, date(2019, 5, 1), "令和元年5月1日"),
    ("5", 8, date(2026, 6, 3), "令和8年6月3日"),
]


@pytest.mark.parametrize(("era", "year", "day", "words"), DAYS)
def test_a_day_of_an_era_is_read_and_said(era: str, year: int, day: date, words: str) -> None:
    assert date_in_era(era, year, day.month, day.day) == day
    assert wareki(day) == words


@pytest.mark.parametrize(
    ("era", "year", "month", "day"),
    [("S", 64, 1, 8), ("H", 1, 1, 7), ("H", 31, 5, 1), ("R", 1, 4, 30), ("R", 0, 6, 3), ("M", 1, 1, 24), ("X", 1, 1, 1)],
)  # fmt: skip
def test_a_day_outside_its_era_is_none(era: str, year: int, month: int, day: int) -> None:
    with pytest.raises(ValueError, match="era"):
        date_in_era(era, year, month, day)


def test_before_the_first_era_the_western_year_is_said() -> None:
    assert wareki(date(1868, 1, 24)) == "1868年1月24日"
