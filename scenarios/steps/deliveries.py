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
from server_stub.interface.failures import Failed
from server_stub.interface.notices import FILE_NAME
from server_stub.registry.importers import Loaded
from server_stub.registry.importers.containers import read_rows
from server_stub.registry.importers.delivery_slip import format_of
from server_stub.registry.importers.format_file import PERSON, DeliveryFormat, FileFormat, formats_in
from server_stub.registry.importers.host_codes import host_code

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


@given("「{person}」の転入前住所が、シフトコードの閉じないまま作られている")
def unclosed(world: World, person: str) -> None:
    """Of a host's file: the field ends in the state of two-byte characters."""
    host = _HostFile(world)
    back = host_code(host.file.encoding).to_page
    column, _ = next(host.file.to["previous_address"].columns())
    told = host.field(host.of(person)[-1], column)
    at = told.rindex(back)
    host.write(host.of(person)[-1], column, told[:at] + b"\x40" * len(back) + told[at + len(back) :])
    host.save()


@given("「{person}」の氏名が、〓のまま作られている")
def with_stand_in(world: World, person: str) -> None:
    """Of a host's file with JIS + 0x8080: the converter before it did not know the first character of the name."""
    host = _HostFile(world)
    column, _ = next(host.file.to["name"].columns())
    for record in host.of(person):
        name = host.field(record, column)
        for other in host.file.cells():
            if host.field(record, other) == name:  # also as head of the household, and of the family register
                host.write(record, other, b"\xa2\xae" + name[2:])
    host.save()


@given("「{person}」の履歴が、途中の抜けたまま作られている")
def with_gap(world: World, person: str) -> None:
    """Of a host's file: the second state of the person is not there."""
    host = _HostFile(world)
    host.remove(host.of(person)[1])
    host.save()


@given("既存システムからの連携が届き、すべて取り込まれている")
def delivered_wholly(world: World) -> None:
    _expect_set_aside(world, 0)


@given("既存システムからの連携が届き、{count}件の記録だけが除かれている")
def delivered_but_for(world: World, count: int) -> None:
    _expect_set_aside(world, count)


def _expect_set_aside(world: World, count: int) -> None:
    wanted = f"連携が取り込まれ、{count}件の記録が除かれる"
    try:
        loaded = _deliver(world, _fresh(world))
    except Failed as failed:
        expect(False, wanted, f"連携が {failed.failure} で断られた")
        return
    expect(len(loaded.set_aside) == count, wanted, f"除かれた記録は{len(loaded.set_aside)}件")


class _HostFile:
    """The residents of a delivery that is made anew, as records of fixed length, and the slip that counts them."""

    def __init__(self, world: World) -> None:
        town = world.stage.towns[0]
        self._world, self._folder = world, _fresh(world)
        self._format: DeliveryFormat = format_of(self._folder, formats_in(town.formats))
        found = self._format.file_of(PERSON)
        assert found is not None and found.record_length, (
            "this town's residents are not delivered in fixed length"
        )
        self.file: FileFormat = found
        self._fields = {one.name: slice(one.at, one.at + one.length) for one in found.fields or ()}
        length = found.record_length + len(found.ends)
        raw = self._path.read_bytes()
        self._records = [bytearray(raw[at : at + length]) for at in range(0, len(raw), length)]
        key = found.cells().index(next(found.to["key"].columns())[0])
        self._keys = [cells[key] for _, cells, _ in read_rows(self._path, found)]

    @property
    def _path(self) -> Path:
        return self._folder / self.file.name

    def of(self, calling: str) -> list[int]:
        """The records of a person, in their order."""
        wanted = self._world.stage.person_key(calling)
        return [number for number, key in enumerate(self._keys) if key == wanted]

    def field(self, record: int, name: str) -> bytes:
        return bytes(self._records[record][self._fields[name]])

    def write(self, record: int, name: str, content: bytes) -> None:
        self._records[record][self._fields[name]] = content

    def remove(self, record: int) -> None:
        del self._records[record], self._keys[record]

    def save(self) -> None:
        self._path.write_bytes(b"".join(self._records))
        slip = self._format.slip
        name, count = slip.name.column, slip.count.column
        assert name is not None and count is not None
        own = {count: str(len(self._records))}
        _rewrite(
            self._folder / slip.file,
            lambda rows: [row | (own if row[name] == self.file.name else {}) for row in rows],
        )


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


def _deliver(world: World, folder: Path) -> Loaded:
    """Now, and with each night again."""
    stage, town = world.stage, world.stage.towns[0]
    shutil.copytree(folder, stage.own_files(town), dirs_exist_ok=True)
    return deliveries.deliver(
        town,
        stage.replica(town),
        folder,
        stage.template / FILE_NAME,
        stage.clock.now(),
        stage.clock,
        stage.trace,
    )
