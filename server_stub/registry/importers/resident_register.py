"""The resident register of a delivery: reading it, and what must hold between its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select

from server_stub.interface.failures import Failed
from server_stub.registry import tables
from server_stub.registry.tables import persons, seal_ends, seals, set_asides

from .delivery_slip import broken
from .format_file import CANCELLED, ENTRY, HISTORY, PERSON, PROVISIONAL, VALID, FileFormat
from .generation import NOBODY, Generation, deletes, history_number
from .person_record import HouseholdFault, check_households, person_row
from .row_function import Unusable
from .set_aside import Doubt, SetAside

_FEW = 400
"""Texts that one query looks for; with more of them every household is looked at."""


def take_residents(generation: Generation, before: set[str]) -> int:
    """Read the residents, set aside who cannot be used, and note each household in which somebody may be missing. Returns how
    many rows were written. `before`: the keys of the living generation; left are those that are not deleted.

    Raises as `read_rows`, and Failed: Delivery_Empty, Delivery_Drop_Too_Large, Delivery_Row_Broken for a row of which
    nothing says where it is missing.
    """
    file = generation.format.file_of(PERSON)
    count = _read_persons(generation, file, before) if file is not None else 0
    generation.known |= before
    with generation.engine.begin() as connection:
        _set_same_numbers_aside(generation, connection, file)
        generation.asides.add_groups(connection, PERSON, generation.number)
        removed = generation.asides.persons(PERSON)
        generation.delete(connection, persons, "key", [{"key": key} for key in removed])
        _check_residents(generation, connection, len(removed) + len(generation.asides.nobodys))
        _find_gaps(generation, connection)
        generation.carry_over(connection, PERSON)
    with generation.engine.begin() as connection:
        _set_households_aside(generation, connection, file)
    generation.known |= generation.asides.persons(PERSON)
    return count


def _read_persons(generation: Generation, file: FileFormat, before: set[str]) -> int:
    unusable_before = generation.unusable_before(PERSON)
    seen = generation.touched.setdefault(PERSON, set())
    provisional: set[str] = set()
    gone: list[dict[str, Any]] = []

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
        return person_row(found, generation.slip.told_on) | {HISTORY: history}

    def usable() -> Iterator[dict[str, Any]]:
        for line, row in generation.rows(file, "key", "household", rule):
            row["generation"] = generation.number
            row["line"] = line
            yield row

    count = generation.write(persons, usable())
    with generation.engine.begin() as connection:
        generation.delete(connection, persons, "key", gone)
        generation.delete(connection, seals, "person", gone)
        generation.delete(connection, seal_ends, "person", gone)
    generation.gone = {row["key"] for row in gone}
    before -= generation.gone
    generation.known |= (seen - generation.gone) | provisional
    return count


def _set_same_numbers_aside(generation: Generation, connection: Connection, file: FileFormat | None) -> None:
    """Nobody can say whose a 個人番号 is that two persons have."""
    if file is None:
        return
    of_this = persons.c.generation == generation.number
    numbered = and_(of_this, persons.c.my_number != "")
    twice = select(persons.c.my_number).where(numbered).group_by(persons.c.my_number).having(func.count() > 1)
    rows = connection.execute(
        select(persons.c.my_number, persons.c.line, persons.c.key, persons.c.household)
        .where(of_this, persons.c.my_number.in_(twice))
        .order_by(persons.c.my_number, persons.c.line)
    ).all()
    column = generation.row_function(file).column_of("my_number")
    for _, found in groupby(rows, key=lambda row: row.my_number):
        several = list(found)
        row = SetAside(PERSON, file.name, several[-1].line, column, "重複しない番号")
        generation.asides.add(row, [(one.key, one.household) for one in several])


def _check_residents(generation: Generation, connection: Connection, set_aside: int) -> None:
    """Raises Failed: Delivery_Empty, Delivery_Drop_Too_Large(before, now, most_percent)."""

    def residents(generation: int) -> int:
        query = select(func.count()).where(
            persons.c.generation == generation, persons.c.status.in_(sorted(tables.LIVING_THERE))
        )
        return connection.scalar(query) or 0

    now, before = residents(generation.number), residents(generation.living)
    most = generation.terms.most_drop_percent
    if now == 0:
        raise Failed("Delivery_Empty")
    if (before - now - set_aside) * 100 > before * most:
        raise Failed("Delivery_Drop_Too_Large", before=before, now=now, most_percent=most)


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
        persons.c.generation == generation.number, persons.c.status.in_(sorted(tables.LIVING_THERE))
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
    generation.asides.add_groups(connection, PERSON, generation.living)
    placed = generation.asides.placed(PERSON)
    heads = {text for doubt in doubts if doubt.head for text in doubt.texts}
    for doubt, found in zip(doubts, alike, strict=True):
        missed = _leave_gaps(generation, connection, doubt, found)
        told = {one for one, by in found.items() if by & doubt.texts or not doubt.row_fits}
        _check_placed(doubt, placed, told | missed | (doubt.texts & heads))
    generation.asides.add_groups(connection, PERSON, generation.living)


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
    new, now = persons.alias("new"), generation.number
    for table, key, of in (
        (persons, persons.c.key, persons.c.household),
        (set_asides, set_asides.c.person, set_asides.c.group),
    ):
        query = select(key, of).where(
            table.c.generation == generation.living,
            ~exists().where(new.c.generation == now, new.c.key == key),
        )
        if table is set_asides:
            query = query.where(set_asides.c.register == PERSON)
        if certain:
            query = query.where(of == doubt.group)
        for missing, household in connection.execute(query):
            if missing not in generation.gone:
                generation.asides.also(doubt.row, missing, household)
                if {missing, household} & doubt.cells:
                    named.add(household)
    return named


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
    faults = list(check_households(connection, generation.number, incomplete))
    alike = _alike_households(generation, connection, [fault.texts for fault in faults])
    for fault, found in zip(faults, alike, strict=True):
        row = _set_household_aside(generation, fault, file)
        for household in found.keys() - {fault.household}:
            generation.asides.also(row, fault.members[0], household)
    generation.asides.add_groups(connection, PERSON, generation.living)


def _set_household_aside(generation: Generation, fault: HouseholdFault, file: FileFormat | None) -> SetAside:
    name, column = "", fault.unusable.target
    if file is not None:
        name, column = file.name, generation.row_function(file).column_of(column)
    row = SetAside(PERSON, name, fault.line, column, fault.unusable.expected)
    generation.asides.add(row, [(member, fault.household) for member in fault.members])
    return row
