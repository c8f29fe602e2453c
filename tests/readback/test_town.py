"""The reader of finished papers accepts the right ones; every planted defect proves that it can fail, and why."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from scenarios.towns import shipped_town
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import Manifest, SheetEntry
from server_stub.interface.values import Box
from tests.long import part
from tests.paper import defects
from tests.paper.defects import Change, exchanged, front, items, member, planted, tampered
from tests.readback.glyphs import glyphs_of
from tests.readback.papers import Office
from tests.readback.register import read_municipality
from tests.readback.town import Town, WrongPaper

DAY = date(2026, 6, 3)
KOBE = shipped_town()
FAMILY = ["港太一", "港美波", "港海斗", "港汐里", "港渚", "港ハツ江"]
MIXED = ["北野健", "北野マリア", "北野リオ"]
COUPLE = ["御影直樹", "御影さくら"]
RESIDENCE, SEAL = "residence", "seal_registration"
ITEMS = {
    "続柄": "relationship", "本籍・筆頭者": "domicile", "個人番号": "my_number", "国籍・地域": "nationality",
    "在留資格等": "status_of_residence", "在留カード等の番号": "card_number", "通称の記載・削除": "alias_history",
}  # fmt: skip
ALL = dict.fromkeys(ITEMS, True)
ASKED = dict.fromkeys(ITEMS.values(), True)


@pytest.fixture(scope="module")
def household_form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The people of Kobe in a city whose 住民票の写し has up to four persons a sheet (世帯連記式): most that can go wrong on a paper
    needs several persons on one sheet. `test_forms` reads the other form (個人票), and so does every scenario of Kobe."""
    folder = tmp_path_factory.mktemp("town") / KOBE.name
    shutil.copytree(KOBE, folder)
    settings = folder / "municipality.toml"
    text = settings.read_text(encoding="utf-8")
    assert text.count('form = "individual"') == 1
    settings.write_text(text.replace('form = "individual"', 'form = "household"'), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, household_form: Path) -> Iterator[Office]:
    made = Office.open(tmp_path_factory.mktemp("office"), household_form)
    yield made
    made.servers.stop()


@pytest.fixture(autouse=True)
def _no_fault_stays(office: Office) -> Iterator[None]:
    yield
    for fault in ("issuing.swap_record", "issuing.swap_sheet"):
        office.servers.fault_off(fault)


@pytest.fixture(scope="module")
def town(household_form: Path) -> Town:
    """Decoded by the reader's own tables, as the shipped town."""
    return replace(Town.load(KOBE, KOBE), municipality=read_municipality(household_form))


def check(town: Town, sheets: list[bytes], people: list[str], **changes: Any) -> None:
    """A 住民票の写し with all items in one copy, if nothing else is said."""
    asked: dict[str, Any] = {"kind": "住民票の写し", "options": ALL, "copies": 1, "today": DAY}
    town.check(sheets, people, **{**asked, **changes})


def refused(town: Town, sheets: list[bytes], people: list[str], why: str, **changes: Any) -> None:
    with told(why):
        check(town, sheets, people, **changes)


@contextmanager
def told(why: str) -> Iterator[None]:
    """A refusal for engineers by `why`, whose reason on the evidence page is Japanese: no English word, nothing of Python."""
    with pytest.raises(WrongPaper, match=why) as caught:
        yield
    for text in (caught.value.expected, caught.value.found):
        assert re.search("[ぁ-ん]", text) and not re.search(r"[a-z]{3}|[\[{}\]']|  |None", text), text


def seal_check(town: Town, sheets: list[bytes], calling: str) -> None:
    check(town, sheets, [calling], kind="印鑑登録証明書", options={})


# --- right papers ---------------------------------------------------------------------------------------------------------


ORDINARY = [
    ["布引ウメ"], ["鈴蘭カズ"], ["岡場正"], ["谷上節子"], ["名谷静"], ["板宿実", "板宿恵"],
    ["鷹取薫", "鷹取瞳", "鷹取蓮", "鷹取蘭", "深江ミツ"], ["駒林源蔵", "駒林茂", "駒林明", "駒林航", "駒林湊"], ["元町花子"],
    ["花隈理恵"], ["金栄子"], ["グエンティマウ"], ["アフメドサンプル"], ["陳美", "林偉", "林小"], ["スミス花子"], ["張玉蓮"],
    ["王子進"], ["春日野清"], ["住吉遼"], ["妙法寺勇"], ["伊川涼子"],
]  # fmt: skip
"""Residents whose records have what the standard allows and forms are apt to forget."""


