"""The centre watches each site that it asks: an alarm is opened once, closed by an answer, and goes to whoever brings what failed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import Response

from server_stub.center.settings import CenterTimes, IssuingServer
from server_stub.interface.secret import Secret
from server_stub.municipalities import MunicipalityEntry
from server_stub.municipalities.hosting import AspService, HostingForm, HostingTerms
from tests.center.fake_issuing import KEY
from tests.center.test_outages import announce
from tests.center.world import CITY, OPS_KEY, OTHER, World, info, refused, until

NOWHERE = "http://127.0.0.1:9"
"""Where nobody listens."""


def alarms(world: World, **asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        world.ask("GET", "/ops/v1/alarms", key=OPS_KEY, params=asked).raise_for_status().json()["alarms"]
    )
    return found


def of_city(world: World) -> list[dict[str, Any]]:
    return alarms(world, municipality=CITY)


def test_a_site_that_fails_is_one_alarm_for_each_municipality_however_often(world: World) -> None:
    world.issuing.answer = Response(status_code=503)
    since = world.clock.now()
    for _ in range(3):
        refused(world.authenticate(world.session()), "Issuing_Unreachable")
    (alarm,) = of_city(world)
    assert (alarm["cause"], alarm["layer"], alarm["to"]) == ("site_silent", "software", "provider")
    assert (alarm["seen_by"], alarm["until"], alarm["announced"]) == ("centre", None, False)
    assert alarm["since"] >= since.isoformat()
    assert {one["municipality"] for one in alarms(world)} == {CITY, OTHER, "28202"}
    world.issuing.answer = None
    world.authenticate(world.session()).raise_for_status()
    (closed,) = of_city(world)
    assert closed["until"] is not None and {**closed, "until": None} == alarm
    assert alarms(world, open="true") == []
    opened = [told for told in world.happened("alarm_opened") if told["municipality"] == CITY]
    assert len(opened) == 1
    assert len([one for one in world.happened("alarm_closed") if one["municipality"] == CITY]) == 1


def test_a_refusal_by_name_is_an_answer(world: World) -> None:
    from server_stub.interface.failures import Failed

    world.issuing.refusal = Failed("Holder_Restricted")
    refused(world.authenticate(world.session()), "Holder_Restricted")
    assert alarms(world) == []


def test_an_alarm_that_is_open_outlives_the_process(world: World) -> None:
    world.issuing.answer = Response(status_code=503)
    refused(world.authenticate(world.session()), "Issuing_Unreachable")
    world.center.reopen()
    refused(world.authenticate(world.session()), "Issuing_Unreachable")
    assert len(of_city(world)) == 1


def entry(hosting: HostingTerms) -> MunicipalityEntry:
    return MunicipalityEntry(info(CITY), (), hosting)


PROVIDED, OWN = "provider", "municipality"


@pytest.mark.parametrize(
    ("hosting", "no_connection", "error"),
    [
        (HostingTerms(), ("data_centre", PROVIDED), ("software", PROVIDED)),
        (HostingTerms(service=AspService.HOSTING), ("data_centre", PROVIDED), ("software", OWN)),
        (HostingTerms(service=AspService.FACILITY), ("data_centre", PROVIDED), ("software", OWN)),
        (HostingTerms(form=HostingForm.OWN_HALL), ("city_hall", OWN), ("software", OWN)),
    ],
    ids=["application", "hosting", "facility", "own hall"],
)
def test_the_alarm_goes_to_whoever_brings_the_layer(
    world: World,
    tmp_path: Path,
    hosting: HostingTerms,
    no_connection: tuple[str, str],
    error: tuple[str, str],
) -> None:
    """神戸市's table of what each service brings, and 足利市's of 自庁型."""
    world.issuing.answer = Response(status_code=503)
    told = []
    for number, url in enumerate((NOWHERE, world._nodes[1].base_url)):
        servers = (IssuingServer(url, Secret(KEY), (CITY,)),)
        folder = tmp_path / str(number)
        folder.mkdir()
        with world.other_centre(folder, municipalities=(entry(hosting),), issuing_servers=servers):
            refused(world.authenticate(world.session()), "Issuing_Unreachable")
            (alarm,) = alarms(world)
            told.append((alarm["layer"], alarm["to"]))
            assert alarms(world, to=alarm["to"]) == [alarm]
            assert alarms(world, to=OWN if alarm["to"] == PROVIDED else PROVIDED) == []
    assert told == [no_connection, error]


def test_an_outage_is_noticed_without_a_visit_and_so_is_its_end(world: World, tmp_path: Path) -> None:
    world.issuing.answer = Response(status_code=503)
    times = CenterTimes(housekeeping=0.05, look=0.05)
    with world.other_centre(tmp_path, times=times):
        until(lambda: alarms(world, open="true"))
        assert world.issuing.asked == []
        world.issuing.answer = None
        until(lambda: alarms(world, open="true") == [])
        assert of_city(world)[0]["until"] is not None


def test_an_alarm_says_whether_an_outage_was_announced(world: World, tmp_path: Path) -> None:
    with world.other_centre(
        tmp_path,
        times=replace(CenterTimes(), housekeeping=0.05, look=0.05),
        issuing_servers=(IssuingServer(NOWHERE, Secret(KEY), (CITY, OTHER)),),
    ) as center:
        until(lambda: len(alarms(world)) == 2)
        assert not any(one["announced"] for one in alarms(world))
        for code in (CITY, OTHER):
            from server_stub.interface.outages import AlarmCause

            center.alarms.book.close(code, AlarmCause.SITE_SILENT)
        announce(world)
        until(lambda: len(alarms(world, open="true")) == 2)


def test_a_list_leads_on_by_its_cursor(world: World) -> None:
    world.issuing.answer = Response(status_code=503)
    refused(world.authenticate(world.session()), "Issuing_Unreachable")
    page = world.ask("GET", "/ops/v1/alarms", key=OPS_KEY, params={"limit": "2"}).json()
    more = world.ask(
        "GET", "/ops/v1/alarms", key=OPS_KEY, params={"limit": "2", "cursor": page["next_cursor"]}
    ).json()
    assert [len(page["alarms"]), len(more["alarms"]), more["next_cursor"]] == [2, 1, None]
    refused(world.ask("GET", "/ops/v1/alarms"), "Operator_Unknown")
