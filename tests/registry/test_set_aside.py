"""A row that cannot be used sets its person aside, with 世帯全員 of the household; everybody else gets their paper."""

from __future__ import annotations

from datetime import datetime

import pytest

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.registry.importers import SetAside
from server_stub.registry.replica import Replica
from tests.registry.helper import Delivery, Notice, person_of_holder, read_cells, write_cells, write_notices

RESIDENTS, SEALS, SLIP = "住民記録.csv", "印鑑登録.csv", "連携票.csv"
TAICHI, MINAMI, NAGISA, HATSUE, MIDORI = "0000100101", "0000100102", "0000100105", "0000100106", "0000100201"
MINATO, ROKKO = "0000100100", "0000100200"


def notice_of(delivery: Delivery, person: str) -> str:
    """The holder_ref in the notice that `Delivery` writes for that person of the sample."""
    keys = [cells[3] for cells in read_cells(delivery.notices)[1:]]
    return Notice(keys.index(person) + 1, person).holder_ref


def test_a_row_that_cannot_be_used_sets_its_person_aside_and_nobody_else(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    line = delivery.change_person(MINAMI, "生年月日", "？")
    loaded = delivery.load_all(url)
    [row] = loaded.set_aside
    assert (row.register, row.file, row.line, row.column) == ("person", RESIDENTS, line, "生年月日")
    assert "5080603" in row.remedy
    holder = notice_of(delivery, MINAMI)
    with replica.open_generation() as reader:
        assert reader.generation == loaded.generation == 1
        # known, and not usable: another thing than a card that nobody knows
        assert reader.key_of(holder) == MINAMI
        assert reader.is_set_aside(MINAMI)
        assert person_of_holder(reader, holder) is reader.person(MINAMI) is None
        with pytest.raises(Failed, match="Record_Unusable"):
            reader.check_usable(MINAMI)
        reader.check_usable(TAICHI)
        assert person_of_holder(reader, notice_of(delivery, TAICHI)) == reader.person(TAICHI) is not None
        assert not reader.is_set_aside(TAICHI)
        assert reader.key_of("00" * 32) is None
        assert [reader.group_is_complete("person", key) for key in (MINATO, ROKKO)] == [False, True]
        assert [person.key[-1] for person in reader.household(MINATO)] == ["1", "3", "4", "5", "6"]


def test_the_head_of_a_household_is_set_aside_without_its_members(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.change_person(TAICHI, "個人番号", "x")
    assert len(delivery.load_all(url).set_aside) == 1
    with replica.open_generation() as reader:
        assert reader.is_set_aside(TAICHI)
        assert reader.person(NAGISA) is not None
        assert not reader.group_is_complete("person", MINATO)


def test_a_household_with_two_heads_is_set_aside_as_a_whole(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    line = delivery.change_person(MINAMI, "続柄コード", "01")
    [row] = delivery.load_all(url).set_aside
    assert (row.line, row.column) == (line, "続柄コード")
    with replica.open_generation() as reader:
        assert all(reader.is_set_aside(f"000010010{n}") for n in range(1, 7))
        assert reader.person(TAICHI) is person_of_holder(reader, notice_of(delivery, TAICHI)) is None
        assert reader.household(MINATO) == ()
        assert not reader.group_is_complete("person", MINATO)
        assert reader.person(MIDORI) is not None


def test_a_bad_seal_row_sets_the_seal_of_that_person_aside_and_nothing_else(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.change(SEALS, delivery.line_of(SEALS, TAICHI), "印影幅", "1")
    delivery.load(url)
    with replica.open_generation() as reader:
        assert reader.is_set_aside(TAICHI, "seal")
        assert reader.seal(TAICHI) is None
        with pytest.raises(Failed, match="Record_Unusable"):
            reader.check_usable(TAICHI, "seal")
        assert not reader.is_set_aside(TAICHI)
        assert reader.person(TAICHI) is not None
        assert reader.group_is_complete("person", MINATO)
        assert reader.seal(MINAMI) is not None
        assert not reader.is_set_aside(MINAMI, "seal")


def test_two_seals_of_one_number_set_both_holders_seals_aside(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.change(SEALS, delivery.line_of(SEALS, TAICHI), "印鑑登録番号", "0100102")
    delivery.load(url)
    with replica.open_generation() as reader:
        assert [reader.is_set_aside(one, "seal") for one in (TAICHI, MINAMI, MIDORI)] == [True, True, False]
        assert reader.seal(TAICHI) is reader.seal(MINAMI) is None


def test_a_row_that_does_not_say_whose_it_is_spoils_its_household_only(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    """And whoever the notices still name is no unknown card."""
    delivery.change_person(NAGISA, "宛名番号", "？")
    assert len(delivery.load_all(url).set_aside) == 1
    with replica.open_generation() as reader:
        assert [reader.group_is_complete("person", key) for key in (MINATO, ROKKO)] == [False, True]
        assert reader.is_set_aside(NAGISA)
        assert reader.person(TAICHI) is not None


def test_a_row_that_does_not_say_whose_it_is_may_be_of_whomever_another_register_names(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    """渚 stands in a family register: as nobody who lives here she would get its papers, whatever her own row says. Who lives
    elsewhere is none of it, and the next night she is herself again."""
    rows = read_cells(delivery.folder / RESIDENTS)
    delivery.change_person(NAGISA, "宛名番号", "？")
    write_notices(delivery.notices, [])
    delivery.load(url)
    with replica.open_generation() as reader:
        assert [reader.is_set_aside(one) for one in (NAGISA, TAICHI, "48201:4820100901")] == [
            True,
            False,
            False,
        ]
    write_cells(delivery.folder / RESIDENTS, rows)
    delivery.load(url)
    with replica.open_generation() as reader:
        assert not reader.is_set_aside(NAGISA) and reader.person(NAGISA) is not None


def test_whoever_was_there_before_may_be_whom_an_unreadable_row_means(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    line = delivery.change_person(NAGISA, "宛名番号", "？")
    delivery.change(RESIDENTS, line, "世帯番号", "？")
    assert len(delivery.load_all(url).set_aside) == 1
    with replica.open_generation() as reader:
        assert reader.generation == 2
        assert reader.is_set_aside(NAGISA)
        assert [reader.group_is_complete("person", key) for key in (MINATO, ROKKO)] == [False, True]


def test_an_unreadable_household_is_the_one_of_before(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    delivery.change_person(NAGISA, "世帯番号", "？")
    delivery.load(url)
    with replica.open_generation() as reader:
        assert reader.is_set_aside(NAGISA)
        assert not reader.group_is_complete("person", MINATO)
        assert reader.person(TAICHI) is not None


def test_a_head_whose_household_cannot_be_read_is_missing_where_they_were(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    delivery.change_person(TAICHI, "世帯番号", "？")
    assert len(delivery.load_all(url).set_aside) == 1
    with replica.open_generation() as reader:
        assert [reader.is_set_aside(one) for one in (TAICHI, MINAMI, NAGISA)] == [True, False, False]
        assert not reader.group_is_complete("person", MINATO)


def test_a_row_that_does_not_fit_the_columns_is_its_persons_if_that_can_be_read(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    rows = read_cells(delivery.folder / RESIDENTS)
    rows[2].append("")
    # the first cell is gone: what stands in its place is the number of a household
    rows[7] = rows[7][1:]
    write_cells(delivery.folder / RESIDENTS, rows)
    assert [(row.line, row.column) for row in delivery.load_all(url).set_aside] == [
        (3, "登録区分コード"),
        (8, "登録区分コード"),
    ]
    with replica.open_generation() as reader:
        assert reader.is_set_aside(MINAMI)
        assert reader.is_set_aside(MIDORI)
        assert not reader.is_set_aside(ROKKO)
        assert not reader.group_is_complete("person", ROKKO)


def test_a_seal_of_nobody_in_the_register_keeps_the_notice_of_its_holder(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    """The number of the row was mistyped: another record still names the person."""
    holder = notice_of(delivery, MIDORI)
    delivery.change_person(MIDORI, "宛名番号", "0000999999")
    [row] = delivery.load_all(url).set_aside
    assert (row.register, row.line, row.column) == ("seal", delivery.line_of(SEALS, MIDORI), "宛名番号")
    with replica.open_generation() as reader:
        assert reader.key_of(holder) == MIDORI
        assert reader.person(MIDORI) is None
        assert reader.is_set_aside(MIDORI, "seal")


def odd(delivery: Delivery, rows_to_spoil: int) -> None:
    rows = read_cells(delivery.folder / RESIDENTS)
    for row in rows[1 : rows_to_spoil + 1]:
        row[rows[0].index("届出年月日")] = "？"
    write_cells(delivery.folder / RESIDENTS, rows)


def test_more_rows_than_the_limit_refuse_the_delivery(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    odd(delivery, 10)
    assert delivery.load(url) == 2
    odd(delivery, 11)
    with pytest.raises(Failed) as caught:
        delivery.load(url)
    assert caught.value.failure == "Delivery_Too_Many_Set_Aside"
    told = caught.value.facts
    assert (told["most"], told["file"], told["line"], told["column"]) == (10, RESIDENTS, 2, "届出年月日")
    with replica.open_generation() as reader:
        assert reader.generation == 2


def test_the_limit_is_the_callers(delivery: Delivery, url: str) -> None:
    odd(delivery, 1)
    with pytest.raises(Failed, match="Delivery_Too_Many_Set_Aside"):
        delivery.load_all(url, most_set_aside=0)
    assert delivery.load_all(url, most_set_aside=1).generation == 1


def test_whoever_was_set_aside_has_not_gone(delivery: Delivery, url: str) -> None:
    """Of 35 residents three may go at once; ten rows that cannot be used are nobody who went."""
    delivery.load(url)
    odd(delivery, 10)
    assert delivery.load(url) == 2


def test_the_next_right_row_puts_everything_right(delivery: Delivery, url: str, replica: Replica) -> None:
    was = delivery.residents()[1][8]
    delivery.change_person(MINAMI, "生年月日", "？")
    delivery.load(url)
    delivery.change_person(MINAMI, "生年月日", was)
    delivery.made_at(datetime(2026, 6, 3, 9, 0, tzinfo=JST))
    assert delivery.load_all(url).set_aside == ()
    with replica.open_generation() as reader:
        assert not reader.is_set_aside(MINAMI)
        assert reader.group_is_complete("person", MINATO)
        assert len(reader.household(MINATO)) == 6


def test_the_result_and_the_trace_tell_the_places_and_nobody(delivery: Delivery, url: str) -> None:
    events = []
    delivery.trace.subscribe(events.append)
    line = delivery.change_person(MINAMI, "氏名", "港 美波")
    expected = SetAside(
        "person", RESIDENTS, line, "氏名", "氏と名の間に全角空白一つ（一つだけの氏名は空白なし）"
    )
    assert delivery.load_all(url).set_aside == (expected,)
    told = [event for event in events if event.kind == "record_set_aside"]
    assert [event.data for event in told] == [
        {"register": "person", "file": RESIDENTS, "line": line, "column": "氏名", "expected": expected.remedy}
    ]
    assert MINAMI not in told[0].to_line()