@pytest.mark.parametrize(
    ("people", "shown"),
    part(product(ORDINARY, [True, False]), 3),
    ids=lambda told: told[0] if isinstance(told, list) else ("no item", "all items")[told],
)
def test_ordinary_residents_get_a_right_paper(
    office: Office, town: Town, people: list[str], shown: bool
) -> None:
    sheets = office.sheets(f"{people[0]}のカード", RESIDENCE, **dict.fromkeys(ITEMS.values(), shown))
    check(town, sheets, people, options=dict.fromkeys(ITEMS, shown))


@pytest.mark.parametrize("item", ["国籍・地域", "在留資格等", "在留カード等の番号", "通称の記載・削除"])
def test_an_item_of_foreign_residents_is_shown_alone(office: Office, town: Town, item: str) -> None:
    check(
        town,
        office.sheets("張玉蓮のカード", RESIDENCE, **{ITEMS[item]: True}),
        ["張玉蓮"],
        options={item: True},
    )


@pytest.mark.parametrize("people", [FAMILY, MIXED, ["東四柳久龍之介宗右衛門", "東四柳フランシスカ"]])
def test_a_right_paper_is_accepted(office: Office, town: Town, people: list[str]) -> None:
    check(town, office.sheets(f"{people[0]}のカード", RESIDENCE, **ASKED), people)


@pytest.mark.parametrize("people", [["御影直樹"], COUPLE], ids=["a part", "all"])
@pytest.mark.parametrize("asked", [(), ("続柄",), ("本籍・筆頭者",), ("個人番号",)], ids=" ".join)
def test_what_was_not_asked_for_reads_omitted(
    office: Office, town: Town, people: list[str], asked: tuple[str, ...]
) -> None:
    names = {"続柄": "relationship", "本籍・筆頭者": "domicile", "個人番号": "my_number"}
    members = None if people == COUPLE else len(people)
    sheets = office.sheets(
        "御影直樹のカード", RESIDENCE, members=members, **{names[item]: True for item in asked}
    )
    check(town, sheets, people, options={item: True for item in asked})


def test_two_right_copies_are_accepted_and_tell_their_numbers(office: Office, town: Town) -> None:
    sheets = office.sheets("港太一のカード", RESIDENCE, copies=2, **ASKED)
    read = town.check(sheets, FAMILY, kind="住民票の写し", options=ALL, copies=2, today=DAY)
    assert len(set(read.issue_numbers)) == 2 and len(read.application_id) == 26


@pytest.mark.parametrize("calling", ["港太一", "六甲翠", "北野マリア"])
def test_a_right_seal_certificate_is_accepted(office: Office, town: Town, calling: str) -> None:
    seal_check(town, office.sheets(f"{calling}のカード", SEAL), calling)


def test_a_domicile_that_equals_the_address_is_no_false_alarm(office: Office, town: Town) -> None:
    person = town.person("六甲翠")
    moved = replace(person, cells={**person.cells, "本籍": person.address})
    same = replace(town, records=replace(town.records, people={**town.people, moved.key: moved}))
    check(same, office.sheets("六甲翠のカード", RESIDENCE), ["六甲翠"], options={})


# --- people -------------------------------------------------------------------------------------------------------------------


def test_the_paper_of_another_person_is_refused(office: Office, town: Town) -> None:
    office.servers.fault_on("issuing.swap_record", {"person": town.callings["六甲翠"]})
    refused(town, office.sheets("御影直樹のカード", RESIDENCE, **ASKED), COUPLE, "reads")


def test_one_foreign_sheet_in_a_set_is_refused(office: Office, town: Town) -> None:
    office.servers.fault_on("issuing.swap_sheet", {"person": town.callings["六甲翠"]})
    sheets = office.sheets("港太一のカード", RESIDENCE, **ASKED)
    assert len(sheets) == 2
    refused(town, sheets, FAMILY, "reads the names")


