"""The generations of a replica: which deliveries were applied, and taking back one that was applied by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from server_stub.db import migrate, open_engine
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace

from .tables import generations, persons, pointer


@dataclass(frozen=True, slots=True)
class Generation:
    """A delivery that was applied. `made_at` 作成日時; `living`: read now; `taken_back_at` is None unless it was."""

    number: int
    municipality: str
    made_at: datetime
    loaded_at: datetime
    living: bool
    taken_back_at: datetime | None


def generations_of(url: str) -> tuple[Generation, ...]:
    """All that were ever applied to the replica at `url` (of the newest schema), oldest first."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            living = living_number(connection)
            rows = connection.execute(select(generations).order_by(generations.c.number)).all()
    finally:
        engine.dispose()
    return tuple(
        Generation(
            row.number,
            row.municipality,
            datetime.fromisoformat(row.made_at),
            datetime.fromisoformat(row.loaded_at),
            row.number == living,
            None if row.taken_back_at is None else datetime.fromisoformat(row.taken_back_at),
        )
        for row in rows
    )


def living_number(connection: Connection) -> int:
    """0 as long as nothing was ever loaded."""
    return connection.scalar(select(pointer.c.generation)) or 0


def take_back(url: str, clock: Clock, trace: Trace) -> int:
    """Read the generation before the living one again, because what was applied last was applied by mistake; its number.

    Restrictions stay as they are known: taking back releases nobody. The number of what was taken back is never given
    again, so no paper of it passes for one of a later delivery. Raises Failed(Delivery_None_Before) when the one before is
    not kept any more: one is.
    """
    migrate(url, "server_stub.registry")
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            # a row is changed first: so nobody flips meanwhile
            connection.execute(update(pointer).values(id=1))
            living = living_number(connection)
            before = connection.scalar(
                select(func.max(persons.c.generation)).where(persons.c.generation < living)
            )
            if before is None:
                raise Failed("Delivery_None_Before", generation=living)
            connection.execute(
                update(generations)
                .where(generations.c.number == living)
                .values(taken_back_at=clock.now().isoformat())
            )
            connection.execute(update(pointer).values(generation=before))
    finally:
        engine.dispose()
    trace.emit("operator", "delivery_taken_back", taken_back=living, generation=before)
    return int(before)
