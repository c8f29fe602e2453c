"""What the replica (副本) knows, as plain values. One generation of it is read from beginning to end for one paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from server_stub.eras import seireki, wareki
from server_stub.interface.secret import Secret


class Sex(StrEnum):
    MALE = "1"
    FEMALE = "2"
    UNKNOWN = "9"


class ResidentStatus(StrEnum):
    RESIDENT = "resident"
    MOVING_OUT = "moving_out"
    MOVED_OUT = "moved_out"
    DECEASED = "deceased"


@dataclass(frozen=True, slots=True)
class ForeignResident:
    """外国人住民の記載事項. `period_ends` is None for 永住者."""

    nationality: str
    status_of_residence: str
    period: str
    period_ends: date | None
    card_number: str
    category: str = "中長期在留者"


@dataclass(frozen=True, slots=True)
class Person:
    """One record of the resident register. `name` is 氏名 with U+3000 between 氏 and 名 and keeps its variation selectors.

    `alias` is 通称, `former_surname` 旧氏. `domicile` 本籍 and `domicile_head` 筆頭者 are empty for foreign residents.
    """

    key: str
    household: str
    order: int
    name: str
    kana: str
    birth: date
    sex: Sex
    relationship: str
    address: str
    head_of_household: str
    resident_since: date
    address_since: date | None
    notified_on: date
    previous_address: str
    domicile: str
    domicile_head: str
    my_number: Secret
    status: ResidentStatus = ResidentStatus.RESIDENT
    moved_to: str = ""
    moves_on: date | None = None
    former_surname: str = ""
    alias: str = ""
    alias_kana: str = ""
    foreign: ForeignResident | None = None

    @property
    def birth_in_words(self) -> str:
        """和暦; 西暦 for foreign residents, as their documents have it."""
        return seireki(self.birth) if self.foreign is not None else wareki(self.birth)


@dataclass(frozen=True, slots=True)
class Seal:
    """印鑑登録: the imprint as PNG, printed 1:1; `width_mm` and `height_mm` are its true size."""

    person: str
    registered_on: date
    number: str
    imprint_png: bytes
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Restriction:
    """発行制限: no paper at a terminal from `since` on until it is released. `until` is the announced last day (None: open)
    and ends nothing; `released_on` is the first day without it (None: in force)."""

    person: str
    reason: str
    since: date
    until: date | None
    released_on: date | None = None


@dataclass(frozen=True, slots=True)
class IssueNotice:
    """発行通知 of the authority: whose authentication certificate this is."""

    holder_ref: str
    issue_number: str
    serial: int
    person: str
    municipality: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a register that has no type of its own. `person` need not be a resident; it and `group` are '' where there is
    none. `body` is as the format file names its items, dates in ISO 8601, checked by the kind of certificate that owns it."""

    register: str
    key: str
    person: str
    group: str
    body: Mapping[str, Any]
