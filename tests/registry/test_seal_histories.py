"""Rows that are whole states of a registration of a seal: the newest counts, and whose numbers have a gap or fall is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from server_stub.registry.importers import Loaded
from server_stub.registry.records import SealEnd, SealStatus
from server_stub.registry.replica import Replica
from tests.registry.helper import Delivery, Notice, more_columns, read_cells, write_cells, write_notices
from tests.registry.test_differential import SEALS, kobe_changes

TAICHI, MINAMI = "0000100101", "0000100102"
ITEMS = """history = "履歴"
entry = { column = "取消", code = "seal_entry" }"""
CODES = """[code.seal_entry]
"0" = "valid"
"1" = "cancelled"

[code.ward]"""
REGISTERED, SUSPENDED, ABOLISHED = "1", "2", "9"


@dataclass
class Seals:
    """Kobe's seals with 履歴番号 and 取消; every registration but 太一's has one state."""

    delivery: Delivery
    formats: Path
    before: list[list[str]]

    def row(self, number: str, state: int | str, status: str = REGISTERED, **cells: str) -> list[str]:
        """A state of one of 太一's registrations."""
        header, *rows = self.before
        own = dict(zip(header, next(row for row in rows if row[1] == TAICHI), strict=True))
        ended = {"廃止年月日": "20260501", "廃止事由コード": "1"} if status == ABOLISHED else {}
        own |= {"印鑑登録番号": number, "登録状態コード": status, "履歴": str(state)} | ended | cells
        return list(own.values())

    def full(self, url: str, *rows: list[str]) -> Loaded:
        header, *others = self.before
        told = [header, *(row for row in others if row[1] != TAICHI), *rows]
        write_cells(self.delivery.folder / SEALS, told)
        self.delivery.count(SEALS, len(told) - 1)
        return self.delivery.load_all(url, formats=self.formats)

    def changes(self, url: str, *rows: list[str]) -> Loaded:
        write_notices(self.delivery.notices, [Notice(1, TAICHI)])
        formats = self.formats.parent / "changes"
        kobe_changes(self.delivery, formats, [], [[*row, "B"] for row in rows])
        path = formats / "differential.toml"
        text = path.read_text(encoding="utf-8").replace("[code.ward]", CODES)
        text = text.replace('"成年被後見コード", "区分",', '"成年被後見コード", "履歴", "取消", "区分",')
        path.write_text(
            text.replace("\nnumber = { column", f"\n{ITEMS}\nnumber = {{ column"), encoding="utf-8"
        )
        return self.delivery.load_all(url, formats=formats)


@pytest.fixture
def seals(delivery: Delivery, tmp_path: Path) -> Seals:
    formats = more_columns(delivery, tmp_path / "formats", ITEMS, 履歴="1", 取消="0")
    path = formats / "full.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[code.ward]", CODES), encoding="utf-8")
    return Seals(delivery, formats, read_cells(delivery.folder / SEALS))


def seen(replica: Replica) -> tuple[str, SealStatus | None, SealEnd | None, bool]:
    """太一's registration in force and its state, why the last one ended, and whether nobody can say."""
    with replica.open_generation() as reader:
        seal, other = reader.seal(TAICHI), reader.seal(MINAMI)
        assert other is not None and not reader.is_set_aside(TAICHI)
        return (
            seal.number if seal else "",
            seal.status if seal else None,
            reader.seal_end(TAICHI),
            reader.is_set_aside(TAICHI, "seal"),
        )


def test_the_highest_number_is_the_state_that_counts(seals: Seals, url: str, replica: Replica) -> None:
    told = seals.full(
        url, seals.row("7700001", 1, SUSPENDED), seals.row("7700001", 2), seals.row("7700001", 3, SUSPENDED)
    )
    assert told.set_aside == ()
    assert seen(replica) == ("7700001", SealStatus.SUSPENDED, None, False)


