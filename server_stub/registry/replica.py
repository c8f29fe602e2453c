"""Reading the replica: one generation from beginning to end; which deliveries were applied, and taking one back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import TracebackType
from typing import Any, Protocol

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    Table,
    bindparam,
    exists,
    func,
    or_,
    select,
    union,
    update,
)

from server_stub.db import migrate, open_engine
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace

from .household_order import in_order
from .records import IssueNotice, Person, Record, Restriction, Seal, SealEnd
from .tables import (
    ANY_WORD,
    EVERY_GROUP,
    LIVING_THERE,
    NO_BASE,
    PERSON_WORDS,
    generations,
    imprints,
    notice_of,
    notices,
    person_of,
    persons,
    plain_word,
    pointer,
    record_of,
    records,
    refusal,
    restriction_of,
    restrictions,
    rows_of,
    seal_ends,
    seal_of,
    seals,
    search_words,
    set_asides,
)

LAST_CHARACTER = "\U0010ffff"
"""Behind every word that begins with what stands before it."""
PERSON = "person"
"""The resident register; its groups are the households."""
_POINTER = (
    select(
        pointer.c.generation,
        generations.c.municipality,
        generations.c.made_at,
        generations.c.base,
        generations.c.notices_of,
    )
    .join(generations, generations.c.number == pointer.c.generation)
    .where(pointer.c.id == 1)
)


def _usable(
    generation: BindParameter[int], person: ColumnElement[str], register: str | ColumnElement[str]
) -> ColumnElement[bool]:
    """Whoever was set aside comes out of no question for records."""
    return ~exists().where(
        set_asides.c.generation == generation,
        set_asides.c.person == person,
        set_asides.c.person != "",
        set_asides.c.register == register,
    )


_GENERATION: BindParameter[int] = bindparam("generation")
_BASE: BindParameter[int] = bindparam("base")


def _has(table: Table) -> ColumnElement[bool]:
    """The rows that the generation has which is read."""
    return rows_of(table, _GENERATION, _BASE)


_HAS_NOTICE = notices.c.generation.in_([_GENERATION, bindparam("notices_of")])
_PERSON_USABLE = _usable(_GENERATION, persons.c.key, "person")
_BY_KEY = select(persons).where(_has(persons), persons.c.key == bindparam("key"), _PERSON_USABLE)
_HOUSEHOLD = select(persons).where(
    _has(persons),
    persons.c.household == bindparam("household"),
    persons.c.status.in_(sorted(LIVING_THERE)),
    _PERSON_USABLE,
)
_SEAL = (
    select(seals, imprints.c.png)
    .join(imprints, imprints.c.sha256 == seals.c.imprint)
    .where(
        _has(seals),
        seals.c.person == bindparam("person"),
        _usable(_GENERATION, seals.c.person, "seal"),
    )
)
_SEAL_END = select(seal_ends.c.cause).where(_has(seal_ends), seal_ends.c.person == bindparam("person"))
_HOUSEHOLDS_OF = union(
    select(persons.c.household).where(_has(persons), persons.c.key == bindparam("person")),
    select(set_asides.c.group).where(
        set_asides.c.generation == bindparam("generation"),
        set_asides.c.person == bindparam("person"),
        set_asides.c.register == PERSON,
        set_asides.c.group != "",
    ),
)
"""Also of somebody whose record cannot be used."""
_MEMBERS = select(persons.c.key).where(_has(persons), persons.c.household == bindparam("group"))
_SET_ASIDE_OF = select(set_asides.c.person).where(
    set_asides.c.generation == bindparam("generation"),
    set_asides.c.register == bindparam("register"),
    set_asides.c.group == bindparam("group"),
    set_asides.c.person != "",
)
_PERSONS_OF = select(records.c.person).where(
    _has(records),
    records.c.register == bindparam("register"),
    records.c.group == bindparam("group"),
    records.c.person != "",
)
_IN_FORCE = (
    restrictions.c.since <= bindparam("on"),
    or_(restrictions.c.released_on.is_(None), restrictions.c.released_on > bindparam("on")),
)
"""The announced last day ends nothing."""
_UNRELEASED = (or_(restrictions.c.released_on.is_(None), restrictions.c.released_on > bindparam("on")),)
_OF_THESE = or_(
    restrictions.c.person.in_(bindparam("persons", expanding=True)),
    restrictions.c.household.in_(bindparam("households", expanding=True)),
    restrictions.c.register.in_(bindparam("registers", expanding=True)),
)
_FIRST = (restrictions.c.since, restrictions.c.reason)
_EARLIEST = select(restrictions).where(_OF_THESE, *_IN_FORCE).order_by(*_FIRST).limit(1)
_NOTICES = (
    select(notices)
    .where(_HAS_NOTICE, notices.c.person == bindparam("person"))
    .order_by(notices.c.line.desc())
)
_KEY_OF = select(notices.c.person).where(_HAS_NOTICE, notices.c.holder_ref == bindparam("holder_ref"))
_SET_ASIDE = (
    select(set_asides.c.number)
    .where(
        set_asides.c.generation == bindparam("generation"),
        set_asides.c.person == bindparam("person"),
        set_asides.c.register == bindparam("register"),
    )
    .limit(1)
)
_GROUP_SET_ASIDE = (
    select(set_asides.c.number)
    .where(
        set_asides.c.generation == bindparam("generation"),
        set_asides.c.group.in_([bindparam("group"), EVERY_GROUP]),
        set_asides.c.register == bindparam("register"),
    )
    .limit(1)
)
_RECORD = select(records).where(
    _has(records),
    records.c.register == bindparam("register"),
    _usable(_GENERATION, records.c.person, records.c.register),
)
_RECORD_BY_KEY = _RECORD.where(records.c.key == bindparam("key"))
_RECORDS = {
    (has_person, has_group): _RECORD.where(
        *([records.c.person == bindparam("person")] if has_person else ()),
        *([records.c.group == bindparam("group")] if has_group else ()),
    ).order_by(records.c.line, records.c.key)
    for has_person in (False, True)
    for has_group in (False, True)
}


class Also(Protocol):
    """What no delivery brought, and an official has decided (利用登録): asked beside the generation by the reader's own questions."""

    def key_of(self, holder_ref: str) -> str | None: ...

    def records(self, register: str, *, person: str | None, group: str | None) -> Iterable[Record]: ...

    def notices_of(self, person: str) -> Iterable[IssueNotice]: ...


