from __future__ import annotations

import io
import shutil
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from PIL import Image

from scenarios.towns import shipped_town
from server_stub.certificates.residence import ResidenceTerms
from server_stub.interface.failures import Failed
from server_stub.interface.values import TerminalKind
from server_stub.municipalities import load_index, load_municipality
from server_stub.municipalities.loading import HERE

KOBE = shipped_town()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copy(HERE / "index.toml", tmp_path)
    shutil.copytree(KOBE, tmp_path / "kobe", ignore=shutil.ignore_patterns("delivery"))
    return tmp_path


def test_the_index_has_a_page_full_of_municipalities_of_which_kobe_participates() -> None:
    index = load_index([KOBE])
    assert len(index) >= 60
    assert [entry.info.code for entry in index] == sorted({entry.info.code for entry in index})
    assert [entry.info.name for entry in index if entry.info.participating] == ["神戸市"]
    ashikaga = next(entry for entry in index if entry.info.code == "09202")
    assert (ashikaga.info.prefecture, ashikaga.info.name) == ("栃木県", "足利市")
    assert (ashikaga.info.name_en, ashikaga.info.prefecture_en) == ("Ashikaga City", "Tochigi")


@pytest.mark.parametrize("town", ["ashikaga", "osaki", "shimotsuke", "shimizu"])
def test_what_was_not_found_of_the_shared_service_is_marked(town: str) -> None:
    """Hours of all four, and fees of the three of which none is published, are marked 推定 where they stand."""
    keys = ("opens", "closes", "weekdays", "holidays") + (
        () if town == "ashikaga" else ("fee", "counter_fee")
    )
    lines = (shipped_town(town) / "municipality.toml").read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if line.partition(" = ")[0] in keys]
    assert len([line for line in found if line.startswith("opens")]) == len(
        load_municipality(shipped_town(town)).services
    )
    assert [line for line in found if "推定" not in line.partition("#")[2]] == []


def test_ashikaga_has_the_fees_that_the_city_published() -> None:
    found = {
        code: (terms.fee, terms.counter_fee)
        for code, terms in load_municipality(shipped_town("ashikaga")).services.items()
    }
    assert found == {
        **dict.fromkeys(("residence", "seal_registration", "tax"), (250, 300)),
        **dict.fromkeys(("family_register_full", "family_register_individual"), (400, 450)),
    }


def test_kobe_is_as_the_city_published_it() -> None:
    kobe = load_municipality(KOBE)
    assert list(kobe.services) == [
        "residence", "seal_registration", "tax", "address_history", "family_register_full", "family_register_individual",
    ]  # fmt: skip
    assert set(kobe.kinds) == set(kobe.services)
    for kind, terms in kobe.services.items():
        family = kind.startswith("family_register")
        assert (terms.fee, terms.counter_fee) == ((400, 450) if family else (250, 300))
        assert (terms.opens, terms.closes) == ((time(9), time(17)) if family else (time(6, 30), time(23)))
        assert ("".join(terms.weekdays), terms.holidays) == (
            ("月火水木金", False) if family else ("月火水木金土日", True)
        )
        if kind not in ("residence", "seal_registration", "tax"):
            assert terms.first_day == date(2016, 5, 25)
    assert kobe.excluded_terminal_kinds == (TerminalKind.MUNICIPAL,)
    assert kobe.minimum_age == 15
    assert kobe.delivery.most_age == timedelta(hours=48)
    assert (kobe.delivery.most_drop_percent, kobe.delivery.unreadable_restrictions) == (10, 0)
    residence = kobe.services["residence"]
    assert isinstance(residence, ResidenceTerms)
    assert residence.questions == (
        "relationship", "domicile", "my_number", "nationality", "status_of_residence", "card_number", "alias_history",
    )  # fmt: skip
    assert residence.form == "individual"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [(time(6, 29, 59), False), (time(6, 30), True), (time(22, 59, 59), True), (time(23, 0), False)],
)
def test_service_ends_with_the_closing_time(moment: time, is_open: bool) -> None:
    assert load_municipality(KOBE).services["residence"].open_at(moment) is is_open


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        (date(2026, 12, 28), False),
        (date(2026, 12, 29), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), True),
        (date(2027, 1, 3), True),
        (date(2027, 1, 4), False),
        (date(2026, 6, 3), False),
    ],
)
def test_the_turn_of_the_year_is_closed(day: date, closed: bool) -> None:
    assert load_municipality(KOBE).closed_on(day) is closed


