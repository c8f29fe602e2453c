"""What the standard lets an ordinary resident's record hold, loads; what it forbids sets aside."""

from __future__ import annotations

from datetime import date

import pytest

from server_stub.registry.importers import read_people
from server_stub.registry.records import ResidentStatus
from server_stub.registry.replica import Replica
from tests.registry.helper import SHIPPED, Delivery, read_cells, write_cells

RESIDENTS, ALIASES = "住民記録.csv", "通称履歴.csv"
TAICHI, MINAMI, KAITO, MIDORI = "0000100101", "0000100102", "0000100103", "0000100201"
MINATO, KOMABAYASHI, IKAWA = "0000100100", "0000102700", "0000104000"


def relationship(delivery: Delivery, words: str) -> None:
    """Kobe's code 99 means these words."""
    formats = delivery.folder.parent / "formats"
    formats.mkdir()
    text = (SHIPPED / "full.toml").read_text(encoding="utf-8")
    assert text.count('99 = "同居人"') == 1
    (formats / "full.toml").write_text(text.replace('99 = "同居人"', f'99 = "{words}"'), encoding="utf-8")
    delivery.change_person(KAITO, "続柄コード", "99")


@pytest.mark.parametrize(
    "words",
    ["夫（未届）", "妻（未届）", "子（子の夫）", "子（子の妻）", "妻の子", "妻（未届）の子", "子の妻", "子の子", "父の父", "兄の子",
     "妻の母の姉", "子の子の子の子", "縁故者", "同居人", "夫の兄の妻の母"],
)  # fmt: skip
def test_a_relationship_of_the_standard_loads(delivery: Delivery, url: str, words: str) -> None:
    relationship(delivery, words)
    assert delivery.load_all(url, formats=delivery.folder.parent / "formats").set_aside == ()
    replica = Replica(url)
    with replica.open_generation() as reader:
        person = reader.person(KAITO)
        assert person is not None and person.relationship == words
    replica.close()


@pytest.mark.parametrize(
    "words",
    ["祖父", "祖母", "おじ", "おば", "甥", "姪", "孫", "家事使用人", "準世帯主", "長男", "子の子の子の子の子", "世帯主の子", "子の",
     "縁故者の子"],
)  # fmt: skip
def test_a_relationship_that_the_standard_forbids_sets_its_person_aside(
    delivery: Delivery, url: str, words: str
) -> None:
    relationship(delivery, words)
    [row] = delivery.load_all(url, formats=delivery.folder.parent / "formats").set_aside
    assert (row.column, row.remedy.startswith("標準仕様書 1.1.11")) == ("続柄コード", True)


@pytest.mark.parametrize(
    "column",
    [
        "性別コード",
        "続柄コード",
        "氏名フリガナ",
        "届出年月日",
        "住所を定めた年月日",
        "転入前住所",
        "世帯主氏名",
        "世帯内順位",
    ],
)
def test_an_item_that_may_be_blank_may_be_blank(
    delivery: Delivery, url: str, replica: Replica, column: str
) -> None:
    """標準仕様書 1.1.6. Of a reading that is blank nothing can be official."""
    delivery.change_person(MINAMI, column, "")
    if column == "氏名フリガナ":
        delivery.change_person(MINAMI, "氏名フリガナ公証コード", "0")
    assert delivery.load_all(url).set_aside == ()
    with replica.open_generation() as reader:
        assert len(reader.household(MINATO)) == 6


@pytest.mark.parametrize(
    "column", ["氏名", "生年月日", "住民となった年月日", "本籍", "筆頭者", "町名地番", "世帯番号"]
)
def test_an_item_that_may_not_be_blank_sets_its_person_aside(
    delivery: Delivery, url: str, column: str
) -> None:
    delivery.change_person(MIDORI, column, "")
    [row] = delivery.load_all(url).set_aside
    assert row.column == column


