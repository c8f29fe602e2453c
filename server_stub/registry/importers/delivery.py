"""Taking in a delivery: restrictions first; the next generation is built beside the living one, then the pointer flips."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, exists, func, insert, select, update

from server_stub.db import migrate, open_engine
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.municipalities import FORMATS, DeliveryTerms, Municipality
from server_stub.registry.records import Person
from server_stub.registry.replica import living_number
from server_stub.registry.tables import (
    OF_A_GENERATION,
    generations,
    imprints,
    notice_row,
    notices,
    person_of,
    pointer,
    seals,
)

from . import card_notices, delivery_slip, issue_notices
from .containers import read_rows
from .delivery_slip import DeliverySlip, broken
from .format_file import PERSON, PROVISIONAL, RESTRICTION, SEAL, DeliveryFormat, formats_in
from .generation import Generation, Models
from .other_registers import take_records
from .person_record import person_row
from .resident_register import take_residents
from .restriction_record import read_restrictions, take_restrictions
from .row_function import Misread, RowFunction, Unusable
from .seal_register import take_seals
from .set_aside import SetAside, SetAsides


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a delivery: the number of the new generation, and the rows that could not be used. `digest` is that of the
    delivered files (`delivery_digest`); `same_as`: the generation of the same files that was living before, 0 for none."""

    generation: int
    set_aside: tuple[SetAside, ...]
    digest: str = ""
    same_as: int = 0


def load_delivery(
    url: str,
    folder: Path,
    notices_path: Path,
    clock: Clock,
    trace: Trace,
    municipality: Municipality | None = None,
    *,
    formats: Path | None = None,
    models: Models | None = None,
    most_set_aside: int | None = None,
    made_at: datetime | None = None,
) -> Loaded:
    """Take in the delivery in `folder` and the issue notices at `notices_path`.

    `municipality`: whose replica this is, and its terms for deliveries; without it, whatever the replica holds already, on
    the usual terms. `formats`: the folder of format files, one of which the delivery is written in; without it, the
    municipality's own. A record that has no type of its own is checked by the model of the municipality's kind that has
    such a register, or by `models`; its messages must not repeat the value. `most_set_aside`: instead of the municipality's
    own. `made_at`: counts instead of the slip's 作成日時, for a delivery that is repeated unchanged.
    Restrictions (発行制限) are taken in first and stay, whatever becomes of the rest; a delivery of another municipality alone
    sets nobody aside.

    A row that cannot be used sets its person aside (`ReplicaReader.is_set_aside`) and is listed in the result. All else is all
    or nothing: on Failed(Delivery_File_Missing | Delivery_Header_Wrong | Delivery_Record_Length_Wrong | Delivery_Row_Broken),
    Failed(Delivery_Other_Municipality | Delivery_From_Future | Delivery_Empty | Delivery_Drop_Too_Large |
    Delivery_Base_Wrong) or Failed(Delivery_Too_Many_Set_Aside: more than `most_set_aside` rows) the living generation stays as
    it was and what was built is removed. Failed(Settings_Wrong): the format file. Readers are never blocked and keep the
    generation they opened; the one before the new one is kept, older ones are removed. One loader a replica at a time. Brings
    the database at `url` to its newest schema first.
    """
    migrate(url, "server_stub.registry")
    engine = open_engine(url)
    terms = municipality.delivery if municipality is not None else DeliveryTerms()
    if models is None:
        kinds = municipality.every_kind.values() if municipality is not None else ()
        models = {register: model for kind in kinds for register, model in kind.registers.items()}
    asides = SetAsides(trace, terms.most_set_aside if most_set_aside is None else most_set_aside)
    try:
        with engine.connect() as connection:
            held = connection.scalar(
                select(generations.c.municipality).order_by(generations.c.number.desc()).limit(1)
            )
        code = municipality.info.code if municipality is not None else held or ""
        if formats is None:
            if municipality is None:
                raise ValueError("a municipality, or the folder of its formats")
            formats = municipality.folder / FORMATS
        format_ = delivery_slip.format_of(folder, formats_in(formats, code))
        delivery_slip.check_municipality(folder, format_)
        take_restrictions(engine, folder, format_, clock.now(), terms.unreadable_restrictions, trace, made_at)
        slip = delivery_slip.read_slip(folder, format_, made_at)
        living = _check_time(engine, slip, format_, clock.now())

        def generation(number: int) -> Generation:
            return Generation(engine, number, living, folder, format_, slip, terms, models, asides)

        digest = delivery_digest(folder)
        same_as = _same_as(engine, living, digest)
        number = _load(engine, living, generation, notices_path, slip, clock, trace, digest, same_as)
    except Failed as failed:
        trace.emit("operator", "delivery_refused", failure=failed.failure, **failed.facts)
        raise
    finally:
        engine.dispose()
    return Loaded(number, tuple(asides.rows), digest, same_as)


