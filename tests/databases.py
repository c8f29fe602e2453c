"""Where the databases of the tests lie: files of SQLite, or, with KONBINI_POSTGRESQL (the URL of a database of a cluster of one's own), databases
of that cluster."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.engine import make_url

from server_stub.db import open_engine, sqlite_url

CLUSTER = os.environ.get("KONBINI_POSTGRESQL", "")


def database_url(file: Path) -> str:
    """The URL of the database that stands for `file`; it is there, and empty if nobody has asked for it before."""
    if not CLUSTER:
        return sqlite_url(file)
    name = "t" + hashlib.sha256(str(file).encode()).hexdigest()[:20]
    engine = create_engine(CLUSTER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.execute(known, {"name": name}).first() is None:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return make_url(CLUSTER).set(database=name).render_as_string(hide_password=False)


def emptied(url: str, metadata: MetaData) -> None:
    """Take everything out of a database of the cluster, and count from one again."""
    engine = open_engine(url)
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    engine.dispose()
