"""A generation that changes a base is the same as one that has a copy of everything, whatever is delivered."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from server_stub.db import open_engine, sqlite_url
from server_stub.interface.failures import Failed
from server_stub.registry.importers import generation
from server_stub.registry.replica import Replica, take_back
from server_stub.registry.tables import OF_A_GENERATION, generations, persons
from tests.long import LONG
from tests.registry.helper import Notice, write_notices
from tests.registry.own_town import OUTSIDE, Town, people, person, wrong_number

KEYS = [f"0000000{n}" for n in range(1, 8)]
HOUSEHOLDS = [f"H000000{n}" for n in range(1, 6)]
AT = [f"2026-06-03T0{hour}:00:00+09:00" for hour in range(1, 6)]
NEW, CHANGED, DELETED = "1", "2", "3"


def _row(number: int, operation: str, changes: dict[str, str]) -> dict[str, str]:
    found = people()
    if number <= len(found):
        return found[number - 1] | {"区分": operation} | changes
    name = f"新田　{number}"
    one = person(KEYS[number - 1], HOUSEHOLDS[4], number, name, "新田　5" if number > 5 else name)
    return one | {"区分": operation, "個番": wrong_number(f"{number:011}")} | changes


_changes = st.dictionaries(
    st.sampled_from(["氏名", "主", "世帯", "状態", "住所", "順", "個番", "生年", "番号"]),
    st.sampled_from(
        [
            "足利　一",
            "髙橋　三",
            "H0000001",
            "H0000002",
            "8",
            "見本町２番地",
            "1",
            "2",
            "20190401",
            "x",
            "",
            "00000002",
        ]
    ),
    max_size=2,
)
_rows = st.lists(
    st.builds(_row, st.integers(1, 7), st.sampled_from([NEW, CHANGED, CHANGED, DELETED]), _changes),
    max_size=3,
)
_tax = st.lists(
    st.builds(
        lambda key, whose, group, operation: [key, whose, group, "2025", "1", "", operation],
        st.sampled_from(["T1", "T2", "T3", ""]),
        st.sampled_from([*KEYS[:5], OUTSIDE, ""]),
        st.sampled_from(["甲", "乙", ""]),
        st.sampled_from([NEW, CHANGED, DELETED]),
    ),
    max_size=2,
)
_night = st.tuples(_rows, _tax, st.lists(st.sampled_from([*KEYS, OUTSIDE, "nobody"]), max_size=3))


def _what_is_read(url: str) -> dict[str, Any]:
    replica = Replica(url)
    try:
        with replica.open_generation() as reader:
            told: dict[str, Any] = {"generation": reader.generation}
            for key in [*KEYS, OUTSIDE]:
                found = reader.person(key)
                told[key] = (
                    found and (found.name, found.household, found.address, found.my_number.reveal()), reader.is_set_aside(key),
                    sorted(reader.households_of(key)), [one.serial for one in reader.notices_of(key)],
                    [(one.key, one.group, one.body) for one in reader.records("tax", person=key)],
                )  # fmt: skip
            for household in HOUSEHOLDS:
                told[household] = (
                    [one.key for one in reader.household(household)],
                    reader.group_is_complete("person", household),
                )
            told["tax"] = [(one.key, one.person) for one in reader.records("tax")]
            told["groups"] = [reader.group_is_complete("tax", group) for group in "甲乙"]
            told["restricted"] = reader.group_restriction("tax", "甲", date(2026, 6, 3))
            return told
    finally:
        replica.close()


def _nights(folder: Path, nights: list[Any]) -> list[Any]:
    """What each delivery came to, and what is read after it."""
    shutil.rmtree(folder, ignore_errors=True)
    url = sqlite_url(folder / "replica.db")
    noticed = [KEYS[0], KEYS[2], OUTSIDE]
    tax = [["T1", KEYS[0], "甲", "2025", "100", ""], ["T2", OUTSIDE, "乙", "2025", "1", ""]]
    town = Town(folder, tax=tax, noticed=noticed, made_at=AT[0])
    town.write()
    town.load(url)
    told: list[Any] = []
    base = AT[0]
    for at, (rows, changed, more) in zip(AT[1:], nights, strict=False):
        noticed = [*noticed, *more]
        night = Town(folder, rows=rows, tax=changed, noticed=noticed, made_at=at, base=base)
        night.write()
        try:
            told.append(night.load(url).set_aside)
            base = at
        except Failed as failed:
            told.append((failed.failure, failed.facts))
        told.append(_what_is_read(url))
    return told


@settings(deadline=None, max_examples=1000 if LONG else 8)
@given(nights=st.lists(_night, min_size=1, max_size=3))
def test_whatever_is_delivered(nights: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "bases"
    changed = _nights(folder, nights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generation, "MOST_CHANGED", -1)
        copied = _nights(folder, nights)
    assert changed == copied


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "replica.db")


def _deliver(folder: Path, url: str, hour: int, *rows: dict[str, str]) -> None:
    town = Town(folder, rows=list(rows), made_at=AT[hour], base=AT[hour - 1])
    town.write()
    town.load(url)


def _begin(folder: Path, url: str) -> None:
    town = Town(folder, made_at=AT[0])
    town.write()
    town.load(url)


def _count(url: str) -> dict[int, int]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = connection.execute(select(persons.c.generation, func.count()).group_by(persons.c.generation))
        counted = {number: count for number, count in found}
    engine.dispose()
    return counted


def test_only_what_is_changed_is_written(tmp_path: Path, url: str) -> None:
    _begin(tmp_path / "town", url)
    _deliver(
        tmp_path / "town",
        url,
        1,
        _row(1, CHANGED, {"住所": "見本町２番地"}),
        _row(2, CHANGED, {"住所": "見本町２番地"}),
    )
    assert _count(url) == {1: 4, 2: 2}
    _deliver(tmp_path / "town", url, 2, _row(3, CHANGED, {"住所": "見本町３番地"}))
    _deliver(tmp_path / "town", url, 3, _row(4, DELETED, {}))
    # the living one and the one before, on the base of both
    assert _count(url) == {1: 4, 3: 3, 4: 3}


def test_what_was_before_is_read_again_after_taking_back(tmp_path: Path, url: str) -> None:
    _begin(tmp_path / "town", url)
    before = None
    for hour in (1, 2):
        before = _what_is_read(url)
        _deliver(tmp_path / "town", url, hour, _row(3, CHANGED, {"住所": f"見本町{hour}番地"}))
    town = Town(tmp_path / "town")
    assert take_back(url, town.clock, town.trace) == 2
    assert _what_is_read(url) == before
    with pytest.raises(Failed, match="Delivery_None_Before"):
        take_back(url, town.clock, town.trace)


def test_a_full_delivery_leaves_nothing_of_what_stood_on_a_base(tmp_path: Path, url: str) -> None:
    _begin(tmp_path / "town", url)
    _deliver(tmp_path / "town", url, 1, _row(3, CHANGED, {"住所": "見本町３番地"}))
    for hour in (2, 3):
        town = Town(tmp_path / "town", made_at=AT[hour])
        town.write()
        town.load(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        for table in OF_A_GENERATION:
            assert set(connection.scalars(select(table.c.generation))) <= {3, 4}
        query = select(generations.c.number).where(~generations.c.removed)
        assert set(connection.scalars(query)) == {3, 4}
    engine.dispose()


def test_notices_that_were_known_are_not_read_again(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server_stub.registry.importers import delivery

    _begin(tmp_path / "town", url)
    read: list[int] = []
    real = delivery.notice_row
    monkeypatch.setattr(
        delivery, "notice_row", lambda number, line, notice: read.append(line) or real(number, line, notice)
    )
    folder = tmp_path / "town"
    town = Town(folder, rows=[], noticed=[KEYS[0], KEYS[2], KEYS[1]], made_at=AT[1], base=AT[0])
    town.write()
    town.load(url)
    assert read == [4]
    assert [len(_what_is_read(url)[key][3]) for key in KEYS[:3]] == [1, 1, 1]
    # a file that begins otherwise is another file
    town.made_at, town.base = AT[2], AT[1]
    town.write()
    write_notices(folder / "delivery" / "発行通知.csv", [Notice(9, KEYS[1], municipality="09202")])
    town.load(url)
    assert [len(_what_is_read(url)[key][3]) for key in KEYS[:3]] == [0, 1, 0]
