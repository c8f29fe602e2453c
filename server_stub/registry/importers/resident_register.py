"""The resident register of a delivery: reading it, and what must hold between its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, insert, or_, select

from server_stub.interface.failures import Failed
from server_stub.registry import tables
from server_stub.registry.tables import (
    Version,
    generations,
    my_numbers,
    persons,
    replaced,
    seal_ends,
    seals,
    set_asides,
)

from .delivery_slip import broken
from .format_file import CANCELLED, ENTRY, HISTORY, PERSON, PROVISIONAL, VALID, FileFormat
from .generation import NOBODY, Generation, batches, deletes, history_number
from .person_record import HouseholdFault, check_households, person_row
from .row_function import Unusable
from .set_aside import Doubt, SetAside

_FEW = 400
"""Texts that one query looks for; with more of them every household is looked at."""


def take_residents(generation: Generation) -> int:
    """Read the residents, set aside who cannot be used, and note each household in which somebody may be missing. Returns how
    many rows were written.

    Raises as `read_rows`, and Failed: Delivery_Empty, Delivery_Drop_Too_Large, Delivery_Row_Broken for a row of which
    nothing says where it is missing.
    """
    file = generation.format.file_of(PERSON)
    generation.touched[PERSON] = set()
    count = _read_persons(generation, file) if file is not None else 0
    with generation.engine.begin() as connection:
        _set_same_numbers_aside(generation, connection, file)
        generation.asides.add_groups(connection, PERSON, generation.now)
        removed = generation.asides.persons(PERSON)
        generation.delete(connection, persons, "key", [{"key": key} for key in removed])
        _check_residents(generation, connection, len(removed) + len(generation.asides.nobodys))
        _find_gaps(generation, connection)
        generation.carry_over(connection, PERSON)
    with generation.engine.begin() as connection:
        _set_households_aside(generation, connection, file)
    generation.known |= generation.asides.persons(PERSON)
    return count


def _read_persons(generation: Generation, file: FileFormat) -> int:
    before = generation.living_keys(persons)
    unusable_before = generation.unusable_before(PERSON)
    touched = generation.touched[PERSON]
    seen: set[str] = set()
    """The numbers of the rows so far: of a differential delivery all, of a full one those that are no records, and of this batch."""
    written: set[str] = set()
    provisional: set[str] = set()
    gone: list[dict[str, Any]] = []
    told_on = generation.slip.told_on

    def rule(found: dict[str, Any]) -> dict[str, Any] | None:
        key = found["key"]
        if not key:
            raise Unusable("key", "必須項目")
        if found.get(ENTRY) == PROVISIONAL:
            # what is not approved changes nothing (標準仕様書 4.0.8): the row before it stands
            provisional.add(key)
            return None
        if key in seen:
            # of a full register one of the two rows is somebody else's
            raise Unusable("key", "重複しない番号", () if generation.format.differential else (NOBODY,))
        seen.add(key)
        if deletes(found, key in before, key in unusable_before):
            gone.append({"key": key, "person": key})
            return None
        history = history_number(found.pop(HISTORY, None))
        if found.pop(ENTRY, VALID) == CANCELLED:
            gone.append({"key": key, "person": key})
            return None
        row = person_row(found, told_on)
        row[HISTORY] = history
        return row

    def prepare(batch: list[dict[str, Any]]) -> None:
        before.look_up({found["key"] for found in batch})
        if not generation.format.differential:
            seen.difference_update(written)
            written.clear()
            written.update(generation.there(persons, "key", {found["key"] for found in batch}))
            seen.update(written)

    def usable() -> Iterator[list[dict[str, Any]]]:
        for batch in generation.rows(file, "key", "household", rule, prepare=prepare):
            for line, row in batch:
                row["generation"] = generation.number
                row["line"] = line
                written.add(row["key"])
            yield [row for _, row in batch]

    count = generation.write(persons, usable())
    with generation.engine.begin() as connection:
        generation.delete(connection, persons, "key", gone)
        generation.delete(connection, seals, "person", gone)
        generation.delete(connection, seal_ends, "person", gone)
    generation.gone = {row["key"] for row in gone}
    if generation.format.differential:
        touched |= seen
    generation.known |= (seen - generation.gone) | provisional
    return count


def _set_same_numbers_aside(generation: Generation, connection: Connection, file: FileFormat | None) -> None:
    """Nobody can say whose a 個人番号 is that two persons have."""
    if file is None:
        return
    version, table = generation.now, my_numbers.c
    if not generation.format.differential:
        own = select(persons.c.generation, persons.c.my_number, persons.c.key)
        numbered = own.where(persons.c.generation == version.number, persons.c.my_number != "")
        in_order = numbered.order_by(persons.c.my_number)
        connection.execute(insert(my_numbers).from_select(["generation", "my_number", "person"], in_order))
    # of two that have the same one at least is of this delivery
    those = select(table.my_number).where(table.generation == version.number)
    query = (
        select(table.my_number)
        .where(version.rows(my_numbers))
        .group_by(table.my_number)
        .having(func.count() > 1)
    )
    twice = list(connection.scalars(query.where(table.my_number.in_(those)) if version.base else query))
    if not twice:
        return
    whose = select(table.person).where(version.rows(my_numbers), table.my_number.in_(twice))
    line = case((persons.c.generation == version.number, persons.c.line), else_=0).label("line")
    rows = connection.execute(
        select(persons.c.my_number, line, persons.c.key, persons.c.household)
        .where(version.rows(persons), persons.c.key.in_(list(connection.scalars(whose))))
        .order_by(persons.c.my_number, line)
    ).all()
    column = generation.row_function(file).column_of("my_number")
    for _, found in groupby(rows, key=lambda row: row.my_number):
        several = list(found)
        row = SetAside(PERSON, file.name, several[-1].line, column, "重複しない番号")
        generation.asides.add(row, [(one.key, one.household) for one in several])


def _check_residents(generation: Generation, connection: Connection, set_aside: int) -> None:
    """Raises Failed: Delivery_Empty, Delivery_Drop_Too_Large(before, now, most_percent)."""

    before, now = _count(generation, connection)
    generation.residents = now
    most = generation.terms.most_drop_percent
    if now == 0:
        raise Failed("Delivery_Empty")
    if (before - now - set_aside) * 100 > before * most:
        raise Failed("Delivery_Drop_Too_Large", before=before, now=now, most_percent=most)


def _count(generation: Generation, connection: Connection) -> tuple[int, int]:
    """How many live there by the living generation, and by this one; of a differential delivery only whom it changes is counted."""

    def residents(version: Version, *which: Any) -> int:
        lives = persons.c.status.in_(sorted(tables.LIVING_THERE))
        return connection.scalar(select(func.count()).where(version.rows(persons), lives, *which)) or 0

    told = select(generations.c.residents).where(generations.c.number == generation.living)
    before = connection.scalar(told)
    if before is None:
        before = residents(generation.before)
    if not generation.format.differential:
        return before, residents(generation.now)
    changed = generation.touched[PERSON] | generation.gone | generation.asides.persons(PERSON)
    now = before
    for some in batches(sorted(changed)):
        those = persons.c.key.in_(some)
        now += residents(generation.now, those) - residents(generation.before, those)
    return before, now


def _alike_households(
    generation: Generation, connection: Connection, rows: Sequence[frozenset[str]]
) -> list[dict[str, set[str]]]:
    """For each row the households whose head's name, or whose address, is among its texts, with what of them is."""
    found: list[dict[str, set[str]]] = [{} for _ in rows]
    wanted: dict[str, list[dict[str, set[str]]]] = {}
    for texts, households in zip(rows, found, strict=True):
        for text in texts:
            wanted.setdefault(text, []).append(households)
    if not wanted:
        return found
    query = select(persons.c.household, persons.c.head_of_household, persons.c.address).where(
        generation.now.rows(persons), persons.c.status.in_(sorted(tables.LIVING_THERE))
    )
    if len(wanted) <= _FEW:
        query = query.where(or_(persons.c.head_of_household.in_(wanted), persons.c.address.in_(wanted)))
    for household, *told in connection.execute(query.distinct()):
        for text in told:
            for households in wanted.get(text, ()):
                households.setdefault(household, set()).add(text)
    return found


