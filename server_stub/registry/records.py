"""What the replica (副本) knows, as plain values. One generation of it is read from beginning to end for one paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
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


YOUNGEST_WITH_SEAL = 15
"""Years of age: who is younger cannot have a seal registered (印鑑登録証明事務処理要領)."""


class SealStatus(StrEnum):
    """A registration that has not ended; a certificate is made of REGISTERED alone. SUSPENDED 抑止, CHANGING 改印中."""

    REGISTERED = "registered"
    SUSPENDED = "suspended"
    CHANGING = "changing"


class SealEnd(StrEnum):
    """Why a registration has ended (廃止): 本人申請, 転出, 死亡, 氏名変更, 成年後見, 職権, 登録証亡失; UNKNOWN: not delivered."""

    REQUESTED = "requested"
    MOVED_OUT = "moved_out"
    DECEASED = "deceased"
    NAME_CHANGED = "name_changed"
    GUARDIANSHIP = "guardianship"
    EX_OFFICIO = "ex_officio"
    CARD_LOST = "card_lost"
    UNKNOWN = ""


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
    `characters_pending`: a character of the record is still being registered (外字登録中).
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
    characters_pending: bool = False

    @property
    def birth_in_words(self) -> str:
        """和暦; 西暦 for foreign residents, as their documents have it."""
        return seireki(self.birth) if self.foreign is not None else wareki(self.birth)


@dataclass(frozen=True, slots=True)
class Seal:
    """印鑑登録 that has not ended: the imprint as PNG, printed 1:1; `width_mm` and `height_mm` are its true size.

    `katakana`: the name of a foreign resident in katakana (備考の片仮名表記), '' where the register has none. `ward`: the holder is
    a 成年被後見人 by this register.
    """

    person: str
    registered_on: date
    number: str
    imprint_png: bytes
    width_mm: float
    height_mm: float
    status: SealStatus = SealStatus.REGISTERED
    katakana: str = ""
    ward: bool = False


@dataclass(frozen=True, slots=True)
class Restriction:
    """発行制限: no paper at a terminal from `since` on until it is released. `until` is the announced last day (None: open)
    and ends nothing; `released_on` is the first day without it (None: in force).

    It stops whom it names: a `person` (宛名番号), everybody of a `household` (世帯番号), and all papers of a family `register`
    (戸籍の番号). '' is none; one at least is named.
    """

    person: str
    reason: str
    since: date
    until: date | None
    released_on: date | None = None
    household: str = ""
    register: str = ""


@dataclass(frozen=True, slots=True)
class IssueNotice:
    """発行通知 of the authority: whose authentication certificate this is. `issued_at` 発行日時, with offset; None: of before this was
    kept."""

    holder_ref: str
    issue_number: str
    serial: int
    person: str
    municipality: str
    issued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a register that has no type of its own. `person` need not be a resident; it and `group` are '' where there is
    none. `body` is as the format file names its items, dates in ISO 8601, checked by the kind of certificate that owns it."""

    register: str
    key: str
    person: str
    group: str
    body: Mapping[str, Any]
