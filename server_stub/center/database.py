"""Open the centre's database, lend connections to it, and let the stage put another file in its place."""

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
    """Lend connections to the migrated tables.

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
        """Call `forget` whenever another database is put in place: what was cached of the old one is not valid any more."""
        self._on_replaced.append(forget)

    def personal_deleted(self) -> None:
        """Tell `wipe` that sheets or names were deleted, once that is committed."""
        self._personal_deleted.set()

    def wipe(self) -> None:
        """Leave no byte of deleted sheets and names in any file. If somebody is reading meanwhile, the next call tries again."""
        if self._personal_deleted.is_set():
            self._personal_deleted.clear()
            if not forget_deleted(self._engine):
                self._personal_deleted.set()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Close the files inside the block, and open afterwards whatever files are there then. The caller sees to it that no
        request is under way."""
        self._engine.dispose()
        yield
        self._engine.dispose()
        for forget in self._on_replaced:
            forget()

    def dispose(self) -> None:
        self._engine.dispose()