def delivery_digest(folder: Path) -> str:
    """Compute the SHA-256 over names and contents of all files of a delivery (of its format files none), in the order of their names."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != FORMATS:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            whole.update(f"{name.as_posix()}\0{content}\n".encode())
    return whole.hexdigest()


def _same_as(engine: Engine, living: int, digest: str) -> int:
    with engine.connect() as connection:
        told = connection.scalar(select(generations.c.digest).where(generations.c.number == living))
    return living if told == digest else 0


def read_people(folder: Path, formats: Path, cards: Mapping[str, str] | None = None) -> dict[str, Person]:
    """Read everybody in the resident register of the delivery in `folder` by 宛名番号, without a replica.

    `cards`: only these persons, each with the name of the card that needs the record; rows of others, or of nobody, may be
    whatever they are. Raises Failed(Settings_Wrong), and Failed(Delivery_Row_Broken) for the first row that cannot be used: with
    the `card` that needs it.
    """
    format_ = delivery_slip.format_of(folder, formats_in(formats))
    file = format_.file_of(PERSON)
    people: dict[str, Person] = {}
    if file is None:
        return people
    told_on = delivery_slip.read_slip(folder, format_).told_on
    decode = RowFunction(file, format_.code, folder)
    for line, cells, misfit in read_rows(folder / file.name, file):
        card = {}
        if cards is not None:
            key = decode.item(cells, "key")
            if key not in cards:
                continue
            card = {"card": cards[key]}
        try:
            if misfit is not None:
                raise misfit
            items = decode(cells)
            if items.get("entry") == PROVISIONAL:
                continue
            person = person_of(_Row(person_row(items, told_on)))
        except Misread as bad:
            raise broken(file.name, line, bad.column, bad.expected, **card) from None
        except Unusable as bad:
            raise broken(file.name, line, decode.column_of(bad.target), bad.expected, **card) from None
        people[person.key] = person
    return people


class _Row:
    """The columns of a row as attributes, as the database gives them."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self.__dict__.update(columns)


def _check_time(engine: Engine, slip: DeliverySlip, format_: DeliveryFormat, now: datetime) -> int:
    """The number of the living generation, if this delivery may follow it."""
    with engine.connect() as connection:
        living = living_number(connection)
        told = connection.scalar(select(generations.c.made_at).where(generations.c.number == living))
    before = datetime.fromisoformat(told) if told is not None else None
    if slip.made_at > now:
        raise Failed("Delivery_From_Future", made_at=slip.made_at.isoformat())
    if before is not None and slip.made_at < before:
        raise slip.too_old()
    if format_.differential and slip.base != before:
        expected = before.isoformat() if before is not None else ""
        raise Failed("Delivery_Base_Wrong", file=slip.file, expected=expected)
    if format_.differential and slip.made_at == before:
        raise slip.too_old("元の作成日時より後")  # or it could be applied to itself
    return living


def _load(
    engine: Engine,
    living: int,
    generation: Callable[[int], Generation],
    notices_path: Path,
    slip: DeliverySlip,
    clock: Clock,
    trace: Trace,
    digest: str,
    same_as: int,
) -> int:
    with engine.connect() as connection:
        last = connection.scalar(select(func.max(generations.c.number))) or 0
    # higher than the living one's if what came last was taken back: no number is ever given twice
    number = max(living, last) + 1
    # what was taken back, and what a loader that died left behind
    _remove(engine, lambda table: table.c.generation > living)
    try:
        counts = _build(generation(number), notices_path)
    except BaseException:
        _remove(engine, lambda table: table.c.generation > living)
        raise
    _flip(engine, number, slip, clock.now(), digest)
    _remove(engine, lambda table: table.c.generation < living)
    told = {"same_as": same_as} if same_as else {}
    trace.emit(
        "operator",
        "delivery_applied",
        generation=number,
        municipality=slip.municipality,
        digest=digest,
        **counts,
        **told,
    )
    return number


def _build(generation: Generation, notices_path: Path) -> dict[str, int]:
    """How many rows were taken in by table."""
    format_ = generation.format
    before = generation.copy_living() if format_.differential else {}
    counts = {"persons": take_residents(generation, before.get(PERSON, set())), "seals": 0, "records": 0}
    if (seal_file := format_.file_of(SEAL)) is not None:
        counts["seals"] = take_seals(generation, seal_file)
    for file in format_.file:
        if not file.typed:
            counts["records"] += take_records(generation, file, before.get(file.record, set()))
    generation.know_whom_records_name()
    counts["restrictions"] = 0
    if (listed := format_.file_of(RESTRICTION)) is not None:
        # they were taken in before; a list that is not as agreed refuses the delivery all the same
        unreadable = generation.terms.unreadable_restrictions
        found = read_restrictions(
            generation.folder, format_, listed, generation.may_be_stopped, unreadable=unreadable
        )
        counts["restrictions"] = sum(1 for _ in found)
        generation.slip.check_count(listed.name, counts["restrictions"])
    counts["notices"] = _take_notices(generation, notices_path)
    generation.keep_set_aside()
    return counts | {"set_aside": len(generation.asides.rows)}


def _take_notices(generation: Generation, path: Path) -> int:
    twice: set[str] = set()

    def set_aside(row: SetAside, person: str) -> bool:
        generation.asides.add(row, ())
        vanished = generation.vanished(person)
        if vanished:
            generation.asides.also(replace(row, register=PERSON), person, "")
        return vanished

    told = issue_notices.read_notices(
        path, generation.format.municipality, generation.may_be_named, set_aside, twice
    )
    rows = (notice_row(generation.number, line, notice) for line, notice in told)
    count = generation.write(notices, rows, key="holder_ref")
    cards = card_notices.read_cards(
        path, generation.format.municipality, generation.may_be_named, set_aside, twice
    )
    after = 1 + count  # the lists are two files: a line of the second comes after all of the first
    told_cards = (notice_row(generation.number, after + line, notice) for line, notice in cards)
    count += generation.write(notices, told_cards, key="holder_ref")
    with generation.engine.begin() as connection:
        generation.delete(connection, notices, "holder_ref", [{"holder_ref": one} for one in twice])
        generation.asides.add_groups(connection, PERSON, generation.living)
    return count


def _flip(engine: Engine, number: int, slip: DeliverySlip, loaded_at: datetime, digest: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(generations).values(
                number=number,
                municipality=slip.municipality,
                made_at=slip.made_at.isoformat(),
                loaded_at=loaded_at.isoformat(),
                digest=digest,
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
