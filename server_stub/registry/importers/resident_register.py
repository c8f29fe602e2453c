"""The resident register of a delivery: reading it, and what must hold between its rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, exists, func, select

from server_stub.interface.failures import Failed
from server_stub.registry import tables
from server_stub.registry.tables import persons, seals

from .format_file import PERSON, FileFormat
from .generation import NOBODY, Generation, deletes
from .person_record import HouseholdFault, check_households, person_row
from .row_function import Unusable
from .set_aside import SetAside


def take_residents(generation: Generation, before: set[str]) -> int:
    file = generation.format.file_of(PERSON)
    count = _read_persons(generation, file, before) if file is not None else 0
    generation.known |= before
    with generation.engine.begin() as connection:
        _set_same_numbers_aside(generation, connection, file)
        generation.asides.add_households(connection, generation.number)
        removed = generation.asides.persons(PERSON)
        generation.delete(connection, persons, "key", [{"key": key} for key in removed])
        _check_residents(generation, connection, len(removed))
        _set_the_missing_aside(generation, connection)
        generation.asides.add_households(connection, generation.living)
        generation.carry_over(connection, PERSON)
    incomplete = generation.asides.households() | {row["group"] for row in generation.carried}
    with generation.engine.begin() as connection:
        for fault in check_households(connection, generation.number, incomplete):
            _set_household_aside(generation, fault, file)
        generation.asides.add_households(connection, generation.living)
    generation.known |= generation.asides.persons(PERSON)
    return count


def _read_persons(generation: Generation, file: FileFormat, before: set[str]) -> int:
    unusable_before = generation.unusable_before(PERSON)
    seen = generation.touched.setdefault(PERSON, set())
    gone: list[dict[str, Any]] = []

    def rule(found: dict[str, Any]) -> dict[str, Any] | None:
        key = found["key"]
        if not key:
            raise Unusable("key", "必須項目")
        if key in seen:
            # of a full register one of the two rows is somebody else's
            raise Unusable("key", "重複しない番号", () if generation.format.differential else (NOBODY,))
        seen.add(key)
        if deletes(found, key in before, key in unusable_before):
            gone.append({"key": key, "person": key})
            return None
        return person_row(found)

    def usable() -> Iterator[dict[str, Any]]:
        for line, row in generation.rows(file, "key", "household", rule):
            row["generation"] = generation.number
            row["line"] = line
            yield row

    count = generation.write(persons, usable())
    with generation.engine.begin() as connection:
        generation.delete(connection, persons, "key", gone)
        generation.delete(connection, seals, "person", gone)
    generation.gone = {row["key"] for row in gone}
    before -= generation.gone
    generation.known |= seen - generation.gone
    return count


def _set_same_numbers_aside(generation: Generation, connection: Connection, file: FileFormat | None) -> None:
    """Nobody can say whose a 個人番号 is that two persons have."""
    if file is None:
        return
    of_this = persons.c.generation == generation.number
    twice = select(persons.c.my_number).where(of_this).group_by(persons.c.my_number).having(func.count() > 1)
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


def _set_the_missing_aside(generation: Generation, connection: Connection) -> None:
    """A row that does not say whose it is may be of anybody who was there before and is not now."""
    new = persons.alias("new")
    for row, household in generation.asides.nobodys:
        query = select(persons.c.key, persons.c.household).where(
            persons.c.generation == generation.living,
            ~exists().where(new.c.generation == generation.number, new.c.key == persons.c.key),
        )
        if household:
            query = query.where(persons.c.household == household)
        for key, of in connection.execute(query):
            generation.asides.also(row, key, of)


def _set_household_aside(generation: Generation, fault: HouseholdFault, file: FileFormat | None) -> None:
    name, column = "", fault.unusable.target
    if file is not None:
        name, column = file.name, generation.row_function(file).column_of(column)
    row = SetAside(PERSON, name, fault.line, column, fault.unusable.expected)
    generation.asides.add(row, [(member, fault.household) for member in fault.members])
