"""Each rule refuses, and its twin that differs in one fact gets an offer (the sample people stand in pairs)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_stub.db import sqlite_url
from server_stub.interface.offers import Scope
from server_stub.interface.values import FailureBody, Place
from server_stub.issuing.rights import age
from server_stub.registry.records import Person
from server_stub.registry.replica import ReplicaReader
from tests.issuing.helper import (
    FUMI,
    HARUKA,
    HIKARI,
    HINA,
    JUZO,
    KEN,
    KENGO,
    MAKOTO,
    MARIA,
    MIDORI,
    NAOKI,
    RESIDENCE,
    RYO,
    SAKURA,
    SEAL,
    SEIJI,
    SHIZUKA,
    TAICHI,
    TOME,
    TOWN_HALL,
    UNLINKED,
    YUMI,
    YUNA,
    OpenTownHall,
    TownHall,
    edited_municipality,
    refused,
)


@pytest.mark.parametrize(
    ("person", "twin", "failure", "facts"),
    [
        (YUNA, HINA, "Holder_Under_Fifteen", {"minimum_age": 15}),
        (SHIZUKA, SEIJI, "Holder_Restricted", {}),
        (RYO, KENGO, "Holder_Moved_Out", {}),
        (HARUKA, HIKARI, "Holder_Moved_Out", {}),
        (JUZO, FUMI, "Holder_Deceased", {}),
        (UNLINKED, MARIA, "Holder_Not_Linked", {}),
    ],
)
def test_a_person_is_refused_and_the_twin_is_not(
    hall: TownHall, person: str, twin: str, failure: str, facts: dict[str, object]
) -> None:
    at_offers = refused(lambda: hall.offers(person))
    at_application = refused(lambda: hall.apply(person))
    assert (at_offers.failure, at_offers.facts) == (failure, facts)
    assert (at_application.failure, at_application.facts) == (failure, facts)
    assert hall.service.ledger.applications() == ()
    assert {RESIDENCE, SEAL} <= {offer.kind for offer in hall.offers(twin).offers}
    assert hall.apply(twin, members=[twin]).pages


def test_fifteen_is_reached_at_midnight_of_the_birthday(hall: TownHall) -> None:
    hall.at("2026-06-03 22:59:59")
    assert refused(lambda: hall.offers(YUNA)).failure == "Holder_Under_Fifteen"
    hall.at("2026-06-04 06:30:00")
    assert hall.offers(YUNA).offers


@pytest.mark.parametrize(
    ("birth", "today", "years"),
    [
        (date(2012, 2, 29), date(2027, 2, 28), 14),
        (date(2012, 2, 29), date(2027, 3, 1), 15),
        (date(2012, 2, 29), date(2028, 2, 28), 15),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
        (date(2011, 6, 4), date(2026, 6, 3), 14),
        (date(2011, 6, 3), date(2026, 6, 3), 15),
    ],
)
def test_age_counts_up_on_the_birthday(birth: date, today: date, years: int) -> None:
    assert age(birth, today) == years


@given(
    st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 120), st.integers(1, 12), st.integers(1, 28)
)
def test_age_grows_by_one_a_year_and_never_between_birthdays(
    birth: date, years: int, month: int, day: int
) -> None:
    today = date(birth.year + years, month, day)
    assert age(birth, today.replace(year=today.year + 1)) == age(birth, today) + 1
    assert age(birth, today) in (years - 1, years)


def test_a_restriction_ends_with_the_day_of_its_release(hall: TownHall) -> None:
    hall.at("2026-06-01 22:00:00")
    assert refused(lambda: hall.offers(SEIJI)).failure == "Holder_Restricted"
    hall.at("2026-06-02 06:30:00")
    assert hall.offers(SEIJI).offers


def test_why_a_person_is_restricted_is_not_told(hall: TownHall) -> None:
    restricted = refused(lambda: hall.offers(SHIZUKA))
    assert restricted.facts == {}
    assert "配偶者" not in str(restricted)


def test_the_minimum_age_is_the_municipalitys(open_hall: OpenTownHall, tmp_path: Path) -> None:
    root = edited_municipality(tmp_path, ("minimum_age = 15", "minimum_age = 14"))
    assert open_hall(root=root).offers(YUNA).offers
    assert refused(lambda: open_hall().offers(YUNA)).failure == "Holder_Under_Fifteen"


def test_machines_of_municipalities_are_excluded_where_the_city_says_so(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    hall = open_hall()
    for attempt in (
        lambda: hall.offers(MIDORI, terminal=TOWN_HALL),
        lambda: hall.apply(MIDORI, terminal=TOWN_HALL),
    ):
        excluded = refused(attempt)
        assert (excluded.failure, excluded.facts) == (
            "Terminal_Kind_Excluded",
            {"terminal_kind": "municipal"},
        )
    assert hall.offers(MIDORI).offers
    everywhere = open_hall(
        root=edited_municipality(
            tmp_path, (r'excluded_terminal_kinds = \["municipal"\]', "excluded_terminal_kinds = []")
        )
    )
    assert everywhere.offers(MIDORI, terminal=TOWN_HALL).offers
    assert everywhere.apply(MIDORI, terminal=TOWN_HALL).pages


def test_a_kind_of_the_address_is_not_issued_as_of_the_domicile(hall: TownHall) -> None:
    assert refused(lambda: hall.apply(TAICHI, place=Place.DOMICILE)).failure == "Service_Not_Offered"
    kinds = {
        place: {offer.kind for offer in hall.offers(TAICHI, place=place).offers}
        for place in (Place.ADDRESS, Place.DOMICILE)
    }
    assert RESIDENCE in kinds[Place.ADDRESS] and not kinds[Place.ADDRESS] & kinds[Place.DOMICILE]


def test_whoever_has_the_domicile_elsewhere_gets_nothing_of_it(hall: TownHall) -> None:
    """翠 lives in Kobe, and her register is kept in 京都; 太一's is kept in Kobe."""
    not_linked, linked = (hall.offers(one, place=Place.DOMICILE).offers for one in (MIDORI, TAICHI))
    assert [offer.refusal for offer in not_linked] == [FailureBody(failure="Holder_Not_Linked")] * 3
    assert [offer.refusal for offer in linked] == [None] * 3


