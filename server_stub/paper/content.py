"""What stands on a front, ready for the layout: the issuing server fills it from records, the paper room sets it.

Everything is wording as printed (dates in 和暦); nothing is looked up or decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

from server_stub.interface.secret import Secret


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who certifies. `seal_png` is the 公印 picture of the municipality's folder (it reads 見本印), a square of `seal_mm`."""

    municipality: str
    title: str
    mayor: str
    seal_png: bytes
    accent: str
    seal_mm: float = 22.0


@dataclass(frozen=True, slots=True)
class ResidencePerson:
    """One block of a 住民票の写し. None: the item was not asked for and is printed as 【省略】; '' is printed blank."""

    name: str
    kana: str
    former_surname: str
    alias: str
    birth: str
    sex: str
    relationship: str | None
    resident_since: str
    address_since: str
    notified_on: str
    previous_address: str
    domicile: str | None
    domicile_head: str | None
    my_number: Secret | None
    foreign: tuple[tuple[str, str], ...] = ()
    """(label, value) rows such as ("国籍・地域", "ブラジル"); empty for Japanese nationals."""


@dataclass(frozen=True, slots=True)
class ResidenceFront:
    """One copy. `persons` in the order of the register; the layout puts up to 4 on a sheet (個人票: 1).

    `head_of_household` None: not asked for, printed as 【省略】."""

    address: str
    head_of_household: str | None
    persons: tuple[ResidencePerson, ...]
    whole_household: bool
    attestation: str
    issued_on: str
    issue_number: str


@dataclass(frozen=True, slots=True)
class SealFront:
    """One copy of an 印鑑登録証明書. The imprint is printed at exactly `width_mm` x `height_mm`."""

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
