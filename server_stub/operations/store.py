"""The console's database, and how its times are written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from server_stub.db import migrate, open_engine
from server_stub.interface.clock import JST


def prepare_database(url: str) -> None:
    """Bring the database at `url` to the newest tables. Raises as `migrate`."""
    migrate(url, "server_stub.operations")


def open_store(url: str) -> Engine:
    return open_engine(url)


def moment(at: datetime) -> str:
    """Write a moment so that texts compare as moments do: `2026-06-03T10:00:00.000+09:00`."""
    return at.astimezone(JST).isoformat(timespec="milliseconds")


def read_moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
