"""Taking in a delivery: restrictions first; the next generation is built beside the living one, then the pointer flips."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)

from server_stub.db import migrate, open_engine
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.municipalities import FORMATS, DeliveryTerms, Municipality
from server_stub.registry.records import Person
from server_stub.registry.replica import living_number
from server_stub.registry.tables import (
    NO_BASE,
    OF_A_GENERATION,
    generations,
    imprints,
    notice_row,
    notices,
    person_of,
    pointer,
    refusal,
    seals,
)

from . import card_notices, delivery_slip, issue_notices
from .containers import read_rows
from .delivery_slip import DeliverySlip, broken
from .format_file import PERSON, PROVISIONAL, RESTRICTION, SEAL, DeliveryFormat, formats_in
from .generation import Generation, Models, Progress, batches
from .other_registers import take_records
from .person_record import person_row
from .resident_register import take_residents
from .restriction_record import read_restrictions, take_restrictions
from .row_function import Misread, RowFunction, Unusable
from .seal_register import take_seals
from .search_words import file_under_words
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
    progress: Progress = lambda done, of, file: None,
) -> Loaded:
    """Take in the delivery in `folder` and the issue notices at `notices_path`.

    `municipality`: whose replica this is, and its terms for deliveries; without it, whatever the replica holds already, on
    the usual terms. `formats`: the folder of format files, one of which the delivery is written in; without it, the
    municipality's own. A record that has no type of its own is checked by the model of the municipality's kind that has
    such a register, or by `models`; its messages must not repeat the value. Without `models`, the records of kinds whose papers
    the existing system makes (PDF連携) are not taken in. `most_set_aside`: instead of the municipality's own. `made_at`: counts
    instead of the slip's 作成日時, for a delivery that is repeated unchanged. `progress` is told how far it is.
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
    elsewhere: frozenset[str] = frozenset()
    if models is None:
        kinds = municipality.every_kind.values() if municipality is not None else ()
        elsewhere = municipality.elsewhere if municipality is not None else elsewhere
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
            return Generation(
                engine, number, living, folder, format_, slip, terms, models, asides, progress, elsewhere
            )

        digest = delivery_digest(folder)
        same_as = _same_as(engine, living, digest)
        number = _load(engine, living, generation, notices_path, slip, clock, trace, digest, same_as)
        _keep_refusal(engine, None, clock)
    except Failed as failed:
        _keep_refusal(engine, failed.failure, clock)
        trace.emit("operator", "delivery_refused", failure=failed.failure, **failed.facts)
        raise
    finally:
        engine.dispose()
    return Loaded(number, tuple(asides.rows), digest, same_as)


def _keep_refusal(engine: Engine, failure: str | None, clock: Clock) -> None:
    """Write down that the latest delivery was refused by `failure`; None: it was taken in."""
    with engine.begin() as connection:
        connection.execute(delete(refusal))
        if failure is not None:
            connection.execute(insert(refusal), {"id": 1, "at": clock.now().isoformat(), "failure": failure})


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
    building = generation(number)
    try:
        counts = _build(building, notices_path)
    except BaseException:
        _remove(engine, lambda table: table.c.generation > living)
        raise
    _flip(engine, building, slip, clock.now(), digest)
    _remove_old(engine, living)
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
    if format_.differential:
        generation.begin_from_living()
    counts = {"persons": take_residents(generation), "seals": 0, "records": 0}
    if (seal_file := format_.file_of(SEAL)) is not None:
        counts["seals"] = take_seals(generation, seal_file)
    for file in format_.file:
        if not file.typed and file.record not in generation.elsewhere:
            counts["records"] += take_records(generation, file)
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
    file_under_words(generation)
    generation.keep_set_aside()
    return counts | {"set_aside": len(generation.asides.rows)}


@dataclass(frozen=True, slots=True)
class _File:
    """The file of issue notices as it was read: `line` its last, `of` the generation whose notices stand before those of this one."""

    size: int
    digest: str
    line: int
    of: int = NO_BASE


def _take_notices(generation: Generation, path: Path) -> int:
    """Read the issue notices; of a file that has only become longer since the living generation, and of which nothing could have
    become other, what is new. With a list of handed over cards beside it everything is read. Returns how many there are of this
    delivery."""
    known = _known_file(generation) if not card_notices.are_beside(path) else None
    if known is not None and _begins_as(path, known) and not _somebody_is_lost(generation, known):
        count, clean = _read_notices(generation, path, known.line, known.of)
        if clean:
            return count
        with generation.engine.begin() as connection:
            connection.execute(delete(notices).where(notices.c.generation == generation.number))
    return _read_notices(generation, path)[0]


def _known_file(generation: Generation) -> _File | None:
    if not generation.format.differential:
        return None
    with generation.engine.connect() as connection:
        row = connection.execute(select(generations).where(generations.c.number == generation.living)).one()
    if row.notices_bytes is None:
        return None
    return _File(row.notices_bytes, row.notices_digest, row.notices_line, row.notices_of or row.number)


def _begins_as(path: Path, known: _File) -> bool:
    if not path.is_file():
        return False  # what is none is told when it is read
    try:
        with path.open("rb") as file:
            return _digest_of(file, known.size) == known.digest and file.tell() == known.size
    except OSError:
        return False


def _digest_of(file: BinaryIO, size: int) -> str:
    found = hashlib.sha256()
    while size > 0 and (piece := file.read(min(size, 1 << 20))):
        found.update(piece)
        size -= len(piece)
    return found.hexdigest()


