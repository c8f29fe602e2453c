"""A generation that is being built: of a full delivery from nothing, of a differential one from a copy of the living
generation. What every register needs for it; the registers themselves are read in modules of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import (
    Connection,
    Engine,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
)

from server_stub.municipalities import DeliveryTerms
from server_stub.registry.bulk import insert_rows
from server_stub.registry.tables import (
    LIVING_THERE,
    NO_BASE,
    REPLACEABLE,
    Version,
    generations,
    my_numbers,
    persons,
    records,
    replaced,
    replaced_key,
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
Prepare = Callable[[list[dict[str, Any]]], None]
"""Looks up in the database, at once, what the rule will have to know of a batch of delivered rows; all before them are written."""
Progress = Callable[[int, int, str], None]
"""How many rows of the delivery are read, of how many, and in which file."""


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
        progress: Progress = lambda done, of, file: None,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        """`elsewhere`: the registers of the delivery that this replica does not keep."""
        self.engine, self.number, self.living = engine, number, living
        self.now, self.before = Version(number), version_of(engine, living)
        self.folder, self.format, self.slip = folder, format_, slip
        self.terms, self.models, self.asides = terms, models, asides
        self._progress = progress
        self._rows_read = 0
        self.elsewhere = elsewhere
        self.known: set[str] = set()
        """Whom a row of the delivery names that has not become a record; whom a record names is asked of the database (`look_up`)."""
        self._records_name = False
        self._looked_up: dict[str, bool] = {}
        self._strangers: set[str] = set()
        self.gone: set[str] = set()
        """Persons that a differential delivery deletes."""
        self.touched: dict[str, set[str]] = {}
        """The records that a differential delivery says something of, by register: their keys, of a seal the holder."""
        self.named_before: set[str] = set()
        """Whom the records named that a differential delivery changes."""
        self.notices_file: tuple[int, str, int, int] | None = None
        """Length, digest and last line of the file of issue notices, and the generation whose notices stand before its own; None where
        something in it could not be used."""
        self.residents = 0
        """How many live there by it."""
        self.states: dict[str, dict[str, int]] = {}
        """The highest 履歴番号 of each record that this delivery has states of, by register."""
        self.carried: list[dict[str, Any]] = []
        self.registers: list[str] = []

    def begin_from_living(self) -> None:
        """Let the living generation be what a differential delivery changes. Nothing of it is copied but what it has changed itself in
        its base; when that has become much, everything is."""
        before = self.before
        if (self._own_rows(before.number) if before.base else 0) > MOST_CHANGED:
            for table in _CHANGED:
                self._copy(table, before)
            return
        self.now = Version(self.number, before.base or before.number)
        if before.base:
            for table in (*_CHANGED, replaced):
                self._copy(table, before)

    def _own_rows(self, number: int) -> int:
        with self.engine.connect() as connection:
            return sum(
                connection.scalar(select(func.count()).where(table.c.generation == number)) or 0
                for table in (*_CHANGED, replaced)
            )

    def _copy(self, table: Table, of: Version) -> None:
        """Take over rows of the living generation: all that it has, or its own where the new one has the same base. Whoever has come
        from another delivery has no line."""
        own = table is replaced or bool(self.now.base)
        which = table.c.generation == of.number if own else of.rows(table)
        columns = list(table.primary_key.columns)[1:]
        values = {"generation": self.number} | ({"line": 0} if table is persons else {})
        taken = [literal(values[c.name]) if c.name in values else c for c in table.c]
        last: tuple[Any, ...] | None = None
        while True:
            after = tuple_(*columns) > last if last is not None else true()
            with self.engine.begin() as connection:
                batch = connection.execute(
                    select(*columns).where(which, after).order_by(*columns).limit(_BATCH)
                ).all()
                if not batch:
                    return
                upto = tuple_(*columns) <= tuple(batch[-1])
                connection.execute(
                    insert(table).from_select(
                        [c.name for c in table.c], select(*taken).where(which, after, upto)
                    )
                )
            last = tuple(batch[-1])

    def living_keys(self, table: Table, *which: Any) -> Keys:
        """The keys that the living generation has in `table`, to be asked for; none where it is not changed but replaced."""
        return Keys(self, table, which)

    def rows(
        self,
        file: FileFormat,
        owner: str,
        group: str,
        rule: Rule,
        first: Callable[[RowFunction, RawRow], bool] | None = None,
        prepare: Prepare = lambda found: None,
    ) -> Iterator[list[tuple[int, dict[str, Any]]]]:
        """Line and table row of each row that is kept, a batch at a time; whoever takes a batch writes it before the next.

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
        for batch in batches(rows):
            read = [self._items_of(file, decode, histories, row) for row in batch]
            prepare([found for found in read if isinstance(found, dict)])
            kept = []
            for row, found in zip(batch, read, strict=True):
                try:
                    if found is None:
                        continue
                    if not isinstance(found, dict):
                        raise found
                    made = rule(found)
                    if made is not None:
                        kept.append((row[0], made))
                except Misread as bad:
                    self._set_aside(file, decode, row, owner, group, bad, ())
                except Unusable as bad:
                    self._set_aside(file, decode, row, owner, group, decode.misread(bad), bad.also)
            count += len(batch)
            self.tell(len(batch), file.name)
            yield kept
        self.slip.check_count(file.name, count)

    def _items_of(
        self, file: FileFormat, decode: RowFunction, histories: Histories | None, row: RawRow
    ) -> dict[str, Any] | Misread | Unusable | None:
        """What the row says, or what is wrong with it; None for a state that is not the newest."""
        line, cells, misfit = row
        if misfit is not None:
            return misfit
        try:
            if self.format.differential and decode.item(cells, OPERATION) == DELETED:
                found = {target: decode.item(cells, target) or "" for target in file.to}
            else:
                found = decode(cells)
            if self.format.differential and not found[OPERATION]:
                raise Unusable(OPERATION, "必須項目")
            approved = found.get(ENTRY) != PROVISIONAL
            if histories is not None and approved and not histories.is_newest(line, found):
                return None
        except (Misread, Unusable) as bad:
            return bad
        return found

    def tell(self, rows: int, file: str) -> None:
        """Tell whoever waits that so many rows more are read."""
        self._rows_read += rows
        self._progress(self._rows_read, sum(count for _, count in self.slip.counts.values()), file)

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

    def write(self, table: Table, rows: Iterable[list[dict[str, Any]]], key: str = "key") -> int:
        """Insert `rows`, each batch in a transaction; in a differential delivery they replace the living ones of the same key."""
        count = 0
        for batch in rows:
            with self.engine.begin() as connection:
                if self.format.differential:
                    self.delete(connection, table, key, batch)
                insert_rows(connection, table, batch)
                if self.format.differential and table is persons:
                    insert_rows(
                        connection, my_numbers, [_my_number(row) for row in batch if row["my_number"]]
                    )
            count += len(batch)
        return count

    def there(
        self, table: Table, key: str, keys: Iterable[str], *which: Any, value: str = ""
    ) -> dict[str, str]:
        """Those of `keys` that the rows of this generation have already in column `key`, with what they have in `value`."""
        wanted = list(keys)
        if not wanted:
            return {}
        column = table.c[key]
        query = select(column, table.c[value or key]).where(self.now.rows(table), column.in_(wanted), *which)
        with self.engine.connect() as connection:
            return {found: of for found, of in connection.execute(query)}

    def delete(
        self, connection: Connection, table: Table, key: str, rows: Iterable[Mapping[str, Any]]
    ) -> None:
        """This generation has no row with these keys, whatever its base has."""
        rows = list(rows)
        gone = [{"gone": row[key], **({"of": row["register"]} if table is records else {})} for row in rows]
        if not gone:
            return
        register = (table.c.register == bindparam("of"),) if table is records else ()
        own = table.c.generation == self.number
        connection.execute(delete(table).where(own, table.c[key] == bindparam("gone"), *register), gone)
        if table is persons:
            number = my_numbers.c.generation == self.number
            connection.execute(
                delete(my_numbers).where(number, my_numbers.c.person == bindparam("gone")), gone
            )
        if self.now.base and table.name in REPLACEABLE:
            told = {tuple(one.values()): one for one in (replaced_key(table, row, key) for row in rows)}
            same = (replaced.c.generation == self.number, replaced.c.of == table.name)
            connection.execute(
                delete(replaced).where(*same, replaced.c.key == bindparam("k")),
                [{"k": one["key"]} for one in told.values()],
            )
            insert_rows(connection, replaced, [{"generation": self.number, **one} for one in told.values()])

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
        if person in self.known or person in self._strangers or self._is_named(person):
            return True
        nobodys = self.asides.nobodys
        if len(self._strangers) >= len(nobodys):
            return False
        self.asides.also(nobodys[len(self._strangers)], person, "")
        self._strangers.add(person)
        return True

    def look_up(self, people: Iterable[str]) -> None:
        """Ask the database for a batch of persons whether a record names them, for `may_be_named`."""
        wanted = dict.fromkeys(people, False)
        self._looked_up = wanted
        for person in self.there(persons, "key", wanted):
            wanted[person] = True
        if self._records_name:
            left = [person for person, found in wanted.items() if not found and person]
            for register in self.registers:
                for person in self.there(records, "person", left, records.c.register == register):
                    wanted[person] = True

    def _is_named(self, person: str) -> bool:
        if person not in self._looked_up:
            self.look_up([person])
        return self._looked_up[person]

    def may_be_stopped(self, target: str, key: str) -> bool:
        """Whether a restriction may name that person, household or family register: what no record knows would stop nobody.

        Of a household or a register of which some row could not be read nobody can say that it is not there.
        """
        if target == "person":
            return self.may_be_named(key)
        table, of = (persons, persons.c.household) if target == "household" else (records, records.c.group)
        with self.engine.connect() as connection:
            there = select(of).where(self.now.rows(table), of == key).limit(1)
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
                self.before.rows(persons),
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
        self._records_name = True
        self._looked_up = {}
        with self.engine.connect() as connection:
            self.registers = sorted(
                {*registers_of(connection, self.number), *registers_of(connection, self.now.base)}
            )
            named: set[str] = set()
            if self.format.differential:
                set_aside = select(set_asides.c.person).where(set_asides.c.generation == self.living)
                named = set(connection.scalars(set_aside)) - self.gone
            if not self.format.differential and self.asides.nobodys:
                # a resident's row that does not say whose it is may be of whoever has a number here (no CODE: before it) and no row
                is_resident = exists().where(
                    persons.c.generation == self.number, persons.c.key == records.c.person
                )
                query = (
                    select(records.c.person)
                    .where(records.c.generation == self.number, ~is_resident)
                    .distinct()
                )
                for person in set(connection.scalars(query)) - self.known - {NOBODY}:
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
        there = exists().where(self.now.rows(persons), persons.c.key == set_asides.c.person)
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


