"""What was taken in by mistake can be taken back; restrictions stay."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.registry.replica import Replica, generations_of, take_back
from tests.registry.helper import Delivery

MIDORI = "0000100201"


def living(replica: Replica) -> tuple[int, str]:
    with replica.open_generation() as reader:
        person = reader.person(MIDORI)
        assert person is not None
        return reader.generation, person.name


def marry(delivery: Delivery, name: str) -> None:
    delivery.change_person(MIDORI, "氏名", name)
    delivery.change_person(MIDORI, "世帯主氏名", name)


def test_after_taking_back_the_records_of_before_are_read(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    marry(delivery, "誤り　翠")
    delivery.append("発行制限.csv", [MIDORI, "01", "R08.06.03", "", ""])
    delivery.load(url)
    assert living(replica) == (2, "誤り　翠")
    events = []
    delivery.trace.subscribe(events.append)
    assert take_back(url, delivery.clock, delivery.trace) == 1
    assert living(replica) == (1, "六甲　翠")
    assert [(event.kind, event.data) for event in events] == [
        ("delivery_taken_back", {"taken_back": 2, "generation": 1})
    ]
    # whom the mistaken delivery set aside stays so: only a release ends it
    with replica.open_generation() as reader:
        assert reader.restriction(MIDORI, date(2026, 6, 3)) is not None
        assert reader.seal(MIDORI) is not None


def test_a_reader_keeps_what_it_had_opened(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    marry(delivery, "誤り　翠")
    delivery.load(url)
    with replica.open_generation() as reader:
        assert reader.person(MIDORI)
        take_back(url, delivery.clock, delivery.trace)
        person = reader.person(MIDORI)
        assert person is not None and (reader.generation, person.name) == (2, "誤り　翠")


def test_no_number_is_given_twice(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    marry(delivery, "誤り　翠")
    delivery.load(url)
    take_back(url, delivery.clock, delivery.trace)
    marry(delivery, "正し　翠")
    assert delivery.load(url) == 3
    assert living(replica) == (3, "正し　翠")
    assert [(g.number, g.living, g.taken_back_at is not None) for g in generations_of(url)] == [
        (1, False, False),
        (2, False, True),
        (3, True, False),
    ]
    # and what is before it is the one that was right
    take_back(url, delivery.clock, delivery.trace)
    assert living(replica) == (1, "六甲　翠")


def test_only_the_delivery_before_is_kept(delivery: Delivery, url: str, replica: Replica) -> None:
    with pytest.raises(Failed, match="Delivery_None_Before"):
        take_back(url, delivery.clock, delivery.trace)
    for _ in range(3):
        delivery.load(url)
    assert take_back(url, delivery.clock, delivery.trace) == 2
    with pytest.raises(Failed, match="Delivery_None_Before"):
        take_back(url, delivery.clock, delivery.trace)
    assert living(replica) == (2, "六甲　翠")


def test_its_records_are_as_old_as_they_are(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    delivery.made_at(datetime(2026, 6, 3, 9, 0, tzinfo=JST))
    delivery.load(url)
    take_back(url, delivery.clock, delivery.trace)
    with replica.open_generation() as reader:
        assert reader.made_at == datetime(2026, 6, 3, 5, 0, tzinfo=JST)