@pytest.mark.parametrize(
    ("members", "people", "why"),
    [(6, 5, "no business"), (2, 1, "no business"), (5, 6, "not on the paper"), (1, 2, "not on the paper")],
)
def test_one_person_more_or_less_is_refused(
    office: Office, town: Town, members: int, people: int, why: str
) -> None:
    """Even if the attestation is the one that belongs to the right number of people."""
    service = town.municipality.services[RESIDENCE]
    words = service["attestation_whole" if people == len(FAMILY) else "attestation_part"]
    with planted("residence_front", front(attestation=words)):
        sheets = office.sheets("港太一のカード", RESIDENCE, members=members, **ASKED)
    refused(town, sheets, FAMILY[:people], why)


def test_people_of_two_households_on_one_paper_are_refused(office: Office, town: Town) -> None:
    refused(town, office.sheets("六甲翠のカード", RESIDENCE, **ASKED), ["六甲翠", "港太一"], "one paper")


@pytest.mark.parametrize("order", [(1, 0), (0, 0), (1, 1)], ids=str)
def test_members_in_a_wrong_block_are_refused(office: Office, town: Town, order: tuple[int, int]) -> None:
    def change(made: Any) -> Any:
        return replace(made, persons=tuple(made.persons[index] for index in order))

    with planted("residence_front", change):
        sheets = office.sheets("御影直樹のカード", RESIDENCE, **ASKED)
    refused(town, sheets, COUPLE, "reads")


# --- single values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field",
    ["name", "reading", "birth", "sex", "relationship", "resident_since", "previous_address", "my_number"],
)  # fmt: skip
def test_what_two_members_have_exchanged_is_refused(office: Office, town: Town, field: str) -> None:
    with planted("residence_front", exchanged(field)):
        sheets = office.sheets("港太一のカード", RESIDENCE, **ASKED)
    refused(town, sheets, FAMILY, "reads")


@pytest.mark.parametrize("field", ["domicile", "domicile_head", "notified_on"])
def test_what_members_have_exchanged_across_sheets_is_refused(office: Office, town: Town, field: str) -> None:
    with planted("residence_front", exchanged(field, 0, 5)):
        sheets = office.sheets("港太一のカード", RESIDENCE, **ASKED)
    refused(town, sheets, FAMILY, "reads")


WRONG_VALUES: dict[str, Change] = {
    "everybody is female": member(0, sex="女"),
    "former surname is missing": member(1, former_surname=""),
    "former surname where there is none": member(0, former_surname="岡本"),
    "a reading of the former surname that is not official": member(1, former_reading="オカモト"),
    "former surname in the cell of its reading": member(1, former_surname="", former_reading="岡本"),
    "a reading that is cut": member(0, reading="ミカゲ"),
    "a reading of 名 only": member(0, reading="【氏空欄】　ナオキ"),
    "a date in the cell beside": member(
        0, resident_since=lambda p: p.address_since, address_since=lambda p: p.resident_since
    ),
    "space in the wrong place of a name": member(0, name="御　影直樹"),
    "name without its space": member(0, name="御影直樹"),
    "address of another household": front(address="兵庫県神戸市中央区見本町一丁目１番１号"),
    "head of another household": front(head_of_household="港　太一"),
    "relationship is missing": member(1, relationship=""),
    "relationship is left out": member(1, relationship=None),
    "head is left out": front(head_of_household=None),
    "domicile is left out": member(0, domicile=None),
    "head of the family register is left out": member(0, domicile_head=None),
    "個人番号 is left out": member(0, my_number=None),
    "個人番号 of somebody else": member(0, my_number=Secret("507727018413")),
}


@pytest.mark.parametrize("change", WRONG_VALUES.values(), ids=WRONG_VALUES.keys())
def test_a_wrong_value_is_refused(office: Office, town: Town, change: Change) -> None:
    with planted("residence_front", change):
        sheets = office.sheets("御影直樹のカード", RESIDENCE, **ASKED)
    refused(town, sheets, COUPLE, "reads")


UNASKED: dict[str, Change] = {
    "relationship": member(1, relationship="妻"),
    "relationship, blank": member(1, relationship=""),
    "head of household": front(head_of_household="御影　直樹"),
    "domicile": member(0, domicile="愛知県名古屋市中区見本三丁目９番地"),
    "domicile, blank": member(0, domicile=""),
    "head of the family register": member(0, domicile_head="御影　直樹"),
    "個人番号": member(0, my_number=Secret("123456789012")),
}


