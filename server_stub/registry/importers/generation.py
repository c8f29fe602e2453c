"""A generation that is being built: of a full delivery from nothing, of a differential one from a copy of the living
generation. What every register needs for it; the registers themselves are read in modules of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Engine, Table, bindparam, delete, exists, insert, literal, select

from server_stub.municipalities import DeliveryTerms
from server_stub.registry.tables import (
    LIVING_THERE,
    persons,
    records,
    seal_ends,
    seal_histories,
    seals,
    set_asides,
)

from .containers import RawRow, read_rows
from .delivery_slip import DeliverySlip, broken
from .format_file import (
    CHANGED,
    DELETED,
    ENTRY,
    HISTORY,
    NEW,
    OPERATION,
    PERSON,
    PROVISIONAL,
    SEAL,
    DeliveryFormat,
    FileFormat,
)
from .person_record import HEAD
from .row_function import Misread, RowFunction, Unusable, readable
from .set_aside import Doubt, SetAside, SetAsides

_BATCH = 2000
"""Rows a transaction: other writers never wait long, and memory stays flat with 1.5 million persons."""
NOBODY = ""
"""Stands for a person where a row does not say whose it is."""
Models = Mapping[str, type[BaseModel]]
Rule = Callable[[dict[str, Any]], dict[str, Any] | None]
"""From the items of a delivered row to the row of the table; None for one that is checked and not kept. Raises Unusable."""


class Generation:
    """Generation `number`; `living` is the one that is read now (0: none)."""

    def __init__(
        self,
        engine: Engine,
        number: int,
        living: int,
        folder: Path,
        format_: DeliveryFormat,
        slip: DeliverySlip,
        terms: DeliveryTerms,
        models: Models,
        asides: SetAsides,
    ) -> None:
        self.engine, self.number, self.living = engine, number, living
        self.folder, self.format, self.slip = folder, format_, slip
        self.terms, self.models, self.asides = terms, models, asides
        self.known: set[str] = set()
        """Whom a record of the delivery, or of the generation it changes, names."""
        self._strangers: set[str] = set()
        self.gone: set[str] = set()
        """Persons that a differential delivery deletes."""
        self.touched: dict[str, set[str]] = {}
        """The records that a differential delivery says something of, by register: their keys, of a seal the holder."""
        self.states: dict[str, dict[str, int]] = {}
        """The highest 履歴番号 of each record that this delivery has states of, by register."""
        self.carried: list[dict[str, Any]] = []

    def copy_living(self) -> dict[str, set[str]]:
        """What a differential delivery changes: a copy of the living generation. The keys of its records by register."""
        keys = {PERSON: self.copy(persons, "key", line=0), SEAL: self.copy(seals, "person")}
        self.copy(seal_ends, "person")
        self.copy(seal_histories, "number")
        with self.engine.connect() as connection:
            query = select(records.c.register).where(records.c.generation == self.living).distinct()
            registers = list(connection.scalars(query))
        return keys | {one: self.copy(records, "key", records.c.register == one) for one in registers}

    def rows(
        self,
        file: FileFormat,
        owner: str,
        group: str,
        rule: Rule,
        first: Callable[[RowFunction, RawRow], bool] | None = None,
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line and table row of each row that is kept.

        `owner` and `group`: the targets that say whose a row is, also one that cannot be used. `rule` is given the items; of a
        deletion those that can be read. `first`: rows that come before the others.
        """
        decode = self.row_function(file)
        histories = Histories(self, file, decode) if HISTORY in file.to else None
        if histories is not None:
            self.states[file.record] = histories.highest
        rows: Iterable[RawRow] = read_rows(self.folder / file.name, file)
        if first is not None:
            rows = sorted(rows, key=lambda row: not first(decode, row))
        count = 0
        for row in rows:
            count += 1
            line, cells, misfit = row
            try:
                if misfit is not None:
                    raise misfit
                if self.format.differential and decode.item(cells, OPERATION) == DELETED:
                    found = {target: decode.item(cells, target) or "" for target in file.to}
                else:
                    found = decode(cells)
                if self.format.differential and not found[OPERATION]:
                    raise Unusable(OPERATION, "必須項目")
                approved = found.get(ENTRY) != PROVISIONAL
                if histories is not None and approved and not histories.is_newest(line, found):
                    continue
                made = rule(found)
                if made is not None:
                    yield line, made
            except Misread as bad:
                self._set_aside(file, decode, row, owner, group, bad, ())
            except Unusable as bad:
                self._set_aside(file, decode, row, owner, group, decode.misread(bad), bad.also)
        self.slip.check_count(file.name, count)

    def _set_aside(
        self,
        file: FileFormat,
        decode: RowFunction,
        row: RawRow,
        owner: str,
        group: str,
        bad: Misread,
        also: tuple[str, ...],
    ) -> None:
        line, cells, misfit = row
        person, of = _short(decode.item(cells, owner), 40), _short(decode.item(cells, group), 100)
        key = "" if file.typed else _short(decode.item(cells, "key"), 100)
        if misfit is not None and file.record == PERSON and not (person and of):
            # its cells may stand in other columns than they should
            person = of = ""
        if self.format.differential and not (person and (key or file.typed)):
            # nobody knows whose record it would have changed
            raise broken(file.name, line, bad.column, bad.expected)
        people = [(person, of), *((other, "" if other else of) for other in also)]
        if misfit is not None and file.record == PERSON and person:
            people.append((NOBODY, ""))
        told = SetAside(file.record, file.name, line, bad.column, bad.expected)
        self.asides.add(told, people, key)
        if group in file.to:
            texts = {decode.item(cells, target) for target in ("head_of_household", "address")}
            pieces = {*cells, *(misfit.left if misfit is not None else ())}
            head = decode.item(cells, "relationship") == HEAD or (misfit is not None and HEAD in pieces)
            group_read = of if misfit is None else ""
            self.asides.doubts.append(
                Doubt(
                    told,
                    person,
                    group_read,
                    key or person,
                    frozenset(text for text in texts if text),
                    frozenset(text for text in pieces | texts if text and readable(text)),
                    head,
                    misfit is None,
                    decode.column_of(group),
                )
            )

    def write(self, table: Table, rows: Iterable[dict[str, Any]], key: str = "key") -> int:
        """Insert `rows` batch by batch; in a differential delivery they replace the living ones of the same key."""
        count = 0
        for batch in batches(rows):
            with self.engine.begin() as connection:
                if self.format.differential:
                    self.delete(connection, table, key, batch)
                connection.execute(insert(table), batch)
            count += len(batch)
        return count

    def delete(
        self, connection: Connection, table: Table, key: str, rows: Iterable[Mapping[str, Any]]
    ) -> None:
        gone = [{"gone": row[key], **({"of": row["register"]} if table is records else {})} for row in rows]
        if gone:
            register = (table.c.register == bindparam("of"),) if table is records else ()
            connection.execute(
                delete(table).where(
                    table.c.generation == self.number, table.c[key] == bindparam("gone"), *register
                ),
                gone,
            )

    def copy(self, table: Table, key: str, *which: Any, **values: Any) -> set[str]:
        """Copy the living generation's rows of a table; the keys of them. `values`: what is other in the copy."""
        keys: set[str] = set()
        last = ""
        column = table.c[key]
        while True:
            of_living = (table.c.generation == self.living, column > last, *which)
            with self.engine.begin() as connection:
                batch = list(
                    connection.scalars(select(column).where(*of_living).order_by(column).limit(_BATCH))
                )
                if not batch:
                    return keys
                values = {**values, "generation": self.number}
                taken = [literal(values[c.name]) if c.name in values else c for c in table.c]
                connection.execute(
                    insert(table).from_select(
                        [c.name for c in table.c], select(*taken).where(*of_living, column <= batch[-1])
                    )
                )
            keys.update(batch)
            last = batch[-1]

    def unusable_before(self, register: str) -> set[str]:
        """The keys of records of which a differential delivery cannot say whether they are there."""
        with self.engine.connect() as connection:
            query = select(set_asides.c.key).where(
                set_asides.c.generation == self.living, set_asides.c.register == register
            )
            return set(connection.scalars(query)) if self.format.differential else set()

    def may_be_named(self, person: str) -> bool:
        """Whether a row of another register, or a notice, may name that person: a record does, or as many rows of the resident
        register as there are such strangers do not say whose they are."""
        if person in self.known or person in self._strangers:
            return True
        nobodys = self.asides.nobodys
        if len(self._strangers) >= len(nobodys):
            return False
        self.asides.also(nobodys[len(self._strangers)], person, "")
        self._strangers.add(person)
        return True

    def may_be_stopped(self, target: str, key: str) -> bool:
        """Whether a restriction may name that person, household or family register: what no record knows would stop nobody.

        Of a household or a register of which some row could not be read nobody can say that it is not there.
        """
        if target == "person":
            return self.may_be_named(key)
        table, of = (persons, persons.c.household) if target == "household" else (records, records.c.group)
        with self.engine.connect() as connection:
            there = select(of).where(table.c.generation == self.number, of == key).limit(1)
            if connection.scalar(there) is not None:
                return True
            before = select(set_asides.c.number).where(
                set_asides.c.generation == self.living, set_asides.c.group == key
            )
            known_before = connection.scalar(before.limit(1)) is not None
        return known_before or self.asides.may_have(key)

    def vanished(self, person: str) -> bool:
        """Whether the person lived there before, or had been set aside, and now no row says what has become of them."""
        before = (
            select(persons.c.key).where(
                persons.c.generation == self.living,
                persons.c.key == person,
                persons.c.status.in_(sorted(LIVING_THERE)),
            ),
            select(set_asides.c.person).where(
                set_asides.c.generation == self.living,
                set_asides.c.person == person,
                set_asides.c.register == PERSON,
            ),
        )
        if not person or person in self.gone:
            return False
        with self.engine.connect() as connection:
            return any(connection.scalar(query.limit(1)) is not None for query in before)

    def know_whom_records_name(self) -> None:
        with self.engine.connect() as connection:
            query = select(records.c.person).where(records.c.generation == self.number).distinct()
            named = set(connection.scalars(query))
            if self.format.differential:
                set_aside = select(set_asides.c.person).where(set_asides.c.generation == self.living)
                named |= set(connection.scalars(set_aside)) - self.gone
        if not self.format.differential and self.asides.nobodys:
            # a resident's row that does not say whose it is may be of whoever has a number here (no CODE: before it) and no row
            for person in named - self.known - {NOBODY}:
                if ":" not in person:
                    self.asides.also(self.asides.nobodys[0], person, "")
        self.known |= named - {NOBODY}
        for file in self.format.file:
            self.known |= self.asides.persons(file.record)

    def keep_set_aside(self) -> None:
        with self.engine.begin() as connection:
            self._keep(connection)

    def _keep(self, connection: Connection) -> None:
        query = select(set_asides.c.register).where(set_asides.c.generation == self.living).distinct()
        for register in list(connection.scalars(query)):
            if register != PERSON:
                self.carry_over(connection, register)
        if self.carried:
            numbered = [{**row, "number": number} for number, row in enumerate(self.carried, start=1)]
            connection.execute(insert(set_asides), numbered)
        self.asides.write(connection, self.number, len(self.carried) + 1)

    def carry_over(self, connection: Connection, register: str) -> None:
        """Whoever was set aside stays so as long as a differential delivery says nothing of them. What was wrong with a whole
        household is looked for anew: its members have records."""
        if not self.format.differential:
            return
        touched = self.touched.get(register, set()) | self.asides.keys(register)
        there = exists().where(persons.c.generation == self.number, persons.c.key == set_asides.c.person)
        rows = connection.execute(
            select(set_asides)
            .where(
                set_asides.c.generation == self.living,
                set_asides.c.register == register,
                *([~there] if register == PERSON else []),
            )
            .order_by(set_asides.c.number)
        )
        self.carried += [
            {**row._mapping, "generation": self.number} for row in rows if row.key not in touched
        ]

    def row_function(self, file: FileFormat) -> RowFunction:
        return RowFunction(file, self.format.code, self.folder)


