"""Whose 課税証明書 of which year is certified: each rule with a twin that differs in one fact, and what must add up in a record."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Any

import pypdfium2
import pytest
from pydantic import ValidationError

from server_stub.certificates.certificate import Case
from server_stub.certificates.tax import Tax, TaxRecords, TaxTerms, certifiable
from server_stub.certificates.tax.assessment import agrees
from server_stub.certificates.tax.front import TaxRecord
from server_stub.certificates.tax.record import AMOUNTS, TaxBody
from server_stub.interface.failures import Failed
from server_stub.interface.front import FrontFacts, check_fronts
from server_stub.interface.offers import ApplicationRequest, Scope
from server_stub.interface.values import Identity, Method, Place
from server_stub.municipalities import load_municipality
from server_stub.registry.records import Person, Record
from server_stub.registry.replica import Replica
from tests.issuing.helper import (
    DELIVERY,
    KOBE_FOLDER,
    MIDORI,
    MINAMI,
    NAOKI,
    SEIJI,
    TAICHI,
    TownHall,
    refused,
)
from tests.readback.towns.taxes import read_taxes

CHIYO, GORO = "0000100601", "0000100801"


def delivered(person: str, year: int) -> dict[str, str]:
    (row,) = [
        one
        for one in read_taxes(DELIVERY / "税証明.csv", "cp932")
        if (one["person"], one["year"]) == (person, str(year))
    ]
    return {item: text for item, text in row.items() if item != "person"}


TERMS = TaxTerms(
    fee=250, opens=time(6, 30), closes=time(23), max_copies=10, year_from="06-10", last_year=True, city_rate=8,
    prefecture_rate=2,
)  # fmt: skip


@dataclass
class Reader:
    """The one person's records as a replica would give them."""

    bodies: tuple[Mapping[str, str], ...]
    set_aside: bool = False
    asked: list[str] = field(default_factory=list)

    def check_usable(self, key: str, register: str) -> None:
        self.asked.append(register)
        if self.set_aside:
            raise Failed("Record_Unusable", register=register)

    def records(self, register: str, *, person: str) -> tuple[Record, ...]:
        return tuple(
            Record(register, f"{person}-{n}", person, "", body) for n, body in enumerate(self.bodies)
        )


@pytest.fixture(scope="session")
def seiji(replica_url: str) -> Person:
    """A resident since 2025-05-31."""
    replica = Replica(replica_url)
    with replica.open_generation() as reader:
        found = reader.person(SEIJI)
    replica.close()
    assert found is not None
    return found


def case(person: Person, today: date, *bodies: Mapping[str, str], **more: Any) -> Case[TaxTerms]:
    terms = more.pop("terms", TERMS)
    reader: Any = Reader(bodies, **more)
    identity = Identity(method=Method.JPKI, reference="0" * 16)
    return Case(terms, reader, identity, person.key, person, Place.ADDRESS, today, lambda key: "0" * 16)


def years(told: Case[TaxTerms]) -> list[int]:
    return [record.body.year for record in certifiable(told)]


THIS, LAST = delivered(MIDORI, 2026), delivered(MIDORI, 2025)
BEFORE, AFTER = date(2026, 6, 9), date(2026, 6, 10)


# --- which year --------------------------------------------------------------------------------------------------------------


def test_the_year_changes_on_its_day_and_not_before(seiji: Person) -> None:
    assert years(case(seiji, BEFORE, THIS, LAST)) == [2025]
    assert years(case(seiji, AFTER, THIS, LAST)) == [2026, 2025]
    assert years(case(seiji, date(2026, 12, 31), THIS, LAST)) == [2026, 2025]
    assert years(case(seiji, date(2027, 6, 9), THIS, LAST)) == [2026, 2025]


def test_the_counter_may_change_a_day_before_the_terminals(seiji: Person) -> None:
    later = TERMS.model_copy(update={"year_from": "06-11"})
    assert years(case(seiji, AFTER, THIS, LAST, terms=later)) == [2025]
    assert years(case(seiji, date(2026, 6, 11), THIS, LAST, terms=later)) == [2026, 2025]


def test_last_year_is_a_switch_and_needs_the_latest(seiji: Person) -> None:
    off = TERMS.model_copy(update={"last_year": False})
    assert years(case(seiji, AFTER, THIS, LAST, terms=off)) == [2026]
    assert years(case(seiji, AFTER, THIS)) == [2026]
    assert refused(lambda: years(case(seiji, AFTER, LAST))).failure == "Tax_No_Record"