def _find_gaps(generation: Generation, connection: Connection) -> None:
    """Note for each row that was set aside the households it may be missing in. Raises as `_check_placed`."""
    doubts = generation.asides.doubts_of(PERSON)
    alike = _alike_households(generation, connection, [doubt.cells for doubt in doubts])
    generation.asides.add_groups(connection, PERSON, generation.before)
    placed = generation.asides.placed(PERSON)
    heads = {text for doubt in doubts if doubt.head for text in doubt.texts}
    for doubt, found in zip(doubts, alike, strict=True):
        missed = _leave_gaps(generation, connection, doubt, found)
        told = {one for one, by in found.items() if by & doubt.texts or not doubt.row_fits}
        _check_placed(doubt, placed, told | missed | (doubt.texts & heads))
    generation.asides.add_groups(connection, PERSON, generation.before)


def _leave_gaps(
    generation: Generation, connection: Connection, doubt: Doubt, alike: dict[str, set[str]]
) -> set[str]:
    """A row that cannot be used is missing in its own household if the row says which, and others agree with it or it is the
    head's; else in every one that it may be of. If it does not say whose it is, it may be of anybody who was there before, or had
    been set aside, and is not found now. The households of those among them whom its cells name."""
    certain = bool(doubt.group) and (
        doubt.head or bool(doubt.texts) and doubt.texts <= alike.get(doubt.group, set())
    )
    if not certain:
        for household in alike:
            generation.asides.also(doubt.row, doubt.person, household)
    named: set[str] = set()
    if doubt.person and doubt.row_fits:
        return named
    for of_before, key, of in (
        (generation.before.rows(persons), persons.c.key, persons.c.household),
        (
            and_(set_asides.c.generation == generation.living, set_asides.c.register == PERSON),
            set_asides.c.person,
            set_asides.c.group,
        ),
    ):
        query = _not_there_now(generation, select(key, of).where(of_before), key)
        if certain:
            query = query.where(of == doubt.group)
        for missing, household in connection.execute(query):
            if missing not in generation.gone:
                generation.asides.also(doubt.row, missing, household)
                if {missing, household} & doubt.cells:
                    named.add(household)
    return named


