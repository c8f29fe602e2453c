"""The form of the 住民票の写し is the municipality's: 個人票 or 世帯連記式, what a blank reads, the width of digits, one fee or a
fee a person. Each is read back from papers of the real servers, of a town that has decided otherwise than the shipped ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from scenarios.towns import shipped_town
from tests.long import part
from tests.readback.papers import Office
from tests.readback.side import Sheet
from tests.readback.test_town import ITEMS
from tests.readback.town import Town

DAY = date(2026, 6, 3)
FAMILY = ["試験一郎", "試験花子", "試験小春"]
NUMBERS = ("100100000011", "１００１００００００１１")
DAYS = ("令和8年6月3日", "令和８年６月３日")
WAYS: dict[str, dict[str, str]] = {
    "個人票": {},
    "個人票, blank": {'blank = "marked"': 'blank = "blank"'},
    "個人票, full-width digits": {'digits = "half"': 'digits = "full"'},
    "個人票, a fee a person": {"[service.residence]": "[service.residence]\nfee_per_person = true"},
    "世帯連記式": {'form = "individual"': 'form = "household"'},
    "世帯連記式, full-width digits, no readings": {
        'form = "individual"': 'form = "household"', 'digits = "half"': 'digits = "full"',
        'form_version = "juminhyo-2025"': 'form_version = "juminhyo-2020"',
    },
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    office: Office
    town: Town
    per_person: bool

    def fee(self, people: int) -> int:
        return 300 * (people if self.per_person else 1)


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS.keys())
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("town") / "mihon"
    shutil.copytree(shipped_town("mihon"), folder)
    settings = folder / "municipality.toml"
    text = settings.read_text(encoding="utf-8")
    for old, new in request.param.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    settings.write_text(text, encoding="utf-8")
    office = Office.open(tmp_path_factory.mktemp("office"), folder)
    yield Place(office, Town.load(folder, folder), "fee_per_person = true" in text)
    office.servers.stop()


@pytest.mark.parametrize(
    ("people", "shown"),
    part(product([FAMILY, FAMILY[:1], ["見本アレックス"]], [True, False]), 3),
    ids=lambda told: len(told) if isinstance(told, list) else ("no item", "all items")[told],
)
def test_a_form_says_what_was_decided(place: Place, people: list[str], shown: bool) -> None:
    sheets = place.office.sheets(
        f"{people[0]}のカード", "residence", members=len(people), **dict.fromkeys(ITEMS.values(), shown)
    )
    alone = place.town.municipality.services["residence"]["form"] == "individual"
    assert len(sheets) == (len(people) if alone else 1)
    place.town.check(
        sheets, people, kind="住民票の写し", options=dict.fromkeys(ITEMS, shown), copies=1, today=DAY,
        fee=place.fee(len(people)),
    )  # fmt: skip


@pytest.mark.parametrize("form", ["individual", "household"])
def test_an_address_before_the_last_move_is_shown_to_whom_it_is_asked_of(tmp_path: Path, form: str) -> None:
    """理恵 has moved within the city, 太一's household has not: there is nothing to ask there, and nothing to leave out."""
    folder = tmp_path / "kobe"
    shutil.copytree(shipped_town("kobe"), folder)
    settings = folder / "municipality.toml"
    text = settings.read_text(encoding="utf-8").replace('form = "individual"', f'form = "{form}"')
    assert text.count('"alias_history",\n') == 1
    settings.write_text(text.replace('"alias_history",\n', '"address_before",\n'), encoding="utf-8")
    office, town = Office.open(tmp_path, folder), Town.load(folder, folder)
    try:
        for person, options in (
            ("花隈理恵", {"異動前住所": True}),
            ("花隈理恵", {"異動前住所": False}),
            ("港太一", {}),
        ):
            sheets = office.sheets(
                f"{person}のカード", "residence", members=1, address_before=True in options.values()
            )
            town.check(
                sheets,
                [person],
                kind="住民票の写し",
                options=dict.fromkeys(ITEMS, False) | options,
                copies=1,
                today=DAY,
                fee=250,
            )
            with Sheet(sheets[0]) as sheet:
                assert ("異動前住所" in sheet.front.text) is bool(options)
    finally:
        office.servers.stop()


def test_the_digits_of_a_paper_have_one_width(place: Place) -> None:
    """But for 発行番号, the page mark and the mark of the sheet, which are no part of the form."""
    full = place.town.municipality.services["residence"]["digits"] == "full"
    sheets = place.office.sheets(f"{FAMILY[0]}のカード", "residence", **dict.fromkeys(ITEMS.values(), True))
    fronts = []
    for pdf in sheets:
        with Sheet(pdf) as sheet:
            fronts.append(sheet.front.text)
    # of the head, who stands on the first sheet; the day of issue stands on the last
    assert [number in fronts[0] for number in NUMBERS] == [not full, full]
    assert [day in fronts[-1] for day in DAYS] == [not full, full]
