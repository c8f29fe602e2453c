"""The existing systems deliver anew, in the real way: a whole delivery with one thing in it changed."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from pytest_bdd import given, parsers

from scenarios import places
from scenarios.template import DELIVERY
from server_stub.db import sqlite_url
from server_stub.interface.notices import FILE_NAME
from server_stub.registry.links import load_delivery
from server_stub.registry.links.delivery_slip import FILE_NAME as SLIP
from server_stub.registry.links.resident_register import FILE_NAME as RESIDENTS
from server_stub.registry.links.restriction_list import FILE_NAME as RESTRICTIONS

from .world import World

Row = dict[str, str]
_DAY = r"(?:明治|大正|昭和|平成|令和)(?:\d+|元)年\d+月\d+日"
_REASON = "04"
"""支援措置（その他）."""


@given(parsers.parse("「{person}」の氏名フリガナが{length:d}文字で連携されている"))
def long_reading(world: World, person: str, length: int) -> None:
    change_resident(world, person, "氏名フリガナ", ("ミホン" * length)[:length])


@given(parsers.re(f"「(?P<person>[^「」]+)」の生年月日が(?P<day>{_DAY})で連携されている"))
def born_on(world: World, person: str, day: str) -> None:
    era, year, month, date = _parts(day)
    change_resident(world, person, "生年月日", f"{'明大昭平令'.index(era) + 1}{year:02}{month:02}{date:02}")


@given(parsers.re(f"「(?P<person>[^「」]+)」の発行制限が(?P<since>{_DAY})から終わりを定めずに連携されている"))
def restricted(world: World, person: str, since: str) -> None:
    restricted_until(world, person, since, "")


@given(
    parsers.re(
        f"「(?P<person>[^「」]+)」の発行制限が(?P<since>{_DAY})から(?P<until>{_DAY})まで連携されている"
    )
)
def restricted_until(world: World, person: str, since: str, until: str) -> None:
    row = {
        "宛名番号": world.stage.person_key(person),
        "制限事由コード": _REASON,
        "開始日": _lettered(since),
        "終了日": _lettered(until) if until else "",
    }
    folder = _fresh(world)
    count = _rewrite(folder / RESTRICTIONS, lambda rows: [*rows, row], "utf-8-sig")
    _rewrite(
        folder / SLIP,
        lambda rows: [
            slip | ({"件数": str(count)} if slip["ファイル名"] == RESTRICTIONS else {}) for slip in rows
        ],
    )
    _deliver(world, folder)


def _parts(day: str) -> tuple[str, int, int, int]:
    """Era's first letter, year, month, day."""
    match = re.fullmatch(r"(.).(\d+|元)年(\d+)月(\d+)日", day)
    assert match is not None
    return match[1], 1 if match[2] == "元" else int(match[2]), int(match[3]), int(match[4])


def _lettered(day: str) -> str:
    era, year, month, date = _parts(day)
    return f"{dict(zip('明大昭平令', 'MTSHR', strict=True))[era]}{year:02}.{month:02}.{date:02}"


def change_resident(world: World, calling: str, column: str, value: str) -> None:
    """`column` of one resident's record reads `value` from now on."""
    key = world.stage.person_key(calling)
    folder = _fresh(world)
    _rewrite(
        folder / RESIDENTS,
        lambda rows: [row | ({column: value} if row["宛名番号"] == key else {}) for row in rows],
    )
    _deliver(world, folder)


def _fresh(world: World) -> Path:
    """The folder of a delivery that may be changed; earlier changes of this scenario stay in it."""
    own = world.delivered
    folder = own / DELIVERY.name
    if not own.exists():
        shutil.copytree(DELIVERY, folder)
        shutil.copyfile(places.DATA / "cards.toml", own / "cards.toml")
    return folder


def _rewrite(file: Path, change: Callable[[list[Row]], list[Row]], encoding: str = "utf-8") -> int:
    """The rows of the file go through `change`. How many there are now."""
    rows = change(list(csv.DictReader(io.StringIO(file.read_text(encoding=encoding), newline=""))))
    quoting = csv.QUOTE_ALL if file.name == RESIDENTS else csv.QUOTE_MINIMAL
    with file.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), quoting=quoting)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _deliver(world: World, folder: Path) -> None:
    stage = world.stage
    replica = sqlite_url(stage.servers_folder / "replica.db")
    load_delivery(replica, folder, stage.template / FILE_NAME, stage.clock, stage.trace)
