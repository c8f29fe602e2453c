"""住民票の写し: of the holder's household, whole or in part, from the address's municipality."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from server_stub.certificates.certificate import Case, Certificate, Offered, ServiceTerms
from server_stub.interface.offers import ApplicationRequest, Choice, Question, Scope, Symbol
from server_stub.interface.values import FailureBody, Place
from server_stub.paper.typesetting import Issuer, Rendered
from server_stub.registry.records import Person, ResidentStatus
from server_stub.registry.replica import ReplicaReader
from server_stub.settings_file import SettingsText

from .front import DOMICILE, MY_NUMBER, NO, RELATIONSHIP, YES, render_residence, residence_front


def _each_once(questions: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(questions)) != len(questions):
        raise ValueError("重ならない質問")
    return questions


class ResidenceTerms(ServiceTerms):
    """`form`: 世帯連記式 ("household", up to 4 persons a sheet) or 個人票 ("individual", one). `questions`: the items that the
    resident is asked about; the others are left out. 認証文 for the whole household and for a part of it."""

    form: Literal["household", "individual"]
    questions: Annotated[
        tuple[Literal["relationship", "domicile", "my_number"], ...],
        Field(strict=False),
        AfterValidator(_each_once),
    ] = ()
    attestation_whole: SettingsText
    attestation_part: SettingsText
    title_with_prefecture: bool = True


@dataclass(frozen=True, slots=True)
class ResidenceRecords:
    """Persons of one household in the order of the register."""

    persons: tuple[Person, ...]
    whole_household: bool


_MEMBER_REFUSED = FailureBody(failure="Household_Member_Restricted")
_SHOW = {"ja": "記載する", "en": "Show"}
_LEAVE_OUT = {"ja": "記載しない", "en": "Leave out"}
_QUESTIONS: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    RELATIONSHIP: (
        {"ja": "続柄", "en": "Relationship"},
        {
            "ja": "世帯主の氏名と、世帯主との続柄",
            "en": "Name of the head of household, and relationship to them",
        },
    ),
    DOMICILE: (
        {"ja": "本籍・筆頭者", "en": "Registered domicile"},
        {
            "ja": "本籍地と、戸籍の筆頭者の氏名",
            "en": "Domicile, and the first person of the family register",
        },
    ),
    MY_NUMBER: (
        {"ja": "個人番号", "en": "My Number"},
        {
            "ja": "マイナンバー（12桁）。提出先をご確認ください",
            "en": "12 digits. Please check that the recipient asks for it",
        },
    ),
}


class Residence(Certificate[ResidenceRecords, ResidenceTerms]):
    code = "residence"
    words = {"ja": "住民票の写し", "en": "Residence certificate"}
    title = "住民票の写し"
    places = frozenset({Place.ADDRESS})
    symbol = Symbol.HOUSE
    terms = ResidenceTerms

    def offer(self, case: Case[ResidenceTerms]) -> Offered:
        """Offer the household as it stands in the register. Who is under restriction or about to move out cannot be put on paper
        at a terminal, so the whole household cannot either; nor where a member's record cannot be used: nobody knows then who
        all its members are."""
        members = self._household(case)
        refused = {person.key for person in members if leaves(person) or case.restricted(person.key)}
        whole = not refused and case.reader.group_is_complete("person", case.resident.household)
        japanese = tuple(case.ref(person.key) for person in members if person.foreign is None)
        return Offered(
            scopes=(Scope.WHOLE, Scope.CHOSEN) if whole else (Scope.CHOSEN,),
            whole={"ja": "世帯全員", "en": "Whole household"} if whole else None,
            whole_about=_everybody(len(members)) if whole else None,
            subjects=tuple(
                case.subject(
                    person,
                    note=relationship_in_words(person.relationship),
                    refusal=_MEMBER_REFUSED if person.key in refused else None,
                    born=person.birth_in_words,
                )
                for person in members
            ),
            questions=tuple(
                _question(code, japanese if code == DOMICILE and len(japanese) < len(members) else ())
                for code in case.terms.questions
                if code != DOMICILE or japanese
            ),
        )

    def pick(self, case: Case[ResidenceTerms], request: ApplicationRequest) -> ResidenceRecords:
        household = self._household(case)
        complete = case.reader.group_is_complete("person", case.resident.household)
        wanted = set(request.subjects)
        chosen = tuple(person for person in household if case.ref(person.key) in wanted)
        return ResidenceRecords(chosen, whole_household=complete and len(chosen) == len(household))

    def owners(self, records: ResidenceRecords, reader: ReplicaReader) -> Iterator[str]:
        """List who stands on it, then the household: the holder need not stand on a paper of other members."""
        for person in records.persons:
            yield person.key
        for person in reader.household(records.persons[0].household):
            yield person.key

    def render(
        self,
        copies: Sequence[ResidenceRecords],
        request: ApplicationRequest,
        terms: ResidenceTerms,
        issuer: Issuer,
        issued_on: date,
        numbers: Sequence[str],
    ) -> Rendered:
        fronts = [
            residence_front(
                records.persons,
                request.answers,
                attestation=terms.attestation_whole if records.whole_household else terms.attestation_part,
                issued_on=issued_on,
                issue_number=number,
            )
            for records, number in zip(copies, numbers, strict=True)
        ]
        return render_residence(self.code, fronts, issuer, terms.form, terms.questions)

    @staticmethod
    def _household(case: Case[ResidenceTerms]) -> tuple[Person, ...]:
        return case.reader.household(case.resident.household)


def _everybody(count: int) -> dict[str, str]:
    return {"ja": f"世帯の{count}人全員を記載します", "en": f"All {count} members"}


def leaves(person: Person) -> bool:
    """Tell whether somebody is 転出予定 (who has left or died is no member any more, and not in the replica's household)."""
    return person.status is ResidentStatus.MOVING_OUT


def _question(code: str, concerns: Iterable[str]) -> Question:
    words, about = _QUESTIONS[code]
    return Question(
        code=code,
        words=words,
        about=about,
        choices=(
            Choice(code=YES, words=_SHOW, secret=code == MY_NUMBER),
            Choice(code=NO, words=_LEAVE_OUT),
        ),
        default=NO,
        concerns=tuple(concerns),
    )


def relationship_in_words(relationship: str) -> dict[str, str]:
    """Put 続柄 as the register has it, and in English where there is a word for it."""
    return {"ja": relationship, **_relationships().get(relationship, {})}


@functools.cache
def _relationships() -> dict[str, dict[str, str]]:
    with (Path(__file__).parent / "relationships.csv").open(encoding="utf-8", newline="") as file:
        return {row["ja"]: {"en": row["en"]} for row in csv.DictReader(file)}


CERTIFICATES = (Residence(),)
