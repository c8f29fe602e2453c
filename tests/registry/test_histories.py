"""Rows that are whole states of a person: the newest counts, and a person whose numbers have a gap or fall is set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server_stub.interface.failures import Failed
from server_stub.registry.importers.format_file import load_format
from server_stub.registry.replica import Replica, generations_of, take_back
from tests.registry.own_town import LENGTHS, Town, people

LENGTHS_WITH = LENGTHS | {"履歴": 3, "取消": 1}
_TARGETS = """history = "履歴"
entry = { column = "取消", code = "entry" }
"""
_CODES = """[code.entry]
"0" = "valid"
"1" = "cancelled"
"""
ONE, TWO, THREE = "00000001", "00000002", "00000003"


class HistoryTown(Town):
    """Its rows have 履歴番号 and say whether they cancel the entry of the person."""

    def format(self) -> str:
        text = super().format().replace("[code.change]", f"{_CODES}[code.change]")
        head, tail = text.split("[file.to]\n", 1)
        return f"{head}[file.to]\n{_TARGETS}{tail}"


@pytest.fixture(autouse=True)
def _with_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.registry.own_town.LENGTHS", LENGTHS_WITH)


def state(person: dict[str, str], number: int, **other: str) -> dict[str, str]:
    return person | {"履歴": str(number), "取消": "0"} | other


def town_of(folder: Path, *rows: dict[str, str], **more: Any) -> HistoryTown:
    town = HistoryTown(folder / "town", "csv", "utf-8", noticed=[], rows=list(rows), **more)
    town.write()
    return town


def everybody(*also: dict[str, str]) -> list[dict[str, str]]:
    """One state each, but of the second person those that are told."""
    first, _second, third, fourth = people()
    return [state(first, 1), *also, state(third, 1), state(fourth, 1)]


def second(number: int, **other: str) -> dict[str, str]:
    return state(people()[1], number, **other)


def seen(replica: Replica) -> tuple[str, bool]:
    """The address and name of the second person, and whether the household is complete."""
    with replica.open_generation() as reader:
        found = reader.person(TWO)
        return (found.name if found else ""), reader.group_is_complete("person", "H0000001")


def test_the_highest_number_is_the_state_that_counts(tmp_path: Path, url: str, replica: Replica) -> None:
    town = town_of(
        tmp_path,
        *everybody(second(1, 氏名="足利　古"), second(2, 氏名="足利　中"), second(3, 氏名="足利　新")),
    )
    assert town.load(url).set_aside == ()
    assert seen(replica) == ("足利　新", True)


def test_rows_of_a_person_need_not_lie_together(tmp_path: Path, url: str, replica: Replica) -> None:
    town = town_of(tmp_path, second(1, 氏名="足利　古"), *everybody(), second(2, 氏名="足利　新"))
    assert town.load(url).set_aside == ()
    assert seen(replica) == ("足利　新", True)


@pytest.mark.parametrize(
    ("numbers", "line"),
    [((2,), 3), ((1, 3), 4), ((1, 2, 1), 5), ((2, 1), 4), ((1, 1), 4), ((0, 1), 4), ((1, 2, 4, 3), 6)],
)
def test_a_gap_or_a_fall_sets_the_person_aside(
    tmp_path: Path, url: str, replica: Replica, numbers: tuple[int, ...], line: int
) -> None:
    town = town_of(tmp_path, *everybody(*(second(number) for number in numbers)))
    (aside,) = town.load(url).set_aside
    assert (aside.line, aside.column, aside.remedy) == (line, "履歴", "1から抜けも後戻りもなく続く履歴番号")
    assert seen(replica) == ("", False)
    with replica.open_generation() as reader:
        assert reader.is_set_aside(TWO) and reader.person(THREE) is not None


@pytest.mark.parametrize("number", ["", "一", "-1", "1.0"])
def test_what_is_no_number_sets_the_person_aside(tmp_path: Path, url: str, number: str) -> None:
    town = town_of(tmp_path, *everybody(second(1) | {"履歴": number}))
    assert [(one.line, one.column) for one in town.load(url).set_aside] == [(3, "履歴")]


def test_an_unknown_code_in_an_older_state_sets_the_person_aside(tmp_path: Path, url: str) -> None:
    town = town_of(tmp_path, *everybody(second(1, 性="他"), second(2)))
    assert [(one.line, one.column) for one in town.load(url).set_aside] == [(3, "性")]


def test_an_older_state_need_not_be_one_of_today(tmp_path: Path, url: str, replica: Replica) -> None:
    """Before 2015 nobody had a 個人番号."""
    town = town_of(tmp_path, *everybody(second(1, 個番="", 住所="別の町"), second(2)))
    assert town.load(url).set_aside == ()
    assert seen(replica) == ("足利　二", True)


def test_a_cancellation_is_a_state_like_any_other(tmp_path: Path, url: str, replica: Replica) -> None:
    """A death that was entered by mistake and cancelled: the person lives."""
    died = second(2, 状態="8", 異動="20260501")
    town = town_of(tmp_path, *everybody(second(1), died))
    town.load(url)
    with replica.open_generation() as reader:
        assert [one.key for one in reader.household("H0000001")] == [ONE]
    town = town_of(tmp_path, *everybody(second(1), died, second(3)))
    assert town.load(url).set_aside == ()
    assert seen(replica) == ("足利　二", True)


def test_whose_entry_is_cancelled_is_in_the_register_no_more(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    town = town_of(tmp_path, *everybody(second(1), second(2, 取消="1")))
    assert town.load(url).set_aside == ()
    assert seen(replica) == ("", True)
    with replica.open_generation() as reader:
        assert not reader.is_set_aside(TWO)


def changes(folder: Path, *rows: dict[str, str], base: str) -> HistoryTown:
    told = [{"区分": "2"} | row for row in rows]
    return town_of(
        folder,
        *({**row, "区分": row["区分"] or "2"} for row in told),
        made_at="2026-06-03T06:00:00+09:00",
        base=base,
    )


BEFORE = "2026-06-03T05:00:00+09:00"


def test_a_differential_delivery_goes_on_from_the_number_before(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    town_of(tmp_path, *everybody(second(1), second(2))).load(url)
    later = changes(tmp_path, second(3, 氏名="足利　三"), second(4, 氏名="足利　四"), base=BEFORE)
    assert later.load(url).set_aside == ()
    assert seen(replica) == ("足利　四", True)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_and_nowhere_else(tmp_path: Path, url: str, replica: Replica, number: int) -> None:
    town_of(tmp_path, *everybody(second(1), second(2))).load(url)
    later = changes(tmp_path, second(number, 氏名="足利　三"), base=BEFORE)
    assert [(one.line, one.column) for one in later.load(url).set_aside] == [(2, "履歴")]
    assert seen(replica) == ("", False)


def test_a_full_delivery_does_not_fall_behind(tmp_path: Path, url: str, replica: Replica) -> None:
    town_of(tmp_path, *everybody(second(1), second(2))).load(url)
    assert [one.column for one in town_of(tmp_path, *everybody(second(1))).load(url).set_aside] == ["履歴"]
    assert town_of(tmp_path, *everybody(second(1), second(2), second(3))).load(url).set_aside == ()
    assert seen(replica) == ("足利　二", True)


def test_after_taking_back_the_numbers_are_those_of_before(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    town_of(tmp_path, *everybody(second(1))).load(url)
    town = town_of(tmp_path, *everybody(second(1), second(2)))
    town.load(url)
    take_back(url, town.clock, town.trace)
    assert town_of(tmp_path, *everybody(second(1))).load(url).set_aside == ()


def test_whether_an_entry_is_cancelled_is_said_only_with_histories(tmp_path: Path) -> None:
    town = town_of(tmp_path, *everybody())
    path = town.formats / "full.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('history = "履歴"\n', ""), encoding="utf-8")
    with pytest.raises(Failed) as caught:
        load_format(path)
    assert caught.value.facts["field"] == "file[1].to.entry.code"


def test_a_delivery_is_kept_with_its_digest_and_the_same_again_is_told(tmp_path: Path, url: str) -> None:
    town = town_of(tmp_path, *everybody(second(1)))
    first = town.load(url)
    again = town.load(url)
    assert (first.same_as, again.same_as) == (0, first.generation)
    assert len(first.digest) == 64 and first.digest == again.digest
    assert [one.digest for one in generations_of(url)] == [first.digest] * 2
    town.rows[0]["住所"] = "別の町"
    town.rows[1]["住所"] = "別の町"
    town.write()
    other = town.load(url)
    assert other.same_as == 0 and other.digest != first.digest
    applied = [event.data for event in town.events if event.kind == "delivery_applied"]
    assert [one.get("same_as") for one in applied] == [None, first.generation, None]


@pytest.mark.parametrize(
    ("column", "text", "told"),
    [
        ("氏名", "足〓　二", "代わりの記号"),
        ("氏名", "足利　■", "代わりの記号"),
        ("氏名", "⿰山竒　二", "代わりの記号"),
        ("氏名", "足利　○", "代わりの記号"),
        ("氏名", "足利　二\u200b", "目に見えない文字"),
        ("氏名", "足\u00ad利　二", "目に見えない文字"),
        ("氏名", "足利　\U000e0101二", "目に見えない文字"),
        ("氏名", "足利　\u3164", "目に見えない文字"),
        ("主", "足利　●", "代わりの記号"),
        ("筆頭", "足利　□", "代わりの記号"),
    ],
)
def test_a_name_with_a_stand_in_or_with_what_nobody_sees_sets_the_person_aside(
    tmp_path: Path, url: str, replica: Replica, column: str, text: str, told: str
) -> None:
    town = town_of(tmp_path, *everybody(second(1, **{column: text})))
    (aside,) = town.load(url).set_aside
    assert (aside.line, aside.column) == (3, column) and told in aside.remedy
    assert seen(replica) == ("", False)


@pytest.mark.parametrize("name", ["足利　〇", "辻\U000e0101　二", "\U0010f001田　二", "葛\ufe00城　二"])
def test_a_name_as_registers_have_them_is_a_name(
    tmp_path: Path, url: str, replica: Replica, name: str
) -> None:
    town = town_of(tmp_path, *everybody(second(1, 氏名=name)))
    assert town.load(url).set_aside == ()
    assert seen(replica) == (name, True)


def test_a_year_after_the_end_of_its_era_sets_the_person_aside(tmp_path: Path, url: str) -> None:
    town = town_of(tmp_path, *everybody(second(1)))
    path = town.formats / "full.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('dates = "gregorian"', 'dates = "era_digit"', 1),
        encoding="utf-8",
    )
    days = {
        "生年月日": "",
        "19700401": "3450401",
        "19990401": "4110401",
        "20000401": "4120401",
        "20260401": "5080401",
    }
    for row in town.rows:
        for column in ("生年", "住定", "届出", "異動"):
            row[column] = days.get(row[column], row[column])
    town.rows[1]["住定"] = "4320401"
    text = town.content().decode()
    (town.delivery / town.file).write_text(text, encoding="utf-8")
    assert [(one.line, one.column) for one in town.load(url).set_aside] == [(3, "住定")]
