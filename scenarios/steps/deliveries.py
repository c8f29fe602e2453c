"""The existing systems deliver anew, in the real way: a whole delivery with one thing in it changed."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from scenarios import deliveries
from scenarios.towns import CARDS, FORMATS
from server_stub.interface.failures import Failed
from server_stub.interface.notices import FILE_NAME, ISSUED_AT
from server_stub.interface.notices import PERSON as NOTICE_PERSON
from server_stub.registry.importers import Loaded
from server_stub.registry.importers.containers import read_rows
from server_stub.registry.importers.delivery_slip import format_of
from server_stub.registry.importers.format_file import PERSON, DeliveryFormat, FileFormat, formats_in
from server_stub.registry.importers.host_codes import host_code

from .sentences import given, when
from .slots import SEAL_STATES, era_of, holder_of
from .world import World, expect

Row = dict[str, str]
SLIP, RESIDENTS, RESTRICTIONS = "連携票.csv", "住民記録.csv", "発行制限.csv"
SEALS = "印鑑登録.csv"
_ABOLISHED_ON = "20260501"
_LIFTED_UNTIL = "R08.06.30"
PENDING = "外字登録中"
"""A column that Kobe's own delivery does not have, and the format beside the changed files does."""
_DIGITS, _LETTERS = (
    dict(zip(("明治", "大正", "昭和", "平成", "令和"), told, strict=True)) for told in ("12345", "MTSHR")
)
_REASON, _PROVISIONAL = "04", "05"
"""支援措置（その他）, 仮支援措置."""


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


@when(
    "「{person}」の仮支援措置が{since:day}の申出として連携される",
    "「六甲翠」の仮支援措置が令和8年6月3日の申出として連携される",
)
def restricted_provisionally(world: World, person: str, since: date) -> None:
    """仮支援措置: from the day of the application on, before it is decided."""
    _restrict(world, person, _lettered(since), reason=_PROVISIONAL)


@given(
    "「{person}」の発行制限が、一時解除のまま{since:day}から連携されている",
    "「六甲翠」の発行制限が、一時解除のまま令和8年6月1日から連携されている",
)
def restricted_but_lifted(world: World, person: str, since: date) -> None:
    """一時解除 is the counter's: at a terminal the measure goes on."""
    _restrict(world, person, _lettered(since), lifted=_LIFTED_UNTIL)


@given(
    "「{person}」のいる世帯の発行制限が{since:day}から連携されている",
    "「港太一」のいる世帯の発行制限が令和8年6月1日から連携されている",
)
def household_restricted(world: World, person: str, since: date) -> None:
    """The row names the household and nobody in it."""
    key = world.stage.person_key(person)
    rows = csv.DictReader(io.StringIO((_fresh(world) / RESIDENTS).read_text(encoding="utf-8"), newline=""))
    household = next(row["世帯番号"] for row in rows if row["宛名番号"] == key)
    _restrict(world, "", _lettered(since), household=household)


@given("「{person}」の印鑑登録が{seal_state}と連携されている", "「港太一」の印鑑登録が抑止と連携されている")
@when("「{person}」の印鑑登録が{seal_state}と連携される", "「港太一」の印鑑登録が抑止と連携される")
def seal_delivered(world: World, person: str, seal_state: str) -> None:
    """The row of this resident's registration says so from now on."""
    status, because = SEAL_STATES[seal_state]
    change_seal(
        world,
        person,
        {
            "登録状態コード": status,
            "廃止年月日": _ABOLISHED_ON if status == "9" else "",
            "廃止事由コード": because,
        },
    )


@given("「{person}」が成年被後見人と連携されている", "「港太一」が成年被後見人と連携されている")
def ward_delivered(world: World, person: str) -> None:
    """By the seal register, in which the registration stays in force."""
    change_seal(world, person, {"成年被後見コード": "1"})


@given(
    "「{person}」の転入の届出が{day}と連携されている", "「港美波」の転入の届出が令和8年6月3日と連携されている"
)
def arrival_notified(world: World, person: str, day: date) -> None:
    """The day of notification, of somebody who has come from elsewhere and not moved within the city since."""
    era, year = era_of(day)
    told = f"{_DIGITS[era]}{year:02}{day:%m%d}"
    change_resident(world, person, "届出年月日", told)
    change_resident(world, person, "住民となった年月日", told)
    change_resident(world, person, "住所を定めた年月日", told)
    change_resident(world, person, "転入前住所", "大阪府大阪市北区架空町１番地")


