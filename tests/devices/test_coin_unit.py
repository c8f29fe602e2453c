"""The coin unit is the witness for money: it counts right, survives a power cut and charges once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk_app.devices import coin_unit
from kiosk_app.devices.coin_unit import SimulatedCoinUnit, make_change
from kiosk_app.devices.interface import DENOMINATIONS
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace


class Listener:
    def __init__(self, unit: SimulatedCoinUnit) -> None:
        self.changes: list[int] = []
        self.rejects: list[int] = []
        unit.open(self.changes.append, self.rejects.append)


@pytest.fixture
def trace() -> Trace:
    return Trace(Clock(STAGE_START))


@pytest.fixture
def unit(tmp_path: Path, trace: Trace) -> Iterator[SimulatedCoinUnit]:
    unit = SimulatedCoinUnit(tmp_path, trace)
    yield unit
    unit.shut_down()


def value(pile: dict[int, int]) -> int:
    return sum(yen * count for yen, count in pile.items())


def test_coins_count_up_and_change_is_returned(unit: SimulatedCoinUnit) -> None:
    heard = Listener(unit)
    assert [unit.drop(yen) for yen in (100, 500)] == [True, True]
    assert heard.changes == [100, 600]
    assert unit.take(250, "A") == 350
    state = unit.state()
    assert (state.inserted, state.taken, state.returned) == (0, 250, 350)
    assert unit.taken_for("A") == 250


@pytest.mark.parametrize("yen", [1, 5, 2000, 5000, 10000, 0, -100])
def test_what_the_unit_does_not_know_falls_through_and_is_told(unit: SimulatedCoinUnit, yen: int) -> None:
    heard = Listener(unit)
    assert unit.drop(yen) is False
    assert (heard.rejects, heard.changes) == ([yen], [])
    assert unit.state().inserted == 0


def test_what_comes_back_lies_in_the_return_tray_until_it_is_taken(unit: SimulatedCoinUnit) -> None:
    Listener(unit)
    unit.drop(1000)
    unit.take(250, "A")
    assert unit.return_tray() == {50: 1, 100: 2, 500: 1}
    unit.drop(5)
    unit.drop(100)
    unit.give_back()
    assert unit.return_tray() == {5: 1, 50: 1, 100: 3, 500: 1}
    assert unit.empty_return_tray() == {5: 1, 50: 1, 100: 3, 500: 1}
    assert unit.return_tray() == {}


def test_one_coin_can_be_rejected(unit: SimulatedCoinUnit) -> None:
    heard = Listener(unit)
    unit.reject_next()
    assert [unit.drop(100), unit.drop(100)] == [False, True]
    assert (heard.rejects, heard.changes) == ([100], [100])


def test_a_closed_unit_keeps_nothing(unit: SimulatedCoinUnit) -> None:
    heard = Listener(unit)
    unit.close()
    assert unit.drop(500) is False
    assert (heard.changes, unit.state().inserted) == ([], 0)


def test_the_same_application_is_charged_once(unit: SimulatedCoinUnit) -> None:
    Listener(unit)
    unit.drop(500)
    assert unit.take(250, "A") == 250
    unit.drop(500)
    assert unit.take(250, "A") == 250
    assert unit.state().taken == 250
    assert unit.state().inserted == 500


def test_without_change_nothing_moves(unit: SimulatedCoinUnit) -> None:
    Listener(unit)
    unit.set_change_stock({100: 7})
    unit.drop(1000)
    with pytest.raises(Failed, match="Money_Change_Short"):
        unit.take(250, "A")
    assert (unit.state().inserted, unit.state().taken) == (1000, 0)
    unit.set_change_stock({100: 7, 50: 1})
    assert unit.take(250, "A") == 750
    assert unit.change_stock() == {10: 0, 50: 0, 100: 0, 500: 0}


def test_too_little_is_not_taken(unit: SimulatedCoinUnit) -> None:
    Listener(unit)
    unit.drop(100)
    with pytest.raises(Failed, match="Money_Not_Enough"):
        unit.take(250, "A")
    assert unit.state().inserted == 100


def test_a_refund_comes_once(unit: SimulatedCoinUnit) -> None:
    Listener(unit)
    unit.drop(1000)
    unit.take(250, "A")
    assert [unit.refund("A"), unit.refund("A"), unit.refund("B")] == [250, 0, 0]
    state = unit.state()
    assert (state.taken, state.returned, unit.taken_for("A")) == (0, 1000, 0)


def test_a_refund_without_the_right_coins_is_paid_by_hand(unit: SimulatedCoinUnit, trace: Trace) -> None:
    Listener(unit)
    unit.set_change_stock({100: 7, 50: 1})
    unit.drop(1000)
    unit.take(250, "A")
    events = []
    trace.subscribe(events.append)
    assert unit.refund("A") == 250
    assert events[-1].data["by_hand"] is True
    assert unit.state().taken == 0


def test_the_book_outlives_the_process(tmp_path: Path, trace: Trace) -> None:
    first = SimulatedCoinUnit(tmp_path, trace)
    Listener(first)
    first.drop(500)
    first.take(250, "A")
    first.drop(100)
    before, stock = first.state(), first.change_stock()
    second = SimulatedCoinUnit(tmp_path, trace)
    assert (second.state(), second.change_stock()) == (before, stock)
    assert second.give_back() == 100


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Another program is writing in the unit's book."""
    other = sqlite3.connect(folder / "coins.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_a_book_that_is_held_fails_by_name_and_moves_nothing(
    tmp_path: Path, trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coin_unit, "BUSY_SECONDS", 0.01)
    unit = SimulatedCoinUnit(tmp_path, trace)
    heard = Listener(unit)
    unit.drop(500)
    unit.take(250, "A")
    unit.drop(100)
    before = unit.state()
    with held(tmp_path):
        assert unit.drop(100) is False, "a coin that is in no book stays with the resident"
        for act in (unit.give_back, lambda: unit.refund("A"), lambda: unit.take(100, "B")):
            with pytest.raises(Failed, match="Coin_Unit_Failed"):
                act()
        assert unit.state() == unit.seen == before
    assert (heard.rejects, unit.give_back(), unit.refund("A")) == ([100], 100, 250)
    unit.shut_down()


