"""Databases of the nodes: engine by URL (SQLite in WAL mode by default, PostgreSQL by URL) and their Alembic migrations."""

from __future__ import annotations

import contextlib
import importlib.resources
import os
import sqlite3
import weakref
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from server_stub.interface.failures import Failed

_PATIENCE_MS = 5000
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON")
"""`secure_delete`: what is deleted is overwritten, not only forgotten."""


class _Connection(sqlite3.Connection):
    """One that ends what is still being read when it goes back to the pool.

    A result that nobody read to its end keeps its snapshot: the next transaction on the connection could not write
    ("database is locked", at once), as soon as another connection had written.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()

    def cursor(self, *arguments: Any, **named: Any) -> Any:
        cursor = super().cursor(*arguments, **named)
        self._cursors.add(cursor)
        return cursor

    def rollback(self) -> None:
        """As the pool does with every connection that comes back."""
        for cursor in list(self._cursors):
            cursor.close()
        super().rollback()


def open_engine(url: str) -> Engine:
    """An engine for `url`; its errors do not repeat the values of a statement. SQLite: WAL, foreign keys, 5 s patience with a
    writer, safe from several threads; the file is its owner's only, from the start."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": _PATIENCE_MS / 1000, "factory": _Connection},
    )

    @event.listens_for(engine, "do_connect")
    def _private(_dialect, _record, arguments, _named) -> None:  # type: ignore[no-untyped-def]
        make_private(Path(arguments[0]))

    @event.listens_for(engine, "connect")
    def _pragmas(connection, _record) -> None:  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def make_private(path: Path) -> None:
    """Make `path`, empty and readable by its owner only, unless it is there. SQLite gives its -wal and -shm the same mode."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def forget_deleted(engine: Engine) -> bool:
    """Leave no byte of what was deleted in any file of the database: SQLite's write-ahead log is written back and emptied.

    False if somebody was reading meanwhile; then call it again. PostgreSQL overwrites by its own rules: nothing is done.
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        # who waits here keeps the writers waiting
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
        try:
            return not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        except OperationalError:
            return False
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_PATIENCE_MS}")


def migrate(url: str, package: str) -> None:
    """Bring the database at `url` to the newest revision of `package`'s `migrations` folder.

    Raises Failed(Database_Of_Newer_Version) for one with a revision that is not known here, Failed(Database_Damaged) for a
    file that is none.
    """
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except DatabaseError as error:
        if isinstance(error, OperationalError):  # locked, no room, no such server: it is not the file
            raise
        raise Failed("Database_Damaged", file=Path(engine.url.database or "").name) from error
    finally:
        engine.dispose()
    known = _revisions(package)
    if revision == known[0]:
        return
    if revision is not None and revision not in known:
        raise Failed("Database_Of_Newer_Version", room=package.rpartition(".")[2], revision=revision)
    with importlib.resources.as_file(importlib.resources.files(package) / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        config.attributes["configure_logger"] = False
        command.upgrade(config, "head")


@cache
def _revisions(package: str) -> tuple[str, ...]:
    """All that there are, newest first."""
    with importlib.resources.as_file(importlib.resources.files(package) / "migrations") as folder:
        return tuple(script.revision for script in ScriptDirectory(str(folder)).walk_revisions())


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path.as_posix()}"


def run_migrations(metadata: MetaData) -> None:
    """The body of every room's `migrations/env.py`: run the revisions against the URL that `migrate` was given."""
    url = context.config.get_main_option("sqlalchemy.url")
    if url is None:
        raise RuntimeError("migrations run through server_stub.db.migrate only")
    engine = open_engine(url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()
