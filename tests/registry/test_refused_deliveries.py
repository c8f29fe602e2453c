"""A delivery that is as agreed and still cannot be right is refused by name; the living generation stays."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.municipalities import load_municipality
from server_stub.registry.replica import Replica
from tests.registry.helper import TOWN, Delivery, read_cells, write_cells

SLIP, RESIDENTS, SEALS, LIST = "連携票.csv", "住民記録.csv", "印鑑登録.csv", "発行制限.csv"
MIDORI = "0000100201"


def generation(replica: Replica) -> int:
    with replica.open_generation() as reader:
        return reader.generation


def refused(delivery: Delivery, url: str) -> Failed:
    with pytest.raises(Failed) as caught:
        delivery.load(url)
    return caught.value


def of_another_town(delivery: Delivery) -> None:
    delivery.change_slip("市区町村コード", "09202")
    delivery.append(LIST, [MIDORI, "01", "R08.06.03", "", ""])


@pytest.mark.parametrize("told", [True, False], ids=["whose it is was told", "the replica holds one already"])
def test_a_delivery_of_another_municipality_is_refused_and_sets_nobody_aside(
    delivery: Delivery, url: str, replica: Replica, told: bool
) -> None:
    if told:
        delivery.municipality = load_municipality(TOWN)
    delivery.load(url)
    of_another_town(delivery)
    failed = refused(delivery, url)
    assert (failed.failure, failed.facts) == ("Delivery_Other_Municipality", {"expected": "28100"})
    assert generation(replica) == 1
    with replica.open_generation() as reader:
        assert reader.restriction(MIDORI, date(2026, 6, 3)) is None


def test_the_first_delivery_too_must_be_of_the_municipality(delivery: Delivery, url: str) -> None:
    delivery.municipality = load_municipality(TOWN)
    of_another_town(delivery)
    assert refused(delivery, url).failure == "Delivery_Other_Municipality"


def test_a_delivery_made_in_the_future_is_refused(delivery: Delivery, url: str, replica: Replica) -> None:
    now = datetime(2026, 6, 3, 10, 0, tzinfo=JST)
    delivery.clock.set(now)
    delivery.clock.freeze()
    delivery.made_at(now.replace(microsecond=0) + timedelta(seconds=1))
    assert refused(delivery, url).failure == "Delivery_From_Future"
    assert generation(replica) == 0
    delivery.clock.advance(timedelta(seconds=1))
    assert delivery.load(url) == 1


def keep_residents(delivery: Delivery, keys: set[str]) -> None:
    for file, column in (
        (RESIDENTS, "宛名番号"),
        (SEALS, "宛名番号"),
        (LIST, "宛名番号"),
        (delivery.notices.name, "識別番号"),
    ):
        header, *rows = read_cells(delivery.folder / file)
        where = header.index(column)
        kept = [row for row in rows if row[where] in keys]
        write_cells(delivery.folder / file, [header, *kept])
        if file != delivery.notices.name:
            delivery.count(file, len(kept))


def test_a_delivery_without_a_resident_is_refused(delivery: Delivery, url: str, replica: Replica) -> None:
    """Neither one without a row, nor one where everybody has moved out or died."""
    keep_residents(delivery, {"0000101503", "0000101702"})
    assert refused(delivery, url).failure == "Delivery_Empty"
    keep_residents(delivery, set())
    assert refused(delivery, url).failure == "Delivery_Empty"
    assert generation(replica) == 0


def test_a_delivery_that_lost_more_people_than_allowed_is_refused(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    """Of the 68 who live there 10 % may go at once: six, and not seven."""
    everybody = [row[0] for row in delivery.residents()]
    delivery.load(url)
    gone = ["0000100501", "0000100601", "0000100701", "0000100801", "0000102001", "0000102101"]
    # 𠮷田吾郎 is the head of a household of two
    keep_residents(delivery, set(everybody) - {*gone, "0000100802"})
    failed = refused(delivery, url)
    assert (failed.failure, failed.facts) == (
        "Delivery_Drop_Too_Large",
        {"before": 68, "now": 61, "most_percent": 10},
    )
    assert generation(replica) == 1


def test_a_delivery_that_lost_as_many_as_allowed_is_applied(delivery: Delivery, url: str) -> None:
    everybody = [row[0] for row in delivery.residents()]
    delivery.load(url)
    keep_residents(delivery, set(everybody) - {"0000100501", "0000100601", "0000100701"})
    assert delivery.load(url) == 2