def test_each_year_has_its_own_title(seiji: Person) -> None:
    """Taxed this year, and free last year: one offer, and a title for each choice."""
    free = delivered("0000100103", 2025)
    offered = Tax().offer(case(seiji, AFTER, THIS, free))
    (question,) = offered.questions
    assert offered.title == "課税証明書"
    assert [(one.code, one.title) for one in question.choices] == [
        ("year_2026", "課税証明書"),
        ("year_2025", "非課税証明書"),
    ]
    assert question.default == "year_2026"


# --- who ---------------------------------------------------------------------------------------------------------------------


def test_one_title_for_whatever_the_tax_is_cannot_be_set() -> None:
    with pytest.raises(ValidationError, match="title_taxed と title_untaxed"):
        TaxTerms.model_validate({**TERMS.model_dump(by_alias=True, exclude_unset=True), "title": "税証明書"})
    assert (
        TaxTerms.model_validate(TERMS.model_dump(exclude={"title"}, by_alias=True, exclude_unset=True))
        == TERMS
    )


@pytest.mark.parametrize(
    ("today", "bodies", "failure"),
    [
        (BEFORE, (), "Tax_Lived_Elsewhere"),  # resident since May 2025
        (AFTER, (), "Tax_No_Record"),
        (AFTER, (THIS | {"basis": "property"},), "Tax_Lived_Elsewhere"),
        (AFTER, (delivered(GORO, 2026),), "Tax_Not_Declared"),
        (AFTER, (THIS, THIS), "Record_Unusable"),
        (AFTER, (THIS | {"salary_gross": "円"},), "Record_Unusable"),
    ],
)
def test_who_is_not_certified_is_refused_by_name(
    seiji: Person, today: date, bodies: tuple[Mapping[str, str], ...], failure: str
) -> None:
    assert refused(lambda: certifiable(case(seiji, today, *bodies))).failure == failure


def test_a_dependant_who_filed_nothing_is_certified_with_the_title_of_the_untaxed(seiji: Person) -> None:
    offered = Tax().offer(case(seiji, AFTER, delivered(MINAMI, 2026)))
    assert offered.title == "非課税証明書"


@pytest.mark.parametrize(("birth", "same"), [("", True), ("1979-09-19", True), ("1979-09-20", False)])
def test_a_tax_record_of_somebody_born_on_another_day_is_not_certified(
    seiji: Person, birth: str, same: bool
) -> None:
    """The tax system has its own birth date; the key alone may lead to another's figures."""
    told = case(seiji, AFTER, THIS | {"birth": birth})
    if same:
        assert years(told) == [2026]
    else:
        assert refused(lambda: years(told)).failure == "Record_Unusable"


def test_centre_and_terminal_are_told_the_birth_date_to_read(seiji: Person) -> None:
    (subject,) = Tax().offer(case(seiji, AFTER, THIS)).subjects
    assert subject.born == "昭和54年9月19日"


def test_whose_record_was_set_aside_is_told_so(seiji: Person) -> None:
    told = case(seiji, AFTER, THIS, set_aside=True)
    assert refused(lambda: certifiable(told)).failure == "Record_Unusable"


def test_the_sample_people_get_what_the_delivery_says(hall: TownHall) -> None:
    hall.at("2026-06-10 10:00:00")
    taxed, only_per_capita = hall.offer(TAICHI, "tax"), hall.offer(NAOKI, "tax")
    assert {taxed.title, only_per_capita.title} == {"課税証明書"}
    assert taxed.words["ja"] == "市民税課税・所得証明書"
    assert hall.offer(MINAMI, "tax").title == "非課税証明書"
    for person, failure in ((CHIYO, "Tax_No_Record"), (GORO, "Tax_Not_Declared")):
        refusal = hall.offer(person, "tax").refusal
        assert refusal is not None and refusal.failure == failure and refusal.words is not None
        assert {"ja", "en"} <= refusal.words.keys()
        assert hall.offer(person, "tax").words["ja"] == "市民税課税・所得証明書"


# --- what must add up ---------------------------------------------------------------------------------------------------------


def certified(body: Mapping[str, str], terms: TaxTerms = TERMS) -> bool:
    """Whether the row can be used, and its taxes are those of the rates."""
    try:
        return agrees(TaxBody.model_validate(body), terms)
    except ValidationError:
        return False


RICH = delivered("0000100401", 2026)
"""Pay, six deductions, 住宅借入金等."""
FREE_TO_CHANGE = {"salary_gross", "pension_gross"}
"""No sum holds a 収入; only that no 所得 is above it."""