def registers_of(connection: Connection, generation: int) -> list[str]:
    """The registers that have records in that generation, by one look into the index for each."""
    found: list[str] = []
    while True:
        query = select(func.min(records.c.register)).where(
            records.c.generation == generation, records.c.register > (found[-1] if found else "")
        )
        register = connection.scalar(query)
        if register is None:
            return found
        found.append(register)


_CHANGED = (persons, seals, seal_ends, seal_histories, records, my_numbers)
"""What a generation that has a base has rows of its own of."""
MOST_CHANGED = 50_000
"""So many rows of its own a generation may have beside its base; then the next one stands alone."""


def version_of(engine: Engine, number: int) -> Version:
    with engine.connect() as connection:
        base = connection.scalar(select(generations.c.base).where(generations.c.number == number))
    return Version(number, base or NO_BASE)


def _my_number(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"generation": row["generation"], "my_number": row["my_number"], "person": row["key"]}


class Keys:
    """Which keys the living generation has in a table, as far as they have been asked for: it may have millions."""

    def __init__(self, generation: Generation, table: Table, which: tuple[Any, ...]) -> None:
        self._generation, self._table, self._which = generation, table, which
        self._known: dict[str, bool] = {}

    def look_up(self, keys: Iterable[str]) -> None:
        generation, table = self._generation, self._table
        if not generation.format.differential:
            return
        wanted = [key for key in keys if key not in self._known]
        self._known.update(dict.fromkeys(wanted, False))
        if wanted:
            query = select(table.c.key).where(
                generation.before.rows(table), table.c.key.in_(wanted), *self._which
            )
            with generation.engine.connect() as connection:
                self._known.update(dict.fromkeys(connection.scalars(query), True))

    def __contains__(self, key: str) -> bool:
        if key not in self._known:
            self.look_up([key])
        return self._known.get(key, False)


