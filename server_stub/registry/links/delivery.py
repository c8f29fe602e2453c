"""Taking in a delivery: the next generation is built beside the living one, then the pointer flips."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, exists, insert, select, update

from server_stub.db import migrate, open_engine
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.registry import rows
from server_stub.registry.tables import (
    OF_A_GENERATION,
    generations,
    imprints,
    notices,
    persons,
    pointer,
    restrictions,
    seals,
)

from . import delivery_slip, issue_notices, resident_register, restriction_list, seal_register
from .households import check_households

FILES = (resident_register.FILE_NAME, seal_register.FILE_NAME, restriction_list.FILE_NAME)
_BATCH = 2000
"""Rows a transaction: other writers never wait long, and memory stays flat with 1.5 million persons."""


def load_delivery(url: str, folder: Path, notices_path: Path, clock: Clock, trace: Trace) -> int:
    """Take in the delivery in `folder` and the issue notices at `notices_path`; returns the new generation's number.

    All or nothing: on Failed(Delivery_File_Missing | Delivery_Header_Wrong | Delivery_Row_Broken, file=, line=, column=,
    expected=) the living generation stays as it was and what was built is removed. Readers are never blocked and keep
    the generation they opened; the one before the new one is kept, older ones are removed. One loader a replica at a time.
    Brings the database at `url` to its newest schema first.
    """
    migrate(url, "server_stub.registry")
    engine = open_engine(url)
    try:
        return _load(engine, folder, notices_path, clock, trace)
    except Failed as failed:
        trace.emit("operator", "delivery_refused", failure=failed.failure, **failed.facts)
        raise
    finally:
        engine.dispose()


def _load(engine: Engine, folder: Path, notices_path: Path, clock: Clock, trace: Trace) -> int:
    slip = delivery_slip.read_slip(folder, FILES)
    with engine.begin() as connection:
        living = connection.scalar(select(pointer.c.generation)) or 0
        before = connection.scalar(select(generations.c.made_at).where(generations.c.number == living))
    if before is not None and slip.made_at < datetime.fromisoformat(before):
        raise slip.too_old()
    number = living + 1
    # what a loader that died left behind has this number or a higher one
    _remove(engine, lambda table: table.c.generation > living)
    try:
        counts = _build(engine, number, folder, notices_path, slip)
    except BaseException:
        _remove(engine, lambda table: table.c.generation > living)
        raise
    _flip(engine, number, slip, clock.now())
    _remove(engine, lambda table: table.c.generation < living)
    trace.emit("operator", "delivery_applied", generation=number, municipality=slip.municipality, **counts)
    return number


def _build(
    engine: Engine, number: int, folder: Path, notices_path: Path, slip: delivery_slip.DeliverySlip
) -> dict[str, int]:
    keys: set[str] = set()

    def residents() -> Iterator[dict[str, Any]]:
        for row, person in resident_register.read_residents(folder):
            keys.add(person.key)
            yield rows.person_row(number, row.line, person)

    counts = {"persons": _insert(engine, persons, residents())}
    slip.check_count(resident_register.FILE_NAME, counts["persons"])
    with engine.begin() as connection:
        check_households(connection, number)
    registrations = 0

    def living_seals() -> Iterator[seal_register.SealRow]:
        nonlocal registrations
        for found in seal_register.read_seals(folder, keys):
            registrations += 1
            if found.living:
                yield found

    counts["seals"] = _insert_seals(engine, number, living_seals())
    slip.check_count(seal_register.FILE_NAME, registrations)
    counts["restrictions"] = _insert(
        engine,
        restrictions,
        (
            rows.restriction_row(number, row.line, found)
            for row, found in restriction_list.read_restrictions(folder, keys)
        ),
    )
    slip.check_count(restriction_list.FILE_NAME, counts["restrictions"])
    counts["notices"] = _insert(
        engine,
        notices,
        (
            rows.notice_row(number, row.line, found)
            for row, found in issue_notices.read_notices(notices_path, slip.municipality, keys)
        ),
    )
    return counts


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _insert(engine: Engine, table: Table, found: Iterable[dict[str, Any]]) -> int:
    count = 0
    for batch in _batches(found):
        with engine.begin() as connection:
            connection.execute(insert(table), batch)
        count += len(batch)
    return count


def _insert_seals(engine: Engine, number: int, found: Iterable[seal_register.SealRow]) -> int:
    count = 0
    for batch in _batches(found):
        pictures = {
            hashlib.sha256(item.seal.imprint_png).hexdigest(): item.seal.imprint_png for item in batch
        }
        with engine.begin() as connection:
            known = set(
                connection.scalars(select(imprints.c.sha256).where(imprints.c.sha256.in_(list(pictures))))
            )
            new = [{"sha256": key, "png": png} for key, png in pictures.items() if key not in known]
            if new:
                connection.execute(insert(imprints), new)
            connection.execute(insert(seals), [rows.seal_row(number, item.seal) for item in batch])
        count += len(batch)
    return count


def _flip(engine: Engine, number: int, slip: delivery_slip.DeliverySlip, loaded_at: datetime) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(generations).values(
                number=number,
                municipality=slip.municipality,
                made_at=slip.made_at.isoformat(),
                loaded_at=loaded_at.isoformat(),
            )
        )
        if not connection.execute(update(pointer).values(generation=number)).rowcount:
            connection.execute(insert(pointer).values(id=1, generation=number))


def _remove(engine: Engine, which: Callable[[Table], Any]) -> None:
    """Remove the rows of some generations, and the imprints that no generation shows any more."""
    for table in OF_A_GENERATION:
        with engine.begin() as connection:
            removed = connection.execute(delete(table).where(which(table))).rowcount
            if table is seals and removed:
                _remove_orphans(connection)


def _remove_orphans(connection: Connection) -> None:
    connection.execute(delete(imprints).where(~exists().where(seals.c.imprint == imprints.c.sha256)))