@pytest.mark.parametrize("item", [item for item in AMOUNTS if item not in FREE_TO_CHANGE])
def test_an_amount_that_is_changed_alone_is_not_certified(item: str) -> None:
    assert certified(RICH)
    changed = RICH | {item: str(int(RICH[item]) + 100_000)}
    assert not certified(changed)


def test_pay_below_the_income_from_it_is_not_certified() -> None:
    assert not certified(RICH | {"salary_gross": str(int(RICH["salary"]) - 1)})


@pytest.mark.parametrize("first", ["business", "casualty", "social_insurance", "taxable", "city_adjustment"])
def test_columns_that_slip_by_one_are_not_certified(first: str) -> None:
    at = AMOUNTS.index(first)
    slipped = dict(zip(AMOUNTS[at + 1 :], (RICH[item] for item in AMOUNTS[at:]), strict=False))
    assert not certified(RICH | slipped)


@pytest.mark.parametrize(
    ("body", "item", "text"),
    [
        (THIS, "medical", ""),
        (THIS, "medical", "-1"),
        (THIS, "medical", "12,000"),
        (THIS, "address", ""),
        (THIS, "general", "1人"),
        (THIS, "year", "8"),
        (THIS, "declaration", ""),
        (LAST, "special_relatives", "0"),
        (delivered(MINAMI, 2026), "salary_gross", "0"),
    ],
)
def test_a_cell_that_cannot_be_is_told_by_its_column(body: dict[str, str], item: str, text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TaxBody.model_validate(body | {item: text})
    assert caught.value.errors()[0]["loc"] == (item,)


OLD = delivered("0000100106", 2026)
"""440,000 yen from a pension, alone: free in the first 級地 (450,000), not in the third (380,000)."""
ONLY_PER_CAPITA = {
    "city_per_capita": "3000", "prefecture_per_capita": "1000", "resident_tax": "4000", "forest_tax": "1000",
    "annual_tax": "5000",
}  # fmt: skip


def test_the_area_class_decides_who_is_free() -> None:
    third = TERMS.model_copy(update={"area_class": 3})
    assert certified(OLD) and not certified(OLD, third)
    assert certified(OLD | ONLY_PER_CAPITA, third) and not certified(OLD | ONLY_PER_CAPITA)


@pytest.mark.parametrize(
    ("income", "head"), [(450_000, 1), (450_001, 0), (415_000, 1), (415_001, 0)], ids=str
)
def test_the_limit_itself_is_still_free(income: int, head: int) -> None:
    """450,000 in the first 級地, 415,000 in the second."""
    area = 1 if income >= 450_000 else 2
    body = OLD | {
        "pension_gross": str(income + 1_100_000), "pension": str(income), "total_income": str(income),
        "total_amounts": str(income),
    }  # fmt: skip
    taxable = max(0, income - int(body["total_deductions"])) // 1000 * 1000
    assert taxable == 0
    terms = TERMS.model_copy(update={"area_class": area})
    assert certified(body, terms) is bool(head)
    assert certified(body | ONLY_PER_CAPITA, terms) is not bool(head)


def test_local_extras_belong_to_the_per_capita_tax() -> None:
    extras = TERMS.model_copy(update={"city_per_capita_extra": 400, "prefecture_per_capita_extra": 800})
    with_extras = THIS | {
        "city_per_capita": "3400",
        "prefecture_per_capita": "1800",
        "resident_tax": str(int(THIS["resident_tax"]) + 1_200),
        "annual_tax": str(int(THIS["annual_tax"]) + 1_200),
    }
    assert certified(THIS) and not certified(THIS, extras)
    assert certified(with_extras, extras) and not certified(with_extras)


def test_other_rates_are_another_tax() -> None:
    assert not certified(THIS, TERMS.model_copy(update={"city_rate": 6, "prefecture_rate": 4}))


def test_an_exception_is_certified_as_it_was_delivered() -> None:
    """減免: the tax is less than the rates make of the income. The sums must agree all the same."""
    less = THIS | {"city_per_capita": "0", "resident_tax": str(int(THIS["resident_tax"]) - 3_000)}
    less |= {"annual_tax": str(int(THIS["annual_tax"]) - 3_000)}
    assert not certified(less) and certified(less | {"exception": "減免"})
    assert certified(less, TERMS.model_copy(update={"check_amounts": False}))
    assert not certified(less | {"exception": "減免", "annual_tax": "1"})


def test_separate_income_goes_into_the_sums_and_is_taxed_by_other_rates() -> None:
    """The rates of separate income are not known here: what was delivered stands."""
    total = str(int(THIS["total_income"]) + 5_000_400)
    more = THIS | {"long_transfer": "5000400", "total_income": total, "total_amounts": total}
    assert not certified(more)
    more |= {"taxable_long_transfer": "5000000"}
    levied = {"city_income_levy": "273000", "prefecture_income_levy": "68200", "resident_tax": "345200"}
    assert certified(more | levied | {"annual_tax": "346200"})
    assert not certified(more | {"taxable_long_transfer": "5002000"})


def test_the_rows_of_the_file_are_those_that_the_kind_reads() -> None:
    """The table of this reader names every item of the record."""
    assert set(THIS) <= set(TaxBody.model_fields)
    assert set(AMOUNTS) <= set(THIS)
    with (DELIVERY / "税証明.csv").open(encoding="cp932", newline="") as file:
        assert len(next(csv.reader(file))) == len(THIS) + 1


def test_a_record_of_somebody_else_names_its_owner(seiji: Person) -> None:
    """What is rendered tells whose record it is, so that another person's never passes for the holder's."""
    told = case(seiji, AFTER, THIS)
    records = Tax().pick(told, REQUEST)
    swapped = replace(records, record=replace(records.record, person=TAICHI))
    assert list(Tax().owners(swapped, told.reader)) == [TAICHI]


# --- the front ---------------------------------------------------------------------------------------------------------------

REQUEST = ApplicationRequest(
    kind="tax", municipality="28100", scope=Scope.HOLDER, subjects=("0" * 16,), copies=1, fee_total=250
)
ISSUER = load_municipality(KOBE_FOLDER).issuer


def front(told: Case[TaxTerms], body: TaxBody) -> str:
    """The text of the one sheet, without white space."""
    records = TaxRecords(told.resident, TaxRecord(told.key, body), False)
    number = "28100-20260610-AAAA-BBBB-CCCC"
    made = Tax().render([records], REQUEST, told.terms, ISSUER, AFTER, [number])
    document = pypdfium2.PdfDocument(made.pdf)
    assert len(document) == len(made.pages) == 1
    return "".join(document[0].get_textpage().get_text_bounded().split())


def test_the_longest_amounts_stand_on_one_sheet(seiji: Person) -> None:
    longest = TaxBody.model_validate(THIS).model_copy(
        update={
            **dict.fromkeys(AMOUNTS, 9_876_543_210),
            "real_estate": -9_876_543_210,
            "remarks": "修正申告により、令和8年5月20日に税額を更正した。" * 3,
            "address": seiji.address + "見本ヶ丘サウスヒルズ弐番館１２０３号室" * 2,
        }
    )
    text = front(case(seiji, AFTER, THIS), longest)
    unprinted = 1  # 繰越控除額
    assert text.count("9,876,543,210") == len(AMOUNTS) - unprinted
    assert text.count("△9,876,543,210") == 1


def test_an_item_stands_only_on_the_forms_of_its_years(seiji: Person) -> None:
    """特定親族特別控除 is of 令和8年度 and later."""
    told = case(seiji, AFTER, THIS)
    assert "特定親族" in front(told, TaxBody.model_validate(THIS))
    assert "特定親族" not in front(told, TaxBody.model_validate(LAST))


def test_a_title_that_only_ends_like_the_offered_one_is_another_title(seiji: Person) -> None:
    """Centre and terminal read the front: 課税証明書 stands within 非課税証明書."""
    made = {}
    for person in (MIDORI, MINAMI):
        records = TaxRecords(seiji, TaxRecord(SEIJI, TaxBody.model_validate(delivered(person, 2026))), False)
        made[person] = Tax().render([records], REQUEST, TERMS, ISSUER, AFTER, ["28100-20260610-AAAA"]).pdf

    def reads(person: str, title: str) -> bool:
        facts = FrontFacts((("title", title), ("name", seiji.name)), "1／1", (), ("28100-20260610-AAAA",))
        try:
            check_fronts(made[person], [facts])
        except Failed as failed:
            assert failed.facts["detail"] == "title"
            return False
        return True

    assert reads(MIDORI, "課税証明書") and reads(MINAMI, "非課税証明書")
    assert not reads(MIDORI, "非課税証明書") and not reads(MINAMI, "課税証明書")


def test_zero_is_printed_and_what_nobody_declared_is_not(seiji: Person) -> None:
    told = case(seiji, AFTER, THIS)
    declared = front(told, TaxBody.model_validate(delivered("0000100302", 2026)))
    assert declared.count("年税額0") == 1 and "*" not in declared
    unfiled = front(told, TaxBody.model_validate(delivered(MINAMI, 2026)))
    assert unfiled.count("年税額*") == 1
    assert unfiled.count("*") == len(AMOUNTS)  # one is not printed, and the note has one
