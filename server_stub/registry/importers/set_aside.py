"""Rows that cannot be used: they set their person aside (and with the person the whole household), up to a limit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.registry.tables import persons, set_asides

from .format_file import PERSON


@dataclass(frozen=True, slots=True)
class SetAside:
    """One row that could not be used: where it stands, and what is expected there. Never who it is about."""

    register: str
    file: str
    line: int
    column: str
    remedy: str


@dataclass
class SetAsides:
    """Gathers the rows of one delivery that cannot be used.

    Raises Failed(Delivery_Too_Many_Set_Aside) with the first of them as soon as there are more than `most`.
    """

    trace: Trace
    most: int
    rows: list[SetAside] = field(default_factory=list)
    nobodys: list[tuple[SetAside, str]] = field(default_factory=list)
    """Rows of the resident register that do not say whose they are, with their household ('' where that cannot be read either)."""
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
                self.nobodys.append((row, group))

    def also(self, row: SetAside, person: str, group: str) -> None:
        """Somebody else whom a row that is listed already may have been about."""
        self._people.setdefault((row.register, person, group, person), row)

    def persons(self, register: str) -> set[str]:
        return {person for of, person, _, _ in self._people if of == register and person}

    def keys(self, register: str) -> set[str]:
        return {key for of, _, _, key in self._people if of == register and key}

    def households(self) -> frozenset[str]:
        return frozenset(group for of, _, group, _ in self._people if of == PERSON and group)

    def add_households(self, connection: Connection, generation: int) -> None:
        """Whoever was set aside leaves a gap in the household that `generation` has them in, too."""
        own = sorted(self.persons(PERSON))
        for start in range(0, len(own), 500):
            query = select(persons.c.key, persons.c.household).where(
                persons.c.generation == generation, persons.c.key.in_(own[start : start + 500])
            )
            for key, household in connection.execute(query):
                row = next(
                    one for (of, person, *_), one in self._people.items() if (of, person) == (PERSON, key)
                )
                self.also(row, key, household)

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
