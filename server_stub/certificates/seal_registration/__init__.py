"""印鑑登録証明書: of the holder alone, from the address's municipality, by a registration that is in force.

Items and their order are those of the national guideline (印鑑登録証明事務処理要領): imprint, 氏名, then what the register has of 旧氏,
通称 and 氏名の片仮名表記, 生年月日, 住所. 性別 and 登録番号 are switches of the municipality, off unless asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from server_stub.certificates.certificate import Case, Certificate, Offered, ServiceTerms
from server_stub.eras import age, wareki
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Scope, Symbol
from server_stub.interface.values import Place
from server_stub.paper.pattern import clear_white
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, in_width, typeset
from server_stub.registry.records import (
    YOUNGEST_WITH_SEAL,
    Person,
    Seal,
    SealEnd,
    SealStatus,
    Sex,
)
from server_stub.registry.replica import ReplicaReader
from server_stub.settings_file import SettingsText

TEMPLATE = Path(__file__).parent / "seal.typ"


class SealTerms(ServiceTerms):
    """`attestation`: 認証文. `show_sex` and `show_number`: whether 性別 and 印鑑登録番号 are printed. `refuse_wards`: no certificate at a
    terminal for a 成年被後見人, whose seal is registered with the guardian present."""

    attestation: SettingsText
    title_with_prefecture: bool = True
    show_sex: bool = False
    show_number: bool = False
    refuse_wards: bool = True


ENDED = {
    SealEnd.REQUESTED: "Seal_Abolished",
    SealEnd.MOVED_OUT: "Seal_Abolished",
    SealEnd.DECEASED: "Seal_Abolished",
    SealEnd.NAME_CHANGED: "Seal_Name_Changed",
    SealEnd.CARD_LOST: "Seal_Card_Lost",
    SealEnd.GUARDIANSHIP: "Seal_Not_Issued_Here",
    SealEnd.EX_OFFICIO: "Seal_Not_Issued_Here",
    SealEnd.UNKNOWN: "Seal_Not_Issued_Here",
}
"""What is told of a registration that has ended: what the resident has done or notified is named. A machine in a shop does not say
that somebody is under guardianship, was struck off or is protected: these, and what is not known, share one name with 抑止."""
SEX = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNKNOWN: "不明"}


@dataclass(frozen=True, slots=True)
class SealRecords:
    person: Person
    seal: Seal


@dataclass(frozen=True, slots=True)
class SealFront:
    """One copy, as printed. `keys`: whose records it shows, not printed. A row whose text is '' is left out. The imprint is printed
    at exactly `width_mm` x `height_mm`."""

    keys: tuple[str, ...]
    name: str
    former_surname: str
    alias: str
    katakana: str
    birth: str
    sex: str
    address: str
    number: str
    imprint_png: bytes
    width_mm: float
    height_mm: float
    attestation: str
    issued_on: str
    issue_number: str


class SealRegistration(Certificate[SealRecords, SealTerms]):
    code = "seal_registration"
    words = {"ja": "印鑑登録証明書", "en": "Seal registration certificate"}
    title = "印鑑登録証明書"
    places = frozenset({Place.ADDRESS})
    symbol = Symbol.SEAL
    terms = SealTerms

    def offer(self, case: Case[SealTerms]) -> Offered:
        registered_seal(case)
        holder = case.subject(case.resident, born=case.resident.birth_in_words)
        return Offered(scopes=(Scope.HOLDER,), subjects=(holder,))

    def pick(self, case: Case[SealTerms], request: ApplicationRequest) -> SealRecords:
        return SealRecords(case.resident, registered_seal(case))

    def situated(self, records: SealRecords) -> str:
        return records.person.address

    def owners(self, records: SealRecords, reader: ReplicaReader) -> tuple[str, ...]:
        return (records.person.key,)

    def render(
        self,
        copies: Sequence[SealRecords],
        request: ApplicationRequest,
        terms: SealTerms,
        issuer: Issuer,
        issued_on: date,
        numbers: Sequence[str],
    ) -> Rendered:
        fronts = [
            seal_front(
                records.person,
                records.seal,
                terms,
                issued_on=issued_on,
                issue_number=number,
            )
            for records, number in zip(copies, numbers, strict=True)
        ]
        return render_seal(self.code, fronts, issuer)


def registered_seal(case: Case[SealTerms]) -> Seal:
    """Get the registration in force. An abolished one is none: the replica does not have its imprint (新潟, さいたま, 熊本 issued such
    seals). Raises Failed: Seal_Not_Registered, Seal_Under_Fifteen, one of `ENDED`, Seal_Being_Changed, Seal_Not_Issued_Here,
    Record_Unusable (its record cannot be used)."""
    case.reader.check_usable(case.key, "seal")
    seal = case.reader.seal(case.key)
    if seal is None:
        raise Failed(_why_none(case))
    not_suspended(seal)
    not_being_changed(seal)
    no_ward(seal, case.terms)
    return seal


def _why_none(case: Case[SealTerms]) -> str:
    end = case.reader.seal_end(case.key)
    if end is not None:
        return ENDED[end]
    young = age(case.resident.birth.inner, case.today) < YOUNGEST_WITH_SEAL
    return "Seal_Under_Fifteen" if young else "Seal_Not_Registered"


def not_suspended(seal: Seal) -> None:
    """抑止. Who asked for it, and why, is not told."""
    if seal.status is SealStatus.SUSPENDED:
        raise Failed("Seal_Not_Issued_Here")


def not_being_changed(seal: Seal) -> None:
    """改印: between the old seal and the new one there is no certificate."""
    if seal.status is SealStatus.CHANGING:
        raise Failed("Seal_Being_Changed")


def no_ward(seal: Seal, terms: SealTerms) -> None:
    """成年被後見人, where the municipality wants the guardian present. It is not told."""
    if seal.ward and terms.refuse_wards:
        raise Failed("Seal_Not_Issued_Here")


def seal_front(
    person: Person, seal: Seal, terms: SealTerms, *, issued_on: date, issue_number: str
) -> SealFront:
    return SealFront(
        keys=tuple(dict.fromkeys((person.key, seal.person))),
        name=person.name,
        former_surname=person.former_surname,
        alias=person.alias,
        katakana=seal.katakana,
        birth=person.birth_in_words,
        sex=SEX[person.sex] if terms.show_sex else "",
        address=person.address,
        number=seal.number if terms.show_number else "",
        imprint_png=seal.imprint_png,
        width_mm=seal.width_mm,
        height_mm=seal.height_mm,
        attestation=terms.attestation,
        issued_on=wareki(issued_on),
        issue_number=issue_number,
    )


def render_seal(kind: str, copies: Sequence[SealFront], issuer: Issuer) -> Rendered:
    """Set the fronts, one sheet a copy. Raises Failed as `typeset`."""
    if not copies:
        raise ValueError("at least one copy")
    pdf = typeset(TEMPLATE, "seal-registration(", {"copies": [_copy(copy) for copy in copies]}, issuer)
    return Rendered(
        kind, issuer.code, pdf, tuple(RenderedPage(i, 1, 1, copy.keys) for i, copy in enumerate(copies, 1))
    )


def _copy(copy: SealFront) -> dict[str, Any]:
    told = {one.name: getattr(copy, one.name) for one in fields(copy)}
    imprint = clear_white(told.pop("imprint_png"), "imprint")
    return {**in_width(told, "half"), "imprint": imprint}


CERTIFICATES = (SealRegistration(),)
