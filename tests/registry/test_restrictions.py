"""Restrictions (発行制限) count always, whatever becomes of their delivery, and end by a release only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.municipalities import load_municipality
from server_stub.registry.replica import Replica
from tests.registry.helper import TOWN, Delivery, read_cells, write_cells

LIST, SLIP, RESIDENTS = "発行制限.csv", "連携票.csv", "住民記録.csv"
MIDORI, TAICHI = "0000100201", "0000100101"
SHIZUKA, NAGI, TOME, SEIJI = "0000101201", "0000101202", "0000101302", "0000101401"
TODAY, LONG_AFTER = date(2026, 6, 3), date(2099, 1, 1)
NEW = [MIDORI, "01", "R08.06.03", "R09.06.02", ""]


def restricted(replica: Replica, person: str, on: date = TODAY) -> bool:
    with replica.open_generation() as reader:
        return reader.restriction(person, on) is not None


def many_odd_residents(delivery: Delivery) -> None:
    """More than are set aside."""
    rows = read_cells(delivery.folder / RESIDENTS)
    for row in rows[1:12]:
        row[rows[0].index("生年月日")] = "？"
    write_cells(delivery.folder / RESIDENTS, rows)


def odd_notices(delivery: Delivery) -> None:
    rows = read_cells(delivery.notices)
    write_cells(delivery.notices, [rows[0], *([row[0], ""] for row in rows[1:])])


def an_odd_restriction(delivery: Delivery) -> None:
    delivery.change(LIST, 2, "開始日", "？")


def a_wrong_count(delivery: Delivery) -> None:
    delivery.count(LIST, 99)


def no_slip(delivery: Delivery) -> None:
    (delivery.folder / SLIP).unlink()


def another_header(delivery: Delivery) -> None:
    rows = read_cells(delivery.folder / LIST)
    rows[0][1] = "事由"
    write_cells(delivery.folder / LIST, rows)


def no_bom(delivery: Delivery) -> None:
    path = delivery.folder / LIST
    path.write_bytes(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))


def an_open_quote(delivery: Delivery) -> None:
    path = delivery.folder / LIST
    lines = path.read_bytes().split(b"\r\n")
    lines.insert(1, b'"0000101302,04,R08.02.01,,')
    path.write_bytes(b"\r\n".join(lines))


def columns_moved(delivery: Delivery) -> None:
    rows = [row[::-1] for row in read_cells(delivery.folder / LIST)]
    write_cells(delivery.folder / LIST, rows)


def made_tomorrow(delivery: Delivery) -> None:
    delivery.made_at(datetime(2026, 6, 4, 5, 0, tzinfo=JST))


def made_last_year(delivery: Delivery) -> None:
    delivery.made_at(datetime(2025, 6, 4, 5, 0, tzinfo=JST))


def half_of_the_people(delivery: Delivery) -> None:
    rows = read_cells(delivery.folder / RESIDENTS)
    write_cells(delivery.folder / RESIDENTS, rows[:19])
    delivery.count(RESIDENTS, 18)


SPOILED = (
    many_odd_residents, odd_notices, an_odd_restriction, a_wrong_count, no_slip, another_header, no_bom,
    an_open_quote, columns_moved, made_tomorrow, made_last_year, half_of_the_people,
)  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_new_restriction_counts_although_its_delivery_is_refused(
    delivery: Delivery, url: str, replica: Replica, spoil: Callable[[Delivery], None]
) -> None:
    delivery.load(url)
    assert not restricted(replica, MIDORI)
    delivery.append(LIST, NEW)
    spoil(delivery)
    with pytest.raises(Failed):
        delivery.load(url)
    assert restricted(replica, MIDORI)
    with replica.open_generation() as reader:
        assert reader.generation == 1


def test_it_counts_for_a_reader_that_was_open_before(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    with replica.open_generation() as reader:
        assert reader.restriction(MIDORI, TODAY) is None
        delivery.append(LIST, NEW)
        delivery.load(url)
        assert reader.generation == 1
        assert reader.restriction(MIDORI, TODAY) is not None


def test_a_list_that_was_cut_off_releases_nobody(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    path = delivery.folder / LIST
    whole = path.read_bytes()
    # on the slip too: as good a delivery as any
    write_cells(path, read_cells(path)[:1])
    delivery.count(LIST, 0)
    assert delivery.load(url) == 2
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Failed):
        delivery.load(url)
    assert [restricted(replica, person) for person in (SHIZUKA, NAGI, TOME)] == [True] * 3


def test_the_announced_last_day_releases_nobody(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    assert restricted(replica, SHIZUKA, LONG_AFTER)
    assert not restricted(replica, SHIZUKA, date(2024, 1, 9))
    assert restricted(replica, SHIZUKA, date(2024, 1, 10))


def test_a_release_ends_it_on_its_day(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    line = delivery.line_of(LIST, SHIZUKA)
    delivery.change(LIST, line, "解除日", "R08.06.05")
    delivery.load(url)
    assert restricted(replica, SHIZUKA, date(2026, 6, 4))
    assert not restricted(replica, SHIZUKA, date(2026, 6, 5))
    assert restricted(replica, NAGI, date(2026, 6, 5))


def test_of_two_measures_one_is_released_and_the_other_holds(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.append(LIST, [SHIZUKA, "19", "R08.01.10", "", ""])
    delivery.load(url)
    delivery.change(LIST, delivery.line_of(LIST, SHIZUKA), "解除日", "R08.06.03")
    delivery.load(url)
    assert restricted(replica, SHIZUKA)


@pytest.mark.parametrize("spoil", [a_wrong_count, no_slip, an_odd_restriction, made_tomorrow, made_last_year])
def test_a_list_that_is_not_whole_or_not_of_today_releases_nobody(
    delivery: Delivery, url: str, replica: Replica, spoil: Callable[[Delivery], None]
) -> None:
    delivery.load(url)
    delivery.change(LIST, delivery.line_of(LIST, TOME), "解除日", "R08.06.03")
    spoil(delivery)
    with pytest.raises(Failed):
        delivery.load(url)
    assert restricted(replica, TOME)


def test_what_came_before_its_time_does_not_keep_the_release_of_its_day_away(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    made_tomorrow(delivery)
    delivery.append(LIST, NEW)
    with pytest.raises(Failed, match="Delivery_From_Future"):
        delivery.load(url)
    assert restricted(replica, MIDORI)
    delivery.made_at(datetime(2026, 6, 3, 5, 0, tzinfo=JST))
    delivery.change(LIST, delivery.line_of(LIST, MIDORI), "解除日", "R08.06.03")
    delivery.load(url)
    assert not restricted(replica, MIDORI)


def test_an_older_list_does_not_undo_a_release(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    delivery.made_at(datetime(2026, 6, 2, 5, 0, tzinfo=JST))
    delivery.change(LIST, delivery.line_of(LIST, SEIJI), "解除日", "")
    with pytest.raises(Failed):
        delivery.load(url)
    assert not restricted(replica, SEIJI)


def test_a_measure_told_again_without_its_release_is_in_force_again(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    assert not restricted(replica, SEIJI)
    delivery.change(LIST, delivery.line_of(LIST, SEIJI), "解除日", "")
    delivery.load(url)
    assert restricted(replica, SEIJI)


def test_what_of_a_row_cannot_be_read_counts_as_the_most_it_can_mean_until_it_is_told_rightly(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    line = delivery.append(LIST, [MIDORI, "？", "？", "？", "？"])
    with pytest.raises(Failed):
        delivery.load(url)
    assert restricted(replica, MIDORI, date(2020, 1, 1))
    # the next list does not mention the person at all
    delivery.remove(LIST, line)
    delivery.made_at(datetime(2026, 6, 3, 6, 0, tzinfo=JST))
    delivery.load(url)
    assert restricted(replica, MIDORI)
    delivery.append(LIST, [MIDORI, "19", "R08.06.01", "", "R08.06.03"])
    delivery.made_at(datetime(2026, 6, 3, 7, 0, tzinfo=JST))
    delivery.load(url)
    assert not restricted(replica, MIDORI)


def test_a_row_that_does_not_say_whose_it_is_sets_nobody_aside_and_is_told(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    events = []
    delivery.trace.subscribe(events.append)
    delivery.append(LIST, ["00001002", "01", "R08.06.03", "", ""])
    with pytest.raises(Failed, match="Delivery_Row_Broken"):
        delivery.load(url)
    assert [(e.kind, e.data.get("unreadable")) for e in events][0] == ("restrictions_taken", 1)
    assert not restricted(replica, MIDORI)
    assert restricted(replica, SHIZUKA)


def test_so_many_such_rows_are_let_pass_as_the_municipality_has_set(
    delivery: Delivery, url: str, replica: Replica, tmp_path: Path
) -> None:
    delivery.append(LIST, ["00001002", "01", "R08.06.03", "", ""])
    delivery.municipality = kobe_with(tmp_path, "unreadable_restrictions = 0", "unreadable_restrictions = 1")
    assert delivery.load(url) == 1
    delivery.append(LIST, ["", "01", "R08.06.03", "", ""])
    with pytest.raises(Failed, match="Delivery_Row_Broken"):
        delivery.load(url)


def kobe_with(folder: Path, before: str, after: str):  # type: ignore[no-untyped-def]
    import shutil

    kobe = folder / "kobe"
    shutil.copytree(TOWN, kobe, ignore=shutil.ignore_patterns("delivery"))
    settings = kobe / "municipality.toml"
    text = settings.read_text(encoding="utf-8")
    assert before in text
    settings.write_text(text.replace(before, after), encoding="utf-8")
    return load_municipality(kobe)


# --- whom a row names: a person, a household, a family register -------------------------------------------------------------

MINATO, MINATO_HOUSE = ("0000100101", "0000100102", "0000100103"), "0000100100"
FROM_NOW = ["", "04", "R08.06.03", "", ""]


def of_household(household: str) -> list[str]:
    return [*FROM_NOW, household]


def of_register(register: str) -> list[str]:
    return [*FROM_NOW, "", register]


def test_a_household_that_is_named_stops_everybody_in_it_and_nobody_else(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.append(LIST, of_household(MINATO_HOUSE))
    delivery.load(url)
    assert [restricted(replica, one) for one in (*MINATO, MIDORI)] == [True, True, True, False]
    assert not restricted(replica, MINATO[0], date(2026, 6, 2))
    with replica.open_generation() as reader:
        assert reader.group_restriction("person", MINATO_HOUSE, TODAY) is not None
        assert reader.group_restriction("person", "0000100200", TODAY) is None


def test_whoever_comes_into_a_household_that_is_stopped_is_stopped_with_it(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.append(LIST, of_household("0000100300"))
    delivery.load(url)
    assert not restricted(replica, MIDORI)
    for column, text in (("世帯番号", "0000100300"), ("世帯内順位", "09"), ("続柄コード", "99")):
        delivery.change_person(MIDORI, column, text)
    naoki = next(row for row in delivery.residents() if row[0] == "0000100301")
    for number in (11, 12, 13, 14):
        delivery.change_person(MIDORI, read_cells(delivery.folder / RESIDENTS)[0][number], naoki[number])
    assert delivery.load_all(url).set_aside == ()
    assert restricted(replica, MIDORI)


def test_a_member_whose_record_cannot_be_used_is_stopped_with_the_household(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.append(LIST, of_household(MINATO_HOUSE))
    delivery.change_person(MINATO[1], "生年月日", "5081399")
    delivery.load(url)
    with replica.open_generation() as reader:
        assert reader.is_set_aside(MINATO[1])
    assert restricted(replica, MINATO[1])


def test_a_household_is_released_by_its_own_release_only(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    line = delivery.append(LIST, of_household(MINATO_HOUSE))
    delivery.append(LIST, [MINATO[0], "04", "R08.06.03", "", "R08.06.03"])
    delivery.load(url)
    assert restricted(replica, MINATO[0])
    delivery.change(LIST, line, "解除日", "R08.06.03")
    delivery.load(url)
    assert [restricted(replica, one) for one in MINATO] == [False] * 3


@pytest.mark.parametrize(
    ("row", "column"),
    [(of_household("9999999999"), "世帯番号"), (of_register("1-1"), "戸籍の番号"), (FROM_NOW, "宛名番号")],
    ids=["a household of nobody", "a register that was not delivered", "nobody"],
)
def test_a_row_that_would_stop_nobody_refuses_the_delivery(
    delivery: Delivery, url: str, row: list[str], column: str
) -> None:
    line = delivery.append(LIST, row)
    with pytest.raises(Failed) as caught:
        delivery.load(url)
    told = caught.value
    assert (told.failure, told.facts["line"], told.facts["column"]) == ("Delivery_Row_Broken", line, column)


def test_a_temporary_lift_is_the_counters_and_ends_nothing_here(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    delivery.change(LIST, delivery.line_of(LIST, SHIZUKA), "一時解除終了日", "R08.06.30")
    delivery.load(url)
    assert restricted(replica, SHIZUKA)


LINKS = "戸籍対応表.csv"
ONE, OTHER, NONE = "281000000901", "281000000902", "281000000903"
"""Family registers: that of 港太一 and 六甲翠, of two households; that of 御影直樹; nobody's."""


