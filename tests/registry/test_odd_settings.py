"""municipality.toml as a careless or a hostile hand writes it: each mistake is told by file, key and what was expected, and none is
in force for a part."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest
from PIL import Image

from server_stub.certificates.terms import NumberPattern, hours_in_words
from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.municipalities import load_municipality, municipality_problems
from tests.registry.test_changes import RESIDENCE, loaded, ring, town, wrong

MAYOR = 'mayor = "見本　太郎"'
A_FEE = "service.residence.fee = 300"


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ("from = 2027-04-01", "change[1]", "変わるもの"),
        ("from = 2027-04-01\ncertifier = {}", "change[1]", "変わるもの"),
        (f"from = 2027-04-01T00:00:00\n{A_FEE}", "change[1].from", "日付"),
        ('from = 2027-04-01\nservice.residence.weekdays = ["火曜"]', "change[1].service.residence.weekdays[1]", "月"),
        ("from = 2027-04-01\nservice.residence.opens = 23:30:00", "change[1].service.residence.closes", "opens"),
        ("from = 2027-04-01\nservice.residence.opens = 06:30:30", "change[1].service.residence.opens", "秒のない"),
        ("from = 2027-04-01\nservice.residence.closes = 22:00:00.5", "change[1].service.residence.closes", "秒のない"),
        ("from = 2027-04-01\ncertifier.seal_mm = nan", "change[1].certifier.seal_mm", "25"),
        (f"from = 2027-04-01\n{A_FEE}\nservice.residence.counter_minus = 50", "change[1].service.residence", "どちらか"),
        ("from = 2027-04-01\nservice.residence.counter_minus = 55", "change[1].service.residence.counter_minus", "10"),
        (
            'from = 2027-04-01\nservice.residence.first_day = 2027-05-01\nservice.residence.planned = "R9.5（予定）"',
            "change[1].service.residence",
            "どちらか",
        ),
        ('from = 2027-04-01\nissue_number = "{number:03}"', "change[1].issue_number", "{number} は日ごとに"),
        ('from = 2027-04-01\ncertifier.mayor = "見本\\u202e太郎"', "change[1].certifier.mayor", "目に見えない"),
        (
            "from = 2027-04-01\n[[change.closed]]\nfrom = 2026-06-03T12:00:30\nuntil = 2026-06-03T15:00:00",
            "change[1].closed[1].from",
            "秒のない",
        ),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_meant_is_named(
    tmp_path: Path, change: str, field: str, expected: str
) -> None:
    (told,) = wrong(tmp_path, f"[[change]]\n{change}")
    assert told[0] == field and expected in told[1], told


@pytest.mark.parametrize(
    "hidden", ["\\u200b", "\\u202e", "\\ufeff", "\\u0000", "\\u0007", "\\u2028", "\\u00a0"]
)
@pytest.mark.parametrize(
    ("before", "field"),
    [
        (MAYOR, "certifier.mayor"),
        ('title = "神戸市長"', "certifier.title"),
        ('name = "神戸市"', "name"),
        ('attestation_whole = "この写しは', "service.residence.attestation_whole"),
    ],
)  # fmt: skip
def test_nothing_that_nobody_sees_stands_in_a_text(
    tmp_path: Path, hidden: str, before: str, field: str
) -> None:
    ((told, expected), *_) = wrong(tmp_path, base=(before, before[:-2] + hidden + before[-2:]))
    assert told == field and "目に見えない" in expected


@pytest.mark.parametrize(
    "span",
    [
        "from = 0001-01-01T00:00:00+14:00\nuntil = 2026-06-03T12:00:00",
        "from = 2026-06-03T12:00:00\nuntil = 9999-12-31T23:59:00-12:00",
    ],
)
def test_a_moment_that_japan_does_not_have_is_named(tmp_path: Path, span: str) -> None:
    (told,) = wrong(tmp_path, f"[[closed]]\n{span}")
    assert "日本の時刻" in told[1], told


def test_what_lasts_to_the_end_of_the_calendar_is_in_force(tmp_path: Path) -> None:
    kobe = loaded(tmp_path, f"[[change]]\nfrom = 2027-04-01\nuntil = 9999-12-31\n{A_FEE}")
    days = (date(2027, 3, 31), date(2027, 4, 1), date.max)
    assert [kobe.on(day).services[RESIDENCE].fee for day in days] == [250, 300, 300]


def test_a_change_of_one_day_ends_the_same_day(tmp_path: Path) -> None:
    kobe = loaded(tmp_path, f"[[change]]\nfrom = 2027-04-01\nuntil = 2027-04-01\n{A_FEE}")
    days = (date(2027, 3, 31), date(2027, 4, 1), date(2027, 4, 2))
    assert [kobe.on(day).services[RESIDENCE].fee for day in days] == [250, 300, 250]


@pytest.mark.parametrize(
    "text", ["note = " + "[" * 3000 + "]" * 3000, "minimum_age = " + "9" * 5000], ids=["brackets", "figures"]
)
def test_a_file_that_no_parser_bears_is_named(tmp_path: Path, text: str) -> None:
    root = town(tmp_path)
    (root / "municipality.toml").write_text(text, encoding="utf-8")
    (told,) = municipality_problems(root)
    assert told.facts["file"] == "kobe/municipality.toml" and "TOML" in told.facts["expected"]


def test_a_kind_may_be_served_round_the_clock(tmp_path: Path) -> None:
    """TOML has no 24:00."""
    kobe = loaded(tmp_path, base=("closes = 23:00:00", "closes = 23:59:59"))
    terms = kobe.services[RESIDENCE]
    assert [terms.open_at(one) for one in (time(6, 29), time(23, 59), time(23, 59, 59), time.max)] == [
        False,
        True,
        True,
        True,
    ]
    assert hours_in_words(terms)["ja"] == "6:30〜24:00"
    last = datetime(2026, 6, 3, 23, 59, 59, 5, JST)
    assert kobe.next_opening(RESIDENCE, last) == last


# --- what says one thing in two ways ----------------------------------------------------------------------------------


def test_a_fee_that_is_fixed_later_ends_the_one_below_the_counters(tmp_path: Path) -> None:
    """And the other way round: whichever was said last counts."""
    kobe = loaded(
        tmp_path,
        f"[[change]]\nfrom = 2027-04-01\n{A_FEE}",
        "[[change]]\nfrom = 2028-04-01\nservice.residence.counter_minus = 100",
        base=("fee = 250", "counter_minus = 150"),
    )
    days = (date(2027, 3, 31), date(2027, 4, 1), date(2028, 4, 1))
    assert [kobe.on(day).services[RESIDENCE].fee for day in days] == [150, 300, 200]


def test_a_planned_kind_begins_on_the_day_that_is_fixed_later_and_may_be_put_off_again(
    tmp_path: Path,
) -> None:
    kobe = loaded(
        tmp_path,
        "[[change]]\nfrom = 2027-02-01\nservice.residence.first_day = 2027-03-01",
        '[[change]]\nfrom = 2027-05-01\nservice.residence.planned = "R10.3（予定）"',
        base=("[service.residence]", '[service.residence]\nplanned = "R9.3（予定）"'),
    )
    days = (date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 1), date(2027, 5, 1))
    assert [kobe.on(day).services[RESIDENCE].begun(day) for day in days] == [False, False, True, False]


# --- 発行番号 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        "{day:%Y%-m%-d}{number}",  # 1 January 11 and 11 January 1
        "{day:%Y%-m%-d}-{number}",
        "{day:%Y%m%d} {serial:03} {number:03}",
        "{day:%s}-{number}",
        "{day:%c}{random}",
        "{day:%A}{random}",
        "{day:%n}{random}",
        "{day:%}{random}",
        "{day:{random}}{random}",
        "{day:%Y%m%d}{number:3}",
        "{day:%Y%m%d}{number:٣}",
        "{day:%Y%m%d}{number:0999999999}",
        "{random:5}",
        "{random}\\u200b",
        "{random}\\u0007",
    ],
)
def test_a_form_that_may_repeat_itself_or_holds_odd_characters_is_named(tmp_path: Path, pattern: str) -> None:
    (told,) = wrong(tmp_path, base=("minimum_age", f'issue_number = "{pattern}"\nminimum_age'))
    assert told[0] == "issue_number"


@pytest.mark.parametrize(
    "text",
    [
        "{day:%Y%m%d} {name} コンビニ {number:03}",
        "{number}{day:%Y%j}{municipality}",
        "{day:%Y}{number}{day:%m%d}",
        "{day:%y%m%d}-{number}",
    ],
)
def test_a_form_with_the_day_never_gives_one_number_twice(text: str) -> None:
    """Over every day of two years, one of them a leap year, and counts of every width."""
    pattern = NumberPattern(text)
    days = [date.fromordinal(n) for n in range(date(2027, 1, 1).toordinal(), date(2029, 1, 1).toordinal())]
    counts = (1, 2, 9, 10, 11, 12, 99, 100, 101, 110, 111, 999, 1000, 1011)
    told = [pattern.format("28100", "神戸市", day, "", count) for day in days for count in counts]
    assert len(set(told)) == len(told) == 731 * 14


def test_two_kinds_whose_counts_meet_are_named(tmp_path: Path) -> None:
    """The count of the day and the count of all days know nothing of each other."""
    root = town(
        tmp_path,
        base=("[service.residence]", '[service.residence]\nissue_number = "{day:%Y%m%d}-{number:03}"'),
    )
    settings = root / "municipality.toml"
    text = settings.read_text(encoding="utf-8")
    for form, is_wrong in (("{day:%Y%m%d}-{serial:05}", True), ("{day:%Y%m%d}-印{serial:05}", False)):
        kind = f'[service.seal_registration]\nissue_number = "{form}"'
        settings.write_text(text.replace("[service.seal_registration]", kind, 1), encoding="utf-8")
        told = [(one.facts["field"], one.facts["expected"]) for one in municipality_problems(root)]
        assert [field for field, _ in told] == ["service.seal_registration.issue_number"] * is_wrong
        if is_wrong:
            assert "ほかの種類" in told[0][1]
            with pytest.raises(Failed, match="issue_number"):
                load_municipality(root)


def test_a_name_that_makes_the_number_too_long_is_named(tmp_path: Path) -> None:
    named = f'issue_number = "{{name}}{{random}}"\nname = "{"神" * 50}"'
    (told,) = wrong(tmp_path, base=('name = "神戸市"', named))
    assert told[0] == "issue_number" and "60字" in told[1]


# --- the seal ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (lambda: Image.new("1", (20_000, 20_000)), "正方形の PNG"),
        (lambda: Image.new("L", (4_001, 4_001)), "正方形の PNG"),
        (lambda: Image.new("L", (1, 1)), "正方形の PNG"),
        (lambda: Image.new("L", (400, 400), 255), "見える印影"),
        (lambda: Image.new("L", (400, 400), 0), "見える印影"),
        (lambda: Image.new("RGBA", (400, 400), (0, 0, 0, 0)), "見える印影"),
        (lambda: ring((230, 230, 230)), "見える印影"),
    ],
)
def test_a_picture_that_is_no_seal_is_named(
    tmp_path: Path, picture: Callable[[], Image.Image], expected: str
) -> None:
    root = town(tmp_path)
    picture().save(root / "official_seal.png")
    (told,) = municipality_problems(root)
    assert told.facts["field"] == "certifier.seal" and expected in told.facts["expected"]
    with pytest.raises(Failed):
        load_municipality(root)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_a_seal_that_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    root = town(tmp_path)
    seal = root / "official_seal.png"
    seal.unlink()
    if kind == "pipe":
        os.mkfifo(seal)
    elif kind == "device":
        seal.symlink_to("/dev/zero")
    else:
        seal.mkdir()
    (told,) = municipality_problems(root)
    assert told.facts["field"] == "certifier.seal"