def test_a_coin_that_was_told_of_is_on_the_disk(unit: SimulatedCoinUnit) -> None:
    """As durable as the journal that is compared with it."""
    assert unit._book.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.parametrize("stock", [{1000: 1}, {5: 1}, {100: -1}])
def test_an_impossible_change_stock_is_refused(unit: SimulatedCoinUnit, stock: dict[int, int]) -> None:
    before = unit.change_stock()
    with pytest.raises(ValueError, match="change stock"):
        unit.set_change_stock(stock)
    assert unit.change_stock() == before


@given(
    st.integers(0, 100).map(lambda n: n * 10),
    st.dictionaries(st.sampled_from((10, 50, 100, 500)), st.integers(0, 6)),
)
def test_change_is_exact_from_the_stock_or_not_at_all(amount: int, stock: dict[int, int]) -> None:
    coins = make_change(amount, stock)
    reachable = {0}
    for yen, count in stock.items():
        reachable = {total + yen * n for total in reachable for n in range(count + 1)}
    assert (coins is not None) == (amount in reachable)
    if coins is not None:
        assert value(coins) == amount
        assert all(count <= stock[yen] for yen, count in coins.items())


_ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("drop"), st.sampled_from((*DENOMINATIONS, 5))),
        st.tuples(st.just("take"), st.sampled_from((0, 250, 500))),
        st.tuples(st.just("refund"), st.integers(0, 3)),
        st.tuples(st.just("give_back"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=_ACTIONS)
def test_no_yen_comes_from_nowhere_or_is_lost(
    actions: list[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    unit = SimulatedCoinUnit(tmp_path_factory.mktemp("coins"), Trace(Clock(STAGE_START)))
    Listener(unit)
    loaded = value(unit.change_stock())
    accepted, fell_through, applications = 0, 0, 0
    for name, number in actions:
        if name == "drop":
            kept = unit.drop(number)
            accepted += number if kept else 0
            fell_through += 0 if kept else number
        elif name == "give_back":
            unit.give_back()
        elif name == "refund":
            unit.refund(f"A{number}")
        else:
            try:
                unit.take(number, f"A{applications}")
                applications += 1
            except Failed:
                pass
        state = unit.state()
        assert unit.seen == state
        assert accepted == state.inserted + state.taken + state.returned
        assert value(state.escrow) == state.inserted
        assert state.taken == sum(unit.taken_for(f"A{n}") for n in range(applications))
        assert state.taken == sum(unit.charges().values())
        assert unit.vault() == loaded + state.taken + unit.paid_by_hand()
        assert value(unit.return_tray()) == state.returned - unit.paid_by_hand() + fell_through
    unit.shut_down()
