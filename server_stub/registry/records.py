"""What the replica (副本) knows, as plain values. One generation of it is read from beginning to end for one paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from server_stub.interface.secret import Secret

from .values import DateKind, Reading, ReadingKind, RegisterDate


class Sex(StrEnum):
    MALE = "1"
    FEMALE = "2"
    UNKNOWN = "9"
    NOT_RECORDED = ""


class ResidentStatus(StrEnum):
    RESIDENT = "resident"
    MOVING_OUT = "moving_out"
    MOVED_OUT = "moved_out"
    DECEASED = "deceased"


class ForeignCategory(StrEnum):
    """30条45規定区分 (住民基本台帳法 第30条の45), as the register words them."""

    MID_TO_LONG_TERM = "中長期在留者"
    SPECIAL_PERMANENT = "特別永住者"
    TEMPORARY_REFUGE = "一時庇護許可者"
    PROVISIONAL_STAY = "仮滞在許可者"
    TRANSITIONAL_BY_BIRTH = "出生による経過滞在者"
    TRANSITIONAL_BY_LOSS = "国籍喪失による経過滞在者"
    REFUGE_OR_STAY = "一時庇護許可者又は仮滞在許可者"
    """As the law's table has the two, for a register that does not tell them apart; the next likewise."""
    TRANSITIONAL = "出生による経過滞在者又は国籍喪失による経過滞在者"


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
    """外国人住民の記載事項. Each category has items of its own; those that it does not have are empty.

    `period` is 在留期間, of 一時庇護許可者 上陸期間, of 仮滞在許可者 仮滞在期間; `period_ends` is None where there is no 満了の日 (also
    無期限). `card_number` is the number of the 在留カード, of 特別永住者 that of their 証明書. `kanji_name` is 氏名(漢字), where the
    name is in Latin letters and the register has both.
    """

    nationality: str
    category: str = ForeignCategory.MID_TO_LONG_TERM
    status_of_residence: str = ""
    period: str = ""
    period_ends: date | None = None
    card_number: str = ""
    kanji_name: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One record of the resident register. `name` is 氏名 with U+3000 between 氏 and 名 and keeps its variation selectors.

    `alias` is 通称, `former_surname` 旧氏. `domicile` 本籍 and `domicile_head` 筆頭者 are empty for foreign residents, and may read
    なし or 不明. `resident_since` is 住民となった年月日, of a foreign resident 外国人住民となった年月日. `order` is 0 where the register has
    none. Of everybody 性別, 続柄, 世帯主, 住所を定めた日, 届出日, 転入前住所 and the reading may be missing (標準仕様書 1.1.6); a household
    without a head (世帯主未設定) has '' in `head_of_household`. `address_before` is 異動前住所: before the last move within the town.
    `characters_pending`: a character of the record is still being registered (外字登録中).
    """

    key: str
    household: str
    order: int
    name: str
    reading: Reading
    birth: RegisterDate
    sex: Sex
    relationship: str
    address: str
    head_of_household: str
    resident_since: RegisterDate
    address_since: RegisterDate | None
    notified_on: date | None
    previous_address: str
    domicile: str
    domicile_head: str
    my_number: Secret
    """Empty where the delivery's format has none: of before anybody had one."""
    status: ResidentStatus = ResidentStatus.RESIDENT
    moved_to: str = ""
    moves_on: date | None = None
    arrived_on: date | None = None
    """The day on which the new town says that somebody arrived there who had announced a move."""
    former_surname: str = ""
    former_reading: Reading = Reading(ReadingKind.NONE)
    alias: str = ""
    alias_kana: str = ""
    address_before: str = ""
    foreign: ForeignResident | None = None
    characters_pending: bool = False

    @property
    def kana(self) -> str:
        """How the register files the name; it need not be official (`reading`)."""
        return self.reading.kana

    @property
    def birth_in_words(self) -> str:
        """和暦; 西暦 for foreign residents, as their documents have it."""
        return self.birth.words

    def may_be_born(self, first: date, last: date) -> bool:
        """Tell whether another register that says of somebody they were born from `first` to `last` may mean this person. A birth that
        is no day for certain (不詳) contradicts nothing."""
        return self.birth.kind is not DateKind.DAY or first <= self.birth.inner <= last

    @property
    def full_name(self) -> str:
        """氏名 as it is printed: of somebody who has it both in Latin letters and in 漢字, both (標準仕様書 5.3)."""
        kanji = "" if self.foreign is None else self.foreign.kanji_name
        return f"{self.name}　{kanji}" if kanji else self.name

    def status_on(self, day: date) -> ResidentStatus:
        """Who has announced a move is struck off on the day they named or, if the new town says so, on that of their arrival,
        whichever is earlier (標準仕様書 1.1.5), also where no delivery has said so yet."""
        if self.status is ResidentStatus.MOVING_OUT:
            ends = [one for one in (self.moves_on, self.arrived_on) if one is not None]
            if ends and min(ends) <= day:
                return ResidentStatus.MOVED_OUT
        return self.status


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