@pytest.fixture
def family(delivery: Delivery) -> None:
    """Other links than those that Kobe delivers."""
    header = read_cells(delivery.folder / LINKS)[0]
    rows = [[TAICHI, ONE, "1", "1"], [MIDORI, ONE, "2", "2"], ["0000100301", OTHER, "1", "1"]]
    write_cells(delivery.folder / LINKS, [header, *rows])
    delivery.count(LINKS, len(rows))


@pytest.mark.parametrize(
    "row",
    [of_register(ONE), [MIDORI, *FROM_NOW[1:]], of_household(MINATO_HOUSE)],
    ids=["the register", "a member", "a member's household"],
)
def test_what_shows_a_whole_register_is_stopped_for_all_of_it(
    delivery: Delivery, url: str, replica: Replica, family: None, row: list[str]
) -> None:
    delivery.append(LIST, row)
    delivery.load(url)
    with replica.open_generation() as reader:
        found = [reader.group_restriction("family_link", group, TODAY) for group in (ONE, OTHER, NONE)]
    assert [one is not None for one in found] == [True, False, False]


def test_a_register_that_is_named_leaves_its_members_their_own_papers(
    delivery: Delivery, url: str, replica: Replica, family: None
) -> None:
    delivery.append(LIST, of_register(ONE))
    delivery.load(url)
    assert [restricted(replica, one) for one in (TAICHI, MIDORI)] == [False, False]
