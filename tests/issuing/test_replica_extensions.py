"""In a disaster an official may let a replica issue that is older than its municipality allows: for a time, and written down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from server_stub.node import RunningNode, serve
from tests.issuing.helper import KOBE, KOBE_FOLDER, MIDORI, OPS_KEY, OpenTownHall, TownHall, refused

REASON = "地震のため、庁舎からの連携ができない"


@pytest.fixture
def hall(open_hall: OpenTownHall) -> TownHall:
    """Kobe two nights after the last delivery, which was on 3 June at 5:00; its limit is 48 hours."""
    hall = open_hall(root=KOBE_FOLDER)
    hall.at("2026-06-05 10:00:00")
    return hall


@pytest.fixture
def official(hall: TownHall) -> Iterator[httpx.Client]:
    node: RunningNode = serve(hall.app)
    headers = {"Authorization": f"Bearer {OPS_KEY.reveal()}"}
    with httpx.Client(base_url=f"{node.base_url}/ops/v1/", headers=headers, trust_env=False) as client:
        yield client
    node.stop()


def extend(official: httpx.Client, until: str, **change: Any) -> httpx.Response:
    asked = {"municipality": KOBE, "until": until, "operator": "危機管理室　見本職員", "reason": REASON}
    return official.post("replica-extensions", json=asked | change)


def test_an_old_replica_issues_until_the_end_of_the_extension(hall: TownHall, official: httpx.Client) -> None:
    assert refused(lambda: hall.apply(MIDORI)).failure == "Replica_Too_Old"
    extend(official, "2026-06-06T17:00:00+09:00").raise_for_status()
    assert hall.offers(MIDORI).offers and hall.apply(MIDORI).pages
    hall.at("2026-06-06 16:59:59")
    assert hall.apply(MIDORI).pages
    hall.at("2026-06-06 17:00:00")
    for attempt in (lambda: hall.offers(MIDORI), lambda: hall.apply(MIDORI)):
        assert refused(attempt).failure == "Replica_Too_Old"


def test_who_when_and_why_stay_written_down(hall: TownHall, official: httpx.Client) -> None:
    first = extend(official, "2026-06-06T17:00:00+09:00").raise_for_status().json()
    hall.at("2026-06-05 11:00:00")
    second = extend(official, "2026-06-05T12:00:00+09:00", reason="早く復旧した").raise_for_status().json()
    told = official.get("replica-extensions").json()
    assert told == {"acts": [first, second], "next_cursor": None}
    assert (first["operator"], first["reason"]) == ("危機管理室　見本職員", REASON)
    assert first["at"] == "2026-06-05T10:00:00+09:00"
    page = official.get("replica-extensions", params={"limit": 1}).json()
    assert page["acts"] == [first]
    rest = official.get("replica-extensions", params={"cursor": page["next_cursor"]}).json()
    assert rest["acts"] == [second]
    assert official.get("replica-extensions", params={"municipality": "09202"}).json()["acts"] == []


def test_the_latest_act_counts(hall: TownHall, official: httpx.Client) -> None:
    extend(official, "2026-06-06T17:00:00+09:00").raise_for_status()
    extend(official, "2026-06-05T12:00:00+09:00").raise_for_status()
    hall.at("2026-06-05 12:00:00")
    assert refused(lambda: hall.apply(MIDORI)).failure == "Replica_Too_Old"


def test_an_extension_is_no_longer_than_the_setting(hall: TownHall, official: httpx.Client) -> None:
    """72 hours, unless the municipality has said otherwise."""
    refusal = extend(official, "2026-06-08T10:00:01+09:00")
    assert (refusal.status_code, refusal.json()) == (
        422,
        {"failure": "Extension_Too_Long", "facts": {"most_hours": 72}},
    )
    assert refused(lambda: hall.apply(MIDORI)).failure == "Replica_Too_Old"
    extend(official, "2026-06-08T10:00:00+09:00").raise_for_status()


@pytest.mark.parametrize(
    ("until", "change", "failure"),
    [
        ("2026-06-05T10:00:00+09:00", {}, "Request_Malformed"),
        ("2026-06-05T12:00:00", {}, "Request_Malformed"),
        ("2026-06-05T12:00:00+09:00", {"reason": " "}, "Request_Malformed"),
        ("2026-06-05T12:00:00+09:00", {"operator": ""}, "Request_Malformed"),
        ("2026-06-05T12:00:00+09:00", {"municipality": "09202"}, "Municipality_Unknown"),
    ],
)
def test_an_act_without_its_reason_or_an_end_to_come_is_none(
    hall: TownHall, official: httpx.Client, until: str, change: dict[str, str], failure: str
) -> None:
    assert extend(official, until, **change).json()["failure"] == failure
    assert official.get("replica-extensions").json()["acts"] == []
