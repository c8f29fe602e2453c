"""Emergency stops at the issuing server, set through the door for officials' tools while it runs."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from server_stub.interface.binding import new_ulid
from server_stub.interface.values import FailureBody
from server_stub.node import RunningNode
from tests.issuing.helper import KOBE, MIDORI, OPS_KEY, RESIDENCE, SEAL, TownHall, refused


@pytest.fixture
def official(node: RunningNode) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {OPS_KEY.reveal()}"}
    with httpx.Client(base_url=f"{node.base_url}/ops/v1/", headers=headers, trust_env=False) as client:
        yield client
        for stop in client.get("stops").json()["stops"]:
            client.post(f"stops/{stop['stop_id']}/release").raise_for_status()


def stop(official: httpx.Client, **what: str) -> dict[str, str]:
    told: dict[str, str] = (
        official.post("stops", json={"municipality": KOBE, **what}).raise_for_status().json()
    )
    return told


def test_one_kind_is_stopped_at_once_and_the_others_go_on(
    shared_hall: TownHall, official: httpx.Client
) -> None:
    stop(official, kind=RESIDENCE)
    offers = {offer.kind: offer.refusal for offer in shared_hall.offers(MIDORI).offers}
    assert offers.pop(RESIDENCE) == FailureBody(failure="Service_Stopped", facts={"kind": RESIDENCE})
    assert SEAL in offers and set(offers.values()) == {None}
    assert refused(lambda: shared_hall.apply(MIDORI)).failure == "Service_Stopped"
    assert shared_hall.apply(MIDORI, SEAL).pages


def test_a_municipality_is_stopped_whole_before_anybody_is_looked_up(
    shared_hall: TownHall, official: httpx.Client
) -> None:
    stop(official)
    for attempt in (lambda: shared_hall.offers("0000000000"), lambda: shared_hall.apply(MIDORI, SEAL)):
        assert refused(attempt).failure == "Service_Stopped"


def test_what_was_received_before_the_stop_is_not_made_after_it(
    shared_hall: TownHall, official: httpx.Client
) -> None:
    request = shared_hall.request(MIDORI)
    stop(official)
    assert refused(lambda: shared_hall.service.issue(request)).failure == "Service_Stopped"


def test_a_stop_ends_with_its_release_and_is_kept_in_the_ledger(
    shared_hall: TownHall, official: httpx.Client
) -> None:
    entry = stop(official, kind=RESIDENCE)
    shared_hall.service.reopen()  # as a server that was started again
    assert official.get("stops").json() == {"stops": [entry]}
    released = official.post(f"stops/{entry['stop_id']}/release").raise_for_status().json()
    assert released["released_at"] is not None and {**released, "released_at": None} == entry
    assert official.get("stops").json() == {"stops": []}
    assert shared_hall.apply(MIDORI).pages
    assert official.post(f"stops/{entry['stop_id']}/release").json() == released, "once more changes nothing"


def test_the_same_stop_again_is_one_stop_with_the_new_announcement(official: httpx.Client) -> None:
    first = stop(official, kind=RESIDENCE)
    again = stop(official, kind=RESIDENCE, reopens="2026-06-03T15:00:00+09:00")
    assert again == {**first, "reopens": "2026-06-03T15:00:00+09:00"}
    assert official.get("stops").json() == {"stops": [again]}
    other = stop(official, kind=SEAL)
    assert {one["stop_id"] for one in official.get("stops").json()["stops"]} == {
        first["stop_id"],
        other["stop_id"],
    }


@pytest.mark.parametrize(
    ("reopens", "told"),
    [
        ("2026-06-03T15:00:00+09:00", {"reopens": "2026-06-03T15:00"}),
        ("2026-06-03T06:00:00Z", {"reopens": "2026-06-03T15:00"}),
        ("2026-06-04T02:00:00+09:00", {"reopens": "2026-06-04T06:30"}),
        ("2026-06-03T09:59:00+09:00", {}),
    ],
)
def test_an_announced_end_is_told_by_the_hours_while_it_is_to_come(
    shared_hall: TownHall, official: httpx.Client, reopens: str, told: dict[str, str]
) -> None:
    """It is 10:00."""
    stop(official, reopens=reopens)
    assert refused(lambda: shared_hall.offers(MIDORI)).facts == {"kind": RESIDENCE, **told}


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ({}, "Request_Malformed"),
        ({"municipality": "99999"}, "Municipality_Unknown"),
        ({"municipality": KOBE, "kind": "passport"}, "Service_Not_Offered"),
        ({"municipality": KOBE, "reopens": "2026-06-03T15:00:00"}, "Request_Malformed"),
        ({"municipality": KOBE, "until": "2026-06-03T15:00:00+09:00"}, "Request_Malformed"),
    ],
)
def test_a_stop_of_nothing_is_refused_and_stops_nothing(
    official: httpx.Client, body: dict[str, str], failure: str
) -> None:
    assert official.post("stops", json=body).json()["failure"] == failure
    assert official.get("stops").json() == {"stops": []}


def test_a_stop_that_nobody_set_cannot_be_released(shared_hall: TownHall, official: httpx.Client) -> None:
    answer = official.post(f"stops/{new_ulid(shared_hall.clock)}/release")
    assert (answer.status_code, answer.json()["failure"]) == (404, "Stop_Unknown")


def test_nobody_else_stops_anything(node: RunningNode) -> None:
    answer = httpx.post(f"{node.base_url}/ops/v1/stops", json={"municipality": KOBE}, trust_env=False)
    assert (answer.status_code, answer.json()["failure"]) == (401, "Operator_Unknown")