def test_a_household_without_a_head_is_legal_and_half_a_head_is_not(delivery: Delivery, url: str) -> None:
    """世帯主未設定 (標準仕様書 1.1.10): nobody is the head, and nobody names one."""
    rows = read_cells(delivery.folder / RESIDENTS)
    header = rows[0]
    for row in rows[1:]:
        if row[1] == MINATO:
            row[header.index("世帯主氏名")] = ""
            if row[header.index("続柄コード")] == "01":
                row[header.index("続柄コード")] = ""
    write_cells(delivery.folder / RESIDENTS, rows)
    assert delivery.load_all(url).set_aside == ()
    delivery.change_person(MINAMI, "世帯主氏名", "港　太一")
    [row] = delivery.load_all(url).set_aside
    assert row.column == "続柄コード"


def test_members_without_an_order_stand_in_that_of_the_standard(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    with replica.open_generation() as reader:
        found = [member.relationship for member in reader.household(KOMABAYASHI)]
    assert found == ["世帯主", "子", "子の子", "子の子の子", "子の子の子の子"]


def test_an_order_of_the_register_stands_and_a_late_comer_comes_last(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    """A child without a place stands behind the mother of the head, who has one."""
    delivery.change_person(KAITO, "世帯内順位", "")
    delivery.load(url)
    with replica.open_generation() as reader:
        keys = [member.key[-1] for member in reader.household(MINATO)]
    assert keys == ["1", "2", "4", "5", "6", "3"]


def test_what_is_not_approved_changes_nothing(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    with replica.open_generation() as reader:
        [person] = reader.household(IKAWA)
        assert (person.name, person.head_of_household) == ("伊川　涼子", "伊川　涼子")
        assert reader.group_is_complete("person", IKAWA)


def test_somebody_who_is_not_approved_yet_is_no_resident_and_no_gap(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.change_person(MIDORI, "登録区分コード", "1")
    assert delivery.load_all(url).set_aside == ()
    with replica.open_generation() as reader:
        assert reader.person(MIDORI) is None
        assert not reader.is_set_aside(MIDORI)


def test_a_row_that_is_not_approved_and_cannot_be_read_is_no_excuse(delivery: Delivery, url: str) -> None:
    line = delivery.line_of(RESIDENTS, "学園　涼子", "氏名")
    delivery.change(RESIDENTS, line, "生年月日", "？")
    [row] = delivery.load_all(url).set_aside
    assert (row.line, row.column) == (line, "生年月日")


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (date(2026, 6, 1), ResidentStatus.MOVING_OUT),
        (date(2026, 6, 2), ResidentStatus.MOVED_OUT),
        (date(2026, 6, 20), ResidentStatus.MOVED_OUT),
    ],
)
def test_a_move_takes_effect_on_the_earlier_of_two_days(
    delivery: Delivery, day: date, status: ResidentStatus
) -> None:
    """妙法寺渚 named 20 June, and the new town told of her arrival on 2 June (標準仕様書 1.1.5); 舞子遥 named 20 June only."""
    people = read_people(delivery.folder, SHIPPED)
    assert people["0000103902"].status_on(day) is status
    named = ResidentStatus.MOVED_OUT if day >= date(2026, 6, 20) else ResidentStatus.MOVING_OUT
    assert people["0000101602"].status_on(day) is named


@pytest.mark.parametrize(
    ("key", "column", "text"),
    [
        ("0000103001", "在留期間", "５年"),
        ("0000103001", "在留資格", "永住者"),
        ("0000103001", "在留カード番号", ""),
        ("0000103101", "在留カード番号", "ZZ10003101ZZ"),
        ("0000103101", "在留期間", ""),
        ("0000103303", "在留カード番号", "ZZ10003303ZZ"),
        ("0000103303", "在留期間", "６月"),
        ("0000103401", "在留資格", "永住者"),
        ("0000103301", "在留期間満了日", ""),
        ("0000103501", "旧氏", "張"),
    ],
)
def test_a_category_of_foreign_residents_has_its_own_items_and_no_other(
    delivery: Delivery, url: str, key: str, column: str, text: str
) -> None:
    """標準仕様書 1.1.2."""
    delivery.change_person(key, column, text)
    [row] = delivery.load_all(url).set_aside
    assert row.column == column
