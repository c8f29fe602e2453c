"""The ICカード標準システム: whose card may be used for what, by which PIN, and who may say so when."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from scenarios.towns import shipped_town
from server_stub.card_registry import CardRegistry, CardRegistrySettings
from server_stub.interface.card_registry import (
    Act,
    CardAsked,
    CardState,
    CardStateAct,
    KindState,
    RegistrationAct,
)
from server_stub.interface.clock import JST, Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event

from .helper import CHILD, CITY, GROWN, OTHER, RESIDENCE, RIGHT, SEAL, WRONG, act, asked, failure_of


def tries(registry: CardRegistry, kind: str) -> int:
    view = registry.view(CardAsked(municipality=CITY, card=GROWN))
    return next(one.tries_left for one in view.kinds if one.kind == kind)


# --- PIN -----------------------------------------------------------------------------------------------------------------


def test_the_pin_of_a_kind_opens_that_kind_alone(registered: CardRegistry) -> None:
    assert registered.authenticate(asked(RIGHT)).kind == RESIDENCE
    assert registered.authenticate(asked(OTHER, SEAL)).kind == SEAL
    assert failure_of(registered.authenticate, asked(RIGHT, SEAL))[0] == "Ordinance_Pin_Wrong"


def test_wrong_pins_are_counted_for_each_kind_and_a_right_one_restores_the_tries(
    registered: CardRegistry,
) -> None:
    for left in (2, 1):
        assert failure_of(registered.authenticate, asked(WRONG))[1]["tries_left"] == left
    registered.authenticate(asked(RIGHT))
    assert (tries(registered, RESIDENCE), tries(registered, SEAL)) == (3, 3)


def test_the_third_wrong_pin_locks_the_kind_for_good_and_no_other(registered: CardRegistry) -> None:
    failures = [failure_of(registered.authenticate, asked(WRONG))[0] for _ in range(3)]
    assert failures == ["Ordinance_Pin_Wrong", "Ordinance_Pin_Wrong", "Ordinance_Pin_Blocked"]
    assert failure_of(registered.authenticate, asked(RIGHT))[0] == "Ordinance_Pin_Blocked"
    registered.authenticate(asked(OTHER, SEAL))


def test_an_official_s_new_pin_unlocks_the_kind(registered: CardRegistry) -> None:
    for _ in range(3):
        failure_of(registered.authenticate, asked(WRONG))
    registered.act(act(Act.CHANGE_PIN, pin="5521"))
    registered.authenticate(asked("5521"))
    assert failure_of(registered.authenticate, asked(RIGHT))[0] == "Ordinance_Pin_Wrong"


def test_guesses_side_by_side_have_no_more_tries_than_one_after_the_other(registered: CardRegistry) -> None:
    with ThreadPoolExecutor(12) as pool:
        guesses = [f"{9000 + n}" for n in range(12)]
        found = list(pool.map(lambda pin: failure_of(registered.authenticate, asked(pin))[0], guesses))
    assert found.count("Ordinance_Pin_Blocked") >= 10  # the third of those compared says so too
    assert failure_of(registered.authenticate, asked(RIGHT))[0] == "Ordinance_Pin_Blocked"


def test_a_pin_is_kept_as_a_salted_hash_and_told_to_nobody(
    registered: CardRegistry, tmp_path: Path, events: list[Event]
) -> None:
    registered.act(act(Act.CHANGE_PIN, SEAL, pin=RIGHT))
    failure_of(registered.authenticate, asked(WRONG))
    with sqlite3.connect(tmp_path / "cards.db") as database:
        hashes = [row[0] for row in database.execute("SELECT pin_hash FROM use_of_card")]
    assert len(set(hashes)) == 2  # of one PIN for two kinds
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("cards.db*"))
    told = "\n".join(event.to_line() for event in events)
    for pin in (RIGHT, WRONG):
        assert pin.encode() not in kept
        assert pin not in told
    assert RIGHT not in repr(act(Act.REGISTER, pin=RIGHT))


# --- registration --------------------------------------------------------------------------------------------------------


def test_a_kind_that_was_not_registered_is_refused_whatever_the_pin(registry: CardRegistry) -> None:
    registry.act(act(Act.REGISTER, pin=RIGHT))
    assert failure_of(registry.authenticate, asked(RIGHT, SEAL))[0] == "Ordinance_Not_Registered"


def test_a_kind_that_the_town_does_not_issue_is_not_registered(registry: CardRegistry) -> None:
    assert failure_of(registry.act, act(Act.REGISTER, "tax", pin=RIGHT))[0] == "Service_Not_Offered"


def test_a_stopped_kind_is_refused_until_it_is_resumed(registered: CardRegistry) -> None:
    registered.act(act(Act.STOP))
    assert failure_of(registered.authenticate, asked(RIGHT))[0] == "Ordinance_Kind_Stopped"
    registered.authenticate(asked(OTHER, SEAL))
    registered.act(act(Act.RESUME))
    registered.authenticate(asked(RIGHT))


def test_what_was_never_registered_cannot_be_stopped(registry: CardRegistry) -> None:
    assert failure_of(registry.act, act(Act.STOP))[0] == "Ordinance_Not_Registered"


def test_every_act_is_kept_with_who_did_it(registered: CardRegistry) -> None:
    registered.act(act(Act.STOP, reason="紛失"))
    view = registered.view(CardAsked(municipality=CITY, card=GROWN))
    assert [(one.act, one.kind, one.reason) for one in view.acts] == [
        ("register", RESIDENCE, ""),
        ("register", SEAL, ""),
        ("stop", RESIDENCE, "紛失"),
    ]
    assert {one.operator for one in view.acts} == {"職員"}


@pytest.mark.parametrize("more", [{"act": Act.REGISTER}, {"act": Act.STOP, "pin": RIGHT}])
def test_an_act_has_a_pin_exactly_where_it_sets_one(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RegistrationAct.model_validate(
            {"municipality": CITY, "card": GROWN, "kind": RESIDENCE, "operator": "職員", **more}
        )


@pytest.mark.parametrize("pin", ["123", "12345", "12 4", "１２３４", 1234, ""])
def test_a_pin_has_four_digits(pin: object) -> None:
    with pytest.raises(ValidationError) as caught:
        act(Act.REGISTER, pin=pin)
    assert str(pin) not in str(caught.value.errors(include_input=False)) or not pin


# --- who may not be registered -------------------------------------------------------------------------------------------


def test_who_is_under_fifteen_is_not_registered(registry: CardRegistry, clock: Clock) -> None:
    fails = failure_of(registry.act, act(Act.REGISTER, card=CHILD, pin=RIGHT))
    assert fails == ("Ordinance_Holder_Barred", {"why": "young", "rule": "refused", "minimum_age": 15})
    clock.set(datetime(2013, 3, 4, 10, 0, tzinfo=JST))
    registry.act(act(Act.REGISTER, card=CHILD, pin=RIGHT))


def test_a_ward_is_not_registered_even_by_the_representative(registry: CardRegistry) -> None:
    barred = act(Act.REGISTER, pin=RIGHT, ward=True, by_representative=True)
    assert failure_of(registry.act, barred)[0] == "Ordinance_Holder_Barred"


# --- the card ------------------------------------------------------------------------------------------------------------


def test_a_lost_card_goes_on_for_each_kind_that_is_not_stopped(registered: CardRegistry) -> None:
    registered.set_state(CardStateAct(municipality=CITY, card=GROWN, state=CardState.LOST, operator="職員"))
    registered.authenticate(asked(RIGHT))
    registered.act(act(Act.STOP))
    failure_of(registered.authenticate, asked(RIGHT))
    registered.authenticate(asked(OTHER, SEAL))


def test_an_abolished_card_is_of_no_use(registered: CardRegistry) -> None:
    registered.set_state(
        CardStateAct(municipality=CITY, card=GROWN, state=CardState.ABOLISHED, operator="職員")
    )
    assert failure_of(registered.authenticate, asked(RIGHT))[0] == "Ordinance_Card_Ended"
    assert failure_of(registered.act, act(Act.RESUME))[0] == "Ordinance_Card_Ended"


@pytest.mark.parametrize(("day", "valid"), [(30, True), (31, False)])
def test_a_card_is_valid_to_the_end_of_its_last_day(
    registered: CardRegistry, clock: Clock, day: int, valid: bool
) -> None:
    clock.set(datetime(2022, 6, 30, 23, 59, 59, tzinfo=JST) + timedelta(seconds=day - 30))
    if valid:
        registered.authenticate(asked(RIGHT))
    else:
        assert failure_of(registered.authenticate, asked(RIGHT))[0] == "Ordinance_Card_Ended"


def test_a_card_that_was_never_handed_over_is_unknown(registry: CardRegistry) -> None:
    unknown = asked(RIGHT, card="1" * 15)
    assert failure_of(registry.authenticate, unknown)[0] == "Ordinance_Card_Unknown"


def test_a_municipality_without_an_ordinance_has_no_registry(
    registry: CardRegistry, tmp_path: Path, clock: Clock
) -> None:
    for code in ("28100", "99999"):
        elsewhere = asked(RIGHT, municipality=code)
        assert failure_of(registry.authenticate, elsewhere)[0] == "Ordinance_Not_Offered"


# --- the office ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2012-07-04T08:29:59", False),
        ("2012-07-04T08:30:00", True),
        ("2012-07-04T17:14:59", True),
        ("2012-07-04T17:15:00", False),
        ("2012-07-07T10:00:00", False),  # Saturday
        ("2012-07-08T10:00:00", False),
        ("2012-07-16T10:00:00", False),  # 海の日
        ("2012-12-28T10:00:00", True),
        ("2012-12-31T10:00:00", False),
        ("2013-01-03T10:00:00", False),
        ("2013-01-04T10:00:00", True),
    ],
)
def test_officials_act_in_office_hours_only_and_pins_are_asked_at_any_time(
    registered: CardRegistry, clock: Clock, moment: str, open_: bool
) -> None:
    clock.set(datetime.fromisoformat(moment).replace(tzinfo=JST))
    acts = (
        lambda: registered.act(act(Act.STOP, SEAL)),
        lambda: registered.set_state(
            CardStateAct(municipality=CITY, card=GROWN, state=CardState.LOST, operator="職員")
        ),
    )
    for one in acts:
        if open_:
            one()
        else:
            assert failure_of(one)[0] == "Office_Closed"
    registered.authenticate(asked(RIGHT))
    state = next(
        one.state
        for one in registered.view(CardAsked(municipality=CITY, card=GROWN)).kinds
        if one.kind == SEAL
    )
    assert state is (KindState.STOPPED if open_ else KindState.REGISTERED)


# --- settings ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("centre", "ops", "item"),
    [("short", "o" * 16, "centre_key"), ("k" * 16, "short", "ops_key"), ("k" * 16, "k" * 16, "ops_key")],
)
def test_keys_that_are_short_or_somebody_else_s_are_refused(centre: str, ops: str, item: str) -> None:
    fails = failure_of(
        lambda: CardRegistrySettings(
            "sqlite://", Secret(centre), (shipped_town("ashikaga-2012"),), Secret(ops)
        )
    )
    assert fails[0] == "Settings_Wrong"
    assert fails[1]["item"] == item