AlsoRestricts = Callable[["ReplicaReader", Mapping[str, Sequence[str]], date], Restriction | None]
"""Finds a restriction on that day by somebody else than the existing systems, for any of these `persons`, `households` or `registers`."""


class ReplicaReader:
    """One generation, read inside one transaction: a flip or a removal meanwhile changes nothing here. Restrictions alone
    are read outside of it, at the moment of the question.

    A context manager; for one thread. `generation` is 0 and everything is absent as long as nothing was ever loaded.
    `made_at` is the 作成日時 of its delivery.
    """

    def __init__(
        self, connection: Connection, now: Engine, also_restricts: AlsoRestricts | None = None
    ) -> None:
        """`now`: where what is of no generation is read, with connections of its own: whoever holds a generation waits for none
        that another such holds. `also_restricts`: who else knows of restrictions."""
        self._connection = connection
        self._now = now
        self._also_restricts = also_restricts
        found = connection.execute(_POINTER).first()
        self.generation: int = found.generation if found else 0
        self._of_it = {
            "generation": self.generation,
            "base": (found and found.base) or NO_BASE,
            "notices_of": (found and found.notices_of) or NO_BASE,
        }
        self.municipality: str = found.municipality if found else ""
        self.made_at: datetime | None = datetime.fromisoformat(found.made_at) if found else None
        self._also: Also | None = None

    def also(self, source: Also) -> None:
        """Answer from now on with what `source` has as well. Where a delivery has a record of the same register and key, or a notice
        of the same certificate, the delivery counts."""
        self._also = source

    def __enter__(self) -> ReplicaReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def _first(self, statement: Any, **parameters: Any) -> Any:
        return self._connection.execute(statement, {**self._of_it, **parameters}).first()

    def key_of(self, holder_ref: str) -> str | None:
        """The person in the issue notice of this certificate, whether or not there is a usable record; None: no notice."""
        found = self.delivered_key_of(holder_ref)
        return found if found is not None or self._also is None else self._also.key_of(holder_ref)

    def delivered_key_of(self, holder_ref: str) -> str | None:
        """The same by the delivered notices alone."""
        row = self._first(_KEY_OF, holder_ref=holder_ref)
        return row.person if row else None

    def is_set_aside(self, person: str, register: str = "person") -> bool:
        """Whether the municipality's record of this person in `register` cannot be used."""
        return self._first(_SET_ASIDE, person=person, register=register) is not None

    def check_usable(self, person: str, register: str = "person") -> None:
        """Raises Failed(Record_Unusable) for somebody whose record in `register` was set aside."""
        if self.is_set_aside(person, register):
            raise Failed("Record_Unusable", register=register)

    def group_is_complete(self, register: str, group: str) -> bool:
        """False if a delivered row of that group could not be used, or may have been of it: then nobody can say who all its members
        are. In the register "person" a group is a household."""
        return self._first(_GROUP_SET_ASIDE, group=group, register=register) is None

    def record(self, register: str, key: str) -> Record | None:
        """One record of a register that has no type of its own."""
        row = self._first(_RECORD_BY_KEY, register=register, key=key)
        if row or self._also is None:
            return record_of(row) if row else None
        found = self._also.records(register, person=key, group=None)
        return next((one for one in found if one.key == key), None)

    def records(
        self, register: str, *, person: str | None = None, group: str | None = None
    ) -> tuple[Record, ...]:
        """The records of a register, of one person or group or of all, in the order of their delivery."""
        parameters: dict[str, Any] = {**self._of_it, "register": register}
        parameters |= {"person": person} if person is not None else {}
        parameters |= {"group": group} if group is not None else {}
        statement = _RECORDS[person is not None, group is not None]
        found = [record_of(row) for row in self._connection.execute(statement, parameters)]
        if self._also is not None and (person is not None or group is not None):
            keys = {one.key for one in found}
            also = self._also.records(register, person=person, group=group)
            found += [one for one in also if one.key not in keys]
        return tuple(found)

    def keys_with(self, register: str, words: Iterable[str]) -> tuple[str, ...]:
        """The keys of the records of a register that are filed under one of `words` (`search_words` of the kind's class of bodies), or
        may be meant by any."""
        filed = select(search_words.c.key).where(
            search_words.c.generation.in_([_GENERATION, _BASE]),
            search_words.c.register == bindparam("register"),
            search_words.c.word.in_([*words, ANY_WORD]),
        )
        statement = select(records.c.key).where(
            _has(records), records.c.register == bindparam("register"), records.c.key.in_(filed)
        )
        found = self._connection.execute(statement, {**self._of_it, "register": register})
        return tuple(found.scalars())

    def person(self, key: str) -> Person | None:
        """The record of that 宛名番号; None for whoever was set aside."""
        row = self._first(_BY_KEY, key=key)
        return person_of(row) if row else None

    def find_people(self, begins: str, birth: date | None, limit: int) -> tuple[Person, ...]:
        """Whoever's name, in characters or in kana, begins so (blanks do not count), born on that day if one is told; by kana, at most
        `limit`."""
        plain = "".join(begins.split())
        if not plain:
            return ()
        filed = select(search_words.c.key).where(
            search_words.c.generation.in_([_GENERATION, _BASE]),
            search_words.c.register == PERSON_WORDS,
            search_words.c.word >= plain,
            search_words.c.word < plain + LAST_CHARACTER,
        )
        told = [plain_word(one) for one in (persons.c.name, persons.c.kana)]
        asked = select(persons).where(
            _has(persons),
            persons.c.key.in_(filed),
            or_(*(one.startswith(plain, autoescape=True) for one in told)),  # as it is now
            _PERSON_USABLE,
        )
        if birth is not None:
            asked = asked.where(persons.c.birth == birth)
        rows = self._connection.execute(
            asked.order_by(persons.c.kana, persons.c.key).limit(limit), self._of_it
        )
        return tuple(person_of(row) for row in rows)

    def household(self, key: str) -> tuple[Person, ...]:
        """Who lives in household `key` by the last delivery (also who has announced a move), in their order on paper."""
        parameters = {**self._of_it, "household": key}
        return in_order(person_of(row) for row in self._connection.execute(_HOUSEHOLD, parameters))

    def seal(self, person_key: str) -> Seal | None:
        """The registration that has not ended; None for never registered and for abolished (`seal_end`)."""
        row = self._first(_SEAL, person=person_key)
        return seal_of(row) if row else None

    def seal_end(self, person_key: str) -> SealEnd | None:
        """Why the person's latest registration has ended; None where none has. `seal` tells whether there is another."""
        row = self._first(_SEAL_END, person=person_key)
        return SealEnd(row.cause) if row else None

    def restriction(self, person_key: str, on: date) -> Restriction | None:
        """The earliest measure that is in force on that day, by what is known now, for the person or for the household that this
        generation has them in."""
        return self._restriction_of({person_key}, self.households_of(person_key), set(), on)

    def group_restriction(self, register: str, group: str, on: date) -> Restriction | None:
        """The earliest measure that is in force on that day for anybody of a group: a household (register "person"), or those of
        whom `register` has a record in `group`.

        It may name the group itself, one of its members, or a household that one of them is in. Members whose record cannot be
        used count as well. A paper that shows the whole group is for nobody then.
        """
        members = self.members_of(register, group)
        households = {one for member in members for one in self.households_of(member)}
        registers = set()
        if register == PERSON:
            households.add(group)
        else:
            registers.add(group)
        return self._restriction_of(members, households, registers, on)

    def register_restriction(self, register: str, on: date) -> Restriction | None:
        """The earliest measure that is in force on that day and names that family register itself, whoever is in it."""
        return self._restriction_of(set(), set(), {register}, on)

    def _keys(self, statement: Any, **parameters: Any) -> set[str]:
        return set(self._connection.scalars(statement, {**self._of_it, **parameters}))

    def households_of(self, person_key: str) -> set[str]:
        """The households that this generation has the person in, also by a record that cannot be used."""
        return self._keys(_HOUSEHOLDS_OF, person=person_key)

    def _restriction_of(
        self, persons: set[str], households: set[str], registers: set[str], on: date
    ) -> Restriction | None:
        """'' names nobody."""
        named = {
            name: sorted(keys - {""})
            for name, keys in (("persons", persons), ("households", households), ("registers", registers))
        }
        if not any(named.values()):
            return None
        delivered = self.delivered_restriction(named, on)
        if delivered is not None or self._also_restricts is None:
            return delivered
        return self._also_restricts(self, named, on)

    def delivered_restriction(self, named: Mapping[str, Sequence[str]], on: date) -> Restriction | None:
        """The earliest measure of a delivery that is in force on that day for any of these `persons`, `households` or `registers`."""
        with self._now.connect() as connection:
            row = connection.execute(_EARLIEST, {"on": on, **named}).first()
        return restriction_of(row) if row else None

    def members_of(self, register: str, group: str) -> set[str]:
        """The person keys of a group: of a household (register "person"), or of whom `register` has a record in `group`; also of
        whom the record cannot be used."""
        members = self._keys(_MEMBERS if register == PERSON else _PERSONS_OF, register=register, group=group)
        return members | self._keys(_SET_ASIDE_OF, register=register, group=group)

    def has_group(self, register: str, group: str) -> bool:
        """Whether `register` has a record in `group`, or of that key."""
        return (
            self.record(register, group) is not None
            or self._first(_RECORDS[False, True].limit(1), register=register, group=group) is not None
        )

    def register_state(self, number: str, registers: Iterable[str]) -> str:
        """Make a digest (SHA-256) of all records of a family register in this generation: a register whose state has changed has
        another. `registers`: where such records are."""
        found = hashlib.sha256()
        for register in sorted(registers):
            own = self.record(register, number)
            for record in (*self.records(register, group=number), *([own] if own is not None else ())):
                text = [register, record.key, record.person, record.body]
                found.update(json.dumps(text, sort_keys=True, ensure_ascii=False, default=str).encode())
        return found.hexdigest()

    def notices_of(self, person_key: str) -> tuple[IssueNotice, ...]:
        """The person's issue notices, latest first."""
        parameters = {**self._of_it, "person": person_key}
        found = [notice_of(row) for row in self._connection.execute(_NOTICES, parameters)]
        if self._also is not None:
            found += self._also.notices_of(person_key)
        return tuple(found)

    def holder_ref_of(self, person_key: str, presented: str = "") -> str | None:
        """The holder_ref in the person's own issue notices: `presented` if one of them has it, else the latest one's.

        So a person with several certificates is found under the card that was used, and another person's never is.
        """
        found = [notice.holder_ref for notice in self.notices_of(person_key)]
        if presented in found:
            return presented
        return found[0] if found else None