class Histories:
    """The rows of a file in which a row is the whole state of a record and 履歴番号 says which state: from 1 on without a gap, the
    highest counts. Cancellations (取消し) and corrections (誤記修正) are rows too. In a differential delivery the numbers go on from those of
    the living generation; nowhere do they fall behind it."""

    def __init__(self, generation: Generation, file: FileFormat, decode: RowFunction) -> None:
        self._newest: dict[str, int] = {}
        """The line of the newest row of each record; of one whose numbers are not as they must be, of its last row, negative."""
        self._key = "number" if file.record == SEAL else "key"
        path = generation.folder / file.name
        keys = {
            key for _, cells, _ in read_rows(path, file) if (key := decode.item(cells, self._key)) is not None
        }
        before = _histories_before(generation, file, keys) if generation.living else {}
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


def _histories_before(generation: Generation, file: FileFormat, keys: Iterable[str]) -> dict[str, int]:
    """The 履歴番号 of the living generation's records with these keys, where it has them."""
    table = {PERSON: persons, SEAL: seal_histories}.get(file.record, records)
    key = table.c.number if table is seal_histories else table.c.key
    query = select(key, table.c.history).where(generation.before.rows(table), table.c.history.is_not(None))
    if table is records:
        query = query.where(records.c.register == file.record)
    found: dict[str, int] = {}
    with generation.engine.connect() as connection:
        for some in batches(keys):
            found.update((one, number) for one, number in connection.execute(query.where(key.in_(some))))
    return found


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
