from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_stub.db import sqlite_url
from server_stub.operations import prepare_database
from tests.operations.hall import Hall


@pytest.fixture(scope="session")
def empty_console(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without anybody in it."""
    file = tmp_path_factory.mktemp("console") / "operations.db"
    prepare_database(sqlite_url(file))
    return file


@pytest.fixture(scope="session")
def _hall(tmp_path_factory: pytest.TempPathFactory, empty_console: Path) -> Iterator[Hall]:
    made = Hall(tmp_path_factory.mktemp("hall"), empty_console)
    yield made
    made.close()


@pytest.fixture
def hall(_hall: Hall) -> Hall:
    _hall.reset()
    return _hall
