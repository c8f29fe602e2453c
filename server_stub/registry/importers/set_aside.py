"""Rows that cannot be used: they set their person aside (and with the person the whole household), up to a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.registry.tables import EVERY_GROUP, Version, persons, records, set_asides

from .format_file import PERSON


@dataclass(frozen=True, slots=True)
class SetAside:
    """One row that could not be used: where it stands, and what is expected there. Never who it is about."""

    register: str
    file: str
    line: int
    column: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row of which it is not certain whose group it belongs to.

    `group`: as the row says, '' where that cannot be read; `texts`: what else of the row tells it (in the resident register the
    head's name and the address); `cells`: all that it may stand in. `head`: the row is a head's own. `row_fits`: not if its cells
    may stand in other columns than they should. `column`: the group's.
    """

    row: SetAside
    person: str
    group: str
    key: str
    texts: frozenset[str] = field(repr=False)
    cells: frozenset[str] = field(repr=False)
    head: bool
    row_fits: bool
    column: str


@dataclass
class SetAsides:
    """Gathers the rows of one delivery that cannot be used.

    Raises Failed(Delivery_Too_Many_Set_Aside) with the first of them as soon as there are more than `most`.
    """

    trace: Trace
    most: int
    rows: list[SetAside] = field(default_factory=list)
    nobodys: list[SetAside] = field(default_factory=list)
    """Rows of the resident register that do not say whose they are."""
    doubts: list[Doubt] = field(default_factory=list)
    _people: dict[tuple[str, str, str, str], SetAside] = field(default_factory=dict)
    """By register, person, group and key of the record."""

    def add(self, row: SetAside, people: Iterable[tuple[str, str]], key: str = "") -> None:
        """`people`: the (person, group) whose record the row was; '' for what is unknown. `key`: of the record, where a person
        may have several of them in that register."""
        if row not in self.rows:
            self.rows.append(row)
            self.trace.emit(
                "operator", "record_set_aside",
                register=row.register, file=row.file, line=row.line, column=row.column, expected=row.remedy,
            )  # fmt: skip
        if len(self.rows) > self.most:
            first = self.rows[0]
            raise Failed(
                "Delivery_Too_Many_Set_Aside", most=self.most,
                file=first.file, line=first.line, column=first.column, expected=first.remedy,
            )  # fmt: skip
        for person, group in people:
            self._people.setdefault((row.register, person, group, key or person), row)
            if not person and row.register == PERSON:
                self.nobodys.append(row)

    def also(self, row: SetAside, person: str, group: str, key: str = "") -> None:
        """Somebody else, or another group, that a row that is listed already may have been about."""
        self._people.setdefault((row.register, person, group, key or person), row)

    def persons(self, register: str) -> set[str]:
        return {person for of, person, _, _ in self._people if of == register and person}

    def keys(self, register: str) -> set[str]:
        return {key for of, _, _, key in self._people if of == register and key}

    def may_have(self, group: str) -> bool:
        """Whether a row that was set aside is of that household or group, or of an unknown one."""
        return any(of in (group, "", EVERY_GROUP) for _, _, of, _ in self._people)

    def households(self) -> frozenset[str]:
        return frozenset(group for of, _, group, _ in self._people if of == PERSON and group)

    def add_groups(self, connection: Connection, register: str, generation: Version) -> None:
        """Whoever was set aside leaves a gap in the group that `generation` has them in, too; and in those where they left one
        then: so a gap stays until their row can be used again."""
        table, of = (persons, persons.c.household) if register == PERSON else (records, records.c.group)
        there = [] if register == PERSON else [records.c.register == register]
        before = select(set_asides.c.key, set_asides.c.group).where(
            set_asides.c.generation == generation.number,
            set_asides.c.register == register,
            set_asides.c.group != "",
        )
        own = {
            key: (person, row)
            for (kind, person, _, key), row in self._people.items()
            if kind == register and key
        }
        keys = sorted(own)
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            now = select(table.c.key, of).where(
                generation.rows(table), table.c.key.in_(some), of != "", *there
            )
            for query in (now, before.where(set_asides.c.key.in_(some))):
                for key, group in connection.execute(query):
                    person, row = own[key]
                    self.also(row, person, group, key)

    def doubts_of(self, register: str) -> list[Doubt]:
        return [doubt for doubt in self.doubts if doubt.row.register == register]

    def placed(self, register: str) -> set[str]:
        """The keys of what was set aside and of which a group is known, if only from before."""
        return {key for of, _, group, key in self._people if of == register and group and key}

    def write(self, connection: Connection, generation: int, first: int) -> None:
        """`first`: the number of the first row written."""
        made = [
            {
                "generation": generation, "number": number, "register": register, "person": person, "group": group, "key": key,
                "file": row.file, "line": row.line, "column": row.column, "remedy": row.remedy[:300],
            }
            for number, ((register, person, group, key), row) in enumerate(self._people.items(), start=first)
        ]  # fmt: skip
        if made:
            connection.execute(insert(set_asides), made)
