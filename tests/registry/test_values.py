"""Days that the register states in words, and readings: the forms are copied from 住民記録システム標準仕様書 1.1.8 by hand."""

from __future__ import annotations

from datetime import date

import pytest

from server_stub.registry.values import DateKind, Reading, ReadingKind, RegisterDate

FORMS = [
    ("令和3年頃", date(2021, 7, 1), DateKind.ABOUT_YEAR),
    ("令和3年4月頃", date(2021, 4, 1), DateKind.ABOUT_MONTH),
    ("令和3年4月5日頃", date(2021, 4, 5), DateKind.ABOUT_DAY),
    ("推定令和3年4月5日", date(2021, 4, 5), DateKind.PRESUMED_DAY),
    ("推定令和3年4月", date(2021, 4, 30), DateKind.PRESUMED_MONTH),
    ("令和3年春", date(2021, 3, 21), DateKind.SEASON),
    ("令和3年4月上旬", date(2021, 4, 1), DateKind.THIRD_OF_MONTH),
    ("令和3年4月中旬頃", date(2021, 4, 15), DateKind.ABOUT_THIRD_OF_MONTH),
    ("年月日不詳", date(1935, 1, 1), DateKind.UNKNOWN),
    ("令和3年 月日不詳", date(2021, 1, 1), DateKind.YEAR_ONLY),
    ("令和3年　月日不詳", date(2021, 1, 1), DateKind.YEAR_ONLY),
    ("令和3年4月 日不詳", date(2021, 4, 1), DateKind.MONTH_ONLY),
    ("令和3年4月5日から8日頃までの間", date(2021, 4, 5), DateKind.BETWEEN_AND_ABOUT),
    ("令和3年4月推定5日から8日までの間", date(2021, 4, 5), DateKind.PRESUMED_BETWEEN),
    ("令和3年4月5日頃から8日頃までの間", date(2021, 4, 5), DateKind.BETWEEN_ABOUTS),
]


@pytest.mark.parametrize(("words", "inner", "kind"), FORMS, ids=[words for words, _, _ in FORMS])
def test_each_form_is_known_and_kept_as_it_stands(words: str, inner: date, kind: DateKind) -> None:
    assert RegisterDate.stated(words, inner) == RegisterDate(kind, words, inner)


def test_every_kind_of_不詳_has_a_form_here() -> None:
    kinds = {kind for _, _, kind in FORMS}
    assert kinds == set(DateKind) - {DateKind.DAY, DateKind.NO_CALENDAR_DAY}
    assert len(kinds) == 14


@pytest.mark.parametrize(
    ("words", "inner"),
    [
        ("明治45年7月30日", date(1912, 7, 30)),
        ("大正15年12月25日", date(1926, 12, 25)),
        ("昭和4年2月29日", date(1929, 2, 28)),
        ("昭和4年2月29日", date(1929, 3, 1)),
        ("平成31年4月31日", date(2019, 4, 30)),
    ],
)
def test_a_day_that_no_calendar_has_is_kept_in_its_words(words: str, inner: date) -> None:
    found = RegisterDate.stated(words, inner)
    assert (found.kind, found.words, found.inner) == (DateKind.NO_CALENDAR_DAY, words, inner)


def test_a_calendar_day_is_printed_in_its_era_or_in_the_western_year() -> None:
    assert RegisterDate.stated("", date(2019, 5, 1)).words == "令和元年5月1日"
    assert RegisterDate.stated("", date(2019, 5, 1), western=True).words == "2019年5月1日"
    assert RegisterDate.stated("令和元年5月1日", date(2019, 5, 1)).kind is DateKind.DAY


def test_a_foreign_residents_birth_is_stated_in_the_western_year_only() -> None:
    found = RegisterDate.stated("1950年 月日不詳", date(1950, 1, 1), western=True)
    assert (found.kind, found.words) == (DateKind.YEAR_ONLY, "1950年 月日不詳")
    for words, western in (("昭和25年 月日不詳", True), ("1950年 月日不詳", False)):
        with pytest.raises(ValueError, match="calendar"):
            RegisterDate.stated(words, date(1950, 1, 1), western=western)


@pytest.mark.parametrize(
    ("words", "inner"),
    [
        ("令和3年ごろ", date(2021, 1, 1)),
        ("令和3年頃", date(2020, 1, 1)),
        ("令和3年4月頃", date(2021, 5, 1)),
        ("平成32年頃", date(2020, 1, 1)),
        ("昭和65年春", date(1990, 4, 1)),
        ("令和0年頃", date(2018, 1, 1)),
        ("令和3年13月頃", date(2021, 1, 1)),
        ("昭和4年2月29日", date(1929, 6, 1)),
        ("慶応3年頃", date(1867, 1, 1)),
        ("不詳", date(2021, 1, 1)),
        ("令和3年4月32日", date(2021, 4, 30)),
    ],
)
def test_other_words_are_no_date(words: str, inner: date) -> None:
    with pytest.raises(ValueError, match=r".+"):
        RegisterDate.stated(words, inner)


@pytest.mark.parametrize(
    ("kind", "kana", "printed"),
    [
        (ReadingKind.OFFICIAL, "イシノマキ　タロウ", "イシノマキ　タロウ"),
        (ReadingKind.SURNAME, "イシノマキ　タロウ", "イシノマキ　【名空欄】"),
        (ReadingKind.GIVEN, "イシノマキ　タロウ", "【氏空欄】　タロウ"),
        (ReadingKind.NONE, "イシノマキ　タロウ", "********"),
        (ReadingKind.NONE, "", "********"),
        (ReadingKind.SURNAME, "イシノマキ", "イシノマキ　【名空欄】"),
        (ReadingKind.GIVEN, "タロウ", "【氏空欄】　タロウ"),
    ],
)
def test_nothing_but_what_is_official_of_a_reading_is_printed(
    kind: ReadingKind, kana: str, printed: str
) -> None:
    assert Reading(kind, kana).words == printed
