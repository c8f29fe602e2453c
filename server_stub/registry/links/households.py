"""What must hold between the rows of one household; checked on the generation that is being built."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from server_stub.interface.failures import Failed
from server_stub.registry.rows import LIVING_THERE
from server_stub.registry.tables import persons

from .resident_register import FILE_NAME, HEAD

_BATCH = 2000


def check_households(connection: Connection, generation: int) -> None:
    """Raises Failed(Delivery_Row_Broken) for the first household that does not agree with itself.

    Positions differ; those living there now have one head, whose name all of them carry, and one address.
    """
    rows = connection.execution_options(yield_per=_BATCH).execute(
        select(
            persons.c.line, persons.c.household, persons.c.position, persons.c.name, persons.c.relationship,
            persons.c.head_of_household, persons.c.address, persons.c.status,
        )
        .where(persons.c.generation == generation)
        .order_by(persons.c.household, persons.c.position, persons.c.line)
    )  # fmt: skip
    for _, members in groupby(rows, key=lambda row: row.household):
        _check(tuple(members))


def _check(members: Sequence[Any]) -> None:
    for before, after in zip(members, members[1:], strict=False):
        if before.position == after.position:
            raise _broken(after, "世帯内順位", "世帯の中で重複しない順位")
    living = [member for member in members if member.status in LIVING_THERE]
    if not living:
        return
    heads = [member for member in living if member.relationship == HEAD]
    if len(heads) != 1:
        raise _broken(heads[1] if heads else living[0], "続柄コード", "現在の世帯に世帯主が一人")
    for member in living:
        if member.head_of_household != heads[0].name:
            raise _broken(member, "世帯主氏名", "世帯主の氏名と同じ値")
        if member.address != heads[0].address:
            raise _broken(member, "町名地番", "世帯主と同じ住所")


def _broken(row: Any, column: str, expected: str) -> Failed:
    return Failed("Delivery_Row_Broken", file=FILE_NAME, line=row.line, column=column, expected=expected)
