"""Items of a JSON file that are lists and objects: they reach the kind's model as they stand, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from server_stub.interface.failures import Failed
from server_stub.registry.importers.format_file import load_format
from server_stub.registry.replica import Replica
from tests.registry.own_town import OUTSIDE, Town

FILE = """
[[file]]
record = "book"
name = "book.jsonl"
container = "jsonl"
names = ["冊", "番号", "組", "身分事項", "題"]
[file.to]
key = "冊"
person = "番号"
group = "組"
title = "題"
events = {{ column = "身分事項", structure = true{more} }}
"""
BIRTH = ["出生", [["出生日", "昭和４５年４月１日"], ["届出人", "父"]]]
ROW: dict[str, Any] = {
    "冊": "B1",
    "番号": OUTSIDE,
    "組": "G1",
    "題": "戸籍",
    "身分事項": [BIRTH, ["婚姻", []]],
}


class Book(BaseModel):
    title: str
    events: list[tuple[str, list[tuple[str, str]]]] = []


class BookTown(Town):
    """A town that delivers a register of nested records besides its residents."""

    rows_of_book: list[dict[str, Any]] = []
    more = ""

    def format(self) -> str:
        return super().format() + FILE.format(more=self.more)

    def write(self) -> None:
        super().write()
        lines = [json.dumps(row) for row in self.rows_of_book]
        (self.delivery / "book.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        slip = self.delivery / "all.csv"
        slip.write_text(
            slip.read_text(encoding="utf-8") + f"09202,{self.made_at},book.jsonl,{len(lines)}\n",
            encoding="utf-8",
        )


def book_town(folder: Path, *rows: dict[str, Any], more: str = "") -> BookTown:
    town = BookTown(folder / "town", models={"book": Book})
    town.rows_of_book, town.more = list(rows), more
    town.write()
    return town


def test_a_structure_reaches_the_body_as_it_stands(tmp_path: Path, url: str, replica: Replica) -> None:
    without = {key: value for key, value in ROW.items() if key != "身分事項"} | {"冊": "B2"}
    town = book_town(tmp_path, ROW, without)
    assert town.load(url).set_aside == ()
    with replica.open_generation() as reader:
        first, second = reader.records("book", group="G1")
        assert first.body == {
            "title": "戸籍",
            "events": [["出生", [["出生日", "昭和４５年４月１日"], ["届出人", "父"]]], ["婚姻", []]],
        }
        assert second.body == {"title": "戸籍", "events": []}


def test_without_a_model_objects_and_numbers_stay_what_they_are(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    told = {"年": 2026, "事": [True, None, {"甲": "乙"}]}
    town = book_town(tmp_path, ROW | {"身分事項": told})
    town.models = {}
    assert town.load(url).set_aside == ()
    with replica.open_generation() as reader:
        assert reader.records("book")[0].body["events"] == told


DEEP: list[Any] = []
for _ in range(12):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("events", "remedy"),
    [
        ("出生", "配列かオブジェクト"),
        (3, "配列かオブジェクト"),
        ([["出生", [["出生日", "長" * 101]]]], "100文字以内"),
        ([["出生", [["出生日", " 昭和"]]]], "前後に空白のない値"),
        ([["出生", [["出生日", "昭\u0000和"]]]], "取決めの文字コードの文字"),
        ([["出生", [["出生日", "昭\ud800和"]]]], "取決めの文字コードの文字"),
        ([{"出\ufffd生": 1}], "取決めの文字コードの文字"),
        (["甲"] * 5000, "値5000個以内・12段以内の構造"),
        (DEEP, "値5000個以内・12段以内の構造"),
    ],
)
def test_a_structure_that_is_not_as_agreed_sets_its_record_aside(
    tmp_path: Path, url: str, replica: Replica, events: Any, remedy: str
) -> None:
    town = book_town(tmp_path, ROW, ROW | {"冊": "B2", "組": "G2", "身分事項": events})
    (aside,) = town.load(url).set_aside
    assert (aside.file, aside.line, aside.column, aside.remedy) == ("book.jsonl", 2, "身分事項", remedy)
    with replica.open_generation() as reader:
        assert [reader.group_is_complete("book", group) for group in ("G1", "G2")] == [True, False]


def test_the_model_names_which_value_it_refuses_and_never_the_value(tmp_path: Path, url: str) -> None:
    wrong = [BIRTH, ["婚姻", [["婚姻日", "秘密"], ["配偶者"]]]]
    town = book_town(tmp_path, ROW | {"身分事項": wrong})
    (aside,) = town.load(url).set_aside
    assert aside.column == "身分事項"
    assert aside.remedy.endswith("（2番目の2番目の2番目の2番目）")
    assert "秘密" not in aside.remedy


@pytest.mark.parametrize(
    "line", ['{"冊": "B1", "冊": "B2"}', '{"冊": "B1", "身分事項": [NaN]}', "[" * 100_000]
)
def test_what_is_no_plain_json_is_not_guessed_at(tmp_path: Path, url: str, line: str) -> None:
    town = book_town(tmp_path, ROW, ROW)
    path = town.delivery / "book.jsonl"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    path.write_text(f"{first}\n{line}\n", encoding="utf-8")
    assert [(one.line, one.column) for one in town.load(url).set_aside] == [(2, "行全体")]


def test_a_long_text_is_the_formats_matter(tmp_path: Path, url: str) -> None:
    town = book_town(tmp_path, ROW | {"身分事項": [["記録", [["内容", "長" * 900]]]]}, more=", limit = 1000")
    assert town.load(url).set_aside == ()


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('container = "jsonl"\nnames', 'container = "csv"\ncolumns', "events.structure"),
        ("structure = true", 'structure = true, match = "a"', "events"),
        ('title = "題"', 'title = "身分事項"', "events.column"),
        ('key = "冊"', 'key = { column = "冊", structure = true }', "key.structure"),
    ],
)
def test_a_structure_stands_only_where_there_can_be_one(
    tmp_path: Path, before: str, after: str, field: str
) -> None:
    town = book_town(tmp_path, ROW)
    path = town.formats / "full.toml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(Failed) as caught:
        load_format(path)
    assert caught.value.facts["field"] == f"file[2].to.{field}"


HISTORIES = FILE.replace('"題"]', '"題", "履歴", "取消"]').replace(
    'title = "題"', 'title = "題"\nhistory = "履歴"\nentry = {{ column = "取消", code = "entry" }}'
)


class HistoryTown(BookTown):
    def format(self) -> str:
        codes = '[code.entry]\n0 = "valid"\n9 = "cancelled"\n'
        return Town.format(self).replace("[code.change]", f"{codes}[code.change]") + HISTORIES.format(more="")


def test_records_of_any_register_may_have_histories(tmp_path: Path, url: str, replica: Replica) -> None:
    def state(key: str, number: int, title: str, entry: str = "0") -> dict[str, Any]:
        return ROW | {"冊": key, "組": key, "題": title, "履歴": str(number), "取消": entry}

    town = HistoryTown(tmp_path / "town", models={"book": Book})
    town.rows_of_book = [
        state("B1", 1, "古"), state("B1", 2, "新"), state("B2", 1, "誤"), state("B2", 2, "誤", "9"), state("B3", 2, "欠") | {"番号": "戸籍０２"},
    ]  # fmt: skip
    town.write()
    (aside,) = town.load(url).set_aside
    assert (aside.line, aside.column) == (5, "履歴")
    with replica.open_generation() as reader:
        assert [(one.key, one.body["title"]) for one in reader.records("book")] == [("B1", "新")]
        assert not reader.group_is_complete("book", "B3")
        assert reader.group_is_complete("book", "B1")
