from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from server_stub.interface.clock import JST
from server_stub.interface.values import FailureBody
from tests.issuing.helper import (
    MIDORI,
    RESIDENCE,
    SEAL,
    UNLINKED,
    OpenTownHall,
    TownHall,
    edited_municipality,
    refused,
)

CLOSED_NOW = {"kind": "residence", "opens": "6:30", "closes": "23:00"}


@pytest.mark.parametrize("moment", ["06:30:00", "22:59:00", "22:59:59"])
def test_within_the_hours_it_is_served(hall: TownHall, moment: str) -> None:
    hall.at(f"2026-06-05 {moment}")
    assert all(offer.refusal is None for offer in hall.offers(MIDORI).offers)
    assert hall.apply(MIDORI).pages


@pytest.mark.parametrize("moment", ["23:00:00", "23:01:00", "00:00:00", "06:29:59"])
def test_outside_the_hours_it_is_refused_with_the_hours(hall: TownHall, moment: str) -> None:
    hall.at(f"2026-06-05 {moment}")
    for attempt in (lambda: hall.offers(MIDORI), lambda: hall.apply(MIDORI)):
        closed = refused(attempt)
        assert (closed.failure, closed.facts) == ("Service_Closed_Now", CLOSED_NOW)
    assert hall.service.ledger.applications() == ()


@pytest.mark.parametrize(
    ("day", "reopens"),
    [
        ("2026-12-28", None),
        ("2026-12-29", "2027-01-04"),
        ("2026-12-31", "2027-01-04"),
        ("2027-01-01", "2027-01-04"),
        ("2027-01-03", "2027-01-04"),
        ("2027-01-04", None),
    ],
)
def test_closed_over_new_year(hall: TownHall, day: str, reopens: str | None) -> None:
    hall.at(f"{day} 12:00:00")
    if reopens is None:
        assert hall.offers(MIDORI).offers
        assert hall.apply(MIDORI).pages
        return
    for attempt in (lambda: hall.offers(MIDORI), lambda: hall.apply(MIDORI)):
        closed = refused(attempt)
        assert (closed.failure, closed.facts) == (
            "Service_Closed_Today",
            {"kind": "residence", "next_open": reopens},
        )


def test_what_the_centre_received_before_the_end_is_completed(hall: TownHall) -> None:
    hall.at("2026-06-05 23:04:00")
    in_time = datetime(2026, 6, 5, 22, 59, 59, tzinfo=JST)
    assert hall.apply(MIDORI, received_at=in_time).pages
    late = in_time + timedelta(seconds=1)
    assert refused(lambda: hall.apply(MIDORI, received_at=late)).failure == "Service_Closed_Now"


def test_the_time_of_receipt_counts_in_whatever_offset_it_comes(hall: TownHall) -> None:
    hall.at("2026-06-05 23:04:00")
    assert hall.apply(MIDORI, received_at=datetime.fromisoformat("2026-06-05T13:59:59+00:00")).pages
    late = datetime.fromisoformat("2026-06-05T14:00:00+00:00")
    assert refused(lambda: hall.apply(MIDORI, received_at=late)).failure == "Service_Closed_Now"
    (application,) = hall.service.ledger.applications()
    assert application.received_at.isoformat() == "2026-06-05T22:59:59+09:00"
    assert hall.service.ledger.counts("hour") == {"22": 1}


def test_a_time_without_its_offset_is_malformed(hall: TownHall) -> None:
    attempt = refused(lambda: hall.apply(MIDORI, received_at=datetime(2026, 6, 5, 12, 0)))  # noqa: DTZ001
    assert attempt.failure == "Request_Malformed"


def test_one_closed_kind_is_refused_in_its_offer_and_the_other_is_served(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    weekday_office = edited_municipality(
        tmp_path,
        ("most_age_hours = 48", "most_age_hours = 8760"),
        (
            r"(\[service\.seal_registration\]\nfee = 250\n)opens = 06:30:00\ncloses = 23:00:00",
            r"\g<1>opens = 09:00:00\ncloses = 17:00:00",
        ),
    )
    hall = open_hall(root=weekday_office)
    hall.at("2026-06-05 17:00:00")
    offers = {offer.kind: offer for offer in hall.offers(MIDORI).offers}
    assert offers[RESIDENCE].refusal is None
    assert offers[SEAL].refusal == FailureBody(
        failure="Service_Closed_Now",
        facts={"kind": "seal_registration", "opens": "9:00", "closes": "17:00"},
    )
    assert offers[SEAL].hours["ja"] == "9:00〜17:00"
    assert refused(lambda: hall.apply(MIDORI, SEAL)).failure == "Service_Closed_Now"
    assert hall.apply(MIDORI, RESIDENCE).pages
    hall.at("2026-06-05 16:59:59")
    assert hall.apply(MIDORI, SEAL).pages


def test_while_closed_nobody_is_looked_up(hall: TownHall) -> None:
    """Who asks at night learns the hours, whoever it is."""
    hall.at("2026-06-05 23:30:00")
    assert refused(lambda: hall.offers(UNLINKED)).failure == "Service_Closed_Now"
    assert refused(lambda: hall.apply(UNLINKED)).failure == "Service_Closed_Now"


def test_when_all_are_closed_the_kind_that_opens_first_says_why(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    """Not the first of the menu, which may be closed for weeks."""
    town = edited_municipality(
        tmp_path,
        (r"\[service\.seal_registration\]", "[[service.residence.closed]]\nfrom = 2026-06-01T00:00:00\nuntil = 2026-07-01T06:30:00\n\n[service.seal_registration]"),
    )  # fmt: skip
    hall = open_hall(root=town)
    hall.at("2026-06-05 23:30:00")
    told = refused(lambda: hall.offers(MIDORI))
    assert (told.failure, told.facts) == ("Service_Closed_Now", {**CLOSED_NOW, "kind": SEAL})


def test_another_hour_of_tomorrow_is_told(open_hall: OpenTownHall, tmp_path: Path) -> None:
    town = edited_municipality(
        tmp_path,
        (
            r"\[service\.residence\]",
            "[[closed]]\nfrom = 2026-06-06T00:00:00\nuntil = 2026-06-06T12:00:00\n\n[service.residence]",
        ),
    )
    hall = open_hall(root=town)
    hall.at("2026-06-05 23:30:00")
    told = refused(lambda: hall.offers(MIDORI))
    assert (told.failure, told.facts) == ("Service_Closed_Now", {**CLOSED_NOW, "reopens": "2026-06-06T12:00"})
