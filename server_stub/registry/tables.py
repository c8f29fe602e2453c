"""The tables of the replica, and records from their rows; the importers make the rows from what was delivered.

Generations are a column, first in every key, not tables of their own: the schema stays what Alembic knows on SQLite and
PostgreSQL alike, a read is one descent of one index whatever number of generations lies there, and on PostgreSQL the same
column can become the partition key when dropping a generation of 1.5 million rows at once matters. A differential delivery of some
hundred rows does not copy the others: its generation has a base and the rows that it changes (`rows_of`). Imprints are kept once
under their SHA-256 and shared by the generations, so that a new one does not copy gigabytes of pictures.

Restrictions (発行制限) are of no generation: they count as soon as they are known, also when the rest of their delivery is
refused, and stay when a generation is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    and_,
    exists,
    false,
    func,
    or_,
)

from server_stub.interface.secret import Secret

from .records import (
    ForeignResident,
    IssueNotice,
    Person,
    Record,
    ResidentStatus,
    Restriction,
    Seal,
    SealStatus,
    Sex,
)
from .values import Reading, ReadingKind, RegisterDate

metadata = MetaData()

generations = Table(
    "generation",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("municipality", String(5), nullable=False),
    Column("made_at", String(32), nullable=False, comment="作成日時 of the delivery, ISO 8601"),
    Column("loaded_at", String(32), nullable=False),
    Column("taken_back_at", String(32), comment="NULL: it was not"),
    Column("digest", String(64), comment="SHA-256 of the delivered files; NULL: of before there was one"),
    Column("base", Integer, comment="the generation that its own rows change; NULL: they are all of it"),
    Column("residents", Integer, comment="how many live there by it; NULL: not counted"),
    Column("removed", Boolean, nullable=False, server_default=false(), comment="it cannot be read any more"),
    Column(
        "notices_of", Integer, comment="the generation whose issue notices stand before its own; NULL: none"
    ),
    Column("notices_bytes", BigInteger, comment="length of the file of issue notices; NULL: it is read anew"),
    Column("notices_digest", String(64), comment="SHA-256 of that file"),
    Column("notices_line", BigInteger, comment="its last line"),
)
"""One row a delivery that was applied; it stays when the generation's records are gone. `base` never has a base itself."""

pointer = Table(
    "pointer",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("generation", Integer, nullable=False),
)

refusal = Table(
    "refusal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="always 1"),
    Column("at", String(32), nullable=False),
    Column("failure", String(100), nullable=False),
)
"""The latest delivery that was refused, until one is taken in: whoever watches reads it, and no paper."""

persons = Table(
    "person",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("key", String(40), primary_key=True),
    Column("line", Integer, nullable=False, comment="of the delivered file"),
    Column("household", String(40), nullable=False),
    Column("position", Integer, nullable=False, comment="0: the register has none"),
    Column("name", String(200), nullable=False),
    Column("kana", String(200), nullable=False),
    Column("reading", String(10), nullable=False, comment="how much of kana is official"),
    Column("birth", Date, nullable=False, comment="the inner date"),
    Column(
        "birth_words",
        String(60),
        nullable=False,
        comment="as stated, where it is no calendar day; else empty",
    ),
    Column("sex", String(1), nullable=False, comment="empty: not recorded"),
    Column("relationship", String(20), nullable=False),
    Column("address", String(300), nullable=False),
    Column("head_of_household", String(200), nullable=False),
    Column("resident_since", Date, nullable=False),
    Column("resident_since_words", String(60), nullable=False),
    Column("address_since", Date),
    Column("address_since_words", String(60), nullable=False),
    Column("notified_on", Date),
    Column("previous_address", String(300), nullable=False),
    Column("address_before", String(300), nullable=False),
    Column("domicile", String(300), nullable=False),
    Column("domicile_head", String(200), nullable=False),
    Column("my_number", String(12), nullable=False),
    Column("status", String(12), nullable=False),
    Column("moved_to", String(300), nullable=False),
    Column("moves_on", Date),
    Column("arrived_on", Date),
    Column("former_surname", String(200), nullable=False),
    Column("former_kana", String(200), nullable=False),
    Column("former_reading", String(10), nullable=False),
    Column("alias", String(200), nullable=False),
    Column("alias_kana", String(200), nullable=False),
    Column("kanji_name", String(200), nullable=False),
    Column("nationality", String(100), nullable=False, comment="empty: Japanese national"),
    Column("status_of_residence", String(100), nullable=False),
    Column("period", String(100), nullable=False),
    Column("period_ends", Date),
    Column("card_number", String(12), nullable=False),
    Column("category", String(100), nullable=False),
    Column("characters_pending", Boolean, nullable=False, default=False),
    Column("history", Integer, comment="履歴番号; NULL: the delivery has none"),
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
    Column("status", String(20), nullable=False),
    Column("katakana", String(200), nullable=False, comment="empty: none"),
    Column("ward", Boolean, nullable=False, comment="成年被後見人"),
    Index("seal_imprint", "imprint"),
)
"""Registrations that have not ended, one a person."""

