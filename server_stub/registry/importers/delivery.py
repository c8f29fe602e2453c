"""Taking in a delivery: restrictions first; the next generation is built beside the living one, then the pointer flips."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, exists, func, insert, select, update

from server_stub.db import migrate, open_engine
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.municipalities import DeliveryTerms, Municipality
from server_stub.registry import tables
from server_stub.registry.replica import living_number
from server_stub.registry.tables import (
    OF_A_GENERATION,
    generations,
    imprints,
    notices,
    persons,
    pointer,
    seals,
)

from . import delivery_slip, issue_notices, resident_register, restriction_list, seal_register
from .resident_register import check_households
from .restriction_list import take_restrictions

FILES = (resident_register.FILE_NAME, seal_register.FILE_NAME, restriction_list.FILE_NAME)
_BATCH = 2000
"""Rows a transaction: other writers never wait long, and memory stays flat with 1.5 million persons."""


def load_delivery(
    url: str,
    folder: Path,
    notices_path: Path,
    clock: Clock,
    trace: Trace,
    municipality: Municipality | None = None,
) -> int:
    """Take in the delivery in `folder` and the issue notices at `notices_path`; returns the new generation's number.

    `municipality`: whose replica this is, and its terms for deliveries; without it, whatever the replica holds already, on
    the usual terms. Restrictions (発行制限) are taken in first and stay, whatever becomes of the rest; a delivery of another
    municipality alone sets nobody aside.

    The rest is all or nothing: on Failed(Delivery_File_Missing | Delivery_Header_Wrong | Delivery_Row_Broken, file=, line=,
    column=, expected=) or Failed(Delivery_Other_Municipality | Delivery_From_Future | Delivery_Empty |
    Delivery_Drop_Too_Large) the living generation stays as it was and what was built is removed. Readers are never blocked
    and keep the generation they opened; the one before the new one is kept, older ones are removed. One loader a replica at
    a time. Brings the database at `url` to its newest schema first.
    """
    migrate(url, "server_stub.registry")
    engine = open_engine(url)
    terms = municipality.delivery if municipality is not None else DeliveryTerms()
    try:
        with engine.connect() as connection:
            held = connection.scalar(
                select(generations.c.municipality).order_by(generations.c.number.desc()).limit(1)
            )
        code = municipality.info.code if municipality is not None else held or ""
        delivery_slip.check_municipality(folder, code)
        take_restrictions(engine, folder, FILES, clock.now(), terms.unreadable_restrictions, trace)
        return _load(engine, folder, notices_path, clock, trace, terms)
    except Failed as failed:
        trace.emit("operator", "delivery_refused", failure=failed.failure, **failed.facts)
        raise
    finally:
        engine.dispose()


def _load(
    engine: Engine, folder: Path, notices_path: Path, clock: Clock, trace: Trace, terms: DeliveryTerms
) -> int:
    slip = delivery_slip.read_slip(folder, FILES)
    with engine.begin() as connection:
        living = living_number(connection)
        before = connection.scalar(select(generations.c.made_at).where(generations.c.number == living))
        last = connection.scalar(select(func.max(generations.c.number))) or 0
    if slip.made_at > clock.now():
        raise Failed("Delivery_From_Future", made_at=slip.made_at.isoformat())
    if before is not None and slip.made_at < datetime.fromisoformat(before):
        raise slip.too_old()
    # higher than the living one's if what came last was taken back: no number is ever given twice
    number = max(living, last) + 1
    # what was taken back, and what a loader that died left behind
    _remove(engine, lambda table: table.c.generation > living)
    try:
        counts = _build(engine, number, folder, notices_path, slip, terms, living)
    except BaseException:
        _remove(engine, lambda table: table.c.generation > living)
        raise
    _flip(engine, number, slip, clock.now())
    _remove(engine, lambda table: table.c.generation < living)
    trace.emit("operator", "delivery_applied", generation=number, municipality=slip.municipality, **counts)
    return number


def _build(
    engine: Engine,
    number: int,
    folder: Path,
    notices_path: Path,
    slip: delivery_slip.DeliverySlip,
    terms: DeliveryTerms,
    living: int,
) -> dict[str, int]:
    keys: set[str] = set()

    def residents() -> Iterator[dict[str, Any]]:
        for row, person in resident_register.read_residents(folder):
            keys.add(person.key)
            yield tables.person_row(number, row.line, person)

    counts = {"persons": _insert(engine, persons, residents())}
    slip.check_count(resident_register.FILE_NAME, counts["persons"])
    with engine.begin() as connection:
        _check_residents(connection, number, living, terms)
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
    # they were taken in before; a list that is not as agreed refuses the delivery all the same
    counts["restrictions"] = sum(
        1 for _ in restriction_list.read_restrictions(folder, keys, unreadable=terms.unreadable_restrictions)
    )
    slip.check_count(restriction_list.FILE_NAME, counts["restrictions"])
    counts["notices"] = _insert(
        engine,
        notices,
        (
            tables.notice_row(number, row.line, found)
            for row, found in issue_notices.read_notices(notices_path, slip.municipality, keys)
        ),
    )
    return counts


def _check_residents(connection: Connection, number: int, living: int, terms: DeliveryTerms) -> None:
    """Raises Failed: Delivery_Empty, Delivery_Drop_Too_Large(before, now, most_percent)."""

    def residents(generation: int) -> int:
        query = select(func.count()).where(
            persons.c.generation == generation, persons.c.status.in_(sorted(tables.LIVING_THERE))
        )
        return connection.scalar(query) or 0

    now, before = residents(number), residents(living)
    if now == 0:
        raise Failed("Delivery_Empty")
    if (before - now) * 100 > before * terms.most_drop_percent:
        raise Failed("Delivery_Drop_Too_Large", before=before, now=now, most_percent=terms.most_drop_percent)


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
            connection.execute(insert(seals), [tables.seal_row(number, item.seal) for item in batch])
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
