"""Who is looked for by name or birth date is found by an index, whatever the size of the register, and by the state of today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from server_stub.certificates.family_register import WholeFamilyRegister
from server_stub.certificates.family_register.register import (
    FAMILY_REGISTER,
    FamilyRegisterBody,
    born_between,
    words_of_birth,
)
from server_stub.municipalities import load_municipality
from server_stub.registry.replica import Replica
from server_stub.registry.tables import ANY_WORD
from tests.registry.helper import KOBE, Delivery, read_cells
from tests.registry.own_town import Town
from tests.registry.test_differential import CHANGED, FULL, NEXT, TAX, THREE, change, row

MIDORI = "0000100201"
BIRTHS = (date(1981, 4, 12), date(1983, 8, 25), date(2017, 7, 17), date(1950, 1, 1))


def found(replica: Replica, begins: str, birth: date | None = None) -> list[str]:
    with replica.open_generation() as reader:
        return [one.key for one in reader.find_people(begins, birth, 50)]


@pytest.fixture
def kobe(tmp_path: Path, url: str) -> Iterator[Replica]:
    delivery = Delivery(tmp_path / "delivery")
    delivery.municipality = load_municipality(KOBE.parent)
    delivery.load(url)
    made = Replica(url)
    yield made
    made.close()


def test_everybody_is_found_by_every_beginning_of_their_name(kobe: Replica) -> None:
    """As by looking at each of them."""
    with kobe.open_generation() as reader:
        people = [reader.person(row[0]) for row in read_cells(KOBE / "住民記録.csv")[1:]]
    names = {
        one.key: ["".join(name.split()) for name in (one.name, one.kana)] for one in people if one is not None
    }
    asked = {
        name[:length] for both in names.values() for name in both for length in (1, 2, len(name)) if name
    }
    assert len(asked) > 100
    for begins in asked:
        expected = {key for key, both in names.items() if any(name.startswith(begins) for name in both)}
        assert set(found(kobe, begins)) == expected, begins
    assert found(kobe, "%") == found(kobe, "_") == []


def test_a_name_that_is_another_since_is_found_by_the_new_one_alone(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    """Of a differential delivery too, whose base still says the old one."""
    town = Town(tmp_path / "town", tax=TAX, noticed=[], made_at=FULL)
    town.write()
    town.load(url)
    (old,) = (
        {one["氏名"] for one in town.rows if one["番号"] == THREE} if hasattr(town, "rows") else {"髙橋　三"}
    )
    assert THREE in found(replica, old)
    changes = change(town, row(3, CHANGED, 氏名="新橋　三", 主="新橋　三"), at=NEXT)
    changes.write()
    changes.load(url)
    assert found(replica, old) == [] and found(replica, "新橋三") == [THREE]


def test_registers_are_found_by_the_births_of_their_members(kobe: Replica) -> None:
    kind = WholeFamilyRegister()
    lines = [
        json.loads(line) for line in (KOBE / "戸籍.jsonl").read_text(encoding="utf-8").splitlines() if line
    ]
    births: dict[str, list[str]] = {
        one["戸籍番号"]: [member["生年月日"] for member in one["戸籍に記録されている者"]] for one in lines
    }
    days = {
        span[0] for written in births.values() for text in written if (span := born_between(text)) is not None
    }
    assert len(days) > 5
    with kobe.open_generation() as reader:
        there = {one.key for one in reader.records(FAMILY_REGISTER)}
        for day in (*days, *BIRTHS):
            told = set(kind.registers_of_birth(reader, day))
            for number in there:
                spans = [born_between(text) for text in births[number]]
                if any(span is not None and span[0] <= day <= span[1] for span in spans):
                    assert number in told, (number, day)
            assert len(told) < len(there) or day in days


@pytest.mark.parametrize(
    ("birth", "word"),
    [
        ("昭和５６年４月１２日", "昭和56年4月12日"), ("平成元年５月日不詳", "平成元年5月日不詳"), ("明治３年月日不詳", "明治3年月日不詳"),
        ("昭和５６年４月１２日頃", ANY_WORD), ("推定昭和５６年", ANY_WORD), ("昭和５６年０４月１２日", ANY_WORD), ("不詳", ANY_WORD), ("", ANY_WORD),
    ],
)  # fmt: skip
def test_a_birth_that_is_not_plain_may_be_any_day(birth: str, word: str) -> None:
    assert list(FamilyRegisterBody.search_words({"members": [{"birth": birth}]})) == [word]


def test_no_search_reads_a_whole_register(kobe: Replica, url: str) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("the plan of SQLite")
    with kobe.open_generation() as reader, told_statements(reader._connection) as seen:
        reader.find_people("六甲", None, 50)
        reader.keys_with(FAMILY_REGISTER, words_of_birth(BIRTHS[0]))
        asked = list(seen)
        assert len(asked) == 2
        for statement, values in asked:
            plan = reader._connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, values).all()
            steps = [str(one[-1]) for one in plan]
            assert steps and not any(one.startswith("SCAN") for one in steps), steps
            assert any("search_word" in one and "word" in one.split("(")[-1] for one in steps), steps


@contextmanager
def told_statements(asked: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Those of this connection; servers that other tests have left may go on in this process."""
    seen: list[tuple[str, Any]] = []

    def tell(connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if connection is asked and not statement.startswith("EXPLAIN"):
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", tell)
    yield seen
    event.remove(Engine, "before_cursor_execute", tell)
