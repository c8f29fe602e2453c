"""課税証明書 and 非課税証明書: of the holder alone, from where one lived on 1 January and lives now. The title follows from the tax.

Which 年度 is the latest is a matter of the day (`year_from`); the one before may be chosen where the municipality allows it and both can be
certified. What is printed is what was delivered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import ValidationError, field_validator

from server_stub.certificates.certificate import Case, Certificate, Offered
from server_stub.eras import wareki
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Choice, Question, Scope, Symbol
from server_stub.interface.values import Place
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, typeset
from server_stub.registry.records import Person
from server_stub.registry.replica import ReplicaReader
from server_stub.settings_file import SettingsText, matching

from .assessment import Rates, agrees
from .front import TaxRecord, cells_of, copy_data, year_in_words
from .record import REGISTER, TaxBody

TEMPLATE = Path(__file__).parent / "tax.typ"
YEAR = "year"
_DAY = r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"

ELSEWHERE = {
    "ja": "その年の1月1日に、この市区町村に住所がなかったため、交付できません。1月1日に住所のあった市区町村にお問い合わせください。",
    "en": "You did not live here on 1 January of that year. Please ask the municipality where you lived then.",
}
NO_DATA = {
    "ja": "この年度の税の記録がないため、交付できません。お住まいの市区町村の税の窓口にお問い合わせください。",
    "en": "There is no tax record of you for this year. Please ask the tax office of your municipality.",
}
NOT_DECLARED = {
    "ja": "所得の申告がないため、交付できません。市区町村の税の窓口で申告をしてください。",
    "en": "You have not declared your income. Please do so at the tax office of your municipality.",
}


class TaxTerms(Rates):
    """`title_taxed` and `title_untaxed`: what the paper is called; `attestation`: 認証文. `year_from`: month and day from which this calendar year's
    年度 is certified here. `last_year`: whether the one before may be chosen. `city_tax` and `prefecture_tax`: what the two taxes are called
    there. `unfiled_note`: what stands under 備考 where 「*」 is printed."""

    title_taxed: SettingsText = "課税証明書"
    title_untaxed: SettingsText = "非課税証明書"
    attestation: SettingsText = "上記のとおり相違ないことを証明します。"
    year_from: Annotated[str, matching(_DAY, "06-10 のような月と日（うるう日を除く）")] = "06-10"
    last_year: bool = False
    city_tax: SettingsText = "市民税"
    prefecture_tax: SettingsText = "県民税"
    unfiled_note: SettingsText = "「*」は、税の申告がないため金額を証明していないことを示します。"

    @field_validator("title")
    @classmethod
    def _follows_from_the_tax(cls, _title: str | None) -> NoReturn:
        """It would stand on every paper, whatever the tax."""
        raise ValueError("title の代わりに title_taxed と title_untaxed（題名は課税の有無による）")

    def title_of(self, body: TaxBody) -> str:
        return self.title_taxed if body.taxed else self.title_untaxed

    def latest_year(self, today: date) -> int:
        """The 年度 that is certified on `today`, by the Western year in which it begins."""
        return today.year if f"{today:%m-%d}" >= self.year_from else today.year - 1


@dataclass(frozen=True, slots=True)
class TaxRecords:
    """For one copy. `asked`: whether the holder could choose the year."""

    person: Person
    record: TaxRecord
    asked: bool


class Tax(Certificate[TaxRecords, TaxTerms]):
    code = "tax"
    words = {"ja": "課税（非課税）証明書", "en": "Certificate of resident tax"}
    title = "課税証明書"
    places = frozenset({Place.ADDRESS})
    symbol = Symbol.COINS
    terms = TaxTerms
    registers = {REGISTER: TaxBody}

    def offer(self, case: Case[TaxTerms]) -> Offered:
        records = certifiable(case)
        return Offered(
            scopes=(Scope.HOLDER,),
            subjects=(case.subject(case.resident, born=case.resident.birth_in_words),),
            questions=(_question(records, case.terms),) if len(records) > 1 else (),
            title=case.terms.title_of(records[0].body),
        )

    def pick(self, case: Case[TaxTerms], request: ApplicationRequest) -> TaxRecords:
        records = certifiable(case)
        chosen = request.answers.get(YEAR, _choice(records[0]))
        record = next(one for one in records if _choice(one) == chosen)
        return TaxRecords(case.resident, record, len(records) > 1)

    def situated(self, records: TaxRecords) -> str:
        """By the address of 1 January, where the tax was levied (推定); who is taxed for a house alone did not live here then."""
        body = records.record.body
        return body.address if body.basis == "resident" else records.person.address

    def owners(self, records: TaxRecords, reader: ReplicaReader) -> Iterator[str]:
        yield records.record.person

    def render(
        self,
        copies: Sequence[TaxRecords],
        request: ApplicationRequest,
        terms: TaxTerms,
        issuer: Issuer,
        issued_on: date,
        numbers: Sequence[str],
    ) -> Rendered:
        data = [
            copy_data(
                cells_of(one.person, one.record, terms.unfiled_note),
                one.record.body.year,
                title=terms.title_of(one.record.body),
                city_tax=terms.city_tax,
                prefecture_tax=terms.prefecture_tax,
                attestation=terms.attestation,
                issued_on=wareki(issued_on),
                issue_number=number,
            )
            for one, number in zip(copies, numbers, strict=True)
        ]
        pdf = typeset(TEMPLATE, "tax(", {"copies": data}, issuer)
        pages = tuple(
            RenderedPage(
                number,
                1,
                1,
                tuple(dict.fromkeys((one.person.key, one.record.person))),
                {YEAR: _choice(one.record)} if one.asked else {},
            )
            for number, one in enumerate(copies, start=1)
        )
        return Rendered(self.code, issuer.code, pdf, pages)


def certifiable(case: Case[TaxTerms]) -> tuple[TaxRecord, ...]:
    """The years that this holder can have, the latest first: that one in any case.

    Raises Failed: Record_Unusable, and why there is none of the latest year: Tax_Lived_Elsewhere, Tax_No_Record, Tax_Not_Declared.
    """
    latest = case.terms.latest_year(case.today)
    found = [record_of_year(case, latest)]
    if case.terms.last_year:
        with suppress(Failed):  # nobody is asked for a year that cannot be had
            found.append(record_of_year(case, latest - 1))
    return tuple(found)


def record_of_year(case: Case[TaxTerms], year: int) -> TaxRecord:
    """The holder's record of that 年度. Raises Failed as `certifiable`."""
    case.reader.check_usable(case.key, REGISTER)
    try:
        known = [
            TaxRecord(record.person, TaxBody.model_validate(record.body))
            for record in case.reader.records(REGISTER, person=case.key)
        ]
    except (
        ValidationError
    ):  # of a replica that was made without these rules; the error would tell the amounts
        raise Failed("Record_Unusable", register=REGISTER) from None
    found = [record for record in known if record.body.year == year]
    if not found and case.resident.resident_since.inner > date(year, 1, 1):
        raise Failed.in_words("Tax_Lived_Elsewhere", ELSEWHERE, year=year)
    if not found:
        raise Failed.in_words("Tax_No_Record", NO_DATA, year=year)
    if len(found) > 1:
        raise Failed("Record_Unusable", register=REGISTER)
    body = found[0].body
    if body.birth is not None and not case.resident.may_be_born(body.birth, body.birth):
        raise Failed("Record_Unusable", register=REGISTER)
    if body.basis != "resident":
        raise Failed.in_words("Tax_Lived_Elsewhere", ELSEWHERE, year=year)
    if body.declaration == "unfiled":
        raise Failed.in_words("Tax_Not_Declared", NOT_DECLARED, year=year)
    if not agrees(body, case.terms):
        raise Failed("Record_Unusable", register=REGISTER)
    return found[0]


def _choice(record: TaxRecord) -> str:
    """The year itself, so that an answer never means another year after the switch."""
    return f"year_{record.body.year}"


def _question(records: Sequence[TaxRecord], terms: TaxTerms) -> Question:
    return Question(
        code=YEAR,
        words={"ja": "年度", "en": "Year"},
        about={"ja": "どの年度の証明書が必要ですか。", "en": "Of which year do you need the certificate?"},
        choices=tuple(
            Choice(
                code=_choice(record),
                words={
                    "ja": year_in_words(record.body.year),
                    "en": f"{record.body.year} (income of {record.body.year - 1})",
                },
                title=terms.title_of(record.body),
            )
            for record in records
        ),
        default=_choice(records[0]),
    )


CERTIFICATES = (Tax(),)
