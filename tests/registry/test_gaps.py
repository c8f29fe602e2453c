"""Nobody gets 世帯全員, or the whole of any other group, on which somebody may be missing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import Failed
from server_stub.registry.replica import Replica
from tests.long import part
from tests.registry.helper import Notice
from tests.registry.own_town import OUTSIDE, Town, people, person, wrong_number

ONE, TWO, THREE, FOUR, FIVE = (f"0000000{n}" for n in range(1, 6))
H1, H2 = "H0000001", "H0000002"
UNREADABLE = ["", "\x01", "　", "Ｈ０００", "H" * 41, "H0000009"]
"""Cells of 世帯; the last two can be read, and are of no household."""


class Nights:
    """A town of two households at different addresses, delivered night by night."""

    def __init__(self, folder: Path, url: str, replica: Replica) -> None:
        self.folder, self.url, self.replica, self.night = folder, url, replica, 0
        self.noticed = [ONE, THREE]
        self.models: dict[str, type[BaseModel]] = {}
        self.made_at = ""

    def load(
        self, rows: list[dict[str, str]], tax: list[list[str]] | None = None, differential: bool = False
    ) -> Town:
        base = self.made_at if differential else None
        self.made_at = (STAGE_START + timedelta(days=self.night - 20)).isoformat()
        self.night += 1
        town = Town(
            self.folder,
            "csv",
            "utf-8",
            rows=rows,
            tax=tax,
            noticed=self.noticed,
            made_at=self.made_at,
            base=base,
        )
        town.models = self.models
        town.write()
        town.load(self.url)
        return town

    def whole(self, register: str = "person") -> list[str]:
        """The groups of which everybody may be printed."""
        groups = [H1, H2] if register == "person" else ["G1", "G2"]
        with self.replica.open_generation() as reader:
            return [group for group in groups if reader.group_is_complete(register, group)]


@pytest.fixture
def nights(tmp_path: Path, url: str, replica: Replica) -> Nights:
    return Nights(tmp_path / "town", url, replica)


def rows(of: int = 0, **changed: str) -> list[dict[str, str]]:
    """The people, the one numbered `of` changed, and enough others elsewhere."""
    found = people()
    for n in range(40):
        key, name = f"10{n:06}", f"他所　人{n}"
        found.append(person(key, f"H1{n:06}", 1, name, name, 個番=wrong_number(f"{key:0>11}")))
    for one in found[2:]:
        one["住所"] = "別の町２番地"
    if of:
        found[of - 1] |= changed
    return found


@pytest.mark.parametrize("cell", UNREADABLE)
def test_a_household_stays_incomplete_as_long_as_a_member_cannot_be_placed(nights: Nights, cell: str) -> None:
    nights.load(rows())
    assert nights.whole() == [H1, H2]
    for _ in range(3):
        nights.load(rows(2, 世帯=cell))
        assert nights.whole() == [H2]
    nights.load(rows())
    assert nights.whole() == [H1, H2]
    nights.load([one for one in rows() if one["番号"] != TWO])
    assert nights.whole() == [H1, H2]


@pytest.mark.parametrize(("household", "head"), [("", "足利　一"), (H1, "足利　一"), (H1, "誰か　別人")])
def test_a_household_stays_incomplete_as_long_as_a_member_has_no_number(
    nights: Nights, household: str, head: str
) -> None:
    """Also where head and address are nobody else's."""
    nights.load(rows())
    for _ in range(3):
        nights.load(rows(2, 番号="", 世帯=household, 主=head, 住所="どこか別の所"))
        assert nights.whole() == [H2]
    nights.load(rows())
    assert nights.whole() == [H1, H2]


@pytest.mark.parametrize("cell", UNREADABLE)
@pytest.mark.parametrize(
    "also", part([{}, {"生年": "？"}, {"住所": "\x01"}, {"主": "\x01"}, {"番号": ""}], 3)
)
def test_a_first_delivery_leaves_out_the_households_that_a_member_may_be_of(
    nights: Nights, cell: str, also: dict[str, str]
) -> None:
    nights.load(rows(2, 世帯=cell, **also))
    assert nights.whole() == [H2]


@pytest.mark.parametrize("cell", UNREADABLE)
def test_a_first_delivery_leaves_out_the_household_whose_head_may_be_missing(
    nights: Nights, cell: str
) -> None:
    nights.load(rows(1, 世帯=cell))
    assert nights.whole() == [H2]
    with nights.replica.open_generation() as reader:
        # alone in a household that is a mistake
        assert not (reader.household("H0000009") and reader.group_is_complete("person", "H0000009"))


def test_a_member_in_the_household_of_others_leaves_both_incomplete(nights: Nights) -> None:
    for also in ({}, {"生年": "？"}):
        nights.load(rows(2, 世帯=H2, 順="2", **also))
        assert nights.whole() == []


def test_a_household_of_one_keeps_its_neighbours_complete(nights: Nights) -> None:
    found = rows(3, 生年="？")
    found[2]["住所"] = found[0]["住所"]
    nights.load(found)
    assert nights.whole() == [H1]