def _not_there_now(generation: Generation, query: Select[Any], key: ColumnElement[str]) -> Select[Any]:
    """Those of `query` of whom this generation has no record."""
    now, new = generation.now, persons.alias("new")
    gone = exists().where(
        replaced.c.generation == now.number, replaced.c.of == persons.name, replaced.c.key == new.c.key
    )
    there = exists().where(
        new.c.generation.in_([now.number, now.base]),
        new.c.key == key,
        or_(new.c.generation == now.number, ~gone),
    )
    return query.where(~there)


def _check_placed(doubt: Doubt, placed: set[str], found: set[str]) -> None:
    """Raises Failed(Delivery_Row_Broken) for a row of which nothing says which household it leaves a gap in: it may be any one.

    `placed`: of whom a household is known from before; `found`: the households that the row speaks of, and what it
    has in common with heads who are set aside too."""
    told = bool(found) or (doubt.row_fits and doubt.person in placed)
    if not (told or doubt.group or doubt.head):
        raise broken(doubt.row.file, doubt.row.line, doubt.column, "世帯番号、世帯主か住所の読み取れる行")


def _set_households_aside(generation: Generation, connection: Connection, file: FileFormat | None) -> None:
    """Set aside every household whose rows contradict each other. One of its members may belong to another that has the same
    head's name or address, which is then not complete."""
    incomplete = generation.asides.households() | {row["group"] for row in generation.carried}
    among = _may_have_changed(generation, connection) | incomplete if generation.format.differential else None
    faults = list(check_households(connection, generation.now, incomplete, among))
    alike = _alike_households(generation, connection, [fault.texts for fault in faults])
    for fault, found in zip(faults, alike, strict=True):
        row = _set_household_aside(generation, fault, file)
        for household in found.keys() - {fault.household}:
            generation.asides.also(row, fault.members[0], household)
    generation.asides.add_groups(connection, PERSON, generation.before)


def _may_have_changed(generation: Generation, connection: Connection) -> set[str]:
    """The households that a differential delivery may have changed, and those of which somebody was set aside before."""
    before = select(set_asides.c.group).where(
        set_asides.c.generation == generation.living,
        set_asides.c.register == PERSON,
        set_asides.c.group != "",
    )
    found = set(connection.scalars(before))
    for some in batches(
        sorted(generation.touched[PERSON] | generation.gone | generation.asides.persons(PERSON))
    ):
        for version in (generation.before, generation.now):
            query = select(persons.c.household).where(version.rows(persons), persons.c.key.in_(some))
            found.update(connection.scalars(query))
    return found


def _set_household_aside(generation: Generation, fault: HouseholdFault, file: FileFormat | None) -> SetAside:
    name, column = "", fault.unusable.target
    if file is not None:
        name, column = file.name, generation.row_function(file).column_of(column)
    row = SetAside(PERSON, name, fault.line, column, fault.unusable.expected)
    generation.asides.add(row, [(member, fault.household) for member in fault.members])
    return row
