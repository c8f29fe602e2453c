from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.eras import ERAS, FILE, date_in_era, load_eras, seireki, wareki
from server_stub.interface.failures import Failed


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


NEW = """
[[era]]
name = "架元"
first = 2031-04-01
digit = "6"
letter = "K"
"""
"""An invented era of the future."""


def test_a_new_era_is_a_table_more_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "eras.toml"
    file.write_text(FILE.read_text(encoding="utf-8") + NEW, encoding="utf-8")
    eras = load_eras(file)
    assert [wareki(day, eras) for day in (date(2031, 3, 31), date(2031, 4, 1), date(2032, 1, 1))] == [
        "令和13年3月31日",
        "架元元年4月1日",
        "架元2年1月1日",
    ]
    for sign in ("架元", "6", "K"):
        assert date_in_era(sign, 1, 4, 1, eras) == date(2031, 4, 1)
    with pytest.raises(ValueError, match="outside"):
        date_in_era("令和", 13, 4, 1, eras)
    assert wareki(date(2031, 4, 1)) == "令和13年4月1日"


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('name = "架元"', 'name = "令和"', ""),
        ('digit = "6"', 'digit = "5"', ""),
        ("first = 2031-04-01", "first = 2011-04-01", ""),
        ("first = 2031-04-01", 'first = "2031-04-01"', "era[6].first"),
        ('letter = "K"', 'letter = "k"', "era[6].letter"),
        ('letter = "K"', "", "era[6].letter"),
    ],
)
def test_a_wrong_list_of_eras_is_named(tmp_path: Path, before: str, after: str, field: str) -> None:
    file = tmp_path / "eras.toml"
    file.write_text(FILE.read_text(encoding="utf-8") + NEW.replace(before, after), encoding="utf-8")
    with pytest.raises(Failed) as caught:
        load_eras(file)
    assert (caught.value.failure, caught.value.facts["field"]) == ("Settings_Wrong", field)
    assert caught.value.facts["file"].endswith("eras.toml")
