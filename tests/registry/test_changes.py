"""Settings with their day of effect: which are in force on a day, and what is told of a wrong one."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from scenarios.towns import shipped_town
from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.municipalities import Municipality, load_municipality, municipality_problems

KOBE = shipped_town()
RESIDENCE, SEAL = "residence", "seal_registration"


def town(folder: Path, *changes: str, base: tuple[str, str] = ("", "")) -> Path:
    """Kobe with these lines more at the end of its settings, its own changes left out."""
    root = folder / "kobe"
    shutil.copytree(KOBE, root, ignore=shutil.ignore_patterns("delivery"))
    settings = root / "municipality.toml"
    text = settings.read_text(encoding="utf-8").partition("[[change]]")[0]
    if base[0]:
        assert text.count(base[0]) >= 1
        text = text.replace(*base, 1)
    settings.write_text("\n".join((text, *changes)) + "\n", encoding="utf-8")
    return root


def loaded(folder: Path, *changes: str, base: tuple[str, str] = ("", "")) -> Municipality:
    return load_municipality(town(folder, *changes, base=base))


def wrong(folder: Path, *changes: str, base: tuple[str, str] = ("", "")) -> list[tuple[str, str]]:
    """Field and expectation of all that is wrong; the first is what loading refuses by."""
    root = town(folder, *changes, base=base)
    told = [(str(one.facts["field"]), str(one.facts["expected"])) for one in municipality_problems(root)]
    with pytest.raises(Failed) as caught:
        load_municipality(root)
    assert caught.value.failure == "Settings_Wrong"
    assert (caught.value.facts["file"], caught.value.facts["field"]) == ("kobe/municipality.toml", told[0][0])
    return told


def ring(colour: tuple[int, int, int]) -> Image.Image:
    """A picture of a seal that can be seen."""
    picture = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(picture).ellipse((10, 10, 290, 290), outline=colour, width=20)
    return picture


FEE = "[[change]]\nfrom = 2027-04-01\nservice.residence.fee = 300"


def test_a_change_is_in_force_from_its_day_on_and_nothing_else_changes(tmp_path: Path) -> None:
    kobe = loaded(tmp_path, FEE)
    fees = [
        kobe.on(day).services[RESIDENCE].fee
        for day in (date(2027, 3, 31), date(2027, 4, 1), date(2099, 1, 1))
    ]
    assert fees == [250, 300, 300]
    later = kobe.on(date(2027, 4, 1))
    assert later.services[SEAL] == kobe.services[SEAL] and later.issuer == kobe.issuer
    assert later.services[RESIDENCE].opens == kobe.services[RESIDENCE].opens
    assert kobe.services[RESIDENCE].fee == 250, "the file itself, before any change"


def test_a_change_for_a_time_ends_with_its_last_day(tmp_path: Path) -> None:
    kobe = loaded(
        tmp_path,
        '[[change]]\nfrom = 2026-07-01\nuntil = 2026-07-31\n[change.certifier]\ntitle = "神戸市長職務代理者"\nmayor = "見本　次郎"',
    )
    names = {
        day: kobe.on(date.fromisoformat(day)).issuer_of(RESIDENCE).mayor
        for day in ("2026-06-30", "2026-07-01", "2026-07-31", "2026-08-01")
    }
    assert list(names.values()) == ["見本　太郎", "見本　次郎", "見本　次郎", "見本　太郎"]
    assert kobe.on(date(2026, 7, 1)).issuer_of(RESIDENCE).office == "兵庫県神戸市長職務代理者"


def test_of_two_changes_of_one_thing_the_later_day_counts_whatever_their_order_in_the_file(
    tmp_path: Path,
) -> None:
    kobe = loaded(
        tmp_path,
        "[[change]]\nfrom = 2027-04-01\nservice.residence.fee = 300",
        "[[change]]\nfrom = 2026-10-01\nservice.residence.fee = 200\nservice.residence.max_copies = 3",
    )
    told = [
        (terms.fee, terms.max_copies)
        for terms in (
            kobe.on(day).services[RESIDENCE]
            for day in (date(2026, 9, 30), date(2026, 10, 1), date(2027, 4, 1))
        )
    ]
    assert told == [(250, 10), (200, 3), (300, 3)]


def test_a_change_whose_day_is_unknown_is_never_in_force(tmp_path: Path) -> None:
    kobe = loaded(
        tmp_path, '[[change]]\ndate_unknown = true\nnote = "実施日不明"\nservice.residence.fee = 150'
    )
    assert {kobe.on(date(year, 6, 3)).services[RESIDENCE].fee for year in range(2026, 2100)} == {250}


def test_kobes_fees_of_an_unknown_day_wait_for_their_day(tmp_path: Path) -> None:
    """Whoever learns the day writes it in the place of `date_unknown`."""
    root = tmp_path / "kobe"
    shutil.copytree(KOBE, root, ignore=shutil.ignore_patterns("delivery"))
    assert load_municipality(root).on(date(2099, 1, 1)).services[RESIDENCE].fee == 250
    settings = root / "municipality.toml"
    text = settings.read_text(encoding="utf-8")
    assert text.count("date_unknown = true") == 1 and "実施日不明" in text
    settings.write_text(text.replace("date_unknown = true", "from = 2027-04-01"), encoding="utf-8")
    before, after = (
        {
            kind: (terms.fee, terms.counter_fee)
            for kind, terms in load_municipality(root).on(day).services.items()
        }
        for day in (date(2027, 3, 31), date(2027, 4, 1))
    )
    family = {"family_register_full", "family_register_individual"}
    assert before == {kind: (400, 450) if kind in family else (250, 300) for kind in before}
    assert after == {kind: (300, 450) if kind in family else (150, 300) for kind in before}
    assert {RESIDENCE, SEAL, "tax", "address_history", *family} == set(before)


def test_the_fee_may_be_so_much_below_the_counters_for_a_time(tmp_path: Path) -> None:
    kobe = loaded(
        tmp_path,
        "[[change]]\nfrom = 2026-06-01\nuntil = 2027-03-31\n[change.service.residence]\ncounter_fee = 300\ncounter_minus = 150",
    )
    fees = [
        kobe.on(day).services[RESIDENCE].fee
        for day in (date(2026, 5, 31), date(2026, 6, 1), date(2027, 4, 1))
    ]
    assert fees == [250, 150, 250]
    assert kobe.on(date(2026, 6, 1)).services[RESIDENCE].counter_fee == 300


def test_a_kind_may_come_and_a_form_or_seal_may_change(tmp_path: Path) -> None:
    root = town(
        tmp_path,
        '[[change]]\nfrom = 2026-10-01\nservice.residence.form = "household"\ncertifier.seal = "new.png"\ncertifier.seal_mm = 18',
    )
    ring((0, 0, 0)).save(root / "new.png")
    kobe = load_municipality(root)
    before, after = kobe.on(date(2026, 9, 30)), kobe.on(date(2026, 10, 1))
    assert [one.services[RESIDENCE].form for one in (before, after)] == ["individual", "household"]  # type: ignore[attr-defined]
    assert (after.issuer.seal_mm, before.issuer.seal_mm) == (18, 22.5)
    assert after.issuer.seal_png == (root / "new.png").read_bytes() != before.issuer.seal_png


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        ("from = 2027-04-01\nservice.residence.fee = 255", "change[1].service.residence.fee", "10の倍数"),
        (
            "from = 2027-04-01\nservice.residence.fees = 300",
            "change[1].service.residence.fees",
            "2027-04-01からの状態",
        ),
        ("from = 2027-04-01\nservice.residense.fee = 300", "change[1].service.residense", "証明書の種類"),
        ('from = 2027-04-01\ncertifier.mayor = ""', "change[1].certifier.mayor", "前後に空白のない"),
        ('from = 2027-04-01\ncertifier.seal = "none.png"', "change[1].certifier.seal", "PNG"),
        (
            "from = 2027-04-01\nservice.residence.closes = 06:00:00",
            "change[1].service.residence.closes",
            "opens より後",
        ),
        (
            "from = 2027-04-01\nservice.residence.counter_minus = 350",
            "change[1].service.residence",
            "counter_fee",
        ),
        ("service.residence.fee = 300", "change[1]", "date_unknown"),
        ("from = 2027-04-01\ndate_unknown = true", "change[1]", "どちらか一方"),
        ("from = 2027-04-01\nuntil = 2027-03-31", "change[1]", "until"),
        ("from = 2027-04-01T09:00:00\nminimum_age = 18", "change[1].from", "日付"),
        ('from = "令和9年4月1日"', "change[1].from", "日付"),
        ('from = 2027-04-01\ncode = "28101"', "change[1].code", "この名前の項目はありません"),
        (
            "date_unknown = true\nservice.residence.fee = 155",
            "change[1].service.residence.fee",
            "実施日不明の状態",
        ),
        ('from = 2027-04-01\nissue_number = "{day}"', "change[1].issue_number", "{random}"),
    ],
)
def test_a_wrong_change_is_named_with_its_number_and_day(
    tmp_path: Path, change: str, field: str, expected: str
) -> None:
    (told, *others) = wrong(tmp_path, f"[[change]]\n{change}")
    assert told[0] == field and expected in told[1], told
    assert others == []


def test_a_change_may_be_wrong_only_together_with_another(tmp_path: Path) -> None:
    told = wrong(
        tmp_path,
        "[[change]]\nfrom = 2026-10-01\nservice.residence.opens = 09:00:00",
        "[[change]]\nfrom = 2027-04-01\nservice.residence.closes = 08:00:00",
    )
    assert [field for field, _ in told] == ["change[2].service.residence.closes"]
    assert "2027-04-01からの状態" in told[0][1]


# --- who certifies -----------------------------------------------------------------------------------------------------


def test_a_kind_may_have_a_certifier_of_its_own_and_the_prefecture_by_a_switch(tmp_path: Path) -> None:
    kobe = loaded(
        tmp_path,
        '[service.seal_registration.certifier]\ntitle = "神戸市中央区長"\nmayor = "見本　三郎"',
        "[[change]]\nfrom = 2027-01-04\nservice.seal_registration.title_with_prefecture = false",
    )
    mayor, ward = kobe.issuer_of(RESIDENCE), kobe.issuer_of(SEAL)
    assert (mayor.office, mayor.mayor) == ("兵庫県神戸市長", "見本　太郎")
    assert (ward.office, ward.mayor, ward.seal_mm) == ("兵庫県神戸市中央区長", "見本　三郎", 22.5)
    assert kobe.on(date(2027, 1, 4)).issuer_of(SEAL).office == "神戸市中央区長"


def test_a_title_that_names_the_prefecture_is_left_as_it_is(tmp_path: Path) -> None:
    kobe = loaded(tmp_path, base=('title = "神戸市長"', 'title = "兵庫県神戸市長"'))
    assert kobe.issuer_of(RESIDENCE).office == "兵庫県神戸市長"


@pytest.mark.parametrize(
    ("base", "field", "expected"),
    [
        (("seal_mm = 22.5", "seal_mm = 25.5"), "certifier.seal_mm", "25"),
        (
            ("seal_black = true", 'seal_black = "no"'),
            "certifier.seal_black",
            "true または false",
        ),
    ],
)
def test_a_seal_that_is_too_large_is_named(
    tmp_path: Path, base: tuple[str, str], field: str, expected: str
) -> None:
    (told,) = wrong(tmp_path, base=base)
    assert told[0] == field and expected in told[1]


def test_a_coloured_seal_needs_its_switch(tmp_path: Path) -> None:
    root = town(tmp_path)
    ring((200, 30, 30)).save(root / "official_seal.png")
    with pytest.raises(Failed) as caught:
        load_municipality(root)
    assert (
        caught.value.facts["field"] == "certifier.seal"
        and "seal_black = false" in caught.value.facts["expected"]
    )
    settings = root / "municipality.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("seal_black = true", "seal_black = false"), encoding="utf-8")
    assert load_municipality(root).issuer_of(RESIDENCE).as_data()["seal_note"] == ""


# --- names, and forms of 発行番号 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{municipality}-{day:%Y%m%d}", "{random}"),
        ("{number:03}", "{number} は日ごとに"),
        ("{day:%Y%m}-{number:08}", "{number} は日ごとに"),
        ("{serial:03}", "8字から60字"),
        ("{random}" + "あ" * 60, "8字から60字"),
        ("{terminal}-{random}", "{random}"),
        ("{random", "{random}"),
        ("{day.year}{serial:08}", "{random}"),
        ("{serial:>8}", "{random}"),
        ("{serial!r:08}", "{random}"),
    ],
)
def test_a_form_of_numbers_that_could_repeat_or_not_be_printed_is_named(
    tmp_path: Path, pattern: str, expected: str
) -> None:
    (told,) = wrong(tmp_path, base=("minimum_age", f'issue_number = "{pattern}"\nminimum_age'))
    assert told[0] == "issue_number" and expected in told[1], told


def test_title_and_names_of_a_kind_are_checked(tmp_path: Path) -> None:
    told = wrong(
        tmp_path,
        '[service.seal_registration.words]\njapanese = "印鑑証明書"',
        base=(
            "[service.seal_registration]",
            '[service.seal_registration]\ntitle = "印"\nplanned = "まだ決まっていません。"',
        ),
    )
    assert {field for field, _ in told} == {
        "service.seal_registration.title",
        "service.seal_registration.planned",
        "service.seal_registration.words.japanese.[key]",
    }


# --- days and hours -------------------------------------------------------------------------------------------------------

OFFICE = '[service.seal_registration]\nweekdays = ["月", "火", "水", "木", "金"]\nholidays = false'


def office(folder: Path, *lines: str) -> Municipality:
    """Kobe whose 印鑑 are served on working days from 9 to 17."""
    root = town(folder, *lines, base=("[service.seal_registration]", OFFICE))
    settings = root / "municipality.toml"
    head, kind, tail = settings.read_text(encoding="utf-8").partition("[service.seal_registration]")
    tail = tail.replace("opens = 06:30:00", "opens = 09:00:00", 1).replace(
        "closes = 23:00:00", "closes = 17:00:00", 1
    )
    settings.write_text(head + kind + tail, encoding="utf-8")
    return load_municipality(root)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


def test_days_of_service_by_weekday_and_holiday(tmp_path: Path) -> None:
    """The public holidays of 2026 by the Cabinet Office's list."""
    kobe = office(tmp_path)
    holidays = [
        "2026-01-12",
        "2026-02-11",
        "2026-02-23",
        "2026-03-20",
        "2026-04-29",
        "2026-05-04",
        "2026-05-05",
        "2026-05-06",
        "2026-07-20",
        "2026-08-11",
        "2026-09-21",
        "2026-09-22",
        "2026-09-23",
        "2026-10-12",
        "2026-11-03",
        "2026-11-23",
    ]
    closed = [
        day
        for day in (
            date.fromordinal(n) for n in range(date(2026, 1, 4).toordinal(), date(2026, 12, 29).toordinal())
        )
        if day.weekday() < 5 and not kobe.served_on(SEAL, day)
    ]
    assert [day.isoformat() for day in closed] == holidays
    assert not any(
        kobe.served_on(SEAL, day) for day in (date(2026, 6, 6), date(2026, 6, 7), date(2026, 12, 29))
    )
    assert kobe.served_on(RESIDENCE, date(2026, 9, 22))


