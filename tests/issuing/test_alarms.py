"""The issuing server keeps alarms of its own: deliveries that do not come or are refused, a replica too old, a silent existing system."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server_stub.db import sqlite_url
from server_stub.interface.failures import Failed
from server_stub.interface.notices import FILE_NAME
from server_stub.interface.outages import LOOK_PATH
from server_stub.node import serve
from server_stub.registry.importers import load_delivery
from tests.issuing.helper import (
    CENTRE_KEY,
    DELIVERY,
    KOBE,
    KOBE_FOLDER,
    OPS_KEY,
    OpenTownHall,
    TownHall,
    deliver,
)


@pytest.fixture
def hall(open_hall: OpenTownHall, tmp_path: Path, replica_url: str) -> TownHall:
    """Kobe with a replica of its own, delivered on 3 June at 5:00."""
    url = sqlite_url(tmp_path / "own.db")
    shutil.copy(replica_url.removeprefix("sqlite:///"), tmp_path / "own.db")
    hall = open_hall(root=KOBE_FOLDER, replica=url)
    deliver(url, tmp_path)
    return hall


def found(hall: TownHall) -> dict[str, bool]:
    """The alarms by cause, and whether each is open."""
    from server_stub.interface.outages import AlarmQuery

    page = hall.service.alarms.list(AlarmQuery(municipality=KOBE))
    assert all(
        (one.to, one.layer, one.seen_by) == ("municipality", "city_hall", "issuing") for one in page.alarms
    )
    return {one.cause.value: one.until is None for one in page.alarms}


def test_a_night_without_delivery_is_an_alarm_before_the_replica_is_too_old(hall: TownHall) -> None:
    hall.at("2026-06-04 07:00:00")
    assert found(hall) == {}
    hall.at("2026-06-04 07:00:01")
    assert found(hall) == {"delivery_late": True}
    hall.at("2026-06-05 05:00:01")
    assert found(hall) == {"delivery_late": True, "replica_too_old": True}


def test_an_extension_leaves_the_alarm_open(hall: TownHall) -> None:
    from datetime import timedelta

    from server_stub.interface.operations import ExtensionRequest

    hall.at("2026-06-05 10:00:00")
    hall.service.extensions.extend(
        ExtensionRequest(
            municipality=KOBE, until=hall.clock.now() + timedelta(hours=1), operator="職員", reason="災害"
        )
    )
    assert found(hall)["replica_too_old"]


def test_a_refused_delivery_is_an_alarm_until_one_is_taken_in(hall: TownHall, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(DELIVERY, broken)
    (broken / "住民記録.csv").unlink()

    def load(folder: Path) -> None:
        load_delivery(
            hall.replica_url,
            folder,
            tmp_path / FILE_NAME,
            hall.clock,
            hall.context.trace,
            formats=KOBE_FOLDER / "deliveries",
        )

    for _ in range(2):
        with pytest.raises(Failed):
            load(broken)
        assert found(hall) == {"delivery_refused": True}
    load(DELIVERY)
    assert found(hall) == {"delivery_refused": False}


@pytest.fixture
def node(hall: TownHall) -> Iterator[httpx.Client]:
    node = serve(hall.app)
    with httpx.Client(base_url=node.base_url, trust_env=False) as client:
        yield client
    node.stop()


def test_a_look_of_the_centre_opens_them_and_the_door_lists_them(hall: TownHall, node: httpx.Client) -> None:
    hall.at("2026-06-05 10:00:00")

    def look(key: str) -> httpx.Response:
        return node.post(LOOK_PATH, headers={"Authorization": f"Bearer {key}"})

    assert look("somebody-else").json()["failure"] == "Caller_Unknown"
    opened: list[Any] = []
    hall.context.trace.subscribe(lambda event: opened.append(event.kind))
    for _ in range(2):
        assert look(CENTRE_KEY.reveal()).status_code == 204
    assert opened == ["alarm_opened", "alarm_opened"], "the look itself is told nowhere"
    headers = {"Authorization": f"Bearer {OPS_KEY.reveal()}"}
    told = node.get("/ops/v1/alarms", headers=headers, params={"open": "true"}).json()["alarms"]
    assert {one["cause"] for one in told} == {"delivery_late", "replica_too_old"}
