"""A differential delivery changes the records of the living generation, and only those that it names."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from server_stub.interface.failures import Failed
from server_stub.registry.replica import Replica, ReplicaReader, take_back
from tests.registry.helper import SHIPPED, Delivery, Notice, read_cells, write_notices
from tests.registry.own_town import OUTSIDE, Town, people, person, wrong_number

ONE, TWO, THREE, FOUR, FIVE = (f"0000000{n}" for n in range(1, 6))
FULL, NEXT, LAST = (f"2026-06-03T0{hour}:00:00+09:00" for hour in (5, 6, 7))
TAX = [["T1", ONE, "", "2025", "100", ""], ["T2", OUTSIDE, "", "2025", "1", ""]]
NEW, CHANGED, DELETED = "1", "2", "3"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """As it stands after its full delivery."""
    return Town(tmp_path / "town", tax=TAX, noticed=[ONE, THREE, OUTSIDE], made_at=FULL)


def change(
    town: Town, *rows: dict[str, str], tax: list[list[str]] | None = None, base: str = FULL, at: str = NEXT
) -> Town:
    """The next night's delivery: only these rows."""
    return Town(town.folder, rows=list(rows), tax=tax or [], noticed=town.noticed, made_at=at, base=base)


def row(of: int, operation: str, **changed: str) -> dict[str, str]:
    return people()[of - 1] | {"区分": operation} | changed


def newcomer(**other: str) -> dict[str, str]:
    return (
        person(FIVE, "H0000005", 1, "新田　五", "新田　五", 区分=NEW, 個番=wrong_number("00000000005"))
        | other
    )


def names(reader: ReplicaReader) -> dict[str, str]:
    found = {key: reader.person(key) for key in (ONE, TWO, THREE, FOUR, FIVE)}
    return {key: one.name for key, one in found.items() if one is not None}


def test_new_changed_and_deleted_records_make_the_next_generation(
    town: Town, url: str, replica: Replica
) -> None:
    town.write()
    town.load(url)
    changes = change(
        town, newcomer(), row(3, CHANGED, 氏名="新橋　三", 主="新橋　三"), row(4, DELETED),
        tax=[["T1", "", "", "", "", "", DELETED], ["T3", FIVE, "", "2025", "5", "", NEW]],
    )  # fmt: skip
    changes.write()
    with replica.open_generation() as before:
        loaded = changes.load(url)
        assert (loaded.generation, loaded.set_aside) == (2, ())
        assert names(before)[THREE] == "髙橋　三"
    with replica.open_generation() as reader:
        assert names(reader) == {ONE: "足利　一", TWO: "足利　二", THREE: "新橋　三", FIVE: "新田　五"}
        assert [one.key for one in reader.records("tax")] == ["T2", "T3"]
        assert reader.made_at is not None and reader.made_at.isoformat() == NEXT
    # and the one before is as it was
    assert take_back(url, town.clock, town.trace) == 1
    with replica.open_generation() as reader:
        assert names(reader) == {ONE: "足利　一", TWO: "足利　二", THREE: "髙橋　三", FOUR: "高橋　四"}
        assert [one.key for one in reader.records("tax")] == ["T1", "T2"]


def test_a_differential_on_another_generation_is_refused(town: Town, url: str, replica: Replica) -> None:
    changes = change(town, newcomer())
    changes.write()
    with pytest.raises(Failed, match="Delivery_Base_Wrong"):
        changes.load(url)
    town.write()
    town.load(url)
    other = change(town, newcomer(), base="2026-06-02T05:00:00+09:00")
    other.write()
    with pytest.raises(Failed) as caught:
        other.load(url)
    assert (caught.value.failure, caught.value.facts["expected"]) == ("Delivery_Base_Wrong", FULL)
    changes.write()
    changes.load(url)
    # the same again: the living one is not its base any more
    with pytest.raises(Failed, match="Delivery_Base_Wrong"):
        changes.load(url)
    with replica.open_generation() as reader:
        assert reader.generation == 2


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        (row(1, NEW), "番号"),
        (newcomer(区分=CHANGED), "番号"),
        (newcomer(区分=DELETED), "番号"),
        (row(3, "9"), "区分"),
        (row(3, ""), "区分"),
        (row(3, CHANGED, 住定="x"), "住定"),
        (row(3, CHANGED, 個番=wrong_number("00000000001")), "個番"),
    ],
    ids=["new and there", "changed and not there", "deleted and not there", "odd", "empty", "broken", "number of another"],
)  # fmt: skip
def test_a_change_that_cannot_be_used_sets_its_person_aside(
    town: Town, url: str, replica: Replica, changed: dict[str, str], column: str
) -> None:
    """Also what was known before is not right any more."""
    town.write()
    town.load(url)
    changes = change(town, changed)
    changes.write()
    assert [(one.line, one.column) for one in changes.load(url).set_aside] == [(1, column)]
    with replica.open_generation() as reader:
        assert reader.is_set_aside(changed["番号"])
        assert reader.person(changed["番号"]) is None
        assert not reader.group_is_complete("person", changed["世帯"])
        assert reader.person(TWO) is not None


