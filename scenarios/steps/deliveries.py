"""The existing systems deliver anew, in the real way: a whole delivery with one thing in it changed."""

from __future__ import annotations

import csv
import io
import shutil

from pytest_bdd import given, parsers

from scenarios import deliveries
from scenarios.template import DELIVERY
from server_stub.db import sqlite_url
from server_stub.interface.notices import FILE_NAME
from server_stub.registry.links.resident_register import FILE_NAME as RESIDENTS

from .world import World


@given(parsers.parse("「{person}」の氏名フリガナが{length:d}文字で連携されている"))
def long_reading(world: World, person: str, length: int) -> None:
    deliver(world, person, "氏名フリガナ", ("ミホン" * length)[:length])


@given("既存システムからの連携が止まっている")
def no_delivery(world: World) -> None:
    world.stage.servers.fault_on(deliveries.NO_DELIVERY, {})


def deliver(world: World, calling: str, column: str, value: str) -> None:
    """`column` of one resident's record reads `value` from now on, and with each night again."""
    folder = world.stage.town
    if not folder.exists():
        shutil.copytree(DELIVERY, folder)
    file = folder / RESIDENTS
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    (own,) = (row for row in rows if row["宛名番号"] == world.stage.person_key(calling))
    own[column] = value
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    stage = world.stage
    replica = sqlite_url(stage.servers_folder / "replica.db")
    deliveries.deliver(
        replica, folder, stage.template / FILE_NAME, stage.clock.now(), stage.clock, stage.trace
    )
