"""The existing systems deliver anew, in the real way: a whole delivery with one thing in it changed."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Literal

from scenarios import deliveries
from scenarios.towns import CARDS
from server_stub.interface.notices import FILE_NAME
from server_stub.registry.importers.format_file import formats_in

from .sentences import given
from .slots import era_of
from .world import World, expect

Row = dict[str, str]
SLIP, RESIDENTS, RESTRICTIONS = "連携票.csv", "住民記録.csv", "発行制限.csv"
_DIGITS, _LETTERS = (
    dict(zip(("明治", "大正", "昭和", "平成", "令和"), told, strict=True)) for told in ("12345", "MTSHR")
)
_REASON = "04"
"""支援措置（その他）."""


@given("「{person}」の氏名フリガナが{length}文字で連携されている")
def long_reading(world: World, person: str, length: int) -> None:
    change_resident(world, person, "氏名フリガナ", ("ミホン" * length)[:length])


@given(
    "「{person}」の生年月日が{day}で連携されている", "「六甲翠」の生年月日が大正13年5月4日で連携されている"
)
def born_on(world: World, person: str, day: date) -> None:
    """The paper is held against what was delivered."""
    era, year = era_of(day)
    change_resident(world, person, "生年月日", f"{_DIGITS[era]}{year:02}{day:%m%d}")


@given("「{person}」の記録が、誤りのあるまま連携されている")
def unusable(world: World, person: str) -> None:
    """A birth date that no calendar has: the row can be read, and not be used."""
    change_resident(world, person, "生年月日", "5081399")


@given(
    "「{person}」の「{file:text}」の「{column:text}」が「{value:text}」で連携されている",
    "「六甲翠」の「印鑑登録.csv」の「登録年月日」が「20200401」で連携されている",
)
def delivered_as(world: World, person: str, file: str, column: str, value: str) -> None:
    """In every row of this person in that file of the delivery."""
    change_rows(world, person, file, column, value)


@given("「{person}」の発行制限が{since:day}から終わりを定めずに連携されている")
def restricted(world: World, person: str, since: date) -> None:
    """支援措置, beside the restrictions that there are."""
    _restrict(world, person, _lettered(since))


@given(
    "「{person}」の発行制限が{since:day}から{until:day}まで連携されている",
    "「六甲翠」の発行制限が令和8年6月1日から令和8年6月3日まで連携されている",
)
def restricted_until(world: World, person: str, since: date, until: date) -> None:
    """支援措置. The last day is announced only; it ends nothing."""
    _restrict(world, person, _lettered(since), until=_lettered(until))


@given(
    "「{person}」の発行制限が{since:day}から始まり{released:day}に解除されると連携されている",
    "「六甲翠」の発行制限が令和8年6月1日から始まり令和8年6月3日に解除されると連携されている",
)
def restricted_until_released(world: World, person: str, since: date, released: date) -> None:
    """支援措置; the day of the release is the first without it."""
    _restrict(world, person, _lettered(since), released=_lettered(released))


@given("既存システムからの連携が止まっている")
def no_delivery(world: World) -> None:
    world.stage.servers.fault_on(deliveries.NO_DELIVERY, {})


def _restrict(world: World, person: str, since: str, *, until: str = "", released: str = "") -> None:
    row = {
        "宛名番号": world.stage.person_key(person),
        "制限事由コード": _REASON,
        "開始日": since,
        "終了日": until,
        "解除日": released,
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


def _lettered(day: date) -> str:
    era, year = era_of(day)
    return f"{_LETTERS[era]}{year:02}.{day:%m.%d}"


def change_resident(world: World, calling: str, column: str, value: str) -> None:
    """`column` of one resident's record reads `value` from now on."""
    change_rows(world, calling, RESIDENTS, column, value)


def change_rows(world: World, calling: str, file: str, column: str, value: str) -> None:
    """`column` reads `value` from now on in the rows of one person in a file of the delivery."""
    key = world.stage.person_key(calling)
    folder = _fresh(world)
    known = [one for format_ in formats_in(world.stage.towns[0].formats) for one in format_.file]
    found = [one for one in known if one.name == file]
    expect(bool(found), f"連携に「{file}」がある", "、".join(one.name for one in known))
    expect(column in found[0].cells(), f"「{file}」に列「{column}」がある", "、".join(found[0].cells()))
    encoding = "utf-8-sig" if found[0].bom else found[0].encoding
    changed = 0

    def change(rows: list[Row]) -> list[Row]:
        nonlocal changed
        changed = sum(row["宛名番号"] == key for row in rows)
        return [row | ({column: value} if row["宛名番号"] == key else {}) for row in rows]

    _rewrite(folder / file, change, encoding)
    expect(changed > 0, f"「{file}」に「{calling}」の行がある", "その人の行はない")
    _deliver(world, folder)


def _fresh(world: World) -> Path:
    """The folder of a delivery that may be changed; earlier changes of this scenario stay in it."""
    own = world.delivered
    folder = own / "delivery"
    if not own.exists():
        town = world.stage.towns[0]
        shutil.copytree(town.delivery, folder)
        shutil.copyfile(town.folder / CARDS, own / CARDS)
    return folder


def _rewrite(file: Path, change: Callable[[list[Row]], list[Row]], encoding: str = "utf-8") -> int:
    """The rows of the file go through `change`. How many there are now."""
    rows = change(list(csv.DictReader(io.StringIO(file.read_text(encoding=encoding), newline=""))))
    with file.open("w", encoding=encoding, newline="") as out:
        quoting: Literal[0, 1] = csv.QUOTE_ALL if file.name == RESIDENTS else csv.QUOTE_MINIMAL
        writer = csv.DictWriter(out, list(rows[0]), quoting=quoting)
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def _deliver(world: World, folder: Path) -> None:
    """Now, and with each night again."""
    stage, town = world.stage, world.stage.towns[0]
    shutil.copytree(folder, stage.own_files(town), dirs_exist_ok=True)
    deliveries.deliver(
        town,
        stage.replica(town),
        folder,
        stage.template / FILE_NAME,
        stage.clock.now(),
        stage.clock,
        stage.trace,
    )
