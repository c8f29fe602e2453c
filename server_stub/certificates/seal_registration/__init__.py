"""印鑑登録証明書: of the holder alone, from the address's municipality. 性別 and 登録番号 are not on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from server_stub.certificates.certificate import Case, Certificate, Offered, ServiceTerms
from server_stub.eras import wareki
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Scope, Symbol
from server_stub.interface.values import Place
from server_stub.paper.pattern import clear_white
from server_stub.paper.typesetting import Issuer, Rendered, RenderedPage, typeset
from server_stub.registry.records import Person, Seal
from server_stub.registry.replica import ReplicaReader
from server_stub.settings_file import SettingsText

TEMPLATE = Path(__file__).parent / "seal.typ"


class SealTerms(ServiceTerms):
    """`attestation`: 認証文."""

    attestation: SettingsText
    title_with_prefecture: bool = True


@dataclass(frozen=True, slots=True)
class SealRecords:
    person: Person
    seal: Seal


@dataclass(frozen=True, slots=True)
class SealFront:
    """One copy, as printed. `keys`: whose records it shows, not printed. The imprint is printed at exactly `width_mm` x
    `height_mm`."""

    keys: tuple[str, ...]
    name: str
    kana: str
    former_surname: str
    alias: str
    birth: str
    address: str
    remarks: str
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
        return Offered(scopes=(Scope.HOLDER,), subjects=(case.subject(case.resident),))

    def pick(self, case: Case[SealTerms], request: ApplicationRequest) -> SealRecords:
        return SealRecords(case.resident, registered_seal(case))

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
                attestation=terms.attestation,
                issued_on=issued_on,
                issue_number=number,
            )
            for records, number in zip(copies, numbers, strict=True)
        ]
        return render_seal(self.code, fronts, issuer)


def registered_seal(case: Case[SealTerms]) -> Seal:
    """Get the registration in force. An abolished one is none: the replica does not have it (新潟, さいたま, 熊本 issued such
    seals). Raises Failed: Seal_Not_Registered, Record_Unusable (its record cannot be used)."""
    case.reader.check_usable(case.key, "seal")
    seal = case.reader.seal(case.key)
    if seal is None:
        raise Failed("Seal_Not_Registered")
    return seal


def seal_front(
    person: Person, seal: Seal, *, attestation: str, issued_on: date, issue_number: str
) -> SealFront:
    return SealFront(
        keys=tuple(dict.fromkeys((person.key, seal.person))),
        name=person.name,
        kana=person.kana,
        former_surname=person.former_surname,
        alias=person.alias,
        birth=person.birth_in_words,
        address=person.address,
        remarks="",
        imprint_png=seal.imprint_png,
        width_mm=seal.width_mm,
        height_mm=seal.height_mm,
        attestation=attestation,
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
    return told | {"imprint": clear_white(told.pop("imprint_png"), "imprint")}


CERTIFICATES = (SealRegistration(),)
