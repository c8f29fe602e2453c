"""The tables of the replica, and records as their rows and back; the one place that knows both.

Generations are a column, first in every key, not tables of their own: the schema stays what Alembic knows on SQLite and
PostgreSQL alike, a read is one descent of one index whatever number of generations lies there, and on PostgreSQL the same
column can become the partition key when dropping a generation of 1.5 million rows at once matters. Imprints are kept once
under their SHA-256 and shared by the generations, so that a new one does not copy gigabytes of pictures.

Restrictions (発行制限) are of no generation: they count as soon as they are known, also when the rest of their delivery is
refused, and stay when a generation is taken back.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
)

from server_stub.interface.secret import Secret

from .records import ForeignResident, IssueNotice, Person, ResidentStatus, Restriction, Seal, Sex

metadata = MetaData()

generations = Table(
    "generation",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("municipality", String(5), nullable=False),
    Column("made_at", String(32), nullable=False, comment="作成日時 of the delivery, ISO 8601"),
    Column("loaded_at", String(32), nullable=False),
    Column("taken_back_at", String(32), comment="NULL: it was not"),
)
"""One row a delivery that was applied; it stays when the generation's records are gone."""

pointer = Table(
    "pointer",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("generation", Integer, nullable=False),
)

persons = Table(
    "person",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("key", String(40), primary_key=True),
    Column("line", Integer, nullable=False, comment="of the delivered file"),
    Column("household", String(40), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("kana", String(200), nullable=False),
    Column("birth", Date, nullable=False),
    Column("sex", String(1), nullable=False),
    Column("relationship", String(20), nullable=False),
    Column("address", String(300), nullable=False),
    Column("head_of_household", String(200), nullable=False),
    Column("resident_since", Date, nullable=False),
    Column("address_since", Date),
    Column("notified_on", Date, nullable=False),
    Column("previous_address", String(300), nullable=False),
    Column("domicile", String(300), nullable=False),
    Column("domicile_head", String(200), nullable=False),
    Column("my_number", String(12), nullable=False),
    Column("status", String(12), nullable=False),
    Column("moved_to", String(300), nullable=False),
    Column("moves_on", Date),
    Column("former_surname", String(200), nullable=False),
    Column("alias", String(200), nullable=False),
    Column("alias_kana", String(200), nullable=False),
    Column("nationality", String(100), nullable=False, comment="empty: Japanese national"),
    Column("status_of_residence", String(100), nullable=False),
    Column("period", String(100), nullable=False),
    Column("period_ends", Date),
    Column("card_number", String(12), nullable=False),
    Column("category", String(100), nullable=False),
    Index("person_household", "generation", "household", "position"),
)

seals = Table(
    "seal",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("person", String(40), primary_key=True),
    Column("number", String(20), nullable=False),
    Column("registered_on", Date, nullable=False),
    Column("imprint", String(64), nullable=False),
    Column("width_mm", Float, nullable=False),
    Column("height_mm", Float, nullable=False),
    Index("seal_imprint", "imprint"),
)

imprints = Table(
    "imprint",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("png", LargeBinary, nullable=False),
)

restrictions = Table(
    "measure",
    metadata,
    Column("person", String(40), primary_key=True),
    Column("reason", String(100), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("until", Date, comment="as announced; it ends nothing"),
    Column("released_on", Date, comment="the first day without it; NULL: in force"),
    Column(
        "told_at",
        String(32),
        nullable=False,
        comment="作成日時 of the list that said so last; empty: unknown",
    ),
)
"""One row a measure (発行制限), of whatever delivery."""

notices = Table(
    "notice",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("holder_ref", String(64), primary_key=True),
    Column("line", BigInteger, nullable=False, comment="order of issue"),
    Column("issue_number", String(100), nullable=False),
    Column("serial", String(40), nullable=False, comment="hexadecimal: up to 160 bits"),
    Column("person", String(40), nullable=False),
    Column("municipality", String(5), nullable=False),
    Index("notice_person", "generation", "person", "line"),
)

OF_A_GENERATION = (persons, seals, notices)


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
