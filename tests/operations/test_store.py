"""The console's database is what its migrations make of it, and nobody else's to read."""

from __future__ import annotations

import stat
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from server_stub.db import open_engine
from server_stub.operations import prepare_database
from server_stub.operations.tables import metadata
from tests.databases import CLUSTER, database_url
from tests.operations.hall import Hall


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    url = database_url(tmp_path / "operations.db")
    prepare_database(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    assert CLUSTER or stat.S_IMODE((tmp_path / "operations.db").stat().st_mode) == 0o600


def test_an_empty_console_has_nobody_and_lets_nobody_in(hall: Hall) -> None:
    assert hall.console.operators.of("28100") == []
    nobody = hall.officials.nobody()
    for login, password in (("", ""), ("admin", "admin"), ("28100-kanri", ""), ("28100-kanri", "password")):
        assert nobody.post("/login", login=login, password=password).status in (401, 422)