@pytest.mark.parametrize("differential", [False, True])
@pytest.mark.parametrize("cell", part(UNREADABLE[:-1], 2))
def test_a_newcomer_who_cannot_be_placed_leaves_the_household_incomplete(
    nights: Nights, cell: str, differential: bool
) -> None:
    nights.load(rows())
    born = person(FIVE, cell, 3, "足利　五", "足利　一", 区分="1", 個番=wrong_number("00000000005"))
    nights.load([born] if differential else [*rows(), born], differential=differential)
    assert nights.whole() == [H2]
    nights.load([], differential=True)
    assert nights.whole() == [H2]
    nights.load([born | {"世帯": H1, "区分": "2"}], differential=True)
    assert nights.whole() == [H1, H2]


def test_a_row_that_says_nothing_of_its_household_refuses_the_delivery(nights: Nights) -> None:
    with pytest.raises(Failed, match="Delivery_Row_Broken"):
        nights.load(rows(2, 世帯="", 主="誰か　別人", 筆頭="誰か　別人", 住所="\x01"))
    bad = rows(2, 世帯="", 主="", 住所="\x01")
    with pytest.raises(Failed) as caught:
        nights.load(bad)
    assert caught.value.failure == "Delivery_Row_Broken"
    assert (caught.value.facts["line"], caught.value.facts["column"]) == (3, "世帯")
    # known from before, it is a member like any other
    nights.load(rows())
    nights.load(bad)
    assert nights.whole() == [H2]


def test_a_whole_household_that_cannot_be_placed_is_set_aside(nights: Nights) -> None:
    found = rows(1, 世帯="")
    found[1]["世帯"] = ""
    nights.load(found)
    assert nights.whole() == [H1, H2]
    with nights.replica.open_generation() as reader:
        assert [reader.is_set_aside(one) for one in (ONE, TWO, THREE)] == [True, True, False]


@pytest.mark.parametrize("shift", [1, 2, 3])
@pytest.mark.parametrize("second", [False, True])
def test_a_row_in_other_columns_leaves_its_household_incomplete(
    nights: Nights, shift: int, second: bool
) -> None:
    if second:
        nights.load(rows())
    cells = list(people()[1].values())
    # the column that counts in a differential delivery only is the first
    moved = [cells[0], *cells[shift + 1 :], *[""] * shift]
    nights.load(rows(2, **dict(zip(people()[1], moved, strict=True))))
    assert nights.whole() == [H2]


GROUPED = [
    ["T1", ONE, "G1", "2025", "100", "R08.01.01"],
    ["T2", OUTSIDE, "G1", "2025", "1", "R08.01.01"],
    ["T3", THREE, "G2", "2025", "1", "R08.01.01"],
]


def grouped(of: int, column: int, cell: str) -> list[list[str]]:
    found = [list(row) for row in GROUPED]
    found[of - 1][column] = cell
    return found


@pytest.mark.parametrize(
    ("tax", "first", "second"),
    [
        (GROUPED, ["G1", "G2"], ["G1", "G2"]),
        (grouped(2, 5, "不詳"), ["G2"], ["G2"]),
        (grouped(2, 0, ""), ["G2"], ["G2"]),
        (grouped(2, 2, ""), [], ["G2"]),
        (grouped(2, 2, "\x01"), [], ["G2"]),
        (grouped(2, 0, "T1"), ["G2"], ["G2"]),
        (grouped(3, 0, "T1"), [], []),
    ],
)
def test_a_group_of_any_register_is_incomplete_without_a_member(
    nights: Nights, tax: list[list[str]], first: list[str], second: list[str]
) -> None:
    nights.load(rows(), tax)
    assert nights.whole("tax") == first
    nights.load(rows(), GROUPED)
    assert nights.whole("tax") == ["G1", "G2"]
    for _ in range(3):
        nights.load(rows(), tax)
        assert nights.whole("tax") == second
    assert nights.whole() == [H1, H2]


def test_whoever_vanishes_while_a_notice_names_them_leaves_a_gap(nights: Nights, replica: Replica) -> None:
    """And is told that the record cannot be used. Who had moved or died before, or is named by nobody, has gone."""
    nights.noticed = [ONE, TWO, THREE, FOUR]
    nights.load(rows())
    without = [one for one in rows() if one["番号"] not in (TWO, FOUR)]
    for _ in range(3):
        nights.load(without)
        assert nights.whole() == [H2]
        with replica.open_generation() as reader:
            assert [reader.is_set_aside(one) for one in (ONE, TWO, THREE, FOUR)] == [
                False,
                True,
                False,
                False,
            ]
            assert reader.key_of(Notice(2, TWO).holder_ref) == TWO
            assert reader.key_of(Notice(4, FOUR).holder_ref) is None
            assert reader.group_is_complete("person", "H0000003")
    nights.noticed = [ONE, THREE]
    nights.load(without)
    assert nights.whole() == [H1, H2]


def test_whoever_is_deleted_has_gone(nights: Nights) -> None:
    nights.noticed = [ONE, TWO, THREE]
    nights.load(rows())
    nights.load([people()[1] | {"区分": "3"}], differential=True)
    assert nights.whole() == [H1, H2]