def test_a_change_of_nobody_knows_whom_is_refused(town: Town, url: str, replica: Replica) -> None:
    """It may be the death of anybody."""
    town.write()
    town.load(url)
    changes = change(town, row(3, CHANGED, 番号=""))
    changes.write()
    with pytest.raises(Failed) as caught:
        changes.load(url)
    assert (caught.value.failure, caught.value.facts["column"]) == ("Delivery_Row_Broken", "番号")
    with replica.open_generation() as reader:
        assert reader.generation == 1


def test_whoever_was_set_aside_stays_so_until_a_right_row_comes(
    town: Town, url: str, replica: Replica
) -> None:
    town.rows[0]["カナ"] = "？"
    town.tax = [["T1", THREE, "", "x", "100", ""], TAX[1]]
    town.write()
    assert len(town.load(url).set_aside) == 2
    changes = change(town, newcomer())
    changes.write()
    assert changes.load(url).set_aside == ()
    with replica.open_generation() as reader:
        assert (reader.generation, reader.is_set_aside(ONE), reader.is_set_aside(THREE, "tax")) == (
            2,
            True,
            True,
        )
        assert not reader.group_is_complete("person", "H0000001")
        assert reader.person(TWO) is not None
    right = change(
        town, row(1, CHANGED), tax=[["T1", THREE, "", "2025", "100", "", CHANGED]], base=NEXT, at=LAST
    )
    right.write()
    assert right.load(url).set_aside == ()
    with replica.open_generation() as reader:
        assert (reader.is_set_aside(ONE), reader.is_set_aside(THREE, "tax")) == (False, False)
        assert reader.group_is_complete("person", "H0000001")
        assert names(reader)[ONE] == "足利　一"
        assert reader.record("tax", "T1") is not None


def test_each_record_that_was_set_aside_waits_for_a_right_row_of_its_own(
    town: Town, url: str, replica: Replica
) -> None:
    """And the person's other records of that register come back with it."""
    town.tax = [
        ["T1", ONE, "", "x", "1", ""],
        ["T2", ONE, "", "y", "2", ""],
        ["T3", ONE, "", "2023", "3", ""],
        ["T4", OUTSIDE, "", "2025", "1", ""],
    ]
    town.write()
    assert len(town.load(url).set_aside) == 2

    def found() -> tuple[bool, list[str]]:
        with replica.open_generation() as reader:
            keys = [one.key for one in reader.records("tax", person=ONE)]
            assert keys == [one for one in ("T1", "T2", "T3") if reader.record("tax", one) is not None]
            return reader.is_set_aside(ONE, "tax"), keys

    assert found() == (True, [])
    first = change(town, newcomer(), tax=[["T1", ONE, "", "2025", "1", "", CHANGED]])
    first.write()
    first.load(url)
    assert found() == (True, [])
    last = change(town, row(4, CHANGED), tax=[["T2", ONE, "", "2024", "2", "", NEW]], base=NEXT, at=LAST)
    last.write()
    last.load(url)
    assert found() == (False, ["T1", "T2", "T3"])


def test_a_household_is_looked_at_as_a_whole_after_the_change(town: Town, url: str, replica: Replica) -> None:
    town.write()
    town.load(url)
    changes = change(town, row(2, CHANGED, 続柄="世帯主"))
    changes.write()
    assert [(one.line, one.column) for one in changes.load(url).set_aside] == [(1, "続柄")]
    with replica.open_generation() as reader:
        assert (reader.is_set_aside(ONE), reader.is_set_aside(TWO), reader.is_set_aside(THREE)) == (
            True,
            True,
            False,
        )
    again = change(town, row(2, CHANGED), base=NEXT, at=LAST)
    again.write()
    assert again.load(url).set_aside == ()
    with replica.open_generation() as reader:
        assert names(reader) == {ONE: "足利　一", TWO: "足利　二", THREE: "髙橋　三", FOUR: "高橋　四"}
        assert reader.group_is_complete("person", "H0000001")


def test_too_many_deletions_are_refused(town: Town, url: str) -> None:
    town.write()
    town.load(url)
    changes = change(town, row(3, DELETED))
    changes.noticed = [ONE]
    changes.write()
    with pytest.raises(Failed, match="Delivery_Drop_Too_Large"):
        changes.load(url)


def test_a_household_fault_is_told_at_a_row_of_this_delivery(town: Town, url: str) -> None:
    """The other rows of the household stand in a file of another night."""
    town.write()
    town.load(url)
    changes = change(town, row(1, CHANGED, 氏名="新橋　一", 主="新橋　一"), newcomer())
    changes.write()
    [told] = changes.load(url).set_aside
    assert (told.file, told.line, told.column) == (changes.file, 1, "主")


# --- seals ---------------------------------------------------------------------------------------------------------------

TAICHI, MINAMI, KAITO, MIDORI = "0000100101", "0000100102", "0000100103", "0000100201"
SEALS, RESIDENTS, SLIP, ALIASES = "印鑑登録.csv", "住民記録.csv", "差分連携票.csv", "通称履歴.csv"
CHANGE = '[code.change]\nA = "new"\nB = "changed"\nC = "deleted"\n'
OPERATION = 'operation = { column = "区分", code = "change" }\n'


