"""Records as rows of the tables and back; the one place that knows both."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Row

from server_stub.interface.secret import Secret

from .records import ForeignResident, IssueNotice, Person, ResidentStatus, Restriction, Seal, Sex

LIVING_THERE = frozenset({ResidentStatus.RESIDENT.value, ResidentStatus.MOVING_OUT.value})
"""Statuses of those who live in their household now: who has announced a move has not gone yet."""


def person_row(generation: int, line: int, person: Person) -> dict[str, Any]:
    foreign = person.foreign
    return {
        "generation": generation,
        "line": line,
        "key": person.key,
        "household": person.household,
        "position": person.order,
        "name": person.name,
        "kana": person.kana,
        "birth": person.birth,
        "sex": person.sex.value,
        "relationship": person.relationship,
        "address": person.address,
        "head_of_household": person.head_of_household,
        "resident_since": person.resident_since,
        "address_since": person.address_since,
        "notified_on": person.notified_on,
        "previous_address": person.previous_address,
        "domicile": person.domicile,
        "domicile_head": person.domicile_head,
        "my_number": person.my_number.reveal(),
        "status": person.status.value,
        "moved_to": person.moved_to,
        "moves_on": person.moves_on,
        "former_surname": person.former_surname,
        "alias": person.alias,
        "alias_kana": person.alias_kana,
        "nationality": foreign.nationality if foreign else "",
        "status_of_residence": foreign.status_of_residence if foreign else "",
        "period": foreign.period if foreign else "",
        "period_ends": foreign.period_ends if foreign else None,
        "card_number": foreign.card_number if foreign else "",
        "category": foreign.category if foreign else "",
    }


def person_of(row: Row[Any]) -> Person:
    foreign = None
    if row.nationality:
        foreign = ForeignResident(
            nationality=row.nationality,
            status_of_residence=row.status_of_residence,
            period=row.period,
            period_ends=row.period_ends,
            card_number=row.card_number,
            category=row.category,
        )
    return Person(
        key=row.key,
        household=row.household,
        order=row.position,
        name=row.name,
        kana=row.kana,
        birth=row.birth,
        sex=Sex(row.sex),
        relationship=row.relationship,
        address=row.address,
        head_of_household=row.head_of_household,
        resident_since=row.resident_since,
        address_since=row.address_since,
        notified_on=row.notified_on,
        previous_address=row.previous_address,
        domicile=row.domicile,
        domicile_head=row.domicile_head,
        my_number=Secret(row.my_number),
        status=ResidentStatus(row.status),
        moved_to=row.moved_to,
        moves_on=row.moves_on,
        former_surname=row.former_surname,
        alias=row.alias,
        alias_kana=row.alias_kana,
        foreign=foreign,
    )


def seal_row(generation: int, seal: Seal) -> dict[str, Any]:
    return {
        "generation": generation,
        "person": seal.person,
        "number": seal.number,
        "registered_on": seal.registered_on,
        "imprint": hashlib.sha256(seal.imprint_png).hexdigest(),
        "width_mm": seal.width_mm,
        "height_mm": seal.height_mm,
    }


def seal_of(row: Row[Any]) -> Seal:
    return Seal(row.person, row.registered_on, row.number, row.png, row.width_mm, row.height_mm)


def restriction_row(restriction: Restriction, told_at: str) -> dict[str, Any]:
    return {
        "person": restriction.person,
        "reason": restriction.reason,
        "since": restriction.since,
        "until": restriction.until,
        "released_on": restriction.released_on,
        "told_at": told_at,
    }


def restriction_of(row: Row[Any]) -> Restriction:
    return Restriction(row.person, row.reason, row.since, row.until, row.released_on)


def notice_row(generation: int, line: int, notice: IssueNotice) -> dict[str, Any]:
    return {
        "generation": generation,
        "line": line,
        "holder_ref": notice.holder_ref,
        "issue_number": notice.issue_number,
        "serial": f"{notice.serial:X}",
        "person": notice.person,
        "municipality": notice.municipality,
    }


def notice_of(row: Row[Any]) -> IssueNotice:
    return IssueNotice(row.holder_ref, row.issue_number, int(row.serial, 16), row.person, row.municipality)