def test_a_span_within_one_year_is_closed_on_its_days_only(root: Path) -> None:
    set_in(root, 'first = "12-29"\nlast = "01-03"', 'first = "06-01"\nlast = "06-02"')
    kobe = load_municipality(root / "kobe")
    assert [kobe.closed_on(date(2026, month, day)) for month, day in ((5, 31), (6, 1), (6, 2), (6, 3), (12, 30))] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_the_official_seal_is_a_square_of_legible_size() -> None:
    kobe = load_municipality(KOBE)
    with Image.open(io.BytesIO(kobe.issuer.seal_png)) as image:
        assert image.width == image.height
        assert image.width >= 300 * kobe.issuer.seal_mm / 25.4
    assert 21 <= kobe.issuer.seal_mm <= 24


def test_the_accent_is_readable_on_white() -> None:
    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = bytes.fromhex(load_municipality(KOBE).info.accent[1:])
    luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    assert 1.05 / (luminance + 0.05) >= 7


def test_a_colour_that_is_just_dark_enough_is_taken(root: Path) -> None:
    """#767676 on white is the usual example of 4.54 to 1; a level lighter is 4.48."""
    set_in(root, 'accent = "#0A5A8C"', 'accent = "#767676"')
    assert load_municipality(root / "kobe").info.accent == "#767676"