@pytest.mark.parametrize(
    ("after", "opens"),
    [
        ("2026-06-03T08:00", "2026-06-03T09:00"),
        ("2026-06-03T12:34", "2026-06-03T12:34"),
        ("2026-06-05T17:00", "2026-06-08T09:00"),
        ("2026-09-18T17:00", "2026-09-24T09:00"),
        ("2026-12-28T17:00", "2027-01-04T09:00"),
    ],
)
def test_the_next_opening_leaves_out_every_day_that_is_none(tmp_path: Path, after: str, opens: str) -> None:
    assert office(tmp_path).next_opening(SEAL, moment(after)) == moment(opens)


@pytest.mark.parametrize(
    ("span", "after", "opens"),
    [
        ("from = 2026-06-03T12:00:00\nuntil = 2026-06-03T15:00:00", "2026-06-03T12:00", "2026-06-03T15:00"),
        ("from = 2026-06-03T12:00:00\nuntil = 2026-06-03T18:00:00", "2026-06-03T12:00", "2026-06-04T09:00"),
        ("from = 2026-12-28T15:00:00\nuntil = 2027-01-09T06:30:00", "2026-12-28T15:00", "2027-01-12T09:00"),
        ("on = 2026-06-04", "2026-06-03T17:00", "2026-06-05T09:00"),
    ],
)
def test_the_next_opening_after_a_closed_span(tmp_path: Path, span: str, after: str, opens: str) -> None:
    """9 January 2027 is a Saturday and the 11th a holiday."""
    kobe = office(tmp_path, f"[[service.seal_registration.closed]]\n{span}")
    assert kobe.next_opening(SEAL, moment(after)) == moment(opens)
    assert kobe.next_opening(RESIDENCE, moment("2026-06-03T12:00")) == moment("2026-06-03T12:00"), (
        "that kind alone"
    )


