"""Databases of the nodes: engine by URL (SQLite in WAL mode by default, PostgreSQL by URL) and their Alembic migrations."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url


def open_engine(url: str) -> Engine:
    """An engine for `url`; its errors do not repeat the values of a statement. SQLite: WAL, foreign keys, 5 s patience with a writer, safe from several threads."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": 5})

    @event.listens_for(engine, "connect")
    def _pragmas(connection, _record) -> None:  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def migrate(url: str, package: str) -> None:
    """Bring the database at `url` to the newest revision of `package`'s `migrations` folder."""
    with importlib.resources.as_file(importlib.resources.files(package) / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        config.attributes["configure_logger"] = False
        command.upgrade(config, "head")


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