class Replica:
    """The replica at `url`, which `load_delivery` or the stage has brought to its schema. Safe from several threads."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._now = open_engine(url)
        self.also_restricts: AlsoRestricts | None = None
        """The issuing server sets it: what officials have set there counts beside what was delivered."""

    def open_generation(self) -> ReplicaReader:
        """A reader of the generation that is living now; close it (or use `with`) when the paper is made."""
        engine = self._engine
        if engine.dialect.name == "sqlite":
            connection = engine.connect()
            # the driver opens no transaction for reads by itself, and without one there is no snapshot
            connection.exec_driver_sql("BEGIN")
        else:
            connection = engine.connect().execution_options(isolation_level="REPEATABLE READ")
        try:
            return ReplicaReader(connection, self._now, self.also_restricts)
        except BaseException:
            connection.close()
            raise

    def last_delivery(self) -> tuple[datetime | None, bool]:
        """Tell the 作成日時 of the living generation (None: nothing was ever delivered), and whether a delivery was refused since."""
        with self._now.connect() as connection:
            made_at = connection.scalar(
                select(generations.c.made_at).where(generations.c.number == living_number(connection))
            )
            refused = connection.scalar(select(refusal.c.failure))
        return None if made_at is None else datetime.fromisoformat(made_at), refused is not None

    def refused_delivery(self) -> tuple[datetime, str] | None:
        """Tell when the latest delivery was refused and by which failure; None if one was taken in since."""
        with self._now.connect() as connection:
            row = connection.execute(select(refusal.c.at, refusal.c.failure)).first()
        return None if row is None else (datetime.fromisoformat(row.at), str(row.failure))

    def restrictions(
        self, on: date, *, overdue: bool, offset: int, limit: int
    ) -> tuple[list[Restriction], int]:
        """List the delivered measures that are not released on that day, and count those past their announced last day; `overdue`:
        list only these."""
        past = restrictions.c.until < on
        asked = select(restrictions).where(*_UNRELEASED, *([past] if overdue else []))
        order = (*_FIRST, restrictions.c.person, restrictions.c.household, restrictions.c.register)
        with self._now.connect() as connection:
            rows = connection.execute(asked.order_by(*order).offset(offset).limit(limit), {"on": on})
            found = [restriction_of(row) for row in rows]
            late = select(func.count()).select_from(restrictions).where(*_UNRELEASED, past)
            return found, connection.scalar(late, {"on": on}) or 0

    def set_aside_rows(self, after: int, limit: int) -> list[Any]:
        """List what of the living generation could not be used, by its number."""
        with self._now.connect() as connection:
            living = living_number(connection)
            asked = select(set_asides).where(set_asides.c.generation == living, set_asides.c.number > after)
            return list(connection.execute(asked.order_by(set_asides.c.number).limit(limit)))

    def set_aside_counts(self) -> dict[int, int]:
        """Count the rows that could not be used, by generation."""
        places = select(set_asides.c.generation, set_asides.c.file, set_asides.c.line).distinct().subquery()
        with self._now.connect() as connection:
            rows = connection.execute(select(places.c.generation, func.count()).group_by(places.c.generation))
            return {row[0]: row[1] for row in rows}

    def reopen(self) -> None:
        """Let go of all connections, because the database file was replaced."""
        self.close()

    def close(self) -> None:
        self._engine.dispose()
        self._now.dispose()


@dataclass(frozen=True, slots=True)
class Generation:
    """A delivery that was applied. `made_at` 作成日時; `living`: read now; `taken_back_at` is None unless it was; `digest`: SHA-256 of
    its files, '' where none was kept; `kept`: it can still be read."""

    number: int
    municipality: str
    made_at: datetime
    loaded_at: datetime
    living: bool
    taken_back_at: datetime | None
    digest: str
    kept: bool = True


def generations_of(url: str) -> tuple[Generation, ...]:
    """All that were ever applied to the replica at `url` (of the newest schema), oldest first."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            living = living_number(connection)
            rows = connection.execute(select(generations).order_by(generations.c.number)).all()
    finally:
        engine.dispose()
    return tuple(
        Generation(
            row.number,
            row.municipality,
            datetime.fromisoformat(row.made_at),
            datetime.fromisoformat(row.loaded_at),
            row.number == living,
            None if row.taken_back_at is None else datetime.fromisoformat(row.taken_back_at),
            row.digest or "",
            not row.removed,
        )
        for row in rows
    )


