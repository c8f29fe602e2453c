"""The centre's database: who may write, and how the stage puts another file below it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from server_stub.db import forget_deleted, migrate, open_engine


def prepare_database(url: str) -> None:
    """Bring the database at `url` to the newest tables."""
    migrate(url, "server_stub.center")


class Database:
    """An engine on the migrated tables.

    Every writing transaction begins with a statement that changes a row: so it takes its place in the queue of writers
    at once (SQLite) or locks the row that it decides about (PostgreSQL), and nothing read before is stale.
    """

    def __init__(self, url: str) -> None:
        prepare_database(url)
        self._engine = open_engine(url)
        self._on_replaced: list[Callable[[], None]] = []
        self._personal_deleted = threading.Event()
        self._personal_deleted.set()  # of a process before, which was ended before it could wipe

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    def on_replaced(self, forget: Callable[[], None]) -> None:
        """`forget` is called whenever another database lies below: what was cached of the old one is worth nothing."""
        self._on_replaced.append(forget)

    def personal_deleted(self) -> None:
        """Sheets or names were deleted, and that is committed: `wipe` has something to do."""
        self._personal_deleted.set()

    def wipe(self) -> None:
        """Leave no byte of deleted sheets and names in any file, if there are such; tries again when next called if somebody is
        reading meanwhile."""
        if self._personal_deleted.is_set():
            self._personal_deleted.clear()
            if not forget_deleted(self._engine):
                self._personal_deleted.set()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """No file is open inside (the caller sees to it that no request is under way); what lies there after, is read."""
        self._engine.dispose()
        yield
        self._engine.dispose()
        for forget in self._on_replaced:
            forget()

    def dispose(self) -> None:
        self._engine.dispose()