def test_a_span_of_one_year_is_of_that_year_only(tmp_path: Path) -> None:
    kobe = loaded(tmp_path, "[[closed]]\nfrom = 2025-12-28T23:00:00\nuntil = 2026-01-10T06:30:00")
    shut = {
        text: kobe.suspended(RESIDENCE, moment(text))
        for text in (
            "2025-12-28T22:59:59",
            "2025-12-28T23:00",
            "2026-01-10T06:29:59",
            "2026-01-10T06:30",
            "2027-01-05T12:00",
        )
    }
    assert list(shut.values()) == [False, True, True, False, False]


def test_the_next_opening_counts_what_will_have_changed_by_then(tmp_path: Path) -> None:
    kobe = loaded(tmp_path, "[[change]]\nfrom = 2026-06-04\nservice.residence.opens = 10:00:00")
    assert kobe.next_opening(RESIDENCE, moment("2026-06-03T23:00")) == moment("2026-06-04T10:00")


def test_nothing_opens_before_the_first_day(tmp_path: Path) -> None:
    kobe = loaded(tmp_path, base=("[service.residence]", "[service.residence]\nfirst_day = 2026-07-01"))
    assert kobe.next_opening(RESIDENCE, moment("2026-06-03T10:00")) == moment("2026-07-01T06:30")