@pytest.mark.parametrize("change", UNASKED.values(), ids=UNASKED.keys())
def test_what_is_printed_unasked_is_refused(office: Office, town: Town, change: Change) -> None:
    with planted("residence_front", change):
        sheets = office.sheets("御影直樹のカード", RESIDENCE)
    refused(town, sheets, COUPLE, "not 「【省略】」", options={})


@pytest.mark.parametrize("item", ["relationship", "domicile", "my_number"])
@pytest.mark.parametrize("printed", [True, False], ids=["printed unasked", "asked but missing"])
def test_a_choice_that_was_not_followed_is_refused(
    office: Office, town: Town, item: str, printed: bool
) -> None:
    words = {"relationship": "続柄", "domicile": "本籍・筆頭者", "my_number": "個人番号"}
    sheets = office.sheets("六甲翠のカード", RESIDENCE, **{item: printed})
    refused(town, sheets, ["六甲翠"], "省略", options={words[item]: not printed})


FOREIGN: dict[str, Change] = {
    "nationality": member(1, foreign=items(nationality="ベトナム")),
    "status of residence is missing": member(1, foreign=items(status_of_residence="")),
    "period": member(1, foreign=items(period="１年")),
    "end of a period without end": member(1, foreign=items(period_ends="2027年8月9日")),
    "number of the residence card": member(1, foreign=items(card_number="ZZ10000501ZZ")),
    "number of the residence card is left out": member(1, foreign=items(card_number=None)),
    "category": member(1, foreign=items(category="特別永住者")),
    "a history of aliases that there is none of": member(1, foreign=items(alias_history="別紙のとおり")),
    "two items exchanged": member(1, foreign=items(status_of_residence="無期限", period="永住者")),
    "no alias": member(1, alias=""),
    "birth in the Japanese era": member(1, birth="昭和62年2月19日"),
}  # fmt: skip


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_wrong_item_of_a_foreign_resident_is_refused(office: Office, town: Town, change: Change) -> None:
    with planted("residence_front", change):
        sheets = office.sheets("北野健のカード", RESIDENCE, **ASKED)
    refused(town, sheets, MIXED, "reads")


def test_the_items_of_a_foreign_resident_in_anothers_block_are_refused(office: Office, town: Town) -> None:
    with planted("residence_front", exchanged("foreign")):
        sheets = office.sheets("北野健のカード", RESIDENCE, **ASKED)
    refused(town, sheets, MIXED, "cells")


# --- what stands beside the form ----------------------------------------------------------------------------------------------

BESIDE: dict[str, tuple[str, Change, str]] = {
    "no attestation": ("residence_front", front(attestation="　"), "beside the form"),
    "attestation of a part": (
        "residence_front",
        front(attestation="この写しは、世帯の一部の住民票の原本と相違ないことを証明する。"),
        "beside the form",
    ),
    "date of issue": ("residence_front", front(issued_on="令和8年6月4日"), "beside the form"),
    "issue number of another day": (
        "residence_front",
        front(issue_number="28100-20260602-7K3M-Q9TX-2HRD"),
        "number",
    ),
    "issue number of another municipality": (
        "residence_front",
        front(issue_number="09202-20260603-7K3M-Q9TX-2HRD"),
        "number",
    ),
    "mayor": ("issuer", front(mayor="別人　次郎"), "beside the form"),
    "municipality": ("issuer", front(municipality="足利市", title="足利市長"), "beside the form"),
    "size of the official seal": ("issuer", front(seal_mm=24.0), "official seal: 24.00 mm"),
    "official seal": (
        "issuer",
        front(seal_png=(KOBE / "delivery" / "imprints" / "0100101.png").read_bytes()),
        "official seal: the picture",
    ),
}


@pytest.mark.parametrize(("where", "change", "why"), BESIDE.values(), ids=BESIDE.keys())
def test_a_wrong_word_beside_the_form_is_refused(
    office: Office, town: Town, where: str, change: Change, why: str
) -> None:
    with planted(where, change):
        sheets = office.sheets("御影直樹のカード", RESIDENCE, **ASKED)
    refused(town, sheets, COUPLE, why)


