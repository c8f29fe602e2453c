"""XML and JSON files of a delivery: what is no such file refuses it, what is wrong in a row sets its record aside."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from server_stub.interface.failures import Failed
from server_stub.registry.importers.xml_rows import NotXml, xml_rows
from server_stub.registry.replica import Replica
from tests.registry.own_town import OUTSIDE, Town
from tests.registry.test_structures import Book

FORMAT = """
[[file]]
record = "book"
name = "book.xml"
container = "xml"
encoding = "{encoding}"
row = "戸籍"
lists = ["身分事項", "事項", "記録", "組"]
names = ["@冊", "番号", "組名", "身分事項", "題"]
[file.to]
key = "@冊"
person = "番号"
group = "組名"
title = "題"
events = {{ column = "身分事項", structure = true }}
"""
ROW = f"""<戸籍 冊="B1"><番号>{OUTSIDE}</番号><組名>G1</組名><題>戸籍 &amp; 附票</題>
  <身分事項>
    <事項><題>出生</題><記録><組><見出し>出生日</見出し><値>昭和４５年４月１日</値></組><組><見出し>届出人</見出し><値>父</値></組></記録></事項>
    <事項><題>婚姻</題><記録></記録></事項>
  </身分事項></戸籍>"""


class XmlTown(Town):
    book = ""
    book_encoding = "utf-8"

    def format(self) -> str:
        return super().format() + FORMAT.format(encoding=self.book_encoding)

    def write(self) -> None:
        super().write()
        (self.delivery / "book.xml").write_bytes(self.book.encode(self.book_encoding))
        slip = self.delivery / "all.csv"
        count = self.book.count("<戸籍 ")
        slip.write_text(
            slip.read_text(encoding="utf-8") + f"09202,{self.made_at},book.xml,{count}\n", encoding="utf-8"
        )


def xml_town(
    folder: Path, *rows: str, head: str = '<?xml version="1.0"?>', encoding: str = "utf-8"
) -> XmlTown:
    town = XmlTown(folder / "town", models={"book": Book})
    town.book = f"{head}\n<届><作成>戸籍システム</作成>\n" + "\n".join(rows) + "\n</届>\n"
    town.book_encoding = encoding
    town.write()
    return town


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_elements_become_lists_and_texts(tmp_path: Path, url: str, replica: Replica, encoding: str) -> None:
    assert xml_town(tmp_path, ROW, encoding=encoding).load(url).set_aside == ()
    with replica.open_generation() as reader:
        (found,) = reader.records("book", group="G1")
        assert (found.key, found.person) == ("B1", OUTSIDE)
        assert found.body == {
            "title": "戸籍 & 附票",
            "events": [["出生", [["出生日", "昭和４５年４月１日"], ["届出人", "父"]]], ["婚姻", []]],
        }


LAUGHS = '<!DOCTYPE 届 [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTER = '<!DOCTYPE 届 [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [LAUGHS, OUTER, '<!DOCTYPE 届 SYSTEM "http://example.invalid/a.dtd">'])
def test_a_document_type_refuses_the_delivery(tmp_path: Path, url: str, head: str) -> None:
    with pytest.raises(Failed) as caught:
        xml_town(tmp_path, ROW, head=head).load(url)
    assert (caught.value.failure, caught.value.facts["file"]) == ("Delivery_Header_Wrong", "book.xml")


@pytest.mark.parametrize(
    ("before", "after"), [("</届>", ""), ("<題>", "<題"), ("&amp;", "&a;"), ("</届>", "</届><届/>")]
)
def test_what_is_not_well_formed_refuses_the_delivery(
    tmp_path: Path, url: str, before: str, after: str
) -> None:
    town = xml_town(tmp_path, ROW)
    path = town.delivery / "book.xml"
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(Failed, match="Delivery_Header_Wrong") as caught:
        town.load(url)
    assert caught.value.facts["line"] > 1
    assert "XML" in caught.value.facts["expected"]


SECOND = ROW.replace("B1", "B2").replace("G1", "G2")


@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ("<題>戸籍", "<題>戸籍</題><題>", "行全体"),
        ("<題>戸籍 &amp; 附票</題>", "<他>甲</他>", "行全体"),
        ("<題>戸籍 &amp; 附票</題>", "<題><甲>乙</甲></題>", "題"),
        ("</番号>", "</番号>あいだの文字", "行全体"),
        ("<値>父</値>", "<値> 父</値>", "身分事項"),
        ("<値>父</値>", "", "身分事項"),
    ],
)
def test_a_row_that_is_not_as_agreed_sets_its_record_aside(
    tmp_path: Path, url: str, replica: Replica, before: str, after: str, column: str
) -> None:
    assert before in SECOND
    town = xml_town(tmp_path, ROW, SECOND.replace(before, after, 1))
    (aside,) = town.load(url).set_aside
    assert (aside.file, aside.line, aside.column) == ("book.xml", 8, column)
    with replica.open_generation() as reader:
        assert reader.record("book", "B1") is None or reader.record("book", "B2") is None
        assert not reader.group_is_complete("book", "G2")


def test_bytes_of_another_encoding_set_their_record_aside(tmp_path: Path, url: str) -> None:
    town = xml_town(tmp_path, ROW)
    path = town.delivery / "book.xml"
    path.write_bytes(path.read_bytes().replace("父".encode(), b"\xff\xfe"))
    assert [(one.line, one.column) for one in town.load(url).set_aside] == [(3, "身分事項")]


def test_a_document_that_is_too_deep_is_refused() -> None:
    with pytest.raises(NotXml):
        list(xml_rows(io.StringIO("<a>" * 100 + "</a>" * 100), "b", frozenset()))


JSON = (
    FORMAT.replace("xml", "json")
    .replace('row = "戸籍"\nlists = ["身分事項", "事項", "記録", "組"]\n', "")
    .replace("@", "")
)
BODY: dict[str, Any] = {"冊": "B1", "番号": OUTSIDE, "組名": "G1", "題": "戸籍", "身分事項": [["出生", []]]}


class JsonTown(XmlTown):
    def format(self) -> str:
        return Town.format(self) + JSON.format(encoding="utf-8")

    def write(self) -> None:
        super().write()
        (self.delivery / "book.xml").rename(self.delivery / "book.json")
        slip = self.delivery / "all.csv"
        slip.write_text(
            slip.read_text(encoding="utf-8").replace("book.xml,0", "book.json,2"), encoding="utf-8"
        )


def json_town(folder: Path, told: str) -> JsonTown:
    town = JsonTown(folder / "town", models={"book": Book})
    town.book = told
    town.write()
    return town


def test_an_array_is_its_rows(tmp_path: Path, url: str, replica: Replica) -> None:
    town = json_town(tmp_path, json.dumps([BODY, BODY | {"冊": "B2"}], indent=1))
    assert town.load(url).set_aside == ()
    with replica.open_generation() as reader:
        assert [one.key for one in reader.records("book")] == ["B1", "B2"]


@pytest.mark.parametrize("told", ["", "{}", "[", '[{"冊": "B1", "冊": "B2"}, {}]', "null", "[" * 100_000])
def test_what_is_no_array_refuses_the_delivery(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(Failed, match="Delivery_Header_Wrong"):
        json_town(tmp_path, told).load(url)


def test_an_item_of_the_array_that_is_no_object_sets_its_record_aside(tmp_path: Path, url: str) -> None:
    town = json_town(tmp_path, json.dumps([BODY, ["B2"]]))
    assert [(one.line, one.column) for one in town.load(url).set_aside] == [(2, "行全体")]
