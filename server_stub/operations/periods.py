"""When a municipality lets who runs its site in (事業者の利用期間): opened by its officials for a time, with a reason, and closed by itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, RowMapping, insert, select, update

from server_stub.interface.failures import Failed

from .store import moment
from .tables import periods


def open_period(engine: Engine, municipality: str, now: datetime) -> RowMapping | None:
    """Find a period that is open now."""
    with engine.connect() as connection:
        return (
            connection.execute(
                select(periods)
                .where(
                    periods.c.municipality == municipality,
                    periods.c.closed_at.is_(None),
                    periods.c.from_at <= moment(now),
                    periods.c.until_at > moment(now),
                )
                .order_by(periods.c.until_at.desc())
            )
            .mappings()
            .first()
        )


def list_periods(engine: Engine, municipality: str, limit: int = 100) -> list[RowMapping]:
    """List the periods of a municipality, the latest first."""
    with engine.connect() as connection:
        return list(
            connection.execute(
                select(periods)
                .where(periods.c.municipality == municipality)
                .order_by(periods.c.number.desc())
                .limit(limit)
            ).mappings()
        )


def add_period(
    engine: Engine, municipality: str, begins: datetime, ends: datetime, reason: str, by: str, now: datetime
) -> int:
    with engine.begin() as connection:
        made = connection.execute(
            insert(periods).values(
                municipality=municipality,
                from_at=moment(begins),
                until_at=moment(ends),
                reason=reason,
                opened_by=by,
                opened_at=moment(now),
            )
        ).inserted_primary_key
        assert made is not None
        return int(made[0])


def close_period(engine: Engine, municipality: str, number: int, by: str, now: datetime) -> None:
    """End a period at once. Raises Failed(Console_Record_Unknown), for another municipality's and one that was closed too."""
    with engine.begin() as connection:
        closed = connection.execute(
            update(periods)
            .where(
                periods.c.number == number,
                periods.c.municipality == municipality,
                periods.c.closed_at.is_(None),
            )
            .values(closed_at=moment(now), closed_by=by)
        )
        if closed.rowcount == 0:
            raise Failed("Console_Record_Unknown")
