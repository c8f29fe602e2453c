"""The registry's own database: cards, their use for each kind, and every act of an official."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    Column,
    Date,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
)

from server_stub.db import migrate, open_engine

metadata = MetaData()

cards = Table(
    "card",
    metadata,
    Column("municipality", String(5), primary_key=True),
    Column("number", String(15), primary_key=True),
    Column("person", String(40), nullable=False),
    Column("born", Date, nullable=False),
    Column("issued_at", String(32), nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("state", String(12), nullable=False),
    Column("since", String(32), nullable=False),
)
uses = Table(
    "use_of_card",
    metadata,
    Column("municipality", String(5), primary_key=True),
    Column("number", String(15), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    Column("pin_hash", LargeBinary(32), nullable=False),
    Column("tries_left", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("since", String(32), nullable=False),
    ForeignKeyConstraint(["municipality", "number"], ["card.municipality", "card.number"]),
)
"""The PIN is kept as its salted hash (scrypt) and in no other way."""
acts = Table(
    "act",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("municipality", String(5), nullable=False, index=True),
    Column("number", String(15), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("act", String(20), nullable=False),
    Column("at", String(32), nullable=False),
    Column("operator", String(100), nullable=False),
    Column("reason", String(300), nullable=False),
)
"""Times are ISO 8601 in JST."""


def prepare_database(url: str) -> None:
    """Bring the database at `url` to the newest tables. Raises as `migrate`."""
    migrate(url, "server_stub.card_registry")


def keep_only(url: str, municipalities: Sequence[str]) -> None:
    """Take the cards of other municipalities out of the database at `url`, a copy of one that several registries shared."""
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in (uses, acts, cards):
            connection.execute(delete(table).where(table.c.municipality.not_in(municipalities)))
    engine.dispose()
