"""Announced outages: kept at the centre, told to residents from the announced time on, with the official's own words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server_stub.interface.binding import new_ulid, open_notice
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import OfferList, OffersRequest
from server_stub.interface.terminal import SignedNotice
from server_stub.municipalities import MunicipalityEntry
from server_stub.municipalities.hosting import HostingForm, HostingTerms
from tests.center.world import CITY, OPS_KEY, OUTSIDE, World, info, refused

NOTICE = {
    "ja": "データセンターの点検のため、交付を停止しています。",
    "en": "Closed for inspection of the data centre.",
}
OWN_HALL = (MunicipalityEntry(info(CITY), (), HostingTerms(form=HostingForm.OWN_HALL)),)


def ops(world: World, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return world.ask(method, f"/ops/v1/{path}", key=OPS_KEY, json=body)


def request(world: World, what: str = "data_centre", *, begins: int = 0, **more: Any) -> dict[str, Any]:
    now = world.clock.now()
    return {
        "municipality": CITY,
        "what": what,
        "since": (now + timedelta(hours=begins)).isoformat(),
        "until": (now + timedelta(hours=begins + 2)).isoformat(),
        "notice": NOTICE,
        "by": "provider",
        "operator": "見本データセンター　見本担当",
    } | more


def announce(world: World, what: str = "data_centre", **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = (
        ops(world, "POST", "outages", request(world, what, **more)).raise_for_status().json()
    )
    return told


def with_pdf_link(world: World, *, silent: bool) -> None:
    """The city's one kind is made by the existing system, which answers or not."""
    real = type(world.issuing).offers.__get__(world.issuing)
    if silent:
        world.issuing.offer_refusal = Failed("Existing_System_Unreachable")

    def offers(asked: OffersRequest) -> OfferList:
        return real(asked).model_copy(update={"pdf_linked": ("residence",)})

    world.issuing.offers = offers  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _as_before(world: World) -> Any:
    yield
    world.issuing.__dict__.pop("offers", None)


def test_from_the_announced_time_on_residents_read_why_and_until_when(world: World) -> None:
    entry = announce(world, begins=1)
    world.authenticate(world.session()).raise_for_status()
    world.clock.advance(timedelta(hours=1))
    session = world.session()
    facts = refused(world.authenticate(session), "Outage_Announced")
    signed = SignedNotice.model_validate(facts["notice"])
    told = open_notice(signed, world.signing_key.public_key(), session_id=session, terminal_id="T1")
    assert told.notice == NOTICE
    assert facts["reopens"] == told.reopens == entry["until"][:16]
    assert len(world.issuing.asked) == 1, "the site is not asked any more"
    world.clock.advance(timedelta(hours=2))
    world.authenticate(world.session()).raise_for_status()


def test_a_notice_counts_for_its_session_terminal_and_key_only(world: World) -> None:
    announce(world)
    session = world.session()
    signed = SignedNotice.model_validate(refused(world.authenticate(session), "Outage_Announced")["notice"])
    key = world.signing_key.public_key()
    for told, session_id, terminal_id in (
        (signed, new_ulid(world.clock), "T1"),
        (signed, session, "T2"),
        (signed.model_copy(update={"text": signed.text.replace("点検", "閉鎖")}), session, "T1"),
    ):
        with pytest.raises(Failed) as raised:
            open_notice(told, key, session_id=session_id, terminal_id=terminal_id)
        assert raised.value.failure == "Offers_Invalid"


def test_who_is_choosing_is_refused_and_the_issuing_server_is_not_asked(world: World) -> None:
    session = world.known_session()
    announce(world)
    refused(world.apply(session), "Outage_Announced")
    assert world.issuing.requests == []


@pytest.mark.parametrize("what", ["city_hall", "existing_system"])
def test_an_asp_with_data_goes_on_without_the_city_hall(world: World, what: str) -> None:
    announce(world, what)
    world.prepared()


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("what", ["city_hall", "existing_system"])
def test_a_kind_of_pdf_link_is_refused_with_the_reason(world: World, what: str, silent: bool) -> None:
    with_pdf_link(world, silent=silent)
    entry = announce(world, what)
    (offer,) = world.offers(world.authenticate(world.session())).offers
    assert offer.refusal is not None
    assert offer.refusal.failure == "Outage_Announced"
    assert offer.refusal.facts == {"reopens": entry["until"][:16], "notice": NOTICE}


def test_without_an_announcement_the_silence_is_no_announced_one(world: World) -> None:
    with_pdf_link(world, silent=True)
    (offer,) = world.offers(world.authenticate(world.session())).offers
    assert offer.refusal is not None and offer.refusal.failure == "Existing_System_Unreachable"


def test_what_else_stands_against_a_kind_is_told_instead(world: World) -> None:
    with_pdf_link(world, silent=False)
    world.issuing.offer_refusal = Failed("Service_Stopped")
    announce(world, "existing_system")
    (offer,) = world.offers(world.authenticate(world.session())).offers
    assert offer.refusal is not None and offer.refusal.failure == "Service_Stopped"


def test_an_existing_system_that_falls_silent_later_is_told_as_announced(world: World) -> None:
    session = world.known_session()
    entry = announce(world, "existing_system")
    world.issuing.refusal = Failed("Existing_System_Unreachable")
    assert refused(world.apply(session), "Outage_Announced")["reopens"] == entry["until"][:16]


def test_without_its_city_hall_an_issuing_server_in_it_has_nothing(world: World, tmp_path: Any) -> None:
    with world.other_centre(tmp_path, municipalities=OWN_HALL, issuing_servers=()):
        announce(world, "city_hall")
        refused(world.authenticate(world.session()), "Outage_Announced")
        refused(ops(world, "POST", "outages", request(world)), "Request_Malformed")


def test_an_announcement_is_listed_ended_and_kept(world: World) -> None:
    first, second = announce(world), announce(world, "city_hall", begins=5)
    world.center.reopen()
    assert ops(world, "GET", "outages").json() == {"outages": [first, second]}
    ended = ops(world, "POST", f"outages/{first['outage_id']}/end").raise_for_status().json()
    assert ended["ended_at"] is not None and {**ended, "ended_at": None} == first
    assert ops(world, "POST", f"outages/{first['outage_id']}/end").json() == ended
    assert ops(world, "GET", "outages").json() == {"outages": [second]}
    world.authenticate(world.session()).raise_for_status()


def test_what_nobody_announced_cannot_be_ended(world: World) -> None:
    assert refused(ops(world, "POST", f"outages/{new_ulid(world.clock)}/end"), "Outage_Unknown") == {}


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"until": "2026-06-02T10:00:00+09:00", "since": "2026-06-02T09:00:00+09:00"}, "Request_Malformed"),
        ({"until": "2026-06-03T09:00:00+09:00"}, "Request_Malformed"),
        ({"until": "2026-06-03T15:00:00"}, "Request_Malformed"),
        ({"notice": {"ja": NOTICE["ja"]}}, "Request_Malformed"),
        ({"notice": {**NOTICE, "ja": "長" * 41}}, "Request_Malformed"),
        ({"notice": {**NOTICE, "en": "two\nlines"}}, "Request_Malformed"),
        ({"operator": " "}, "Request_Malformed"),
        ({"municipality": OUTSIDE}, "Municipality_Unknown"),
        ({"municipality": "99999"}, "Municipality_Unknown"),
    ],
)
def test_an_announcement_that_says_no_such_thing_is_refused(
    world: World, change: dict[str, Any], failure: str
) -> None:
    refused(ops(world, "POST", "outages", request(world, **change)), failure)
    assert ops(world, "GET", "outages").json() == {"outages": []}