@pytest.mark.parametrize(
    ("lines", "ja", "en"),
    [
        ("", "6:30〜23:00", "6:30–23:00"),
        (
            'weekdays = ["月", "火", "水", "木", "金"]\nholidays = false',
            "平日6:30〜23:00（土・日・祝日、12月29日〜1月3日を除く）",
            "Weekdays 6:30–23:00 (not Sat, Sun, holidays, 29 Dec–3 Jan)",
        ),
        (
            'weekdays = ["月", "火", "水", "木", "金"]',
            "6:30〜23:00（土・日曜日、12月29日〜1月3日を除く）",
            "6:30–23:00 (not Sat, Sun, 29 Dec–3 Jan)",
        ),
        (
            'weekdays = ["月", "火", "水", "木", "金", "土"]\nclosed = [{first = "12-29", last = "01-03"}, {first = "08-13", last = "08-15"}, {first = "05-01", last = "05-01"}]',
            "6:30〜23:00（日曜日、12月29日〜1月3日ほかを除く）",
            "6:30–23:00 (not Sun, 29 Dec–3 Jan, etc.)",
        ),
        (
            "holidays = false",
            "6:30〜23:00（祝日、12月29日〜1月3日を除く）",
            "6:30–23:00 (not holidays, 29 Dec–3 Jan)",
        ),
        (
            'weekdays = ["木", "火"]\nholidays = false',
            "火・木曜日 6:30〜23:00（祝日、12月29日〜1月3日を除く）",
            "Tue, Thu 6:30–23:00 (not holidays, 29 Dec–3 Jan)",
        ),
    ],
)
def test_hours_are_written_as_an_office_prints_them(tmp_path: Path, lines: str, ja: str, en: str) -> None:
    from server_stub.certificates.terms import hours_in_words

    kobe = loaded(tmp_path, base=("[service.residence]", f"[service.residence]\n{lines}"))
    assert hours_in_words(kobe.services[RESIDENCE], kobe.closed) == {"ja": ja, "en": en}


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ('first = "12-29"', "うちの一組"),
        ('on = 2026-06-04\nfirst = "12-29"\nlast = "01-03"', "うちの一組"),
        ("from = 2026-06-03T12:00:00", "うちの一組"),
        ("from = 2026-06-03T15:00:00\nuntil = 2026-06-03T15:00:00", "until が from より後"),
        ("", "うちの一組"),
    ],
)
def test_a_closed_span_that_is_none_is_named(tmp_path: Path, span: str, expected: str) -> None:
    (told,) = wrong(tmp_path, f"[[closed]]\n{span}")
    assert told[0] == "closed[2]" and expected in told[1], told


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('weekdays = ["月曜"]', "service.residence.weekdays[1]"),
        ("weekdays = []", "service.residence.weekdays"),
        ('weekdays = ["月", "月"]', "service.residence.weekdays"),
        ('holidays = "no"', "service.residence.holidays"),
        ('first_day = "7月1日"', "service.residence.first_day"),
        ("counter_minus = 350", "service.residence"),
    ],
)
def test_wrong_days_of_a_kind_are_named(tmp_path: Path, line: str, field: str) -> None:
    (told,) = wrong(tmp_path, base=("[service.residence]", f"[service.residence]\n{line}"))
    assert told[0] == field
