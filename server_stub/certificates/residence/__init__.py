"""住民票の写し: of the holder's household, whole or in part, from the address's municipality."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, Field

from server_stub.certificates.certificate import Case, Certificate, Offered, ServiceTerms
from server_stub.interface.offers import ApplicationRequest, Choice, Question, Scope, Symbol
from server_stub.interface.values import FailureBody, Place
from server_stub.paper.typesetting import Issuer, Rendered
from server_stub.registry.records import Person, ResidentStatus
from server_stub.registry.replica import ReplicaReader
from server_stub.settings_file import SettingsText

from .front import (
    ADDRESS_BEFORE,
    ALIAS_HISTORY,
    BLANK,
    CARD_NUMBER,
    DOMICILE,
    MARKED,
    MY_NUMBER,
    NATIONALITY,
    NO,
    RELATIONSHIP,
    STATUS,
    YES,
    AliasEntry,
    Look,
    render_residence,
    residence_front,
)


def _each_once(questions: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(questions)) != len(questions):
        raise ValueError("重ならない質問")
    return questions


class ResidenceTerms(ServiceTerms):
    """`form`: 世帯連記式 ("household", up to 4 persons a sheet) or 個人票 ("individual", one; N persons are N sheets of one copy).
    `questions`: the items that the resident is asked about; the others are left out. 認証文 for the whole household and for a part
    of it. `blank`: what stands where the register has nothing ("marked": 【空欄】). `digits`: the width of all digits on a paper.
    `form_version`: with rows for the 振り仮名 that are recorded since 2025-05-26 ("juminhyo-2025"), or the form before it
    ("juminhyo-2020")."""

    form: Literal["household", "individual"]
    questions: Annotated[
        tuple[
            Literal[
                "relationship",
                "domicile",
                "my_number",
                "nationality",
                "status_of_residence",
                "card_number",
                "alias_history",
                "address_before",
            ],
            ...,
        ],
        Field(strict=False),
        AfterValidator(_each_once),
    ] = ()
    attestation_whole: SettingsText
    attestation_part: SettingsText
    blank: Literal["blank", "marked"] = "blank"
    digits: Literal["half", "full"] = "half"
    form_version: Literal["juminhyo-2025", "juminhyo-2020"] = "juminhyo-2025"
    title_with_prefecture: bool = True

    @property
    def look(self) -> Look:
        return Look(
            BLANK if self.blank == "blank" else MARKED,
            self.digits,
            address_before=ADDRESS_BEFORE in self.questions,
            readings=self.form_version == "juminhyo-2025",
        )


@dataclass(frozen=True, slots=True)
class ResidenceRecords:
    """Persons of one household in the order of the register. `aliases`: 通称の記載及び削除 by person, oldest first."""

    persons: tuple[Person, ...]
    whole_household: bool
    aliases: Mapping[str, tuple[AliasEntry, ...]]


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
    NATIONALITY: (
        {"ja": "国籍・地域", "en": "Nationality or region"},
        {"ja": "外国人住民の方の国籍・地域", "en": "Of foreign residents"},
    ),
    STATUS: (
        {"ja": "在留資格等", "en": "Status of residence"},
        {
            "ja": "法第30条の45に規定する区分、在留資格、在留期間等と満了の日",
            "en": "Category, status and period of stay, date of expiry",
        },
    ),
    CARD_NUMBER: (
        {"ja": "在留カード等の番号", "en": "Residence card number"},
        {
            "ja": "在留カードまたは特別永住者証明書の番号",
            "en": "Of the residence card or special permanent resident certificate",
        },
    ),
    ALIAS_HISTORY: (
        {"ja": "通称の記載・削除", "en": "Alias history"},
        {
            "ja": "これまでの通称を、別紙に記載します",
            "en": "Earlier registered aliases, on a sheet of their own",
        },
    ),
    ADDRESS_BEFORE: (
        {"ja": "異動前住所", "en": "Previous address here"},
        {
            "ja": "この市区町村の中で移る前の住所",
            "en": "Where you lived here before you last moved",
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
    registers: ClassVar[Mapping[str, type[BaseModel]]] = {ALIAS_HISTORY: AliasEntry}

    def offer(self, case: Case[ResidenceTerms]) -> Offered:
        """Offer the household as it stands in the register. Who is under restriction or, where the municipality has decided so,
        about to move out cannot be put on paper at a terminal, so the whole household cannot either; nor where a member's record
        cannot be used: nobody knows then who all its members are."""
        members = self._household(case)
        refused = {
            person.key
            for person in members
            if (case.refuse_moving_out and leaves(person)) or case.restricted(person.key)
        }
        whole = not refused and case.reader.group_is_complete("person", case.resident.household)
        return Offered(
            scopes=(Scope.WHOLE, Scope.CHOSEN) if whole else (Scope.CHOSEN,),
            whole={"ja": "世帯全員", "en": "Whole household"} if whole else None,
            whole_about=_everybody(len(members)) if whole else None,
            subjects=tuple(
                case.subject(
                    person,
                    note=relationship_in_words(person.relationship) if person.relationship else None,
                    refusal=_MEMBER_REFUSED if person.key in refused else None,
                    born=person.birth_in_words,
                    printed=person.full_name,
                )
                for person in members
            ),
            questions=tuple(
                _question(code, () if len(concerned) == len(members) else map(case.ref, concerned))
                for code in case.terms.questions
                if (concerned := [person.key for person in members if _has(case, person, code)])
            ),
        )

    def pick(self, case: Case[ResidenceTerms], request: ApplicationRequest) -> ResidenceRecords:
        household = self._household(case)
        complete = case.reader.group_is_complete("person", case.resident.household)
        wanted = set(request.subjects)
        chosen = tuple(person for person in household if case.ref(person.key) in wanted)
        return ResidenceRecords(
            chosen,
            whole_household=complete and len(chosen) == len(household),
            aliases={person.key: _aliases(case, person) for person in chosen if person.foreign is not None},
        )

    def situated(self, records: ResidenceRecords) -> str:
        return records.persons[0].address

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
                look=terms.look,
                aliases=records.aliases,
            )
            for records, number in zip(copies, numbers, strict=True)
        ]
        return render_residence(self.code, fronts, issuer, terms.form, terms.questions)

    @staticmethod
    def _household(case: Case[ResidenceTerms]) -> tuple[Person, ...]:
        """List who lives there today: a day named for a move may have come since the delivery."""
        return tuple(
            person
            for person in case.reader.household(case.resident.household)
            if person.status_on(case.today) is not ResidentStatus.MOVED_OUT
        )


def _aliases(case: Case[ResidenceTerms], person: Person) -> tuple[AliasEntry, ...]:
    """List the 通称 of a foreign resident, oldest first; none where a record of theirs cannot be used."""
    if case.reader.is_set_aside(person.key, ALIAS_HISTORY):
        return ()
    found = case.reader.records(ALIAS_HISTORY, person=person.key)
    return tuple(
        sorted(
            (AliasEntry.model_validate(record.body) for record in found), key=lambda entry: entry.recorded_on
        )
    )


def _has(case: Case[ResidenceTerms], person: Person, code: str) -> bool:
    """Tell whether the question `code` concerns somebody: whether there is anything to show or to leave out."""
    foreign = person.foreign
    if code == MY_NUMBER:
        return len(person.my_number) > 0
    if code == DOMICILE:
        return foreign is None
    if code in (NATIONALITY, STATUS):
        return foreign is not None
    if code == CARD_NUMBER:
        return foreign is not None and foreign.card_number != ""
    if code == ALIAS_HISTORY:
        return foreign is not None and bool(_aliases(case, person))
    if code == ADDRESS_BEFORE:
        return person.address_before != ""
    return True


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
    """Put 続柄 as the register has it, and in English: joined words one after the other, where there is no word for them."""
    known = _relationships()
    steps = [known.get(step, {}).get("en", "") for step in relationship.split("の")]
    told = known.get(relationship) or (
        {"en": "’s ".join([steps[0], *map(str.lower, steps[1:])])} if all(steps) else {}
    )
    return {"ja": relationship, **told}


@functools.cache
def _relationships() -> dict[str, dict[str, str]]:
    with (Path(__file__).parent / "relationships.csv").open(encoding="utf-8", newline="") as file:
        return {row["ja"]: {"en": row["en"]} for row in csv.DictReader(file)}


CERTIFICATES = (Residence(),)
