"""戸籍の附票の写し: the addresses of the members of a family register since it was made, whole or of chosen members, from the
municipality of the 本籍."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from server_stub.certificates.certificate import Case, Certificate, Offered, ServiceTerms
from server_stub.certificates.domicile import check_age, check_shown, membership_of
from server_stub.eras import wareki
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Choice, Question, Scope, Subject, Symbol
from server_stub.interface.values import Place
from server_stub.paper.typesetting import Issuer, Rendered
from server_stub.registry.replica import ReplicaReader
from server_stub.settings_file import SettingsText

from .front import (
    DOMICILE,
    NO,
    OVERSEAS,
    RESIDENT_CODE,
    YES,
    address_history_front,
    render_address_history,
)
from .records import (
    HEADS,
    MEMBERS,
    AddressHistory,
    HeadBody,
    Member,
    MemberBody,
    address_history,
    anybody_is_protected,
)


def _each_once(questions: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(questions)) != len(questions):
        raise ValueError("重ならない質問")
    return questions


class AddressHistoryTerms(ServiceTerms):
    """`questions`: the items that the resident is asked about; the others are left out. 全部証明 and 一部証明: what is printed beside
    the title, and the 認証文 (both unproven)."""

    questions: Annotated[
        tuple[Literal["domicile", "overseas_voting", "resident_code"], ...],
        Field(strict=False),
        AfterValidator(_each_once),
    ] = ("domicile", "overseas_voting")
    extent_whole: SettingsText = "全部証明"
    extent_part: SettingsText = "一部証明"
    attestation_whole: SettingsText = "この写しは、戸籍の附票の原本と相違ないことを証明する。"
    attestation_part: SettingsText = "この写しは、戸籍の附票の一部の原本と相違ないことを証明する。"


@dataclass(frozen=True, slots=True)
class AddressHistoryRecords:
    """`members`: who goes on the paper, in the order of the register. `whole`: they are all of its members."""

    history: AddressHistory
    members: tuple[Member, ...]
    whole: bool


CLOSED = {
    "ja": "この戸籍は除かれているため、この端末では交付できません。本籍地の窓口で請求してください。",
    "en": "This family register is closed. Please apply at the office of the registered domicile.",
}
REMOVED = {
    "ja": "この戸籍から除かれているため、この端末では交付できません。今の本籍地で請求してください。",
    "en": "You are no longer in this family register. Please apply where your register is kept now.",
}
NOT_HERE = {
    "ja": "この戸籍の附票は、端末では交付できません。本籍地の窓口で請求してください。",
    "en": "This record cannot be issued at a terminal. Please apply at the office of the registered domicile.",
}
"""Of a register with somebody under a measure: who of them, and why, is nobody's business."""
_REMOVED_NOTE = {"ja": "除籍", "en": "Removed"}
_SHOW = {"ja": "記載する", "en": "Show"}
_LEAVE_OUT = {"ja": "記載しない", "en": "Leave out"}
_QUESTIONS: Mapping[str, tuple[dict[str, str], dict[str, str]]] = {
    DOMICILE: (
        {"ja": "本籍・筆頭者", "en": "Registered domicile"},
        {
            "ja": "本籍地と、戸籍の筆頭者の氏名",
            "en": "Domicile, and the first person of the family register",
        },
    ),
    OVERSEAS: (
        {"ja": "在外選挙", "en": "Overseas voting"},
        {
            "ja": "在外選挙人名簿に登録されている市区町村",
            "en": "Municipality in whose list of overseas voters you are",
        },
    ),
    RESIDENT_CODE: (
        {"ja": "住民票コード", "en": "Resident code"},
        {
            "ja": "住民票コード（11桁）。提出先をご確認ください",
            "en": "11 digits. Please check that the recipient asks for it",
        },
    ),
}