class Histories:
    """The rows of a file in which a row is the whole state of a record and 履歴番号 says which state: from 1 on without a gap, the
    highest counts. Cancellations (取消し) and corrections (誤記修正) are rows too. In a differential delivery the numbers go on from those of
    the living generation; nowhere do they fall behind it."""

    def __init__(self, generation: Generation, file: FileFormat, decode: RowFunction) -> None:
        self._newest: dict[str, int] = {}
        """The line of the newest row of each record; of one whose numbers are not as they must be, of its last row, negative."""
        self._key = "number" if file.record == SEAL else "key"
        before = _histories_before(generation, file)
        self.highest = last = dict[str, int]()
        for line, cells, misfit in read_rows(generation.folder / file.name, file):
            key = decode.item(cells, self._key)
            if key is None or decode.item(cells, ENTRY) == PROVISIONAL:
                continue
            number = None if misfit is not None else history_number(decode.item(cells, HISTORY))
            begins = before.get(key, 0) + 1 if generation.format.differential else 1
            if number is None or number != last.get(key, begins - 1) + 1:
                self._newest[key] = -line
            else:
                last[key] = number
                self._newest[key] = line if self._newest.get(key, line) > 0 else -line
        for key, number in last.items():
            if number < before.get(key, 0):
                self._newest[key] = -abs(self._newest[key])

    def is_newest(self, line: int, found: Mapping[str, Any]) -> bool:
        """Whether that row is the state that counts. Raises Unusable, once a record, where its numbers have a gap or fall."""
        newest = self._newest.get(found[self._key], line)
        if newest == -line:
            raise Unusable(HISTORY, _EXPECTED_HISTORY)
        return newest == line


