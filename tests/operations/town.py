"""A town hall whose ledger has visits, and a console that reaches it over HTTP. Fixtures, for `conftest`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_stub.node import serve
from server_stub.operations import DoorAddress, IssuingDoor
from tests.issuing.helper import OPS_KEY, TownHall, open_town_hall
from tests.operations.hall import ASHIKAGA, KOBE, NOWHERE, Hall


@pytest.fixture
def town(tmp_path: Path, kept_visits: Path, replica_url: str, patient: Path) -> Iterator[TownHall]:
    """A town hall after the visits of `tests/issuing/test_statistics.py`."""
    (tmp_path / "town").mkdir()
    hall = open_town_hall(tmp_path / "town", replica_url, root=patient, ledger=kept_visits)
    yield hall
    hall.service.close()


@pytest.fixture
def console(tmp_path: Path, empty_console: Path, town: TownHall) -> Iterator[Hall]:
    """A console with `town` behind the door of Kobe, and nobody behind the others."""
    node = serve(town.app)
    doors = (
        IssuingDoor((KOBE,), DoorAddress(node.base_url, OPS_KEY)),
        IssuingDoor((ASHIKAGA,), NOWHERE),
    )
    hall = Hall(tmp_path, empty_console, sites=doors)
    yield hall
    hall.close()
    node.stop()