def test_another_kind_and_another_day_are_refused(office: Office, town: Town) -> None:
    sheets = office.sheets("六甲翠のカード", RESIDENCE, **ASKED)
    refused(town, sheets, ["六甲翠"], "another kind", kind="印鑑登録証明書")
    refused(town, sheets, ["六甲翠"], "no number", today=date(2026, 6, 4))


# --- sheets -----------------------------------------------------------------------------------------------------------------------

ORDERS: dict[str, tuple[list[int], int, str]] = {
    "a sheet is missing": ([0], 1, "belongs"),
    "the first sheet is missing": ([1], 1, "belongs"),
    "a sheet twice": ([0, 0], 1, "belongs"),
    "sheets in the wrong order": ([1, 0], 1, "belongs"),
    "sheets of two copies mixed": ([0, 3, 2, 1], 2, "belongs"),
    "copies in the wrong order": ([2, 3, 0, 1], 2, "belongs"),
    "one copy twice": ([0, 1, 0, 1], 2, "belongs"),
    "three sheets for two copies": ([0, 1, 2], 2, "3 sheets for 2"),
    "no sheet": ([], 1, "0 sheets"),
}


@pytest.fixture(scope="module")
def two_copies(office: Office) -> list[bytes]:
    return office.sheets("港太一のカード", RESIDENCE, copies=2, **ASKED)


@pytest.mark.parametrize(("order", "copies", "why"), ORDERS.values(), ids=ORDERS.keys())
def test_sheets_in_a_wrong_order_or_number_are_refused(
    town: Town, two_copies: list[bytes], order: list[int], copies: int, why: str
) -> None:
    refused(town, [two_copies[index] for index in order], FAMILY, why, copies=copies)


def test_a_page_of_another_application_is_refused(
    office: Office, town: Town, two_copies: list[bytes]
) -> None:
    other = office.sheets("港太一のカード", RESIDENCE, **ASKED)
    refused(town, [two_copies[0], other[1]], FAMILY, "several applications")
    refused(town, [*two_copies[:2], *other], FAMILY, "several applications", copies=2)


def test_copies_with_one_number_are_refused(office: Office, town: Town) -> None:
    with planted("residence_front", front(issue_number="28100-20260603-7K3M-Q9TX-2HRD")):
        sheets = office.sheets("港太一のカード", RESIDENCE, copies=2, **ASKED)
    refused(town, sheets, FAMILY, "one number", copies=2)


FILES: dict[str, tuple[Callable[[list[bytes]], bytes], str]] = {
    "no stamp on the front": (lambda two: tampered(two[0], defects.without_stamp(0)), "front: no large"),
    "no stamp on the back": (lambda two: tampered(two[0], defects.without_stamp(1)), "back: no large"),
    "back of another sheet": (lambda two: tampered(two[0], defects.back_of(two[1])), "the back does not say"),
    "other application in the file": (
        lambda two: tampered(two[0], defects.other_keywords('"application":"0', '"application":"7')),
        "the back does not say",
    ),
    "other subject in the file": (
        lambda two: tampered(two[0], defects.other_keywords('"subjects":["', '"subjects":["f')),
        "the code on the back",
    ),
    "a form moved as a whole": (
        lambda two: tampered(two[0], defects.before_the_form(b"1 0 0 1 20 0 cm")),
        "moved or scaled",
    ),
    "a form scaled as a whole": (
        lambda two: tampered(two[0], defects.before_the_form(b"1.05 0 0 1.05 0 0 cm")),
        "moved or scaled",
    ),
    "text for machines only": (lambda two: tampered(two[0], defects.unseen), "cannot be seen"),
    "no PDF": (lambda two: b"no PDF", "no PDF"),
}


@pytest.mark.parametrize(("change", "why"), FILES.values(), ids=FILES.keys())
def test_a_file_that_was_tampered_with_is_refused(
    town: Town, two_copies: list[bytes], change: Callable[[list[bytes]], bytes], why: str
) -> None:
    refused(town, [change(two_copies), two_copies[1]], FAMILY, why)


# --- what the file says of the sheet ------------------------------------------------------------------------------------------------