_EXPECTED_HISTORY = "1から抜けも後戻りもなく続く履歴番号"


def history_number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) else None


def _histories_before(generation: Generation, file: FileFormat) -> dict[str, int]:
    """The 履歴番号 of the living generation's records, where it has them."""
    table = {PERSON: persons, SEAL: seal_histories}.get(file.record, records)
    key = table.c.number if table is seal_histories else table.c.key
    query = select(key, table.c.history).where(
        table.c.generation == generation.living, table.c.history.is_not(None)
    )
    if table is records:
        query = query.where(records.c.register == file.record)
    with generation.engine.connect() as connection:
        return {key: number for key, number in connection.execute(query)}


def _short(item: str | None, limit: int) -> str:
    """'' for what cannot be a key."""
    return item if item is not None and len(item) <= limit else ""


def deletes(found: dict[str, Any], there: bool, was_set_aside: bool) -> bool:
    """Whether this row of a differential delivery deletes a record. `there`: the living generation has one of that key; of
    whoever was set aside in it nobody knows."""
    operation = found.pop(OPERATION, None)
    if operation == NEW and there:
        raise Unusable("key", "副本にない番号（新規の行）")
    if operation in (CHANGED, DELETED) and not there and not was_set_aside:
        raise Unusable("key", "副本にある番号（変更または削除の行）")
    return bool(operation == DELETED)


def batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
