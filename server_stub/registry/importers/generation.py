"""Building the next generation from the files of a delivery: of a full one from nothing, of a differential one from a copy of
the living generation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, Engine, Table, bindparam, delete, exists, func, insert, literal, select

from server_stub.interface.failures import Failed
from server_stub.municipalities import DeliveryTerms
from server_stub.registry import tables
from server_stub.registry.tables import imprints, notices, persons, records, seals, set_asides

from . import issue_notices
from .containers import RawRow, read_rows
from .delivery_slip import DeliverySlip, broken
from .format_file import (
    ABOLISHED,
    CHANGED,
    DELETED,
    NEW,
    OPERATION,
    PERSON,
    RESTRICTION,
    SEAL,
    DeliveryFormat,
    FileFormat,
)
from .person_record import check_households, person_row
from .restriction_record import read_restrictions
from .row_function import Misread, RowFunction, Unusable
from .seal_record import check_seal
from .set_aside import SetAside, SetAsides

_BATCH = 2000
"""Rows a transaction: other writers never wait long, and memory stays flat with 1.5 million persons."""
NOBODY = ""
"""Stands for a person where a row does not say whose it is."""
Models = Mapping[str, type[BaseModel]]
Rule = Callable[[dict[str, Any]], dict[str, Any] | None]
"""From the items of a delivered row to the row of the table; None for one that is checked and not kept. Raises Unusable."""


class GenerationBuilder:
    """Builds generation `number`; `living` is the one that is read now (0: none)."""

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
        self._engine, self._number, self._living = engine, number, living
        self._folder, self._format, self._slip = folder, format_, slip
        self._terms, self._models, self._asides = terms, models, asides
        self._known: set[str] = set()
        """Whom a record of the delivery, or of the generation it changes, names."""
        self._strangers: set[str] = set()
        self._gone: set[str] = set()
        """Persons that a differential delivery deletes."""
        self._touched: dict[str, set[str]] = {}
        """Of whom a differential delivery says something, by register."""
        self._carried: list[dict[str, Any]] = []

    def build(self, notices_path: Path) -> dict[str, int]:
        """How many rows were taken in by table. Raises Failed as `load_delivery`."""
        before = self._copy_living() if self._format.differential else {}
        counts = {
            "persons": self._persons(before.get(PERSON, set())),
            "seals": 0,
            "records": 0,
            "restrictions": 0,
        }
        if (seal_file := self._format.file_of(SEAL)) is not None:
            counts["seals"] = self._seals(seal_file)
        for file in self._format.file:
            if not file.typed:
                counts["records"] += self._records(file, before.get(file.record, set()))
        self._name_whom_records_name()
        if (listed := self._format.file_of(RESTRICTION)) is not None:
            # they were taken in before; a list that is not as agreed refuses the delivery all the same
            unreadable = self._terms.unreadable_restrictions
            found = read_restrictions(
                self._folder, self._format, listed, self._may_be_named, unreadable=unreadable
            )
            counts["restrictions"] = sum(1 for _ in found)
            self._slip.check_count(listed.name, counts["restrictions"])
        counts["notices"] = self._notices(notices_path)
        with self._engine.begin() as connection:
            self._keep_set_aside(connection)
        return counts

    def _copy_living(self) -> dict[str, set[str]]:
        """What a differential delivery changes: a copy of the living generation. The keys of its records by register."""
        keys = {PERSON: self._copy(persons, "key", line=0), SEAL: self._copy(seals, "person")}
        with self._engine.connect() as connection:
            query = select(records.c.register).where(records.c.generation == self._living).distinct()
            registers = list(connection.scalars(query))
        return keys | {one: self._copy(records, "key", records.c.register == one) for one in registers}

    def _name_whom_records_name(self) -> None:
        with self._engine.connect() as connection:
            query = select(records.c.person).where(records.c.generation == self._number).distinct()
            named = set(connection.scalars(query))
            if self._format.differential:
                set_aside = select(set_asides.c.person).where(set_asides.c.generation == self._living)
                named |= set(connection.scalars(set_aside)) - self._gone
        self._known |= named - {NOBODY}
        for file in self._format.file:
            if not file.typed:
                self._known |= self._asides.persons(file.record)

    # --- rows of any register ------------------------------------------------------------------------------------------

    def _rows(
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
        decode = RowFunction(file, self._format.code, self._folder)
        rows: Iterable[RawRow] = read_rows(self._folder / file.name, file)
        if first is not None:
            rows = sorted(rows, key=lambda row: not first(decode, row))
        count = 0
        for row in rows:
            count += 1
            line, cells, misfit = row
            try:
                if misfit is not None:
                    raise misfit
                if self._format.differential and decode.item(cells, OPERATION) == DELETED:
                    found = {target: decode.item(cells, target) or "" for target in file.to}
                else:
                    found = decode(cells)
                if self._format.differential and not found[OPERATION]:
                    raise Unusable(OPERATION, "必須項目")
                made = rule(found)
                if made is not None:
                    yield line, made
            except Misread as bad:
                self._set_aside(file, decode, row, owner, group, bad, ())
            except Unusable as bad:
                self._set_aside(file, decode, row, owner, group, decode.misread(bad), bad.also)
        self._slip.check_count(file.name, count)

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
        person, of = decode.item(cells, owner) or "", decode.item(cells, group) or ""
        if misfit is not None and file.record == PERSON and not (person and of):
            # its cells may stand in other columns than they should
            person = of = ""
        if self._format.differential and not person:
            # nobody knows whose record it would have changed
            raise broken(file.name, line, bad.column, bad.expected)
        people = [(person, of), *((other, "" if other else of) for other in also)]
        self._asides.add(SetAside(file.record, file.name, line, bad.column, bad.expected), people)

    def _write(self, table: Table, rows: Iterable[dict[str, Any]], key: str = "key") -> int:
        """Insert `rows` batch by batch; in a differential delivery they replace the living ones of the same key."""
        count = 0
        for batch in _batches(rows):
            with self._engine.begin() as connection:
                if self._format.differential:
                    self._delete(connection, table, key, batch)
                connection.execute(insert(table), batch)
            count += len(batch)
        return count

    def _delete(
        self, connection: Connection, table: Table, key: str, rows: Iterable[Mapping[str, Any]]
    ) -> None:
        gone = [{"gone": row[key], **({"of": row["register"]} if table is records else {})} for row in rows]
        if gone:
            register = (table.c.register == bindparam("of"),) if table is records else ()
            connection.execute(
                delete(table).where(
                    table.c.generation == self._number, table.c[key] == bindparam("gone"), *register
                ),
                gone,
            )

    def _copy(self, table: Table, key: str, *which: Any, **values: Any) -> set[str]:
        """Copy the living generation's rows of a table; the keys of them. `values`: what is other in the copy."""
        keys: set[str] = set()
        last = ""
        column = table.c[key]
        while True:
            of_living = (table.c.generation == self._living, column > last, *which)
            with self._engine.begin() as connection:
                batch = list(
                    connection.scalars(select(column).where(*of_living).order_by(column).limit(_BATCH))
                )
                if not batch:
                    return keys
                values = {**values, "generation": self._number}
                taken = [literal(values[c.name]) if c.name in values else c for c in table.c]
                connection.execute(
                    insert(table).from_select(
                        [c.name for c in table.c], select(*taken).where(*of_living, column <= batch[-1])
                    )
                )
            keys.update(batch)
            last = batch[-1]

    # --- the resident register -----------------------------------------------------------------------------------------

    def _persons(self, before: set[str]) -> int:
        file = self._format.file_of(PERSON)
        count = self._read_persons(file, before) if file is not None else 0
        self._known |= before
        with self._engine.begin() as connection:
            self._set_same_numbers_aside(connection, file)
            self._asides.add_households(connection, self._number)
            removed = self._asides.persons(PERSON)
            self._delete(connection, persons, "key", [{"key": key} for key in removed])
            self._check_residents(connection, len(removed))
            self._set_the_missing_aside(connection)
            self._asides.add_households(connection, self._living)
            self._carry_over(connection, PERSON)
        incomplete = self._asides.households() | {row["group"] for row in self._carried}
        with self._engine.begin() as connection:
            for fault in check_households(connection, self._number, incomplete):
                self._set_household_aside(fault, file)
            self._asides.add_households(connection, self._living)
        self._known |= self._asides.persons(PERSON)
        return count

    def _read_persons(self, file: FileFormat, before: set[str]) -> int:
        unusable_before = self._unusable_before(PERSON)
        seen = self._touched.setdefault(PERSON, set())
        gone: list[dict[str, Any]] = []

        def rule(found: dict[str, Any]) -> dict[str, Any] | None:
            key = found["key"]
            if not key:
                raise Unusable("key", "必須項目")
            if key in seen:
                # of a full register one of the two rows is somebody else's
                raise Unusable("key", "重複しない番号", () if self._format.differential else (NOBODY,))
            seen.add(key)
            if _deletes(found, key in before, key in unusable_before):
                gone.append({"key": key, "person": key})
                return None
            return person_row(found)

        def usable() -> Iterator[dict[str, Any]]:
            for line, row in self._rows(file, "key", "household", rule):
                row["generation"] = self._number
                row["line"] = line
                yield row

        count = self._write(persons, usable())
        with self._engine.begin() as connection:
            self._delete(connection, persons, "key", gone)
            self._delete(connection, seals, "person", gone)
        self._gone = {row["key"] for row in gone}
        before -= self._gone
        self._known |= seen - self._gone
        return count

    def _unusable_before(self, register: str) -> set[str]:
        with self._engine.connect() as connection:
            query = select(set_asides.c.person).where(
                set_asides.c.generation == self._living, set_asides.c.register == register
            )
            return set(connection.scalars(query)) if self._format.differential else set()

    def _set_same_numbers_aside(self, connection: Connection, file: FileFormat | None) -> None:
        """Nobody can say whose a 個人番号 is that two persons have."""
        if file is None:
            return
        of_this = persons.c.generation == self._number
        twice = (
            select(persons.c.my_number).where(of_this).group_by(persons.c.my_number).having(func.count() > 1)
        )
        rows = connection.execute(
            select(persons.c.my_number, persons.c.line, persons.c.key, persons.c.household)
            .where(of_this, persons.c.my_number.in_(twice))
            .order_by(persons.c.my_number, persons.c.line)
        ).all()
        column = RowFunction(file, self._format.code, self._folder).column_of("my_number")
        for _, found in groupby(rows, key=lambda row: row.my_number):
            several = list(found)
            row = SetAside(PERSON, file.name, several[-1].line, column, "重複しない番号")
            self._asides.add(row, [(one.key, one.household) for one in several])

    def _check_residents(self, connection: Connection, set_aside: int) -> None:
        """Raises Failed: Delivery_Empty, Delivery_Drop_Too_Large(before, now, most_percent)."""

        def residents(generation: int) -> int:
            query = select(func.count()).where(
                persons.c.generation == generation, persons.c.status.in_(sorted(tables.LIVING_THERE))
            )
            return connection.scalar(query) or 0

        now, before = residents(self._number), residents(self._living)
        most = self._terms.most_drop_percent
        if now == 0:
            raise Failed("Delivery_Empty")
        if (before - now - set_aside) * 100 > before * most:
            raise Failed("Delivery_Drop_Too_Large", before=before, now=now, most_percent=most)

    def _set_the_missing_aside(self, connection: Connection) -> None:
        """A row that does not say whose it is may be of anybody who was there before and is not now."""
        new = persons.alias("new")
        for row, household in self._asides.nobodys:
            query = select(persons.c.key, persons.c.household).where(
                persons.c.generation == self._living,
                ~exists().where(new.c.generation == self._number, new.c.key == persons.c.key),
            )
            if household:
                query = query.where(persons.c.household == household)
            for key, of in connection.execute(query):
                self._asides.also(row, key, of)

    def _set_household_aside(self, fault: Any, file: FileFormat | None) -> None:
        name, column = "", fault.unusable.target
        if file is not None:
            name, column = file.name, RowFunction(file, self._format.code, self._folder).column_of(column)
        row = SetAside(PERSON, name, fault.line, column, fault.unusable.expected)
        self._asides.add(row, [(member, fault.household) for member in fault.members])

    def _may_be_named(self, person: str) -> bool:
        """Whether a row of another register, or a notice, may name that person: a record does, or as many rows of the resident
        register as there are such strangers do not say whose they are."""
        if person in self._known or person in self._strangers:
            return True
        nobodys = self._asides.nobodys
        if len(self._strangers) >= len(nobodys):
            return False
        self._asides.also(nobodys[len(self._strangers)][0], person, "")
        self._strangers.add(person)
        return True

    # --- the other registers -------------------------------------------------------------------------------------------

    def _seals(self, file: FileFormat) -> int:
        holders: dict[str, str] = {}
        if self._format.differential:
            with self._engine.connect() as connection:
                query = select(seals.c.person, seals.c.number).where(seals.c.generation == self._number)
                holders = {person: number for person, number in connection.execute(query)}
        owners = {number: person for person, number in holders.items()}
        seen: dict[str, str] = {}

        touched = self._touched.setdefault(SEAL, set())

        def end(person: str, number: str) -> None:
            if holders.get(person) == number:
                del holders[person], owners[number]

        def rule(found: dict[str, Any]) -> dict[str, Any] | None:
            number, person = found["number"], found["person"]
            touched.add(person)
            if found.pop(OPERATION, None) == DELETED:
                if holders.get(person) != number and person not in self._gone:
                    raise Unusable("number", "副本にある番号（削除の行）")
                end(person, number)
                return None
            in_force = check_seal(found)
            other = seen.get(number, owners.get(number, person))
            if number in seen or other != person:
                raise Unusable("number", "重複しない番号", (other,))
            seen[number] = person
            if not self._may_be_named(person):
                raise Unusable("person", "住民記録にある宛名番号")
            if not in_force:
                end(person, number)
                return None
            if holders.get(person, number) != number:
                raise Unusable("person", "有効な登録は一人に一つ")
            holders[person], owners[number] = number, person
            return found

        def ends(decode: RowFunction, row: RawRow) -> bool:
            status, operation = decode.item(row[1], "status"), decode.item(row[1], OPERATION)
            return bool(status == ABOLISHED or operation == DELETED)

        first = ends if self._format.differential else None

        def kept() -> Iterator[dict[str, Any]]:
            for _, row in self._rows(file, "person", "", rule, first):
                yield row

        count = 0
        for batch in _batches(kept()):
            with self._engine.begin() as connection:
                self._insert_seals(connection, batch)
            count += len(batch)
        with self._engine.begin() as connection:
            gone = self._asides.persons(SEAL)
            if self._format.differential:
                query = select(seals.c.person).where(seals.c.generation == self._number)
                gone |= set(connection.scalars(query)) - holders.keys()
            self._delete(connection, seals, "person", [{"person": person} for person in gone])
        return count

    def _insert_seals(self, connection: Connection, batch: list[dict[str, Any]]) -> None:
        pictures = {hashlib.sha256(row["imprint"]).hexdigest(): row["imprint"] for row in batch}
        known = set(
            connection.scalars(select(imprints.c.sha256).where(imprints.c.sha256.in_(list(pictures))))
        )
        new = [{"sha256": key, "png": png} for key, png in pictures.items() if key not in known]
        if new:
            connection.execute(insert(imprints), new)
        if self._format.differential:
            self._delete(connection, seals, "person", batch)
        connection.execute(
            insert(seals),
            [
                {
                    **{
                        name: row[name]
                        for name in ("person", "number", "registered_on", "width_mm", "height_mm")
                    },
                    "generation": self._number,
                    "imprint": hashlib.sha256(row["imprint"]).hexdigest(),
                }
                for row in batch
            ],
        )

    def _records(self, file: FileFormat, before: set[str]) -> int:
        register, model = file.record, self._models.get(file.record)
        of_register = records.c.register == register
        unusable_before = self._unusable_before(register)
        touched = self._touched.setdefault(register, set())
        owner = "person" if "person" in file.to else "key"
        seen: dict[str, str] = {}
        gone: list[dict[str, Any]] = []

        def rule(found: dict[str, Any]) -> dict[str, Any] | None:
            key, person, group = (found.pop(target, "") for target in ("key", "person", "group"))
            for target, item, limit in (("key", key, 100), ("person", person, 40), ("group", group, 100)):
                if len(item) > limit:
                    raise Unusable(target, f"{limit}文字以内")
            if not key:
                raise Unusable("key", "必須項目")
            if key in seen:
                raise Unusable("key", "重複しない番号", (seen[key],) if seen[key] else ())
            seen[key] = person
            touched.add(person or key)
            if _deletes(found, key in before, (person or key) in unusable_before):
                gone.append({"key": key, "register": register})
                return None
            return {
                "register": register,
                "key": key,
                "person": person,
                "group": group,
                "body": _body(found, model),
            }

        def usable() -> Iterator[dict[str, Any]]:
            for line, row in self._rows(file, owner, "group", rule):
                yield {**row, "generation": self._number, "line": line}

        count = self._write(records, usable())
        with self._engine.begin() as connection:
            self._delete(connection, records, "key", gone)
            for person in self._asides.persons(register):
                connection.execute(
                    delete(records).where(
                        records.c.generation == self._number, of_register, records.c[owner] == person
                    )
                )
        return count

    def _notices(self, path: Path) -> int:
        found = issue_notices.read_notices(path, self._slip.municipality, self._may_be_named)
        return self._write(
            notices, (tables.notice_row(self._number, line, one) for line, one in found), key="holder_ref"
        )

    def _keep_set_aside(self, connection: Connection) -> None:
        query = select(set_asides.c.register).where(set_asides.c.generation == self._living).distinct()
        for register in list(connection.scalars(query)):
            if register != PERSON:
                self._carry_over(connection, register)
        if self._carried:
            numbered = [{**row, "number": number} for number, row in enumerate(self._carried, start=1)]
            connection.execute(insert(set_asides), numbered)
        self._asides.write(connection, self._number, len(self._carried) + 1)

    def _carry_over(self, connection: Connection, register: str) -> None:
        """Whoever was set aside stays so as long as a differential delivery says nothing of them. What was wrong with a whole
        household is looked for anew: its members have records."""
        if not self._format.differential:
            return
        touched = self._touched.get(register, set()) | self._asides.persons(register)
        there = exists().where(persons.c.generation == self._number, persons.c.key == set_asides.c.person)
        rows = connection.execute(
            select(set_asides)
            .where(
                set_asides.c.generation == self._living,
                set_asides.c.register == register,
                *([~there] if register == PERSON else []),
            )
            .order_by(set_asides.c.number)
        )
        self._carried += [
            {**row._mapping, "generation": self._number} for row in rows if row.person not in touched
        ]


def _deletes(found: dict[str, Any], there: bool, was_set_aside: bool) -> bool:
    """Whether this row of a differential delivery deletes a record. `there`: the living generation has one of that key; of
    whoever was set aside in it nobody knows."""
    operation = found.pop(OPERATION, None)
    if operation == NEW and there:
        raise Unusable("key", "副本にない番号（新規の行）")
    if operation in (CHANGED, DELETED) and not there and not was_set_aside:
        raise Unusable("key", "副本にある番号（変更または削除の行）")
    return bool(operation == DELETED)


def _body(found: dict[str, Any], model: type[BaseModel] | None) -> dict[str, Any]:
    body = {target: _as_text(item) for target, item in found.items()}
    if model is None:
        return body
    try:
        return model.model_validate(body).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise Unusable(str(first["loc"][0]) if first["loc"] else "key", first["msg"]) from None


def _as_text(item: Any) -> str:
    """Dates in ISO 8601, numbers without a needless fraction."""
    if item is None:
        return ""
    if isinstance(item, float):
        return str(int(item)) if item.is_integer() else repr(item)
    return item.isoformat() if isinstance(item, date) else str(item)


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
