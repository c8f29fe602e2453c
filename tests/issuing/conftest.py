from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_stub.db import sqlite_url
from server_stub.issuing.ledger import migrate_ledger
from server_stub.node import RunningNode, serve
from tests.issuing.helper import (
    HOUSEHOLD_FORM,
    UNLINKED,
    OpenTownHall,
    TownHall,
    deliver,
    edited_municipality,
    open_town_hall,
)


@pytest.fixture(scope="session")
def replica_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The sample people of Kobe as they are delivered; nobody writes to it."""
    folder = tmp_path_factory.mktemp("replica")
    url = sqlite_url(folder / "replica.db")
    deliver(url, folder, unlinked=[UNLINKED])
    return url


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "ledger.db"
    migrate_ledger(sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kobe as it is, but with a replica that may be a year old: these tests set the clock and deliver nothing."""
    return edited_municipality(
        tmp_path_factory.mktemp("patient"), ("most_age_hours = 48", "most_age_hours = 8760")
    )


@pytest.fixture
def open_hall(tmp_path: Path, replica_url: str, empty_ledger: Path, patient: Path) -> Iterator[OpenTownHall]:
    """Opens town halls, each in a folder of its own."""
    halls: list[TownHall] = []

    def open_one(*, root: Path | None = None, replica: str = replica_url) -> TownHall:
        folder = tmp_path / f"hall{len(halls)}"
        folder.mkdir()
        hall = open_town_hall(folder, replica, root=root or patient, ledger=empty_ledger)
        halls.append(hall)
        return hall

    yield open_one
    for hall in halls:
        hall.service.close()


@pytest.fixture
def hall(open_hall: OpenTownHall) -> TownHall:
    return open_hall()


@pytest.fixture
def household_hall(open_hall: OpenTownHall, tmp_path: Path) -> TownHall:
    """A city like Kobe whose 住民票の写し has up to four persons a sheet."""
    return open_hall(root=edited_municipality(tmp_path / "household", HOUSEHOLD_FORM))


@pytest.fixture(scope="module")
def shared_hall(
    tmp_path_factory: pytest.TempPathFactory, replica_url: str, empty_ledger: Path, patient: Path
) -> Iterator[TownHall]:
    """One town hall for tests that only add to the ledger."""
    hall = open_town_hall(tmp_path_factory.mktemp("shared"), replica_url, root=patient, ledger=empty_ledger)
    yield hall
    hall.service.close()


@pytest.fixture(scope="module")
def node(shared_hall: TownHall) -> Iterator[RunningNode]:
    """`shared_hall` on a port."""
    node = serve(shared_hall.app)
    yield node
    node.stop()
