from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_stub.registry.replica import Replica
from tests.databases import database_url
from tests.registry.helper import Delivery


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    return Delivery(tmp_path / "delivery")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return database_url(tmp_path / "replica.db")


@pytest.fixture
def replica(url: str) -> Iterator[Replica]:
    replica = Replica(url)
    yield replica
    replica.close()