def living_number(connection: Connection) -> int:
    """0 as long as nothing was ever loaded."""
    return connection.scalar(select(pointer.c.generation)) or 0


def take_back(url: str, clock: Clock, trace: Trace) -> int:
    """Read the generation before the living one again, because what was applied last was applied by mistake; its number.

    Restrictions stay as they are known: taking back releases nobody. The number of what was taken back is never given
    again, so no paper of it passes for one of a later delivery. Raises Failed(Delivery_None_Before) when the one before is
    not kept any more: one is.
    """
    migrate(url, "server_stub.registry")
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            # a row is changed first: so nobody flips meanwhile
            connection.execute(update(pointer).values(id=1))
            living = living_number(connection)
            before = connection.scalar(
                select(func.max(generations.c.number)).where(
                    generations.c.number < living,
                    ~generations.c.removed,
                    generations.c.taken_back_at.is_(None),
                )
            )
            if before is None:
                raise Failed("Delivery_None_Before", generation=living)
            connection.execute(
                update(generations)
                .where(generations.c.number == living)
                .values(taken_back_at=clock.now().isoformat())
            )
            connection.execute(update(pointer).values(generation=before))
    finally:
        engine.dispose()
    trace.emit("operator", "delivery_taken_back", taken_back=living, generation=before)
    return int(before)