def sheets_of(**changed: Any) -> Callable[[Manifest], Manifest]:
    """Every sheet with other values; a function is given the sheet."""

    def change(made: Manifest) -> Manifest:
        return made.model_copy(
            update={
                "sheets": tuple(
                    one.model_copy(update={k: v(one) if callable(v) else v for k, v in changed.items()})
                    for one in made.sheets
                )
            }
        )

    return change


def manifest_of(**changed: Any) -> Callable[[Manifest], Manifest]:
    return lambda made: made.model_copy(update=changed)


def moved(sheet: SheetEntry) -> tuple[Box, ...]:
    return tuple(box.model_copy(update={"y": box.y + 5}) for box in sheet.secret_boxes)


TOLD: dict[str, tuple[Callable[[Manifest], Manifest], str]] = {
    "another kind": (manifest_of(kind="seal_registration"), "of the kind"),
    "another municipality": (manifest_of(municipality="09202"), "of the municipality"),
    "another number of copies": (manifest_of(copies=2), "of the copies"),
    "another fee": (manifest_of(fee_total=300), "of the fee"),
    "an item told as left out": (
        sheets_of(answers={"relationship": "no", "domicile": "yes", "my_number": "yes"}),
        "of the answers",
    ),
    "an answer is missing": (sheets_of(answers={"relationship": "yes", "domicile": "yes"}), "of the answers"),
    "an answer to no question": (
        sheets_of(answers=lambda one: {**one.answers, "year": "2025"}),
        "of the answers",
    ),
    "a number that is not told": (
        sheets_of(secret_boxes=lambda one: one.secret_boxes[:1]),
        "by the keywords",
    ),
    "no number is told": (sheets_of(secret_boxes=()), "by the keywords"),
    "numbers told elsewhere": (sheets_of(secret_boxes=moved), "by the keywords"),
    "one person is told": (sheets_of(subjects=lambda one: one.subjects[:1]), "bound to 1"),
    "one person is told twice": (sheets_of(subjects=lambda one: one.subjects[:1] * 2), "other subjects"),
}


@pytest.mark.parametrize(("change", "why"), TOLD.values(), ids=TOLD.keys())
def test_a_file_that_says_other_than_its_sheet_is_refused(
    office: Office, town: Town, change: Callable[[Manifest], Manifest], why: str
) -> None:
    """Back and code agree with the file: nothing but what is printed shows that it is wrong."""
    sheets = office.sheets("御影直樹のカード", RESIDENCE, told=change, **ASKED)
    refused(town, sheets, COUPLE, why, fee=250)


def test_a_number_told_where_none_is_printed_is_refused(office: Office, town: Town) -> None:
    box = Box(x=100, y=80, width=40, height=6)
    sheets = office.sheets("御影直樹のカード", RESIDENCE, told=sheets_of(secret_boxes=(box,)))
    refused(town, sheets, COUPLE, "by the keywords", options={})


def test_a_file_without_the_whole_binding_is_refused(town: Town, two_copies: list[bytes]) -> None:
    short = tampered(two_copies[0], defects.other_keywords('"kind":', '"sort":'))
    refused(town, [short, two_copies[1]], FAMILY, "keywords are none")


# --- 印鑑登録証明書 -----------------------------------------------------------------------------------------------------------------

SEALS: dict[str, tuple[Change, str]] = {
    "name": (front(name="六甲　葵"), "氏名"),
    "sex that was not asked for": (front(sex="女"), "cells"),
    "number that was not asked for": (front(number="0100201"), "cells"),
    "katakana of nobody": (front(katakana="ミホン"), "cells"),
    "alias": (front(alias="六甲　葵"), "cells"),
    "birth": (front(birth="平成6年5月5日"), "生年月日"),
    "address of another household": (front(address="兵庫県神戸市中央区見本町一丁目１番１号"), "住所"),
    "name of somebody as 旧氏": (front(former_surname="港　太一"), "cells"),
    "no attestation": (front(attestation="　"), "beside the form"),
    "imprint of another person": (
        front(imprint_png=(KOBE / "delivery" / "imprints" / "0100101.png").read_bytes()),
        "imprint: the picture",
    ),
    "mirrored imprint": (defects.redrawn(ImageOps.mirror), "imprint: the picture"),
    "imprint upside down": (
        defects.redrawn(lambda p: p.transpose(Image.Transpose.ROTATE_180)),
        "imprint: the picture",
    ),
    "imprint drawn smaller": (defects.redrawn(defects.smaller), "imprint: the picture"),
    "blank imprint": (defects.redrawn(lambda p: Image.new("RGBA", p.size)), "imprint: the picture"),
    "black square": (defects.redrawn(lambda p: Image.new("RGBA", p.size, "black")), "imprint: the picture"),
    "imprint scaled": (front(width_mm=9.9, height_mm=13.2), "imprint: 9.90 mm"),
    "width and height exchanged": (front(width_mm=12.0, height_mm=9.0), "imprint: 12.00 mm"),
}


