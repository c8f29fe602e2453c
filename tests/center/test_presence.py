"""The whole centre's stops: it knows by its own marks when it was not there, and tells of emergency stops that are over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from server_stub.center import tables as t
from server_stub.interface.clock import JST, STAGE_START
from tests.center.test_matters import ops
from tests.center.world import CITY, OPS_KEY, OTHER, World, refused

NIGHT = timedelta(hours=9)


def told(world: World, since: datetime = STAGE_START) -> dict[str, Any]:
    return dict(ops(world, "centre-service", since=since.isoformat()))


def spans(found: list[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    return [(datetime.fromisoformat(one["since"]), datetime.fromisoformat(one["until"])) for one in found]


def test_a_time_without_the_centre_is_told_by_the_next_one(world: World) -> None:
    world.clock.set(STAGE_START)
    world.center.presence.mark()
    with world.center.housekeeper.resting():
        world.clock.set(STAGE_START + NIGHT)  # nobody is there to write it down
        world.center.presence._begin_anew()  # as another process does
        world.center.presence.mark()
    ((since, until),) = spans(told(world)["silences"])
    assert since - STAGE_START < timedelta(seconds=30)
    assert until - STAGE_START - NIGHT < timedelta(seconds=30)
    assert told(world, until)["silences"] == []


def test_a_centre_that_goes_on_is_never_away_whatever_the_clock_does(world: World) -> None:
    for hours in (0, 5, 48, 1, 72):  # once it is set back
        world.clock.set(STAGE_START + timedelta(hours=hours))
        world.center.presence.mark()
    assert told(world)["silences"] == []
    with world.center.database.read() as connection:
        rows = connection.execute(select(t.presences)).all()
    assert max(row.ends for row in rows) == STAGE_START + timedelta(hours=72)


def test_a_stop_that_is_over_is_told_to_who_asks_about_its_time(world: World) -> None:
    world.clock.set(STAGE_START)
    stop = world.ask("POST", "/ops/v1/stops", key=OPS_KEY, json={}).json()["stop_id"]
    world.clock.set(STAGE_START + timedelta(minutes=30))
    world.ask("POST", f"/ops/v1/stops/{stop}/release", key=OPS_KEY).raise_for_status()
    (found,) = told(world)["stops"]
    assert (found["at"], found["released_at"]) == (
        STAGE_START.astimezone(JST).isoformat(), (STAGE_START + timedelta(minutes=30)).isoformat(),
    )  # fmt: skip
    assert told(world, STAGE_START + timedelta(hours=1))["stops"] == []


def test_an_announced_outage_of_the_centre_is_everybodys(world: World) -> None:
    world.clock.set(STAGE_START)
    body = {
        "municipality": None, "what": "centre", "since": (STAGE_START + timedelta(hours=1)).isoformat(),
        "until": (STAGE_START + timedelta(hours=2)).isoformat(), "by": "provider", "operator": "運用　太郎",
        "notice": {"ja": "センターの点検のため、証明書を交付できません。", "en": "The centre is being maintained."},
    }  # fmt: skip
    for wrong in ({"municipality": CITY}, {"what": "data_centre"}):
        answer = world.ask("POST", "/ops/v1/outages", key=OPS_KEY, json={**body, **wrong})
        refused(answer, "Request_Malformed")
    world.ask("POST", "/ops/v1/outages", key=OPS_KEY, json=body).raise_for_status()
    for code in (CITY, OTHER):
        (entry,) = ops(world, "outages", municipality=code)["outages"]
        assert (entry["municipality"], entry["what"]) == (None, "centre")
    assert not world.center.outages.announced(CITY)
    world.clock.set(STAGE_START + timedelta(hours=1))
    assert world.center.outages.announced(CITY) and world.center.outages.announced(OTHER)
