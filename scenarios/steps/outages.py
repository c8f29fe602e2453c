"""障害と業務継続: city halls, lines and data centres without power. Processes are killed, and started again when it is over."""

from __future__ import annotations

from datetime import timedelta

import httpx

from server_stub.faults.outages import Outage

from .offices import ask_municipality
from .sentences import when
from .world import World, expect

# --- city halls ------------------------------------------------------------------------------------------------------------


@when("「{municipality}」の市役所が停電する", "「神戸市」の市役所が停電する")
def hall_dark(world: World, municipality: str) -> None:
    """All at once, without a word: whatever stands in that city hall is killed."""
    _on(world, Outage.HALL_POWER, municipality=_code(world, municipality))


@when("「{municipality}」の市役所が計画停電で{hours}時間止まる", "「神戸市」の市役所が計画停電で3時間止まる")
def hall_dark_by_plan(world: World, municipality: str, hours: int) -> None:
    """From now on; it ends by the clock alone."""
    now = world.stage.clock.now()
    until = (now + timedelta(hours=hours)).isoformat()
    _on(world, Outage.HALL_PLANNED, municipality=_code(world, municipality), until=until)


@when("県域LGWANが止まる")
def hall_lines_down(world: World) -> None:
    """The lines of all city halls to the LGWAN."""
    _on(world, Outage.HALL_LINE)


@when(
    "「{municipality}」の職員が運用管理に接続しようとして、接続できない",
    "「神戸市」の職員が運用管理に接続しようとして、接続できない",
)
def officials_cut_off(world: World, municipality: str) -> None:
    """At the issuing server, from the city hall, over its line to the LGWAN."""
    expect(not _reached(world, municipality), "接続できない", "接続できた")


@when("「{municipality}」の職員が運用管理に接続する", "「神戸市」の職員が運用管理に接続する")
def officials_reach(world: World, municipality: str) -> None:
    """The same, when it can be reached."""
    expect(_reached(world, municipality), "接続できる", "接続できない")


# --- data centres ------------------------------------------------------------------------------------------------------------


@when("センターと証明発行サーバの間の回線が止まる")
def centre_lines_down(world: World) -> None:
    """Of every site."""
    _on(world, Outage.CENTRE_LINE)


@when("データセンターの一系統目の受電が止まる")
def first_feed_lost(world: World) -> None:
    _on(world, Outage.FIRST_FEED)


@when("データセンターの受電が二系統とも止まる")
def both_feeds_lost(world: World) -> None:
    """Batteries, then the generator, for as long as its fuel lasts on the clock."""
    _on(world, Outage.BOTH_FEEDS)


@when("{hours}時間たつ", "72時間たつ")
def hours_pass(world: World, hours: int) -> None:
    world.pass_time(hours * 3600)


# --- the end -----------------------------------------------------------------------------------------------------------------


@when("停電と回線の停止がすべて終わる")
def all_over(world: World) -> None:
    """Everything is started again, on what its disks have kept."""
    for outage in Outage:
        world.stage.servers.fault_off(outage)


def _on(world: World, outage: Outage, **parameters: str) -> None:
    world.stage.servers.fault_on(outage, parameters)


def _code(world: World, municipality: str) -> str:
    """Raises Unmet for one that is not of this stage."""
    found = [town.code for town in world.stage.towns if town.name == municipality]
    expect(bool(found), f"{municipality}が、この場面の市区町村であること", "ほかの市区町村")
    return found[0]


def _reached(world: World, municipality: str) -> bool:
    try:
        ask_municipality(world, _code(world, municipality), "in-doubt")
    except httpx.TransportError:
        return False
    return True