seal_ends = Table(
    "seal_end",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("person", String(40), primary_key=True),
    Column("number", String(20), nullable=False),
    Column("ended_on", Date, nullable=False),
    Column("cause", String(20), nullable=False, comment="empty: not delivered"),
)
"""The latest registration of a person that has ended. Its imprint is not kept: it can never be printed."""

seal_histories = Table(
    "seal_history",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("number", String(20), primary_key=True),
    Column("history", Integer, nullable=False, comment="履歴番号"),
)
"""The state of every registration that was delivered with its states: also of one that has ended, or was cancelled."""

imprints = Table(
    "imprint",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("png", LargeBinary, nullable=False),
)

restrictions = Table(
    "restriction",
    metadata,
    Column("person", String(40), primary_key=True),
    Column("household", String(40), primary_key=True),
    Column("register", String(100), primary_key=True),
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
    Index("restriction_household", "household"),
    Index("restriction_register", "register"),
)
"""One row a measure (発行制限), of whatever delivery. It names a person, a household, a family register, or several; '' is none."""

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
    Column("issued_at", String(32), comment="発行日時, ISO 8601; NULL: of before this was kept"),
    Index("notice_person", "generation", "person", "line"),
)

records = Table(
    "record",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("register", String(40), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("line", Integer, nullable=False, comment="of the delivered file"),
    Column("person", String(40), nullable=False, comment="empty: of nobody alone"),
    Column("group", String(100), nullable=False, comment="empty: none"),
    Column("body", JSON, nullable=False),
    Column("history", Integer, comment="履歴番号; NULL: the delivery has none"),
    Index("record_person", "generation", "register", "person"),
    Index("record_group", "generation", "register", "group"),
)
"""Records of every register that has no table of its own; `body` is what the kind of certificate that owns it makes of it."""

set_asides = Table(
    "set_aside",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("register", String(40), nullable=False),
    Column("person", String(40), nullable=False, comment="empty: it cannot be read whose row it is"),
    Column("key", String(100), nullable=False, comment="of the record; empty: it cannot be read"),
    Column(
        "group", String(100), nullable=False, comment="the household, or the group of a record; empty: none"
    ),
    Column("file", String(100), nullable=False),
    Column("line", Integer, nullable=False),
    Column("column", String(100), nullable=False),
    Column("remedy", String(300), nullable=False, comment="what is expected there"),
    Index("set_aside_person", "generation", "person", "register"),
    Index("set_aside_group", "generation", "group", "register"),
)
"""Whose records of a register cannot be used, and the row that shows it."""

EVERY_GROUP = "*"
"""Stands for the group in a row of `set_aside` that may be of any group."""

replaced = Table(
    "replaced",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("of", String(20), primary_key=True, comment="the table"),
    Column("key", String(150), primary_key=True),
)
"""The rows of its base that a generation does not have, or has in a row of its own."""

my_numbers = Table(
    "my_number",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("my_number", String(12), primary_key=True),
    Column("person", String(40), primary_key=True),
)
"""Who has which 個人番号: written in their order when all are there, so that no index slows down each row of a large delivery."""

search_words = Table(
    "search_word",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("register", String(40), primary_key=True),
    Column("word", String(200).with_variant(String(200, collation="C"), "postgresql"), primary_key=True),
    Column("key", String(100), primary_key=True),
)
"""By which words somebody or something is found: of `PERSON_WORDS` names in characters and in kana without blanks, of a register what
its kind says. Only rows of the generation's own; some may be of a record that is another by now."""
PERSON_WORDS = "person"
ANY_WORD = "*"
"""A record that may be meant by any word."""


def plain_word(text: Any) -> ColumnElement[str]:
    """A name without its blanks."""
    return func.replace(func.replace(text, "\u3000", ""), " ", "")


OF_A_GENERATION = (
    persons,
    seals,
    seal_ends,
    seal_histories,
    records,
    set_asides,
    notices,
    replaced,
    my_numbers,
    search_words,
)
NO_BASE = 0
_REPLACED_BY: dict[str, tuple[str, ColumnElement[str]]] = {
    persons.name: (persons.name, persons.c.key),
    my_numbers.name: (persons.name, my_numbers.c.person),
    seals.name: (seals.name, seals.c.person),
    seal_ends.name: (seal_ends.name, seal_ends.c.person),
    seal_histories.name: (seal_histories.name, seal_histories.c.number),
    records.name: (records.name, records.c.register + "/" + records.c.key),
}
REPLACEABLE = frozenset(_REPLACED_BY)
"""The tables of which a generation may have a few rows of its own and all others of its base."""


def rows_of(table: Table, number: Any, base: Any) -> ColumnElement[bool]:
    """The condition for the rows of `table` that a generation has: its own, and those of its base (NO_BASE: none) that it does not
    replace. `number` and `base`: values or parameters."""
    of, key = _REPLACED_BY[table.name]
    gone = exists().where(replaced.c.generation == number, replaced.c.of == of, replaced.c.key == key)
    return and_(table.c.generation.in_([number, base]), or_(table.c.generation == number, ~gone))


def replaced_key(table: Table, row: Mapping[str, Any], key: str) -> dict[str, str]:
    """What stands in `replaced` for a row of `table` with `key`."""
    own = f"{row['register']}/{row[key]}" if table is records else row[key]
    return {"of": table.name, "key": own}


@dataclass(frozen=True, slots=True)
class Version:
    """A generation with the base that it changes."""

    number: int
    base: int = NO_BASE

    def rows(self, table: Table) -> ColumnElement[bool]:
        return rows_of(table, self.number, self.base)


LIVING_THERE = frozenset({ResidentStatus.RESIDENT.value, ResidentStatus.MOVING_OUT.value})
"""Statuses of those who live in their household now: who has announced a move has not gone yet."""


def person_of(row: Any) -> Person:
    """`row`: one of the table, or anything with its columns as attributes."""
    foreign = None
    if row.nationality:
        foreign = ForeignResident(
            nationality=row.nationality,
            category=row.category,
            status_of_residence=row.status_of_residence,
            period=row.period,
            period_ends=row.period_ends,
            card_number=row.card_number,
            kanji_name=row.kanji_name,
        )
    return Person(
        key=row.key,
        household=row.household,
        order=row.position,
        name=row.name,
        reading=Reading(ReadingKind(row.reading), row.kana),
        birth=RegisterDate.stated(row.birth_words, row.birth, western=foreign is not None),
        sex=Sex(row.sex),
        relationship=row.relationship,
        address=row.address,
        head_of_household=row.head_of_household,
        resident_since=RegisterDate.stated(row.resident_since_words, row.resident_since),
        address_since=RegisterDate.stated(row.address_since_words, row.address_since)
        if row.address_since
        else None,
        notified_on=row.notified_on,
        previous_address=row.previous_address,
        domicile=row.domicile,
        domicile_head=row.domicile_head,
        my_number=Secret(row.my_number),
        status=ResidentStatus(row.status),
        moved_to=row.moved_to,
        moves_on=row.moves_on,
        arrived_on=row.arrived_on,
        former_surname=row.former_surname,
        former_reading=Reading(ReadingKind(row.former_reading), row.former_kana),
        alias=row.alias,
        alias_kana=row.alias_kana,
        address_before=row.address_before,
        foreign=foreign,
        characters_pending=bool(row.characters_pending),
    )


def seal_of(row: Row[Any]) -> Seal:
    return Seal(
        row.person,
        row.registered_on,
        row.number,
        row.png,
        row.width_mm,
        row.height_mm,
        SealStatus(row.status),
        row.katakana,
        row.ward,
    )


def record_of(row: Row[Any]) -> Record:
    return Record(row.register, row.key, row.person, row.group, row.body)


def restriction_row(restriction: Restriction, told_at: str) -> dict[str, Any]:
    return {
        "person": restriction.person,
        "household": restriction.household,
        "register": restriction.register,
        "reason": restriction.reason,
        "since": restriction.since,
        "until": restriction.until,
        "released_on": restriction.released_on,
        "told_at": told_at,
    }


def restriction_of(row: Row[Any]) -> Restriction:
    return Restriction(
        row.person, row.reason, row.since, row.until, row.released_on, row.household, row.register
    )


def notice_row(generation: int, line: int, notice: IssueNotice) -> dict[str, Any]:
    return {
        "generation": generation,
        "line": line,
        "holder_ref": notice.holder_ref,
        "issue_number": notice.issue_number,
        "serial": f"{notice.serial:X}",
        "person": notice.person,
        "municipality": notice.municipality,
        "issued_at": None if notice.issued_at is None else notice.issued_at.isoformat(),
    }


def notice_of(row: Row[Any]) -> IssueNotice:
    return IssueNotice(
        row.holder_ref,
        row.issue_number,
        int(row.serial, 16),
        row.person,
        row.municipality,
        None if row.issued_at is None else datetime.fromisoformat(row.issued_at),
    )