class AddressHistoryCopy(Certificate[AddressHistoryRecords, AddressHistoryTerms]):
    code = "address_history"
    words = {"ja": "戸籍の附票の写し", "en": "Family register: address history"}
    title = "戸籍の附票の写し"
    places = frozenset({Place.DOMICILE})
    symbol = Symbol.FAMILY
    terms = AddressHistoryTerms
    registers = {HEADS: HeadBody, MEMBERS: MemberBody}

    def offer(self, case: Case[AddressHistoryTerms]) -> Offered:
        """Offer the register that the holder is linked to. Nobody of it gets anything while a measure is in force for one of them;
        the whole is not offered where a member's record cannot be used."""
        history, own = _history(case)
        members = history.members
        return Offered(
            scopes=(Scope.WHOLE, Scope.CHOSEN) if history.complete else (Scope.CHOSEN,),
            whole={"ja": "戸籍の全員", "en": "Whole register"} if history.complete else None,
            whole_about={
                "ja": f"附票の{len(members)}人全員を記載します（全部）",
                "en": f"All {len(members)} persons",
            }
            if history.complete
            else None,
            subjects=tuple(_subject(case, member, own) for member in members),
            questions=tuple(_questions(case, members)),
        )

    def pick(self, case: Case[AddressHistoryTerms], request: ApplicationRequest) -> AddressHistoryRecords:
        history, _ = _history(case)
        wanted = set(request.subjects)
        chosen = tuple(member for member in history.members if case.ref(member.key) in wanted)
        return AddressHistoryRecords(
            history, chosen, history.complete and len(chosen) == len(history.members)
        )

    def situated(self, records: AddressHistoryRecords) -> str:
        return records.history.domicile

    def owners(self, records: AddressHistoryRecords, reader: ReplicaReader) -> Iterator[str]:
        """List who stands on it, then the register, of whom it has not lost: the holder need not stand on a paper of others."""
        for member in (*records.members, *records.history.members):
            if member.person and not member.removed:
                yield member.person

    def render(
        self,
        copies: Sequence[AddressHistoryRecords],
        request: ApplicationRequest,
        terms: AddressHistoryTerms,
        issuer: Issuer,
        issued_on: date,
        numbers: Sequence[str],
    ) -> Rendered:
        fronts = [
            address_history_front(
                records.history,
                records.members,
                request.answers,
                extent=terms.extent_whole if records.whole else terms.extent_part,
                attestation=terms.attestation_whole if records.whole else terms.attestation_part,
                issued_on=wareki(issued_on),
                issue_number=number,
            )
            for records, number in zip(copies, numbers, strict=True)
        ]
        return render_address_history(self.code, fronts, issuer, self.title, terms.questions)


def _history(case: Case[Any]) -> tuple[AddressHistory, Member]:
    """Get the 附票 of the holder's register and the holder's own member, if nothing stands against it. Raises Failed: Holder_Not_Linked, Record_Unusable,
    Holder_Under_Fifteen, and the three refusals of this kind."""
    link = membership_of(case)
    history = address_history(case, link.register)
    if history.closed:
        raise Failed.in_words("Address_History_Closed", CLOSED)
    holder = history.member(link.member)
    if holder.removed:
        raise Failed.in_words("Address_History_Holder_Removed", REMOVED)
    if holder.person != case.key:
        raise Failed("Record_Unusable", register=MEMBERS)
    check_age(case, holder.born_on)
    if anybody_is_protected(case, history):
        raise Failed.in_words("Address_History_Not_Here", NOT_HERE)
    return history, holder


def _subject(case: Case[Any], member: Member, own: Member) -> Subject:
    """Where 本籍・筆頭者 is never asked about, it is never shown, and the whole name always. Raises Failed(Text_Too_Long) for a name that
    no screen holds."""
    given, born = f"【名】{member.given}", f"【生年月日】{member.birth}" if member.birth else ""
    check_shown(name=max(member.name, given, key=len), birth=born)
    return Subject(
        ref=case.ref(member.key),
        name=member.name,
        holder=member.number == own.number,
        note=_REMOVED_NOTE if member.removed else None,
        printed=given if DOMICILE in case.terms.questions else None,
        born=born or None,
    )


def _questions(case: Case[AddressHistoryTerms], members: Iterable[Member]) -> Iterator[Question]:
    """List the municipality's questions, each only if it concerns somebody."""
    concerned = {
        DOMICILE: [member for member in members],
        OVERSEAS: [member for member in members if member.overseas_voting],
        RESIDENT_CODE: [member for member in members if member.resident_code is not None],
    }
    for code in case.terms.questions:
        if not concerned[code]:
            continue
        words, about = _QUESTIONS[code]
        yield Question(
            code=code,
            words=words,
            about=about,
            choices=(
                Choice(code=YES, words=_SHOW, secret=code == RESIDENT_CODE),
                Choice(code=NO, words=_LEAVE_OUT, whole_names=code == DOMICILE),
            ),
            default=NO,
            concerns=() if code == DOMICILE else tuple(case.ref(member.key) for member in concerned[code]),
        )


CERTIFICATES = (AddressHistoryCopy(),)