def test_without_a_kind_of_the_domicile_nothing_is_issued_there(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    root = edited_municipality(
        tmp_path,
        (r"\[service\.address_history\].*?(?=\[\[change\]\])", ""),
        (r"\[change\.service\.address_history\].*", ""),
    )
    hall = open_hall(root=root)
    assert refused(lambda: hall.offers(TAICHI, place=Place.DOMICILE)).failure == "Service_Not_Offered"
    assert hall.offers(TAICHI, place=Place.ADDRESS).offers


def test_without_a_registered_seal_only_that_certificate_is_refused(hall: TownHall) -> None:
    """さくら had a seal that was abolished; 直樹, of the same household, has one."""
    offers = {offer.kind: offer for offer in hall.offers(SAKURA).offers}
    assert offers[SEAL].refusal == FailureBody(failure="Seal_Name_Changed")
    assert offers[RESIDENCE].refusal is None
    assert refused(lambda: hall.apply(SAKURA, SEAL)).failure == "Seal_Name_Changed"
    assert hall.apply(SAKURA, RESIDENCE).pages
    assert hall.offer(NAOKI, SEAL).refusal is None
    assert hall.apply(NAOKI, SEAL).pages


@pytest.mark.parametrize(("holder", "member"), [(MAKOTO, TOME), (HIKARI, HARUKA)])
def test_a_member_who_cannot_be_on_paper_closes_the_whole_household_only(
    hall: TownHall, holder: str, member: str
) -> None:
    """The mother is under restriction; the sister is about to move out. Neither reason is told."""
    offer = hall.offer(holder)
    refusals = {s.ref: s.refusal for s in offer.subjects}
    assert refusals == {
        hall.ref(holder): None,
        hall.ref(member): FailureBody(failure="Household_Member_Restricted"),
    }
    assert Scope.WHOLE not in offer.scopes and offer.refusal is None
    assert refused(lambda: hall.apply(holder)).failure == "Household_Member_Restricted"
    assert (
        refused(lambda: hall.apply(holder, members=[holder, member])).failure == "Household_Member_Restricted"
    )
    assert hall.subjects(hall.apply(holder, members=[holder])) == [hall.refs(holder)]


def test_who_moved_out_or_died_is_no_member_any_more(hall: TownHall) -> None:
    assert [s.ref for s in hall.offer(KENGO).subjects] == [hall.ref(KENGO), hall.ref(YUMI)]
    assert Scope.WHOLE in hall.offer(KENGO).scopes
    assert [s.ref for s in hall.offer(FUMI).subjects] == [hall.ref(FUMI)]
    assert refused(lambda: hall.apply(KENGO, members=[RYO])).failure == "Member_Not_In_Household"


def test_a_replica_that_was_never_loaded_knows_nobody(open_hall: OpenTownHall, tmp_path: Path) -> None:
    from server_stub.db import migrate

    url = sqlite_url(tmp_path / "empty.db")
    migrate(url, "server_stub.registry")
    assert refused(lambda: open_hall(replica=url).offers(KEN)).failure == "Holder_Not_Registered"


@pytest.mark.parametrize("field", ["name", "relationship"])
def test_a_text_that_no_screen_holds_is_refused_by_name_where_it_would_be_shown(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    def stretched(reader: ReplicaReader, household: str) -> tuple[Person, ...]:
        return tuple(replace(person, **{field: "見" * 301}) for person in read(reader, household))

    read = ReplicaReader.household
    assert hall.offers(HINA).offers
    monkeypatch.setattr(ReplicaReader, "household", stretched)
    refusal = hall.offer(HINA).refusal
    assert refusal is not None
    assert (refusal.failure, refusal.facts) == ("Text_Too_Long", {"field": field})
    assert hall.offer(HINA).subjects == ()
    assert refused(lambda: hall.apply(HINA)).failure == "Text_Too_Long"
