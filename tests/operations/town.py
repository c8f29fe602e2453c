"""A town hall whose ledger has visits, and a console that reaches it over HTTP. Fixtures, for `conftest`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from server_stub.interface.outages import AlarmEntry, AlarmPage, CentreService, OutageEntry, OutageList
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


class Centre:
    """What a centre's door would tell of alarms and announced outages; everybody's, as the real one."""

    def __init__(self) -> None:
        self.alarms: list[AlarmEntry] = []
        self.outages: list[OutageEntry] = []
        self.service = CentreService(stops=(), silences=())
        self.app = FastAPI()

        @self.app.get("/ops/v1/alarms")
        def alarms() -> AlarmPage:
            return AlarmPage(alarms=tuple(self.alarms), next_cursor=None)

        @self.app.get("/ops/v1/outages")
        def outages() -> OutageList:
            return OutageList(outages=tuple(self.outages))

        @self.app.get("/ops/v1/centre-service")
        def centre_service() -> CentreService:
            return self.service


@pytest.fixture
def centre() -> Centre:
    return Centre()


@pytest.fixture
def console(tmp_path: Path, empty_console: Path, town: TownHall, centre: Centre) -> Iterator[Hall]:
    """A console with `town` behind the door of Kobe, `centre` behind the centre's, and nobody behind the others."""
    node, told = serve(town.app), serve(centre.app)
    doors = (
        IssuingDoor((KOBE,), DoorAddress(node.base_url, OPS_KEY)),
        IssuingDoor((ASHIKAGA,), NOWHERE),
    )
    hall = Hall(tmp_path, empty_console, sites=doors, center=DoorAddress(told.base_url, OPS_KEY))
    yield hall
    hall.close()
    node.stop()
    told.stop()
