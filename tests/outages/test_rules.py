"""What is down when, as tables: the rules alone, without a process."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from server_stub.faults.outages import Down, Lasting, Outage, Place, Supply, down, supply
from server_stub.interface.clock import JST

NOON = datetime(2026, 6, 3, 12, 0, tzinfo=JST)
FIRST, SECOND, HALL = "10001", "10002", "20001"
"""Two municipalities of one data centre, and one with its servers in the city hall."""
SHARED = FIRST
PLACES = (Place(FIRST, SHARED), Place(SECOND, SHARED), Place(HALL, HALL, own_hall=True))
ALL = frozenset({FIRST, SECOND, HALL})
ASP = frozenset({FIRST, SECOND})
NONE: frozenset[str] = frozenset()


def on(outage: Outage, code: str = "", since: datetime = NOON, until: datetime | None = None) -> Lasting:
    return Lasting(outage, since, until, code)


def of(*codes: str) -> frozenset[str]:
    return frozenset(codes)


ROWS: list[tuple[str, list[Lasting], Down]] = [
    ("nothing", [], Down()),
    # 足利市: 「庁舎に及んだ場合(停電、損壊等)も証明発行業務が継続可能」; 自庁型 has its servers there
    (
        "every city hall is dark",
        [on(Outage.HALL_POWER)],
        Down(of(HALL), of(HALL), ALL, ALL, ALL),
    ),
    ("one of two that share", [on(Outage.HALL_POWER, FIRST)], Down(NONE, NONE, of(FIRST), of(FIRST), of(FIRST))),
    ("計画停電 is as dark", [on(Outage.HALL_PLANNED, HALL)], Down(of(HALL), of(HALL), of(HALL), of(HALL), of(HALL))),
    (
        "計画停電 that has not begun",
        [on(Outage.HALL_PLANNED, since=NOON + timedelta(seconds=1))],
        Down(),
    ),
    ("計画停電 that is over", [on(Outage.HALL_PLANNED, since=NOON - timedelta(hours=2), until=NOON)], Down()),
    # 神戸市: 「県域LGWAN回線や既存システムが停止してもサービスを継続可能」
    (
        "every line to the LGWAN",
        [on(Outage.HALL_LINE)],
        Down(NONE, of(HALL), NONE, ALL, of(FIRST, SECOND)),
    ),
    ("one line", [on(Outage.HALL_LINE, SECOND)], Down(NONE, NONE, NONE, of(SECOND), of(SECOND))),
    ("every line to the centre", [on(Outage.CENTRE_LINE)], Down(NONE, of(SHARED, HALL))),
    ("the line of a shared site", [on(Outage.CENTRE_LINE, SECOND)], Down(NONE, of(SHARED))),
    ("one feed of two", [on(Outage.FIRST_FEED)], Down()),
    ("both feeds: batteries, then generator", [on(Outage.BOTH_FEEDS)], Down()),
    (
        "the fuel has been burnt",
        [on(Outage.BOTH_FEEDS, since=NOON - timedelta(hours=72))],
        Down(of(SHARED), of(SHARED), NONE, NONE, ASP),
    ),
    (
        "both at once",
        [on(Outage.HALL_POWER, FIRST), on(Outage.CENTRE_LINE, HALL)],
        Down(NONE, of(HALL), of(FIRST), of(FIRST), of(FIRST)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lasting", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_down(lasting: list[Lasting], expected: Down) -> None:
    assert down(PLACES, lasting, NOON) == expected


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        # 足利市: 「電力会社より二系統で受電し」「電力の供給停止から1分以内に自家発電装置が稼働」「72時間以上発電可能な量」
        (timedelta(0), Supply.BATTERIES),
        (timedelta(seconds=59), Supply.BATTERIES),
        (timedelta(seconds=60), Supply.GENERATOR),
        (timedelta(hours=71, minutes=59, seconds=59), Supply.GENERATOR),
        (timedelta(hours=72), Supply.NONE),
        (timedelta(days=30), Supply.NONE),
    ],
)
def test_what_carries_a_data_centre_without_both_feeds(lost: timedelta, expected: Supply) -> None:
    assert supply(PLACES, SHARED, [on(Outage.BOTH_FEEDS, since=NOON - lost)], NOON) is expected


def test_the_second_feed_takes_over_and_the_first_comes_back() -> None:
    assert supply(PLACES, SHARED, [on(Outage.FIRST_FEED)], NOON) is Supply.SECOND_FEED
    assert supply(PLACES, SHARED, [], NOON) is Supply.FIRST_FEED


def test_feeds_are_a_data_centres_and_no_city_halls() -> None:
    lost = [on(Outage.BOTH_FEEDS, since=NOON - timedelta(days=9))]
    assert supply(PLACES, HALL, lost, NOON) is Supply.FIRST_FEED
    assert HALL not in down(PLACES, lost, NOON).sites


def test_another_site_may_have_less_fuel() -> None:
    places = (Place(FIRST, FIRST, generator_seconds=10, fuel_hours=1), Place(SECOND, SECOND))
    lost = [on(Outage.BOTH_FEEDS, since=NOON - timedelta(hours=1))]
    assert supply(places, FIRST, lost, NOON) is Supply.NONE
    assert supply(places, SECOND, lost, NOON) is Supply.GENERATOR