@given(
    "「{person}」の記録が、文字を登録中のまま連携されている",
    "「港美波」の記録が、文字を登録中のまま連携されている",
)
def characters_pending(world: World, person: str) -> None:
    """By a column that the format beside these files has (外字登録中)."""
    _pending(world, person)


@given(
    "「{person}」の文字の登録が済み、記録が連携されている",
    "「港美波」の文字の登録が済み、記録が連携されている",
)
def characters_registered(world: World, person: str) -> None:
    """By the same column: nobody's characters are being registered any more."""
    _pending(world, person)
    _pending(world, "")


@given(
    "「{card}」の電子証明書が{day}に発行されたと通知されている",
    "「六甲翠のカード」の電子証明書が令和8年6月3日に発行されたと通知されている",
)
def certified_on(world: World, card: str, day: date) -> None:
    """The authority's notices of whoever holds that card say so."""
    folder = _fresh(world)
    notices = folder.parent / FILE_NAME
    key = world.stage.person_key(holder_of(card))
    shutil.copyfile(world.stage.template / FILE_NAME, notices)
    _rewrite(
        notices,
        lambda rows: [
            row | ({ISSUED_AT: f"{day.isoformat()}T00:30:00+09:00"} if row[NOTICE_PERSON] == key else {})
            for row in rows
        ],
    )
    _deliver(world, folder)


@given(
    "連携ファイル「{file:text}」の「{before:text}」が「{after:text}」に書き換わって連携されている",
    example="連携ファイル「連携票.csv」の「税証明.csv,33」が「税証明.csv,34」に書き換わって連携されている",
)
def rewritten(world: World, file: str, before: str, after: str) -> None:
    """In the first town of the stage. Raises LookupError where the file does not have it, or more than once."""
    folder = _fresh(world)
    path = folder / file
    text = path.read_text(encoding="utf-8")
    if text.count(before) != 1:
        raise LookupError(
            f"「{before}」は{file}に{text.count(before)}か所あります。1か所になる長さで書いてください。"
        )
    path.write_text(text.replace(before, after), encoding="utf-8")
    _deliver(world, folder)


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


def _restrict(
    world: World,
    person: str,
    since: str,
    *,
    until: str = "",
    released: str = "",
    lifted: str = "",
    household: str = "",
    reason: str = _REASON,
) -> None:
    row = {
        "宛名番号": world.stage.person_key(person) if person else "",
        "制限事由コード": reason,
        "開始日": since,
        "終了日": until,
        "解除日": released,
        "世帯番号": household,
        "戸籍の番号": "",
        "一時解除終了日": lifted,
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


def change_seal(world: World, calling: str, cells: Mapping[str, str]) -> None:
    """These columns of one resident's registration read so from now on."""
    key = world.stage.person_key(calling)
    folder = _fresh(world)
    _rewrite(
        folder / SEALS,
        lambda rows: [row | (dict(cells) if row["宛名番号"] == key else {}) for row in rows],
        "cp932",
    )
    _deliver(world, folder)


def _pending(world: World, calling: str) -> None:
    """Deliver the residents with the column 外字登録中, which says 1 of this one only, in a format that has it."""
    key = world.stage.person_key(calling) if calling else ""
    folder = _fresh(world)
    _rewrite(
        folder / RESIDENTS,
        lambda rows: [
            {PENDING: "1" if row["宛名番号"] == key else "", **without(row, PENDING)} for row in rows
        ],
    )
    formats = folder / FORMATS
    if not formats.exists():
        shutil.copytree(world.stage.towns[0].folder / FORMATS, formats)
        for path in formats.glob("*.toml"):
            path.write_text(_with_pending(path.read_text(encoding="utf-8")), encoding="utf-8")
    _deliver(world, folder)


def without(row: Row, column: str) -> Row:
    return {name: cell for name, cell in row.items() if name != column}


def _with_pending(text: str) -> str:
    """A format of Kobe's with one more column of 住民記録.csv, the first."""
    before, name, after = text.partition(f'name = "{RESIDENTS}"')
    after = after.replace("columns = [", f'columns = [ "{PENDING}",', 1)
    item = f'characters_pending = {{ column = "{PENDING}", code = "pending" }}'
    after = after.replace("[file.to]", f"[file.to]\n{item}", 1)
    return before + name + after + '\n[code.pending]\n1 = "yes"\n'


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
    notices = folder.parent / FILE_NAME
    return deliveries.deliver(
        town,
        stage.replica(town),
        folder,
        notices if notices.exists() else stage.template / FILE_NAME,
        stage.clock.now(),
        stage.clock,
        stage.trace,
    )