def test_a_change_of_seal_is_an_end_and_a_new_registration(seals: Seals, url: str, replica: Replica) -> None:
    told = seals.full(
        url, seals.row("7700002", 1), seals.row("7700001", 1), seals.row("7700001", 2, ABOLISHED)
    )
    assert told.set_aside == ()
    assert seen(replica) == ("7700002", SealStatus.REGISTERED, SealEnd.REQUESTED, False)


def test_a_registration_that_is_cancelled_never_was(seals: Seals, url: str, replica: Replica) -> None:
    """The change of seal was entered for somebody else: the new registration is cancelled, and the old one goes on."""
    told = seals.full(
        url,
        seals.row("7700001", 1),
        seals.row("7700001", 2, ABOLISHED),
        seals.row("7700001", 3),
        seals.row("7700002", 1),
        seals.row("7700002", 2, 取消="1"),
    )
    assert told.set_aside == ()
    assert seen(replica) == ("7700001", SealStatus.REGISTERED, None, False)


@pytest.mark.parametrize(
    "numbers", [("2",), ("1", "3"), ("1", "2", "1"), ("1", "1"), ("0", "1"), ("",), ("一",)]
)
def test_a_gap_or_a_fall_sets_the_seal_aside(
    seals: Seals, url: str, replica: Replica, numbers: tuple[str, ...]
) -> None:
    (aside,) = seals.full(url, *(seals.row("7700001", number) for number in numbers)).set_aside
    last = len(read_cells(seals.delivery.folder / SEALS))
    assert (aside.register, aside.line, aside.column) == ("seal", last, "履歴")
    assert aside.remedy == "1から抜けも後戻りもなく続く履歴番号"
    assert seen(replica) == ("", None, None, True)


def test_a_differential_delivery_goes_on_from_the_number_before(
    seals: Seals, url: str, replica: Replica
) -> None:
    seals.full(url, seals.row("7700001", 1), seals.row("7700001", 2))
    told = seals.changes(url, seals.row("7700001", 3, ABOLISHED), seals.row("7700002", 1))
    assert told.set_aside == ()
    assert seen(replica) == ("7700002", SealStatus.REGISTERED, SealEnd.REQUESTED, False)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_and_nowhere_else(seals: Seals, url: str, replica: Replica, number: int) -> None:
    seals.full(url, seals.row("7700001", 1), seals.row("7700001", 2))
    told = seals.changes(url, seals.row("7700001", number, SUSPENDED))
    assert [(one.line, one.column) for one in told.set_aside] == [(2, "履歴")]
    assert seen(replica) == ("", None, None, True)


def test_a_cancellation_in_a_differential_delivery_takes_the_registration_away(
    seals: Seals, url: str, replica: Replica
) -> None:
    seals.full(url, seals.row("7700001", 1))
    assert seals.changes(url, seals.row("7700001", 2, 取消="1")).set_aside == ()
    assert seen(replica) == ("", None, None, False)


def test_the_states_of_an_end_that_a_later_one_has_followed_go_on(
    seals: Seals, url: str, replica: Replica
) -> None:
    """Of the first registration nothing is kept but its number: a correction of it still has the next."""
    ends = [
        seals.row(number, state, status, 廃止年月日=day if status == ABOLISHED else "")
        for number, day in (("7700001", "20250101"), ("7700002", "20260101"))
        for state, status in ((1, REGISTERED), (2, ABOLISHED))
    ]
    assert seals.full(url, *ends).set_aside == ()
    corrected = seals.row("7700001", 3, ABOLISHED, 廃止年月日="20250102", 廃止事由コード="7")
    assert seals.changes(url, corrected).set_aside == ()
    assert seen(replica) == ("", None, SealEnd.REQUESTED, False)


def test_a_full_delivery_does_not_fall_behind(seals: Seals, url: str, replica: Replica) -> None:
    seals.full(url, seals.row("7700001", 1), seals.row("7700001", 2))
    assert [one.column for one in seals.full(url, seals.row("7700001", 1)).set_aside] == ["履歴"]
    assert seen(replica)[3]
    assert seals.full(url, *(seals.row("7700001", state) for state in (1, 2, 3))).set_aside == ()
    assert seen(replica) == ("7700001", SealStatus.REGISTERED, None, False)
