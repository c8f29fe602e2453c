"""The switches about who may not use a terminal: each on and off, and on both sides of its edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from server_stub.interface.failures import Failed
from server_stub.interface.values import Identity, Method, Place
from server_stub.issuing.offers import _certified_on
from server_stub.issuing.rights import HolderFacts, check_holder
from server_stub.municipalities import HolderTerms
from server_stub.registry.records import IssueNotice, Person
from server_stub.registry.replica import Replica, ReplicaReader
from server_stub.registry.values import RegisterDate
from tests.issuing.helper import HIKARI, KENGO, MIDORI, OpenTownHall, edited_municipality, refused

TODAY = date(2026, 6, 3)
ARRIVAL = HolderTerms(refuse_on_arrival_day=True)


@pytest.fixture
def midori(replica_url: str) -> Person:
    replica = Replica(replica_url)
    with replica.open_generation() as reader:
        person = reader.person(MIDORI)
    replica.close()
    assert person is not None
    return replace(person, previous_address="大阪府大阪市北区架空町１番地")


def refusal(person: Person, terms: HolderTerms, place: Place = Place.ADDRESS, **facts: Any) -> str:
    """The name of the refusal, '' for none."""
    try:
        check_holder(HolderFacts(person, place, None, TODAY, 15, terms, **facts))
    except Failed as failed:
        return failed.failure
    return ""


def test_a_switch_of_the_file_decides(open_hall: OpenTownHall, tmp_path: Path) -> None:
    root = edited_municipality(
        tmp_path, ("refuse_household_of_leaver = false", "refuse_household_of_leaver = true")
    )
    strict = open_hall(root=root)
    assert refused(lambda: strict.offers(HIKARI)).failure == "Holder_Household_Leaving"
    assert strict.offers(KENGO).offers
    assert open_hall().offers(HIKARI).offers


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"notified_on": TODAY, "address_since": None}, "Holder_Arrived_Today"),
        ({"notified_on": TODAY, "address_since": date(2026, 6, 1), "resident_since": date(2026, 6, 1)}, "Holder_Arrived_Today"),
        ({"notified_on": date(2026, 6, 2), "address_since": None}, ""),
        # a move within the city, a birth
        ({"notified_on": TODAY, "resident_since": date(2018, 4, 1), "address_since": date(2026, 6, 1)}, ""),
        ({"notified_on": TODAY, "address_since": None, "previous_address": ""}, ""),
    ],
    ids=["today", "today with its day", "yesterday", "moved within the city", "from nowhere"],
)  # fmt: skip
def test_the_day_of_arrival_is_that_of_its_notification(
    midori: Person, changes: dict[str, Any], name: str
) -> None:
    arrived = replace(midori, **changes)
    assert refusal(arrived, ARRIVAL) == name
    assert refusal(arrived, HolderTerms()) == ""


def test_who_comes_for_the_family_register_has_no_household_and_no_arrival(midori: Person) -> None:
    arrived = replace(midori, notified_on=TODAY, address_since=None)
    terms = HolderTerms(refuse_on_arrival_day=True, refuse_household_of_leaver=True)
    assert refusal(arrived, terms, leavers=True) == "Holder_Household_Leaving"
    assert refusal(arrived, terms, Place.DOMICILE, leavers=True) == ""


@pytest.mark.parametrize(
    ("limits", "name"),
    [({"longest_name": 4}, ""), ({"longest_name": 3}, "Holder_Entry_Too_Long"), ({"longest_address": 5}, "Holder_Entry_Too_Long"), ({}, "")],
)  # fmt: skip
def test_a_limit_is_of_characters(midori: Person, limits: dict[str, int], name: str) -> None:
    assert midori.name == "六甲　翠"
    assert refusal(midori, HolderTerms(**limits)) == name


def test_an_exception_is_for_the_age_alone(midori: Person) -> None:
    child = replace(midori, birth=RegisterDate.of(date(2011, 6, 4)))
    assert refusal(child, HolderTerms()) == "Holder_Under_Fifteen"
    assert refusal(child, HolderTerms(), excepted=True) == ""
    assert refusal(child, HolderTerms(exceptions_under_age=False), excepted=True) == "Holder_Under_Fifteen"
    pending = replace(child, characters_pending=True)
    assert refusal(pending, HolderTerms(), excepted=True) == "Holder_Character_Pending"
    assert refusal(pending, HolderTerms(refuse_characters_pending=False), excepted=True) == ""


class _Notices:
    """A replica with two notices of one person: yesterday's by Japan's calendar, and one of this very morning."""

    def notices_of(self, key: str) -> tuple[IssueNotice, ...]:
        moments = {
            "1" * 16: datetime(2026, 6, 2, 14, 59, tzinfo=UTC),
            "2" * 16: datetime(2026, 6, 2, 15, 0, tzinfo=UTC),
        }
        return tuple(IssueNotice(ref, "N", 1, key, "28100", moment) for ref, moment in moments.items())


@pytest.mark.parametrize(
    ("reference", "day", "name"),
    [("1" * 16, date(2026, 6, 2), ""), ("2" * 16, TODAY, "Certificate_Issued_Today"), ("3" * 16, None, "")],
)
def test_the_day_of_issue_is_japans_and_of_the_certificate_that_was_shown(
    midori: Person, reference: str, day: date | None, name: str
) -> None:
    shown = Identity(method=Method.JPKI, reference=reference)
    certified_on = _certified_on(cast(ReplicaReader, _Notices()), MIDORI, shown)
    assert certified_on == day
    assert refusal(midori, HolderTerms(refuse_on_issue_day=True), certified_on=certified_on) == name
    assert refusal(midori, HolderTerms(), certified_on=certified_on) == ""
