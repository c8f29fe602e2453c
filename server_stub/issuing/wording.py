"""From records to what stands on a front: dates in 和暦 and 西暦, labels, and 【省略】."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from server_stub.interface.terminal import ApplicationOptions
from server_stub.paper.content import ResidenceFront, ResidencePerson, SealFront
from server_stub.registry.records import ForeignResident, Person, Seal, Sex

ERAS: tuple[tuple[date, str], ...] = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1868, 10, 23), "明治"),
)
"""First day and name of each era, newest first. An era's first year is 元年."""


def wareki(day: date) -> str:
    """`day` as 令和8年6月3日. Before 明治 (1868-10-23), which no living resident was born in, 西暦 is used."""
    for first, name in ERAS:
        if day >= first:
            year = day.year - first.year + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return seireki(day)


def seireki(day: date) -> str:
    """`day` as 1990年4月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


SEX = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.UNKNOWN: "不明"}


def residence_front(
    persons: Sequence[Person],
    options: ApplicationOptions,
    *,
    whole_household: bool,
    attestation: str,
    issued_on: date,
    issue_number: str,
) -> ResidenceFront:
    """One copy of a 住民票の写し of `persons` (at least one, of one household, in the order of the register)."""
    first = persons[0]
    return ResidenceFront(
        address=first.address,
        head_of_household=first.head_of_household if options.relationship else None,
        persons=tuple(residence_person(person, options) for person in persons),
        whole_household=whole_household,
        attestation=attestation,
        issued_on=wareki(issued_on),
        issue_number=issue_number,
    )


def residence_person(person: Person, options: ApplicationOptions) -> ResidencePerson:
    """世帯主 and 続柄 go together, as 本籍 and 筆頭者 do. A foreign resident has no 本籍: blank, not 【省略】."""
    foreign = person.foreign is not None
    return ResidencePerson(
        name=person.name,
        kana=person.kana,
        former_surname=person.former_surname,
        alias=person.alias,
        birth=birth_in_words(person),
        sex=SEX[person.sex],
        relationship=person.relationship if options.relationship else None,
        resident_since=wareki(person.resident_since),
        address_since=wareki(person.address_since) if person.address_since else "",
        notified_on=wareki(person.notified_on),
        previous_address=person.previous_address,
        domicile=person.domicile if options.domicile or foreign else None,
        domicile_head=person.domicile_head if options.domicile or foreign else None,
        my_number=person.my_number if options.my_number else None,
        foreign=foreign_rows(person.foreign) if person.foreign is not None else (),
    )


def seal_front(
    person: Person, seal: Seal, *, attestation: str, issued_on: date, issue_number: str
) -> SealFront:
    """One copy of an 印鑑登録証明書. 性別 and 登録番号 are not on it."""
    return SealFront(
        name=person.name,
        kana=person.kana,
        former_surname=person.former_surname,
        alias=person.alias,
        birth=birth_in_words(person),
        address=person.address,
        remarks="",
        imprint_png=seal.imprint_png,
        width_mm=seal.width_mm,
        height_mm=seal.height_mm,
        attestation=attestation,
        issued_on=wareki(issued_on),
        issue_number=issue_number,
    )


def birth_in_words(person: Person) -> str:
    """和暦; 西暦 for foreign residents, as their documents have it."""
    return seireki(person.birth) if person.foreign is not None else wareki(person.birth)


def foreign_rows(foreign: ForeignResident) -> tuple[tuple[str, str], ...]:
    """外国人住民の記載事項 (住民基本台帳法 第30条の45), six rows in the order of the form."""
    return (
        ("国籍・地域", foreign.nationality),
        ("在留資格", foreign.status_of_residence),
        ("在留期間等", foreign.period),
        ("在留期間の満了の日", seireki(foreign.period_ends) if foreign.period_ends else ""),
        ("在留カード等の番号", foreign.card_number),
        ("30条45規定区分", foreign.category),
    )
