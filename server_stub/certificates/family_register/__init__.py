"""戸籍全部事項証明書 and 戸籍個人事項証明書: of a whole family register, or of one who stands in it; from the 本籍地 only.

The holder is whoever the 戸籍 delivery links with a living member; nobody is matched by name. A member is known by register and
number in it, also who was removed: such a person is on the paper of the whole, with the mark 除籍, and has no link.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from server_stub.certificates.certificate import Case, Certificate, MemberFacts, Offered, ServiceTerms
from server_stub.certificates.domicile import (
    FAMILY_LINK,
    FamilyLink,
    anybody_restricted,
    check_age,
    check_shown,
    links_of,
    may_be,
    member_key,
    membership_of,
)
from server_stub.eras import wareki
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Scope, Subject, Symbol
from server_stub.interface.values import FailureBody, Place
from server_stub.paper.typesetting import Issuer, Rendered
from server_stub.registry.replica import ReplicaReader
from server_stub.settings_file import SettingsText

from .front import FamilyRegisterFront, Labels, born_as_printed, render_family_register
from .register import (
    FAMILY_REGISTER,
    SPACE,
    FamilyRegisterBody,
    Member,
    born_at_latest,
    born_between,
    full_width,
    words_of_birth,
)

PENDING = {
    "ja": "戸籍の届出を処理しているため、交付できません。処理が終わってから、または市区町村の窓口で請求してください。",
    "en": "A notification about this family register is being processed. Please come back later, or apply at the municipal office.",
}
CLOSED = {
    "ja": "除籍・改製原戸籍の証明書は、この端末では交付できません。市区町村の窓口で請求してください。",
    "en": "Certificates of closed family registers cannot be issued here. Please apply at the municipal office.",
}
REMOVED = {
    "ja": "この戸籍から除かれているため、交付できません。いまの本籍地を選ぶか、市区町村の窓口で請求してください。",
    "en": "You have been removed from this family register. Please choose your present registered domicile, or apply at the municipal office.",
}
NOT_CERTIFIED = {
    "ja": "この端末では証明できない方が、戸籍に含まれています。市区町村の窓口で請求してください。",
    "en": "Someone in this family register cannot be certified here. Please apply at the municipal office.",
}
THIS_MEMBER = {
    "ja": "この端末では証明できません。市区町村の窓口で請求してください。",
    "en": "Cannot be certified here. Please apply at the municipal office.",
}
RESTRICTED = "Register_Member_Restricted"
_UNUSABLE = FailureBody(failure="Record_Unusable")


class FamilyRegisterTerms(ServiceTerms):
    """`form`: with the readings (振り仮名) that are recorded since 2025-05-26 ("koseki-2025"), or the form before it
    ("koseki-1994"). `surname_reading`, `name_reading`: what the readings are labelled. `attestation`: 認証文."""

    form: Literal["koseki-2025", "koseki-1994"] = "koseki-2025"
    surname_reading: SettingsText = "氏の振り仮名"
    name_reading: SettingsText = "名の振り仮名"
    attestation: SettingsText

    @property
    def labels(self) -> Labels:
        if self.form == "koseki-1994":
            return Labels(None, None)
        return Labels(self.surname_reading, self.name_reading)


class IndividualTerms(FamilyRegisterTerms):
    """`members`: whose certificate a holder may get: any living member's of the register, or the holder's own alone."""

    members: Literal["any", "holder"] = "any"


@dataclass(frozen=True, slots=True)
class FamilyRegisterRecords:
    """A register and the members who are shown of it. `own_only`: only who is shown may get the paper."""

    number: str
    body: FamilyRegisterBody
    members: tuple[Member, ...]
    own_only: bool = False

    def key(self, member: Member) -> str:
        return member_key(self.number, member.number)


Terms = TypeVar("Terms", bound=FamilyRegisterTerms)


class FamilyRegister(Certificate[FamilyRegisterRecords, Terms]):
    """What both have in common."""

    places = frozenset({Place.DOMICILE})
    symbol = Symbol.FAMILY
    registers = {FAMILY_REGISTER: FamilyRegisterBody, FAMILY_LINK: FamilyLink}

    def situated(self, records: FamilyRegisterRecords) -> str:
        return records.body.domicile

    def owners(self, records: FamilyRegisterRecords, reader: ReplicaReader) -> Iterator[str]:
        """List the living members whose links there are: first who is shown, then, unless only that one may have it, the others."""
        shown = {member.number for member in records.members if not member.removed}
        living = {member.number for member in records.body.members if not member.removed}
        links = links_of(reader, records.number)
        yield from (person for person, number in links.items() if number in shown)
        if not records.own_only:
            yield from (person for person, number in links.items() if number in living - shown)

    def render(
        self,
        copies: Sequence[FamilyRegisterRecords],
        request: ApplicationRequest,
        terms: Terms,
        issuer: Issuer,
        issued_on: date,
        numbers: Sequence[str],
    ) -> Rendered:
        fronts = [
            family_register_front(records, self.title, terms, issued_on, number)
            for records, number in zip(copies, numbers, strict=True)
        ]
        return render_family_register(self.code, fronts, issuer)

    def registers_of_birth(self, reader: ReplicaReader, birth: date) -> Sequence[str]:
        return reader.keys_with(FAMILY_REGISTER, words_of_birth(birth))

    def members(self, reader: ReplicaReader, register: str) -> Sequence[MemberFacts]:
        record = reader.record(FAMILY_REGISTER, register)
        if record is None or reader.is_set_aside(register, FAMILY_REGISTER):
            return ()
        try:
            body = FamilyRegisterBody.model_validate(record.body)
        except ValidationError:  # of a replica that was made before one of the rules
            return ()
        if body.state != "open":
            return ()
        return tuple(
            MemberFacts(
                register=register,
                number=member.number,
                domicile=body.domicile,
                head=body.head.text,
                name=f"{body.head.surname}{SPACE}{member.name}",
                born=born_between(member.birth),
            )
            for member in body.members
            if not member.removed
        )


class WholeFamilyRegister(FamilyRegister[FamilyRegisterTerms]):
    code = "family_register_full"
    words = {"ja": "戸籍全部事項証明書", "en": "Family register (all members)"}
    title = "全部事項証明"
    terms = FamilyRegisterTerms

    def offer(self, case: Case[FamilyRegisterTerms]) -> Offered:
        """Offer the register with everybody in it, if nobody of it is under restriction: also to those who are not, since it shows
        all of them. Nor where a link cannot be used: nobody knows then who all its members are."""
        number, body, own = own_register(case)
        if not case.reader.group_is_complete(FAMILY_LINK, number) or strangers(case.reader, number, body):
            raise Failed("Record_Unusable", register=FAMILY_LINK)
        if anybody_restricted(case, number):
            raise Failed.in_words(RESTRICTED, NOT_CERTIFIED)
        return Offered(
            scopes=(Scope.WHOLE,),
            whole={"ja": "戸籍の全員", "en": "Everybody in the register"},
            subjects=tuple(_subject(case, number, body, member, own) for member in body.members),
        )

    def pick(self, case: Case[FamilyRegisterTerms], request: ApplicationRequest) -> FamilyRegisterRecords:
        number, body, _ = own_register(case)
        return FamilyRegisterRecords(number, body, body.members)


class IndividualFamilyRegister(FamilyRegister[IndividualTerms]):
    code = "family_register_individual"
    words = {"ja": "戸籍個人事項証明書", "en": "Family register (one member)"}
    title = "個人事項証明"
    terms = IndividualTerms

    def offer(self, case: Case[IndividualTerms]) -> Offered:
        """Offer the living members of the register, unless a measure names the register itself. Who is under restriction is refused;
        so is, where a link cannot be used, whoever has none: it may be theirs."""
        number, body, own = own_register(case)
        if case.register_restricted(number):
            raise Failed.in_words(RESTRICTED, NOT_CERTIFIED)
        no = FailureBody.of(Failed.in_words(RESTRICTED, THIS_MEMBER))
        refusals = dict.fromkeys(strangers(case.reader, number, body), _UNUSABLE)
        refusals |= dict.fromkeys(self._refused(case, number, body), no)
        return Offered(
            scopes=(Scope.CHOSEN,),
            one_only=True,
            subjects=tuple(
                _subject(case, number, body, member, own, refusals.get(member.number))
                for member in self._choice(case, body, own)
            ),
        )

    def pick(self, case: Case[IndividualTerms], request: ApplicationRequest) -> FamilyRegisterRecords:
        number, body, own = own_register(case)
        chosen = tuple(
            member
            for member in self._choice(case, body, own)
            if case.ref(member_key(number, member.number)) in request.subjects
        )
        return FamilyRegisterRecords(number, body, chosen, own_only=case.terms.members == "holder")

    @staticmethod
    def _choice(case: Case[IndividualTerms], body: FamilyRegisterBody, own: Member) -> tuple[Member, ...]:
        if case.terms.members == "holder":
            return (own,)
        return tuple(member for member in body.members if not member.removed)

    @staticmethod
    def _refused(case: Case[IndividualTerms], number: str, body: FamilyRegisterBody) -> set[int]:
        links = links_of(case.reader, number)
        refused = {member for person, member in links.items() if case.restricted(person)}
        if not case.reader.group_is_complete(FAMILY_LINK, number):
            refused |= {member.number for member in body.members} - set(links.values())
        return refused


def own_register(case: Case[Any]) -> tuple[str, FamilyRegisterBody, Member]:
    """Get the number and the record of the register that the holder stands in, and the holder's own member.

    Raises Failed: Holder_Not_Linked, Record_Unusable, Holder_Under_Fifteen (somebody who is no resident here), and what
    stands against the register or the member.
    """
    own = membership_of(case)
    case.reader.check_usable(own.register, FAMILY_REGISTER)
    record = case.reader.record(FAMILY_REGISTER, own.register)
    if record is None:
        raise Failed("Record_Unusable", register=FAMILY_REGISTER)
    try:
        body = FamilyRegisterBody.model_validate(record.body)
    except ValidationError:
        # of a replica that was made before one of the rules; the error would tell the record
        raise Failed("Record_Unusable", register=FAMILY_REGISTER) from None
    member = body.member(own.number)
    if member is None:
        raise Failed("Record_Unusable", register=FAMILY_REGISTER)
    if body.state == "pending":
        raise Failed.in_words("Family_Register_Pending", PENDING)
    if body.state != "open":
        raise Failed.in_words("Family_Register_Closed", CLOSED)
    if member.removed:
        raise Failed.in_words("Holder_Removed_From_Register", REMOVED)
    if not may_be(case.reader, case.key, born_between(member.birth)):
        raise Failed("Record_Unusable", register=FAMILY_REGISTER)
    check_age(case, born_at_latest(member.birth))
    return own.register, body, member


def strangers(reader: ReplicaReader, register: str, body: FamilyRegisterBody) -> set[int]:
    """The living members of whom the resident register has another birth date than the family register."""
    living = {one.number: one for one in body.members if not one.removed}
    return {
        number
        for person, number in links_of(reader, register).items()
        if number in living and not may_be(reader, person, born_between(living[number].birth))
    }


def _subject(
    case: Case[Any],
    register: str,
    body: FamilyRegisterBody,
    member: Member,
    own: Member,
    refusal: FailureBody | None = None,
) -> Subject:
    """Their refs are made of register and number in it, the same for who has a link and who has none. On the front of a member
    stands 【名】 and the given name; the surname is the head's. Raises Failed(Text_Too_Long)."""
    name, printed, born = (
        f"{body.head.surname}{SPACE}{member.name}",
        f"【名】{full_width(member.name)}",
        born_as_printed(member),
    )
    check_shown(name=max(name, printed, key=len), birth=born)
    return Subject(
        ref=case.ref(member_key(register, member.number)),
        name=name,
        holder=member.number == own.number,
        note={"ja": "除籍", "en": "Removed"} if member.removed else None,
        refusal=refusal,
        printed=printed,
        born=born,
    )


def family_register_front(
    records: FamilyRegisterRecords, title: str, terms: FamilyRegisterTerms, issued_on: date, issue_number: str
) -> FamilyRegisterFront:
    """Make one copy of a register as far as `records` shows it."""
    return FamilyRegisterFront(
        body=records.body,
        members=records.members,
        keys=tuple(records.key(member) for member in records.members),
        labels=terms.labels,
        title=title,
        attestation=terms.attestation,
        issued_on=wareki(issued_on),
        issue_number=issue_number,
    )


CERTIFICATES = (WholeFamilyRegister(), IndividualFamilyRegister())
