"""What an owner decides about its console: how long the log is kept, whether the second factor is demanded, when a session ends."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select

from .tables import terms


@dataclass(frozen=True, slots=True)
class Terms:
    """`retention_days`: how long the operation log is kept, 0 for ever; `second_factor`: a one-time code is demanded of everybody."""

    retention_days: int = 1827
    second_factor: bool = False


def read_terms(engine: Engine, owner: str) -> Terms:
    with engine.connect() as connection:
        found = {
            row.name: row.value
            for row in connection.execute(select(terms.c.name, terms.c.value).where(terms.c.owner == owner))
        }
    own = Terms()
    return Terms(
        int(found.get("retention_days", own.retention_days)),
        found.get("second_factor", "1" if own.second_factor else "0") == "1",
    )


def write_terms(engine: Engine, owner: str, decided: Terms) -> None:
    with engine.begin() as connection:
        connection.execute(delete(terms).where(terms.c.owner == owner))
        for name, value in (
            ("retention_days", str(decided.retention_days)),
            ("second_factor", "1" if decided.second_factor else "0"),
        ):
            connection.execute(insert(terms).values(owner=owner, name=name, value=value))