def _somebody_is_lost(generation: Generation, known: _File) -> bool:
    """Whether a notice names somebody whom the delivery has struck out, so that no record names them any more."""
    people = generation.gone | generation.named_before - {""}
    generation.look_up(people)
    lost = [person for person in people if not generation.may_be_named(person)]
    there = notices.c.generation.in_([known.of, generation.living])
    with generation.engine.connect() as connection:
        query = select(notices.c.person).where(there, notices.c.person.in_(lost)).limit(1)
        return bool(lost) and connection.scalar(query) is not None


def _read_notices(generation: Generation, path: Path, after: int = 0, of: int = NO_BASE) -> tuple[int, bool]:
    """Take in the notices after that line; those before it are of generation `of`. Returns how many, and whether none of the new ones
    was refused."""
    twice: set[str] = set()
    refused: list[str] = []

    def set_aside(row: SetAside, person: str) -> bool:
        refused.append(person)
        if of:
            return False  # everything is read anew
        generation.asides.add(row, ())
        vanished = generation.vanished(person)
        if vanished:
            generation.asides.also(replace(row, register=PERSON), person, "")
        return vanished

    def may_be_named(person: str) -> bool:
        found = generation.may_be_named(person)
        if not found:
            refused.append(person)
        return found

    told = issue_notices.read_notices(
        path, generation.format.municipality, may_be_named, set_aside, twice, generation.look_up, after
    )
    last = max(after, 1)

    def rows() -> Iterator[list[dict[str, Any]]]:
        nonlocal last
        for batch in batches(notice_row(generation.number, line, notice) for line, notice in told):
            last = max(last, batch[-1]["line"])
            if of:
                with generation.engine.connect() as connection:
                    known = select(notices.c.holder_ref).where(
                        notices.c.generation.in_([of, generation.living]),
                        notices.c.holder_ref.in_([row["holder_ref"] for row in batch]),
                    )
                    refused.extend(connection.scalars(known))
            yield batch

    if of:
        _copy_own_notices(generation)
    count = generation.write(notices, rows(), key="holder_ref")
    cards = card_notices.read_cards(
        path, generation.format.municipality, may_be_named, set_aside, twice, generation.look_up
    )
    # the lists are two files: a line of the second comes after all of the first
    told_cards = (notice_row(generation.number, last + line, notice) for line, notice in cards)
    count += generation.write(notices, batches(told_cards), key="holder_ref")
    with generation.engine.begin() as connection:
        generation.delete(connection, notices, "holder_ref", [{"holder_ref": one} for one in twice])
        generation.asides.add_groups(connection, PERSON, generation.before)
    if not refused and not twice and not card_notices.are_beside(path):
        size = path.stat().st_size
        with path.open("rb") as file:
            generation.notices_file = (size, _digest_of(file, size), last, of)
    return count, not refused and not twice


def _copy_own_notices(generation: Generation) -> None:
    """Those that the living generation has beside those of another one."""
    with generation.engine.begin() as connection:
        base = connection.scalar(
            select(generations.c.notices_of).where(generations.c.number == generation.living)
        )
        if base:
            taken = [literal(generation.number) if c.name == "generation" else c for c in notices.c]
            own = select(*taken).where(notices.c.generation == generation.living)
            connection.execute(insert(notices).from_select([c.name for c in notices.c], own))


def _flip(engine: Engine, building: Generation, slip: DeliverySlip, loaded_at: datetime, digest: str) -> None:
    size, notices_digest, line, of = building.notices_file or (None, None, None, NO_BASE)
    with engine.begin() as connection:
        connection.execute(
            insert(generations).values(
                number=building.number,
                municipality=slip.municipality,
                made_at=slip.made_at.isoformat(),
                loaded_at=loaded_at.isoformat(),
                digest=digest,
                base=building.now.base or None,
                residents=building.residents,
                removed=False,
                notices_of=of or None,
                notices_bytes=size,
                notices_digest=notices_digest,
                notices_line=line,
            )
        )
        if not connection.execute(update(pointer).values(generation=building.number)).rowcount:
            connection.execute(insert(pointer).values(id=1, generation=building.number))


def _remove_old(engine: Engine, before: int) -> None:
    """Remove what is older than the generation before the living one, but for what these two stand on."""
    with engine.begin() as connection:
        connection.execute(
            update(generations)
            .where(generations.c.number < before, ~generations.c.removed)
            .values(removed=True)
        )
        kept = select(generations.c.base, generations.c.notices_of).where(generations.c.number >= before)
        bases = {one for row in connection.execute(kept) for one in row if one is not None}
    _remove(engine, lambda table: and_(table.c.generation < before, table.c.generation.not_in(bases)))


_MOST_AT_ONCE = 10_000
"""Rows that are removed in one transaction: whoever writes waits no longer than for these."""


def _remove(engine: Engine, which: Callable[[Table], Any]) -> None:
    """Remove the rows of some generations, and the imprints that no generation shows any more."""
    place: ColumnElement[Any] = literal_column("rowid" if engine.dialect.name == "sqlite" else "ctid")
    for table in OF_A_GENERATION:
        removed = 0
        while True:
            some = select(place).select_from(table).where(which(table)).limit(_MOST_AT_ONCE)
            with engine.begin() as connection:
                gone = connection.execute(delete(table).where(place.in_(some))).rowcount
            removed += gone
            if gone < _MOST_AT_ONCE:
                break
        if table is seals and removed:
            with engine.begin() as connection:
                _remove_orphans(connection)


def _remove_orphans(connection: Connection) -> None:
    connection.execute(delete(imprints).where(~exists().where(seals.c.imprint == imprints.c.sha256)))
