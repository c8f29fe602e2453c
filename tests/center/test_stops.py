"""An emergency stop of everything, at the centre."""

from __future__ import annotations

from typing import Any

import pytest

from server_stub.interface.binding import new_ulid
from tests.center.world import CITY, OPS_KEY, World, refused


def ops(world: World, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return world.ask(method, f"/ops/v1/{path}", key=OPS_KEY, json=body).raise_for_status().json()


@pytest.fixture(autouse=True)
def _released(world: World) -> Any:
    yield
    for stop in ops(world, "GET", "stops")["stops"]:
        ops(world, "POST", f"stops/{stop['stop_id']}/release")


def test_who_identifies_himself_is_refused_until_the_release(world: World) -> None:
    stop = ops(world, "POST", "stops", {})
    assert (stop["municipality"], stop["kind"], stop["released_at"]) == (None, None, None)
    session = world.session()
    assert refused(world.authenticate(session), "Service_Stopped") == {}
    ops(world, "POST", f"stops/{stop['stop_id']}/release")
    assert ops(world, "GET", "stops") == {"stops": []}
    world.authenticate(session).raise_for_status()


def test_who_is_choosing_is_refused_and_the_issuing_server_is_not_asked(world: World) -> None:
    session = world.known_session()
    ops(world, "POST", "stops", {})
    refused(world.apply(session), "Service_Stopped")
    assert world.issuing.requests == []


def test_paper_that_is_ready_is_paid_for_and_handed_over(world: World) -> None:
    application_id = world.prepared().application_id
    ops(world, "POST", "stops", {})
    world.report(application_id, "paid", amount=300).raise_for_status()
    world.report(application_id, "handed_over").raise_for_status()


def test_a_stop_is_kept_and_one_is_enough(world: World) -> None:
    first = ops(world, "POST", "stops", {})
    world.center.reopen()
    again = ops(world, "POST", "stops", {"reopens": "2999-06-03T15:00:00+09:00"})
    assert again == {**first, "reopens": "2999-06-03T15:00:00+09:00"}
    assert refused(world.authenticate(world.session()), "Service_Stopped") == {"reopens": "2999-06-03T15:00"}


@pytest.mark.parametrize(
    "body", [{"municipality": CITY}, {"kind": "residence"}, {"reopens": "2026-06-03T15:00:00"}]
)
def test_the_centre_stops_everything_or_nothing(world: World, body: dict[str, str]) -> None:
    refused(world.ask("POST", "/ops/v1/stops", key=OPS_KEY, json=body), "Request_Malformed")
    assert ops(world, "GET", "stops") == {"stops": []}


def test_a_stop_that_nobody_set_cannot_be_released(world: World) -> None:
    refused(world.ask("POST", f"/ops/v1/stops/{new_ulid(world.clock)}/release", key=OPS_KEY), "Stop_Unknown")