def set_in(root: Path, before: str, after: str, file: str = "kobe/municipality.toml") -> None:
    text = (root / file).read_text(encoding="utf-8")
    assert text.count(before) >= 1
    (root / file).write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("fee = 250", "fee = -10", "service.residence.fee"),
        ("fee = 250", "fee = 255", "service.residence.fee"),
        ("fee = 250", 'fee = "250"', "service.residence.fee"),
        ("fee = 250", "fee = true", "service.residence.fee"),
        ("opens = 06:30:00", 'opens = "6:30"', "service.residence.opens"),
        ("closes = 23:00:00", "closes = 06:30:00", "service.residence.closes"),
        ("max_copies = 10", "max_copies = 0", "service.residence.max_copies"),
        ('"my_number"', '"number"', "service.residence.questions[3]"),
        ('"my_number"', '"domicile"', "service.residence.questions"),
        ("[service.residence]", "[service.residense]", "service.residense"),
        ("[service.residence]", "[service]\nresidence = 1\n[other]", "service.residence"),
        ('form = "individual"', 'form = "sheet"', "service.residence.form"),
        ('accent = "#0A5A8C"', 'accent = "blue"', "accent"),
        ('accent = "#0A5A8C"', 'accent = "#FFFFFF"', "accent"),
        ('accent = "#0A5A8C"', 'accent = "#777777"', "accent"),  # 4.48 to 1
        ("minimum_age = 15", "minimum_age = 150", "minimum_age"),
        ("minimum_age = 15", "minimum_age = 15\nmaximum_age = 99", "maximum_age"),
        ("refuse_on_issue_day = false", "refuse_on_issue_day = 1", "holder.refuse_on_issue_day"),
        ("refuse_on_issue_day = false", "refuse_on_day_of_issue = true", "holder.refuse_on_day_of_issue"),
        ("[holder]", "[holder]\nlongest_name = 0", "holder.longest_name"),
        ("show_sex = false", 'show_sex = "no"', "service.seal_registration.show_sex"),
        (
            'excluded_terminal_kinds = ["municipal"]',
            'excluded_terminal_kinds = ["shop"]',
            "excluded_terminal_kinds[1]",
        ),
        ('first = "12-29"', 'first = "02-30"', "closed[1].first"),
        ('mayor = "見本　太郎"', 'mayor = ""', "certifier.mayor"),
        ('seal = "official_seal.png"', 'seal = "none.png"', "certifier.seal"),
        ('seal = "official_seal.png"', 'seal = "../index.toml"', "certifier.seal"),
        ("seal_mm = 22.5", "seal_mm = 225", "certifier.seal_mm"),
        ('telephone = "078-000-0000"', "", "telephone"),
        ("most_age_hours = 48", "most_age_hours = 0", "delivery.most_age_hours"),
        ("most_drop_percent = 10", "most_drop_percent = 101", "delivery.most_drop_percent"),
        ("unreadable_restrictions = 0", "unreadable_restriction = 0", "delivery.unreadable_restriction"),
        ("[delivery]", "[deliveries]", "delivery"),
        ("attestation_whole =", "attestation_all =", "service.residence.attestation_whole"),
        ("counter_fee = 300", "counter_fee = 305", "service.residence.counter_fee"),
        ('code = "28100"', 'code = "2810"', "code"),
        ("minimum_age = 15", "minimum_age = ", ""),
    ],
)
def test_a_wrong_setting_is_named(root: Path, before: str, after: str, field: str) -> None:
    set_in(root, before, after)
    with pytest.raises(Failed) as caught:
        load_municipality(root / "kobe")
    assert caught.value.failure == "Settings_Wrong"
    assert (caught.value.facts["file"], caught.value.facts["field"]) == (
        "kobe/municipality.toml",
        field,
    )
    assert caught.value.facts["expected"]


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('code = "09201"', 'code = "9201"', "municipality[1].code"),
        ('code = "09201"', 'code = "99201"', "municipality[1].code"),
        ('code = "09202"', 'code = "09201"', "municipality[2].code"),
        ('kana = "うつのみやし"', 'kana = "ウツノミヤシ"', "municipality[1].kana"),
        ('kana = "うつのみやし"', f'kana = "{"う" * 101}"', "municipality[1].kana"),
        (
            'kana = "うつのみやし"',
            'kana = "うつのみやし"\nparticipating = true',
            "municipality[1].participating",
        ),
    ],
)
def test_a_wrong_line_of_the_index_is_named(root: Path, before: str, after: str, field: str) -> None:
    set_in(root, before, after, "index.toml")
    with pytest.raises(Failed) as caught:
        load_index([root / "kobe"], root / "index.toml")
    assert (caught.value.failure, caught.value.facts["field"]) == ("Settings_Wrong", field)


def test_a_seal_that_is_no_square_picture_is_named(root: Path) -> None:
    seal = root / "kobe" / "official_seal.png"
    Image.new("RGB", (600, 500)).save(seal)
    with pytest.raises(Failed, match="certifier.seal"):
        load_municipality(root / "kobe")
    seal.write_bytes(seal.read_bytes()[:100])
    with pytest.raises(Failed, match="certifier.seal"):
        load_municipality(root / "kobe")


def test_a_missing_file_is_named(root: Path) -> None:
    (root / "kobe" / "municipality.toml").unlink()
    with pytest.raises(Failed) as caught:
        load_index([root / "kobe"])
    assert (caught.value.failure, caught.value.facts["file"]) == (
        "Settings_Wrong",
        "kobe/municipality.toml",
    )


def test_two_folders_of_one_municipality_are_refused(root: Path) -> None:
    with pytest.raises(Failed, match="code"):
        load_index([root / "kobe", KOBE])


def test_without_folders_nobody_participates() -> None:
    assert not any(entry.info.participating for entry in load_index())


def test_whoever_has_a_folder_participates_whether_or_not_it_stood_in_the_index(root: Path) -> None:
    set_in(root, 'code = "28100"', 'code = "09202"')
    entries = {entry.info.code: entry for entry in load_index([root / "kobe"])}
    assert (entries["09202"].info.name, entries["09202"].info.participating) == ("神戸市", True)
    assert "28100" not in entries