@pytest.mark.parametrize(("change", "why"), SEALS.values(), ids=SEALS.keys())
def test_a_wrong_seal_certificate_is_refused(office: Office, town: Town, change: Change, why: str) -> None:
    with planted("seal_front", change):
        sheets = office.sheets("六甲翠のカード", SEAL)
    with told(why):
        seal_check(town, sheets, "六甲翠")


def test_the_seal_certificate_of_another_member_is_refused(office: Office, town: Town) -> None:
    with told("reads"):
        seal_check(town, office.sheets("港太一のカード", SEAL), "港美波")


@pytest.mark.parametrize(
    ("card", "width", "height"), [("港太一", 15.0, 15.0), ("六甲翠", 9.0, 12.0), ("東四柳久龍之介宗右衛門", 21.0, 21.0)]
)  # fmt: skip
def test_the_imprint_is_as_large_on_paper_as_in_the_delivery(
    office: Office, town: Town, card: str, width: float, height: float
) -> None:
    (sheet,) = office.sheets(f"{card}のカード", SEAL)
    town.check_imprint(sheet, card, width_mm=width, height_mm=height)
    with told("mm instead of"):
        town.check_imprint(sheet, card, width_mm=width, height_mm=height + 0.5)
    with told("the picture"):
        town.check_imprint(sheet, "北野マリア", width_mm=width, height_mm=height)


# --- single facts -----------------------------------------------------------------------------------------------------------------


def test_the_individual_number_is_looked_for_in_its_block(office: Office, town: Town) -> None:
    without = office.sheets("御影直樹のカード", RESIDENCE)
    town.check_my_numbers(without, [])
    with told("個人番号"):
        town.check_my_numbers(without, ["御影直樹"])
    both = office.sheets("御影直樹のカード", RESIDENCE, my_number=True)
    town.check_my_numbers(both, COUPLE)
    for people in ([], COUPLE[:1], [*COUPLE, "六甲翠"]):
        with told("個人番号"):
            town.check_my_numbers(both, people)
    with planted("residence_front", exchanged("my_number")):
        mixed = office.sheets("御影直樹のカード", RESIDENCE, my_number=True)
    with told("does not belong"):
        town.check_my_numbers(mixed, COUPLE)


def test_the_plain_form_instead_of_the_registered_variant_is_noticed(office: Office, town: Town) -> None:
    """The sheet of 六甲翠 has no 辻 at all: the variant's outline must not be found there."""
    right = office.sheets("辻千代のカード", RESIDENCE, relationship=True, domicile=True)
    town.check_glyphs(right, "辻千代")
    assert glyphs_of("辻") != glyphs_of(town.person("辻千代").name[:2])
    with told("glyphs"):
        town.check_glyphs(office.sheets("六甲翠のカード", RESIDENCE), "辻千代")


def test_the_plain_form_of_a_name_is_not_taken_for_the_registered_one(office: Office, town: Town) -> None:
    with planted("residence_front", member(0, name="辻　千代")):
        sheets = office.sheets("辻千代のカード", RESIDENCE, **ASKED)
    refused(town, sheets, ["辻千代"], "氏名")


def test_the_reader_knows_no_code_of_loader_servers_or_layouts() -> None:
    own = {"test_town.py", "test_format_file.py", "test_kinds.py", "papers.py", "defects.py"}
    for path in Path(__file__).parent.rglob("*.py"):
        if path.name not in own:
            text = path.read_text(encoding="utf-8")
            assert "import server_stub" not in text and "from server_stub" not in text, path.name
            assert "templates" not in text, path.name
