from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.eras import ERAS, seireki, wareki


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 6, 3), "令和8年6月3日"),
        (date(2019, 12, 31), "令和元年12月31日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(2020, 1, 1), "令和2年1月1日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1868, 1, 25), "明治元年1月25日"),
        (date(1868, 1, 24), "1868年1月24日"),
    ],
)
def test_a_day_in_words_at_both_sides_of_every_era(day: date, words: str) -> None:
    assert wareki(day) == words


def test_a_day_of_a_foreign_resident_in_words() -> None:
    assert seireki(date(1987, 2, 19)) == "1987年2月19日"


@given(st.dates(min_value=ERAS[0].first, max_value=date(2100, 12, 31)))
def test_no_two_days_have_the_same_words(day: date) -> None:
    assert wareki(day) != wareki(day + timedelta(days=1))
    first = next(era.first for era in ERAS if wareki(day).startswith(era.name))
    year = wareki(day)[2:].partition("年")[0]
    assert first.year + (1 if year == "元" else int(year)) - 1 == day.year