def kobe_changes(delivery: Delivery, formats: Path, persons: list[list[str]], seals: list[list[str]]) -> None:
    """Kobe's next night as a differential delivery, in its own format with one column more."""
    text = (SHIPPED / "full.toml").read_text(encoding="utf-8")
    text = "[[file]]".join(text.split("[[file]]")[:4])  # residents, seals and restrictions
    text = text.replace('mode = "full"', 'mode = "differential"').replace("連携票.csv", SLIP)
    text = text.replace('"件数"]', '"件数", "元"]').replace(
        'count = "件数"', 'count = "件数"\nbase = { column = "元", date = "iso8601" }'
    )
    text = text.replace('"登録区分コード",\n]', '"登録区分コード", "区分",\n]').replace(
        '"成年被後見コード",\n]', '"成年被後見コード", "区分",\n]'
    )
    text = text.replace('"削除市区町村名"]', '"削除市区町村名", "区分"]').replace(
        '\nkey = { column = "履歴番号"', f'\n{OPERATION}key = {{ column = "履歴番号"'
    )
    text = text.replace('\nkey = { column = "宛名番号"', f'\n{OPERATION}key = {{ column = "宛名番号"')
    text = text.replace("\nnumber = { column", f"\n{OPERATION}number = {{ column").replace(
        "[code.ward]", f"{CHANGE}[code.ward]"
    )
    formats.mkdir(exist_ok=True)
    (formats / "differential.toml").write_text(text, encoding="utf-8")
    write_as(delivery.folder / SLIP, "utf-8", [
        ["市区町村コード", "作成日時", "ファイル名", "件数", "元"],
        *(["28100", "2026-06-03T08:00:00+09:00", name, str(count), "2026-06-03T05:00:00+09:00"]
          for name, count in ((RESIDENTS, len(persons)), (SEALS, len(seals)), (ALIASES, 0), ("発行制限.csv", 4))),
    ])  # fmt: skip
    for name, encoding, rows in (
        (RESIDENTS, "utf-8", persons),
        (SEALS, "cp932", seals),
        (ALIASES, "utf-8", []),
    ):
        header, *_ = read_cells(delivery.folder / name)
        write_as(delivery.folder / name, encoding, [[*header, "区分"], *rows])


def write_as(path: Path, encoding: str, rows: list[list[str]]) -> None:
    with path.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows(rows)


def test_seals_are_registered_replaced_and_abolished(
    delivery: Delivery, tmp_path: Path, url: str, replica: Replica
) -> None:
    delivery.load(url)
    _, *before = read_cells(delivery.folder / SEALS)
    of = {cells[1]: cells for cells in before if cells[3] == "1"}
    keys = {cells[0]: cells for cells in delivery.residents()}
    new = ["9900001", KAITO, "20260603", "1", "", *of[TAICHI][5:], "A"]
    replaced = ["9900002", TAICHI, "20260603", "1", "", *of[MIDORI][5:], "A"]
    abolished = [*of[TAICHI][:3], "9", "20260603", *of[TAICHI][5:], "B"]
    deleted = [*of[MINAMI], "C"]
    gone = [*keys["0000100601"], "C"]
    write_notices(delivery.notices, [Notice(1, TAICHI)])
    kobe_changes(delivery, tmp_path / "formats", [gone], [new, replaced, abolished, deleted])
    assert delivery.load_all(url, formats=tmp_path / "formats").set_aside == ()
    with replica.open_generation() as reader:
        numbers = {
            key: (seal := reader.seal(key)) and seal.number
            for key in (TAICHI, MINAMI, KAITO, MIDORI, "0000100601")
        }
        assert numbers == {
            TAICHI: "9900002",
            MINAMI: None,
            KAITO: "9900001",
            MIDORI: of[MIDORI][0],
            "0000100601": None,
        }
        assert reader.person("0000100601") is None
        assert reader.person(MINAMI) is not None


def test_a_seal_that_is_there_already_or_is_not_sets_its_holders_seal_aside(
    delivery: Delivery, tmp_path: Path, url: str, replica: Replica
) -> None:
    delivery.load(url)
    _, *before = read_cells(delivery.folder / SEALS)
    of = {cells[1]: cells for cells in before if cells[3] == "1"}
    second = ["9900001", TAICHI, "20260603", "1", "", *of[TAICHI][5:], "A"]
    never = ["9900002", KAITO, "20260603", "1", "", *of[TAICHI][5:], "C"]
    kobe_changes(delivery, tmp_path / "formats", [], [second, never])
    told = delivery.load_all(url, formats=tmp_path / "formats").set_aside
    assert sorted((one.line, one.column) for one in told) == [(2, "宛名番号"), (3, "印鑑登録番号")]
    with replica.open_generation() as reader:
        assert [reader.is_set_aside(one, "seal") for one in (TAICHI, KAITO, MINAMI)] == [True, True, False]
        assert reader.seal(TAICHI) is None
        assert reader.seal(MINAMI) is not None
