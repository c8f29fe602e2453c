"""The reader of finished papers: it accepts the right ones, and each planted defect proves that it can fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from scenarios import places
from server_stub.interface.terminal import CertificateKind
from tests.readback.glyphs import glyphs_of
from tests.readback.papers import Office
from tests.readback.town import Town, WrongPaper

DAY = date(2026, 6, 3)
FAMILY = ["港太一", "港美波", "港海斗", "港汐里", "港渚", "港ハツ江"]
RESIDENCE, SEAL = CertificateKind.RESIDENCE, CertificateKind.SEAL_REGISTRATION


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office.open(tmp_path_factory.mktemp("office"))
    yield made
    made.servers.stop()


@pytest.fixture(autouse=True)
def _no_fault_stays(office: Office) -> Iterator[None]:
    yield
    for fault in ("issuing.swap_record", "issuing.swap_sheet"):
        office.servers.fault_off(fault)


@pytest.fixture(scope="module")
def town() -> Town:
    return Town.load(places.DATA)


def check(town: Town, sheets: list[bytes], people: list[str], **changes: Any) -> None:
    asked: dict[str, Any] = {
        "kind": "住民票の写し",
        "options": {"続柄": True, "本籍・筆頭者": True},
        "copies": 1,
        "today": DAY,
    }
    town.check(sheets, people, **{**asked, **changes})


def test_a_right_paper_is_accepted(office: Office, town: Town) -> None:
    sheets = office.sheets("港太一のカード", RESIDENCE, relationship=True, domicile=True)
    check(town, sheets, FAMILY)


def test_two_right_copies_are_accepted(office: Office, town: Town) -> None:
    sheets = office.sheets("港太一のカード", RESIDENCE, copies=2, relationship=True, domicile=True)
    check(town, sheets, FAMILY, copies=2)


def test_the_paper_of_another_person_is_noticed(office: Office, town: Town) -> None:
    office.servers.fault_on("issuing.swap_record", {"person": town.callings["六甲翠"]})
    sheets = office.sheets("御影直樹のカード", RESIDENCE, relationship=True, domicile=True)
    with pytest.raises(WrongPaper):
        check(town, sheets, ["御影直樹", "御影さくら"])


def test_one_foreign_sheet_in_a_set_is_noticed(office: Office, town: Town) -> None:
    office.servers.fault_on("issuing.swap_sheet", {"person": town.callings["六甲翠"]})
    sheets = office.sheets("港太一のカード", RESIDENCE, relationship=True, domicile=True)
    assert len(sheets) == 2
    with pytest.raises(WrongPaper):
        check(town, sheets, FAMILY)


def test_one_person_too_many_is_noticed(office: Office, town: Town) -> None:
    sheets = office.sheets("港太一のカード", RESIDENCE, relationship=True, domicile=True)
    with pytest.raises(WrongPaper, match="no business"):
        check(town, sheets, FAMILY[:-1])


def test_a_missing_person_is_noticed(office: Office, town: Town) -> None:
    sheets = office.sheets("港太一のカード", RESIDENCE, members=5, relationship=True, domicile=True)
    with pytest.raises(WrongPaper):
        check(town, sheets, FAMILY)


@pytest.mark.parametrize("wanted", [True, False], ids=["printed unasked", "asked but missing"])
def test_a_wrong_choice_of_the_individual_number_is_noticed(office: Office, town: Town, wanted: bool) -> None:
    sheets = office.sheets("六甲翠のカード", RESIDENCE, relationship=True, domicile=True, my_number=wanted)
    options = {"続柄": True, "本籍・筆頭者": True, "個人番号": not wanted}
    with pytest.raises(WrongPaper, match="個人番号"):
        check(town, sheets, ["六甲翠"], options=options)


def test_a_domicile_that_nobody_asked_for_is_noticed(office: Office, town: Town) -> None:
    sheets = office.sheets("六甲翠のカード", RESIDENCE, relationship=True, domicile=True)
    with pytest.raises(WrongPaper, match="domicile"):
        check(town, sheets, ["六甲翠"], options={"続柄": True})


def test_a_wrong_date_of_issue_is_noticed(office: Office, town: Town) -> None:
    sheets = office.sheets("六甲翠のカード", RESIDENCE, relationship=True, domicile=True)
    with pytest.raises(WrongPaper, match="令和8年6月4日"):
        check(town, sheets, ["六甲翠"], today=date(2026, 6, 4))


def test_a_side_without_the_mark_of_a_specimen_is_noticed(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets = office.sheets("六甲翠のカード", RESIDENCE, relationship=True, domicile=True)
    from tests.readback import town as module

    real = module.page_text
    monkeypatch.setattr(
        module,
        "page_text",
        lambda sheet, page: real(sheet, page).replace("効力", "") if page else real(sheet, page),
    )
    with pytest.raises(WrongPaper, match="side 2"):
        check(town, sheets, ["六甲翠"])


def test_the_plain_form_instead_of_the_registered_variant_is_noticed(office: Office, town: Town) -> None:
    """The sheet of 六甲翠 has no 辻 at all: the variant's outline must not be found there."""
    right = office.sheets("辻千代のカード", RESIDENCE, relationship=True, domicile=True)
    town.check_glyphs(right, "辻千代")
    assert glyphs_of("辻") != glyphs_of(town.person("辻千代").name[:2])
    with pytest.raises(WrongPaper):
        town.check_glyphs(office.sheets("六甲翠のカード", RESIDENCE), "辻千代")


@pytest.mark.parametrize(("card", "width", "height"), [("港太一のカード", 15, 15), ("六甲翠のカード", 9, 12)])
def test_the_imprint_is_as_large_on_paper_as_in_the_delivery(
    office: Office, town: Town, card: str, width: float, height: float
) -> None:
    sheets = office.sheets(card, SEAL)
    sizes = town.imprint_sizes_mm(sheets[0])
    assert any(abs(w - width) < 0.05 and abs(h - height) < 0.05 for w, h in sizes), sizes
