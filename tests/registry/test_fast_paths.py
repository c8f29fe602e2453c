"""The short ways of a large delivery say what the long ones say, whatever stands in it."""

from __future__ import annotations

import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from server_stub.characters import no_name, plain_name
from server_stub.db import migrate, open_engine, sqlite_url
from server_stub.registry.bulk import insert_rows
from server_stub.registry.importers import generation
from server_stub.registry.importers.person_record import _fault, check_households, right_check_digit
from server_stub.registry.importers.row_function import Misread, _check_text, _plain, readable
from server_stub.registry.replica import Replica
from server_stub.registry.tables import Version, persons, records
from tests.registry.helper import Delivery, Notice, read_cells

_LETTERS = st.text(
    st.sampled_from("港太一あァヺＡa 　\t\n\u200b\ufffd\ud800\U000e0100\ufe00〓★〇?\u2800\U000f0000\u0378")
    | st.characters(),
    max_size=12,
)
NEVER = {"Cc", "Cs", "Cn", "Zl", "Zp"}


@given(_LETTERS)
def test_a_text_is_readable_by_the_categories_of_its_characters(text: str) -> None:
    assert readable(text) == (
        not any(unicodedata.category(char) in NEVER or char == "\ufffd" for char in text)
    )


@given(st.lists(_LETTERS, max_size=5))
def test_names_that_look_plain_are_names(names: list[str]) -> None:
    if plain_name("　".join(names)):
        assert not any(no_name(name) for name in names)


@given(st.lists(_LETTERS, min_size=1, max_size=5), st.integers(1, 8))
def test_a_row_that_looks_plain_has_no_text_that_is_refused(cells: list[str], limit: int) -> None:
    if _plain(cells, limit):
        for cell in cells:
            _check_text("列", cell, limit)


@given(st.text("0123456789", min_size=11, max_size=11))
def test_the_check_digit_is_that_of_the_ordinance(eleven: str) -> None:
    """P(n) the n-th digit from the right, Q(n) = n + 1 up to n = 6 and n - 5 from n = 7."""
    total = sum(int(p) * (n + 1 if n <= 6 else n - 5) for n, p in enumerate(reversed(eleven), start=1))
    expected = 11 - total % 11 if total % 11 > 1 else 0
    assert right_check_digit(eleven) == expected


def test_a_text_that_is_refused_is_refused_still() -> None:
    with pytest.raises(Misread):
        _check_text("列", "港\x00", 100)


def _person(number: int, **other: Any) -> dict[str, Any]:
    row = {column.name: "" for column in persons.c}
    days = {"birth": date(1990, 1, 2), "resident_since": date(1990, 1, 2)}
    blank = dict.fromkeys(
        ("address_since", "notified_on", "moves_on", "arrived_on", "period_ends", "history")
    )
    return row | days | blank | {
        "generation": 1, "key": f"{number:03d}", "line": number, "my_number": f"{number:012d}", "position": 0,
        "characters_pending": False, **other,
    }  # fmt: skip


_member = st.fixed_dictionaries(
    {
        "household": st.sampled_from("あいう"),
        "position": st.integers(0, 2),
        "name": st.sampled_from(["甲", "乙"]),
        "kanji_name": st.sampled_from(["", "漢"]),
        "relationship": st.sampled_from(["世帯主", "子", ""]),
        "head_of_household": st.sampled_from(["甲", "乙", "甲　漢", ""]),
        "address": st.sampled_from(["町", "町", "村"]),
        "status": st.sampled_from(["resident", "resident", "moving_out", "moved_out", "deceased"]),
    }
)


@settings(deadline=None)
@given(found=st.lists(_member, max_size=8), incomplete=st.frozensets(st.sampled_from("あいう"), max_size=1))
def test_the_households_that_are_looked_at_are_all_that_contradict_themselves(
    found: list[dict[str, Any]], incomplete: frozenset[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = sqlite_url(tmp_path_factory.getbasetemp() / "households.db")
    migrate(url, "server_stub.registry")
    engine = open_engine(url)
    rows = [_person(number, **one) for number, one in enumerate(found, start=1)]
    try:
        with engine.connect() as connection:
            connection.execute(persons.delete())
            insert_rows(connection, persons, rows)
            told = {
                fault.household: (fault.line, fault.unusable.args)
                for fault in check_households(connection, Version(1), incomplete)
            }
            expected = {}
            for household in "あいう":
                query = select(persons).where(persons.c.household == household)
                members = connection.execute(query.order_by(persons.c.position, persons.c.line)).all()
                if members and (wrong := _fault(members, household in incomplete)) is not None:
                    expected[household] = (wrong[0].line, wrong[1].args)
        assert told == expected
    finally:
        engine.dispose()


def test_rows_written_at_once_are_those_that_sqlalchemy_writes(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "replica.db")
    migrate(url, "server_stub.registry")
    people = [_person(1, characters_pending=True, history=3), _person(2, notified_on=date(2020, 2, 29))]
    body = {"項目": ["値", {"数": 1}]}
    others = [
        {
            "generation": 1,
            "register": "r",
            "key": "k",
            "line": 2,
            "person": "",
            "group": "g",
            "body": body,
            "history": None,
        }
    ]
    engine = open_engine(url)
    for table, rows in ((persons, people), (records, others)):
        found = []
        for write in (lambda c, t, r: insert_rows(c, t, r), lambda c, t, r: c.execute(insert(t), r)):
            with engine.connect() as connection:
                write(connection, table, rows)
                raw = connection.exec_driver_sql(f'SELECT *, typeof(line) FROM "{table.name}"')
                found.append([tuple(row) for row in raw])
                assert [dict(row._mapping) for row in connection.execute(select(table))] == rows
                connection.rollback()
        assert found[0] == found[1]
    engine.dispose()


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "_BATCH", 10)


@pytest.mark.usefixtures("small_batches")
def test_a_number_twice_sets_both_aside_however_far_apart_they_stand(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    first, last = delivery.residents()[0][0], delivery.residents()[-2][0]
    line = delivery.change_person(last, "宛名番号", first)
    link = read_cells(delivery.folder / "戸籍対応表.csv")
    delivery.change("戸籍対応表.csv", len(link), "宛名番号", link[1][0])
    found = delivery.load_all(url).set_aside
    assert {(row.file, row.line, row.column) for row in found} >= {
        ("住民記録.csv", line, "宛名番号"),
        ("戸籍対応表.csv", len(link), "宛名番号"),
    }
    with replica.open_generation() as reader:
        assert reader.is_set_aside(first)
        assert reader.record("family_link", link[1][0]) is None


@pytest.mark.usefixtures("small_batches")
def test_in_small_batches_the_same_is_loaded(delivery: Delivery, url: str, replica: Replica) -> None:
    assert delivery.load_all(url).set_aside == ()
    with replica.open_generation() as reader:
        assert all(reader.key_of(Notice(n, "").holder_ref) for n in range(1, len(delivery.residents()) + 1))
        assert reader.household("0000100100")
