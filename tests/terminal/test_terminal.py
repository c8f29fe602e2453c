"""The runner: a whole visit over real HTTP with a real (virtual) card, and everything that can go wrong on the way."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Response

from cards.faults import Effect, Fault
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.state import State
from server_stub.interface.offers import Choice, Question
from server_stub.interface.secret import MASK
from server_stub.interface.values import Box, Identity, Method, Place
from tests.flow.helper import NAMES, alone, offers

from .sheets import drawn, marks, sheet, written
from .world import OTHER, PIN, WRONG, World, card


def pins_sent(world: World) -> int:
    """How often a card got a PIN; the mere question for the tries has no body."""
    told = [event.data for event in world.events if (event.source, event.kind) == ("card", "command")]
    return sum(1 for data in told if data["name"] == "VERIFY" and data["sent"] > 0)


def strings(data: object) -> Iterator[str]:
    """Every text in an event; figures and random ids are left out, in which four digits can stand by chance."""
    if isinstance(data, dict):
        for value in data.values():
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)
    elif isinstance(data, str):
        yield re.sub(r"[0-9A-HJKMNP-TV-Z]{26}", "", data)


# --- the main job ------------------------------------------------------------------------------------------------------


def test_a_resident_walks_away_with_the_paper_and_a_receipt(world: World) -> None:
    world.centre.sheets_per_copy = 2
    world.to_pay(copies=2)
    assert world.devices.printer.tray() == ()
    world.drop(500)
    world.wait_for("TakePaper")
    assert [s.sheet_id.partition("-")[2] for s in world.devices.printer.tray()] == [
        "01-01of02", "01-02of02", "02-01of02", "02-02of02",
    ]  # fmt: skip
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    world.touch(e.ReceiptChosen(True))
    world.wait_for("Thanks")
    world.settled()
    application_id = world.centre.reports[0][0]
    assert world.centre.reports == [(application_id, "paid"), (application_id, "handed_over")]
    assert [reason for _, reason in world.centre.ended] == ["handed over"]
    assert world.devices.coin.taken_for(application_id) == 500
    assert [s.sheet_id for s in world.devices.printer.tray()] == [f"{application_id}-receipt"]
    world.touch(e.Acknowledged())
    world.wait_for("TopMenu")


def test_the_order_of_screens_is_told_to_the_trace(world: World) -> None:
    world.to_pay()
    world.drop(100, 100, 100)
    world.wait_for("TakePaper")
    names = [
        event.data["name"] for event in world.events if (event.source, event.kind) == ("screen", "screen")
    ]
    shown = [type(view).__name__ for view in world.window.views]
    assert names == shown
    order = [
        "TopMenu",
        "PlaceCard",
        "ChoosePlace",
        "EnterPin",
        "TakeCard",
        "ChooseCertificate",
        "Confirm",
        "Pay",
        "TakePaper",
    ]
    assert [name for name in dict.fromkeys(names) if name in order] == order


def test_every_request_has_its_own_trace_context_and_the_events_carry_it(world: World) -> None:
    world.to_pay()
    assert len(set(world.centre.traceparents)) == len(world.centre.traceparents) > 4
    told = [x.traceparent for x in world.events if (x.source, x.kind) == ("network", "request")]
    assert told == world.centre.traceparents


def test_no_secret_and_no_person_stands_in_the_trace(world: World) -> None:
    world.to_pin()
    world.touch(e.PinEntered(WRONG))
    world.until(lambda: isinstance(world.view, v.EnterPin) and world.view.was_wrong)
    world.touch(e.PinEntered(PIN))
    world.wait_for("TakeCard")
    text = "\n".join(words for event in world.events for words in strings(event.data))
    for word in (PIN.reveal(), WRONG.reveal(), "the-key-of-the-terminal", "見本　太郎", "見本　花子"):
        assert word not in text
        assert word.encode().hex() not in text.replace(" ", "").lower()
    assert MASK not in text, "the PIN does not even come near an event"
    assert [x for x in world.events if x.source == "card"]


BOX = Box(x=24, y=45, width=40, height=8)
"""Around the first line of `written`."""
NUMBER = Question(
    code="number",
    words={"ja": "番号"},
    choices=(
        Choice(code="shown", words={"ja": "記載する"}, secret=True),
        Choice(code="omitted", words={"ja": "記載しない"}),
    ),
    default="omitted",
)


def to_pay_for_a_number(world: World) -> None:
    world.to_menu()
    world.touch(e.KindChosen("alone"), e.Answered({"number": "shown"}), e.CopiesChosen(1), e.Confirmed())
    world.wait_for("Pay")


def test_the_tray_and_the_trace_know_where_secret_boxes_are(world: World) -> None:
    world.centre.offers = offers(alone(questions=(NUMBER,)))
    world.centre.boxes = (BOX,)
    to_pay_for_a_number(world)
    world.drop(500)
    world.wait_for("TakePaper")
    (printed,) = [x for x in world.events if x.kind == "sheet_printed"]
    assert printed.data["front_boxes"] == [BOX.model_dump()]


# --- the card ------------------------------------------------------------------------------------------------------------


def test_a_wrong_pin_tells_the_tries_left_and_the_third_blocks(world: World) -> None:
    world.to_pin()
    world.touch(e.PinEntered(WRONG))
    world.wait_for("EnterPin")
    assert isinstance(world.view, v.EnterPin)
    assert (world.view.was_wrong, world.view.tries_left) == (True, 2)
    world.touch(e.PinEntered(WRONG))
    world.wait_for("ConfirmLastTry")
    assert isinstance(world.view, v.ConfirmLastTry) and world.view.was_wrong
    world.touch(e.LastTryAccepted())
    world.wait_for("EnterPin")
    assert isinstance(world.view, v.EnterPin) and world.view.tries_left == 1
    world.touch(e.PinEntered(WRONG))
    assert world.refusal().failure == "Card_Pin_Blocked"
    (told,) = (x.data for x in world.events if x.kind == "screen" and x.data["name"] == "Refusal")
    assert told["failure"] == "Card_Pin_Blocked", "the trace names it, too"
    world.settled()
    assert "POST /v1/sessions" in world.centre.calls
    assert not [call for call in world.centre.calls if call.endswith("/authentication")]
    assert [reason for _, reason in world.centre.ended] == ["Card_Pin_Blocked"]


def test_a_nonce_is_fetched_for_every_try_just_before_the_card_signs(world: World) -> None:
    world.to_pin()
    assert not [call for call in world.centre.calls if call.endswith("/nonce")]
    for pin in (WRONG, PIN):
        world.touch(e.PinEntered(pin))
        world.until(world.terminal.idle)
    assert len([call for call in world.centre.calls if call.endswith("/nonce")]) == 2
    assert len([call for call in world.centre.calls if call == "POST /v1/sessions"]) == 1


def test_a_card_pulled_while_it_is_read_is_told_and_can_be_laid_down_again(world: World) -> None:
    world.to_card()
    world.reader.faults = [Fault(Effect.REMOVED, at=4)]
    world.reader.insert(card())
    refusal = world.refusal()
    assert (refusal.failure, refusal.can_retry, refusal.card_inside) == ("Card_Removed", True, False)
    world.touch(e.Acknowledged(again=True))
    world.wait_for("PlaceCard")
    world.reader.insert(card())
    world.wait_for("ChoosePlace")


def test_a_card_pulled_after_the_pin_is_a_refusal_by_name(world: World) -> None:
    world.to_pin()
    world.reader.faults = [Fault(Effect.REMOVED, at=1, after_verify=True)]
    world.touch(e.PinEntered(PIN))
    assert world.refusal().failure == "Card_Removed"
    world.settled()
    assert len(world.centre.ended) == 1


def test_another_card_gets_no_pin(world: World) -> None:
    """Swapped unseen: the reader's own watcher told nothing of it."""
    world.to_pin()
    world.reader.watch(lambda: None, lambda: None)
    world.reader._card = card(OTHER)
    world.touch(e.PinEntered(PIN))
    assert world.refusal().failure == "Card_Changed"
    assert pins_sent(world) == 0
    world.touch(e.Acknowledged(again=True))
    world.reader.remove()
    world.wait_for("PlaceCard")
    world.to_pin_from_card()
    world.touch(e.PinEntered(PIN))
    world.wait_for("TakeCard")
    assert pins_sent(world) == 1


def test_a_silent_card_is_abandoned_and_the_next_one_is_read(world: World) -> None:
    world.restart(card_limit=0.05)
    world.to_card()
    world.reader.faults = [Fault(Effect.SILENT, at=3, seconds=30)]
    world.reader.insert(card())
    refusal = world.refusal()
    assert (refusal.failure, refusal.can_retry, refusal.card_inside) == ("Card_Mute", True, True)
    world.restart(card_limit=20.0)
    world.reader.remove()
    world.to_pin()


def test_a_forgotten_card_ends_the_visit_and_the_session(world: World) -> None:
    world.to_pin()
    world.touch(e.PinEntered(PIN))
    world.wait_for("TakeCard")
    world.clock.advance(timedelta(seconds=21))
    world.until(lambda: isinstance(world.view, v.TakeCard) and world.view.forgotten)
    world.clock.advance(timedelta(seconds=31))
    assert world.refusal().failure == "Card_Forgotten"
    world.settled()
    assert [reason for _, reason in world.centre.ended] == ["Card_Forgotten"]


# --- the centre ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["/sessions", "/nonce", "/authentication", "/applications", "/sheets"])
@pytest.mark.parametrize("failure", ["Certificate_Revoked", "Centre_Unreachable"])
def test_whatever_the_centre_refuses_is_told_by_its_name_before_any_coin(
    world: World, part: str, failure: str
) -> None:
    if part == "/sessions":
        world.centre.refuse[part] = failure
        world.to_card()
        world.reader.insert(card())
        world.wait_for("ChoosePlace")
        world.touch(e.PlaceChosen(Place.ADDRESS))
    elif part in ("/nonce", "/authentication"):
        world.to_pin()
        world.centre.refuse[part] = failure
        world.touch(e.PinEntered(PIN))
    else:
        world.to_confirm()
        world.centre.refuse[part] = failure
        world.touch(e.Confirmed())
    assert world.refusal().failure == failure
    world.centre.refuse.clear()
    world.settled()
    assert len(world.centre.ended) == (0 if part == "/sessions" else 1)
    assert world.devices.coin.drop(500) is False


def test_a_centre_that_is_off_is_told_and_its_session_is_ended_when_it_is_back(world: World) -> None:
    world.to_confirm()
    port = world.centre.stop()
    world.touch(e.Confirmed())
    assert world.refusal().failure == "Centre_Unreachable"
    assert world.terminal.pending_reports() == 1
    world.centre.start(port)
    world.settled()
    assert [reason for _, reason in world.centre.ended] == ["Centre_Unreachable"]


def test_a_centre_that_goes_off_after_the_payment_gets_its_reports_later_even_after_a_restart(
    world: World,
) -> None:
    world.to_pay()
    port = world.centre.stop()
    world.drop(500)
    world.wait_for("TakePaper")
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    assert world.terminal.pending_reports() == 3
    world.restart()
    assert world.terminal.state_name() == "TopMenu"
    world.centre.start(port)
    world.settled()
    assert [kind for _, kind in world.centre.reports] == ["paid", "handed_over"]
    assert len(world.centre.ended) == 1


def test_a_connection_that_was_closed_meanwhile_costs_one_more_request_under_the_same_key(
    world: World,
) -> None:
    world.to_confirm()
    port = world.centre.stop()
    world.centre.start(port)
    world.touch(e.Confirmed())
    world.wait_for("Pay")
    assert len(set(world.centre.keys)) == 1


def test_a_late_answer_never_reaches_the_next_resident_and_its_paper_is_cancelled(world: World) -> None:
    world.to_confirm()
    world.centre.hold("applications")
    world.touch(e.Confirmed())
    world.until(world.centre.reached.is_set)
    world.touch(e.CancelTouched())
    assert world.refusal().failure == "Visit_Cancelled"
    world.touch(e.Acknowledged())
    world.to_menu()
    assert len(world.centre.ended) == 1
    world.centre.let_go()
    world.until(lambda: world.centre.reports)
    assert [kind for _, kind in world.centre.reports] == ["cancelled"]
    assert world.terminal.state_name() == "ChooseCertificate"
    assert "late_answer" in world.kinds("network")
    world.touch(e.KindChosen("alone"), e.CopiesChosen(1), e.Confirmed())
    world.wait_for("Pay")


def test_a_centre_that_never_answers_is_left_by_the_one_clock(world: World) -> None:
    world.to_confirm()
    world.centre.hold("applications")
    world.touch(e.Confirmed())
    world.until(world.centre.reached.is_set)
    world.clock.advance(timedelta(seconds=121))
    assert world.refusal().failure == "Centre_Unreachable"


def test_a_late_session_is_ended_at_the_centre(world: World) -> None:
    world.to_card()
    world.reader.insert(card())
    world.wait_for("ChoosePlace")
    world.centre.hold("sessions")
    world.touch(e.PlaceChosen(Place.ADDRESS))
    world.until(world.centre.reached.is_set)
    world.touch(e.CancelTouched())
    world.refusal()
    world.centre.let_go()
    world.until(lambda: world.centre.ended)
    assert [reason for _, reason in world.centre.ended] == ["late answer"]


def test_what_a_visit_had_not_begun_when_it_ended_never_begins(world: World) -> None:
    world.to_pin()
    world.centre.hold("end")
    world.touch(e.CancelTouched())
    world.until(world.centre.reached.is_set)
    world.reader.remove()
    world.touch(e.Acknowledged())
    world.to_card()
    spoken = world.kinds("card").count("command")
    world.reader.insert(card())
    world.until(lambda: world.terminal.state_name() == "ReadingCard")
    world.touch(e.CancelTouched())
    world.until(lambda: "late_answer" in world.kinds("network"))
    assert world.kinds("card").count("command") == spoken


def test_a_pin_never_goes_to_a_card_after_its_visit_ended(world: World) -> None:
    world.to_pin()
    world.centre.hold("nonce")
    world.touch(e.PinEntered(PIN))
    world.until(world.centre.reached.is_set)
    world.touch(e.CancelTouched())
    assert world.refusal().failure == "Visit_Cancelled"
    world.centre.let_go()
    world.until(lambda: "late_answer" in world.kinds("network"))
    assert pins_sent(world) == 0
    world.settled()
    assert [reason for _, reason in world.centre.ended] == ["Visit_Cancelled"]


# --- offers --------------------------------------------------------------------------------------------------------------


def _exchange_names(told: dict[str, Any]) -> None:
    """What a proxy could do that holds no key: two names in the offers change places."""
    offered = json.loads(told["text"])
    subjects = offered["offers"][0]["subjects"]
    one, other = subjects[0], subjects[1]
    one["name"], other["name"] = other["name"], one["name"]
    told["text"] = json.dumps(offered, ensure_ascii=False)


@pytest.mark.attack
def test_offers_that_were_changed_on_the_way_are_not_shown(world: World) -> None:
    world.to_pin()
    world.centre.edit = "/authentication", _exchange_names
    world.touch(e.PinEntered(PIN))
    refusal = world.refusal()
    assert (refusal.failure, refusal.can_retry, refusal.card_inside) == ("Offers_Invalid", False, True)
    assert not any(isinstance(view, v.ChooseCertificate) for view in world.window.views)
    world.settled()
    assert [reason for _, reason in world.centre.ended] == ["Offers_Invalid"]


@pytest.mark.attack
@pytest.mark.parametrize(
    "change",
    [
        {"session_id": "01JWXXXXXXXXXXXXXXXXXXXXXX"},
        {"terminal_id": "T-0002"},
        {"holder": Identity(method=Method.JPKI, reference="cd" * 32)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_offers_for_another_session_terminal_or_holder_are_not_shown(
    world: World, change: dict[str, object]
) -> None:
    world.to_pin()
    world.centre.tamper_offers = lambda offered: offered.model_copy(update=change)
    world.touch(e.PinEntered(PIN))
    assert world.refusal().failure == "Offers_Invalid"


@pytest.mark.attack
def test_offers_that_somebody_else_signed_are_not_shown(world: World) -> None:
    world.to_pin()
    pinned, world.centre.signing_key = world.centre.signing_key, Ed25519PrivateKey.generate()
    try:
        world.touch(e.PinEntered(PIN))
        assert world.refusal().failure == "Offers_Invalid"
    finally:
        world.centre.signing_key = pinned


def test_a_refusal_that_no_catalogue_has_and_nobody_signed_is_told_in_general_words(world: World) -> None:
    world.to_confirm()
    body = '{"failure": "Register_Being_Written", "words": {"ja": "記載中です。", "en": "Being written."}}'
    world.centre.answer["/applications"] = Response(body, 409, media_type="application/json")
    world.touch(e.Confirmed())
    refusal = world.refusal()
    assert (refusal.failure, refusal.words) == ("Service_Out_Of_Order", None)
    assert dict(refusal.facts)["name"] == "Register_Being_Written"
    world.settled()
    assert [reason for _, reason in world.centre.ended] == ["Service_Out_Of_Order"]


def test_the_trace_names_what_was_offered_and_nobody(world: World) -> None:
    world.to_menu()
    (told,) = [one for one in world.events if one.kind == "offered"]
    assert told.data == {
        "offered": [
            {"kind": "household", "words": "householdの証明書"}, {"kind": "alone", "words": "aloneの証明書"},
        ]
    }  # fmt: skip
    assert not any(name in text for one in world.events for text in strings(one.data) for name in NAMES)


# --- binding ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"holder": Identity(method=Method.JPKI, reference="cd" * 32)}, "Binding_Mismatch"),
        ({"kind": "alone"}, "Binding_Mismatch"),
        ({"municipality": "09202"}, "Binding_Mismatch"),
        ({"session_id": "01JWXXXXXXXXXXXXXXXXXXXXXX"}, "Binding_Mismatch"),
        ({"terminal_id": "T-0002"}, "Binding_Mismatch"),
        ({"fee_total": 10}, "Binding_Mismatch"),
    ],
)
def test_a_paper_for_another_is_an_incident_before_money(
    world: World, change: dict[str, object], failure: str
) -> None:
    world.to_confirm()
    world.centre.tamper = lambda manifest: manifest.model_copy(update=change)
    world.touch(e.Confirmed())
    refusal = world.refusal()
    assert (refusal.failure, refusal.can_retry) == (failure, False)
    world.settled()
    assert [kind for _, kind in world.centre.reports] == ["incident"]
    assert len(world.centre.ended) == 1
    assert world.devices.printer.tray() == ()
    assert world.devices.coin.state().taken == 0


def test_a_sheet_that_says_another_thing_of_itself_is_an_incident(world: World) -> None:
    world.to_confirm()
    world.centre.keywords = lambda text: text.replace('"copy":[1,1]', '"copy":[2,1]')
    world.touch(e.Confirmed())
    assert world.refusal().failure == "Binding_Mismatch"
    world.settled()
    assert [kind for _, kind in world.centre.reports] == ["incident"]


@pytest.mark.attack
@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ('"kind":"household"', '"kind":"alone"'),
        ('"municipality":"28100"', '"municipality":"09202"'),
        ('"fee":250', '"fee":0'),
        ('"place":"omitted"', '"place":"shown"'),
        ('"boxes":[]', '"boxes":[[1.0,2.0,3.0,4.0]]'),
    ],
    ids=["kind", "municipality", "fee", "answers", "boxes"],
)
def test_a_sheet_of_another_making_than_its_manifest_is_an_incident(
    world: World, said: str, instead: str
) -> None:
    world.to_confirm()

    def change(text: str) -> str:
        assert said in text
        return text.replace(said, instead)

    world.centre.keywords = change
    world.touch(e.Confirmed())
    assert world.refusal().failure == "Binding_Mismatch"
    world.settled()
    assert [kind for _, kind in world.centre.reports] == ["incident"]
    assert world.devices.coin.state().taken == 0


@pytest.mark.attack
def test_a_number_that_nobody_asked_for_is_an_incident_before_money(world: World) -> None:
    """Keywords, manifest and signature are right; only the paper itself shows it."""
    world.to_confirm()
    world.centre.sheet = lambda keywords: sheet(keywords, sides=drawn(written("1234 5678 9012"), marks))
    world.touch(e.Confirmed())
    assert world.refusal().failure == "Binding_Mismatch"
    world.settled()
    assert [kind for _, kind in world.centre.reports] == ["incident"]
    assert world.devices.coin.state().taken == 0


def test_a_number_in_the_box_that_was_declared_is_printed(world: World) -> None:
    world.centre.offers = offers(alone(questions=(NUMBER,)))
    world.centre.boxes = (BOX,)
    world.centre.sheet = lambda keywords: sheet(keywords, sides=drawn(written("1234 5678 9012"), marks))
    to_pay_for_a_number(world)


def test_a_damaged_sheet_is_refused_by_name(world: World) -> None:
    world.to_confirm()
    world.centre.spoil = lambda pdf: pdf[:-20]
    world.touch(e.Confirmed())
    assert world.refusal().failure == "Paper_Corrupt"
    world.settled()
    assert len(world.centre.ended) == 1


# --- money and paper -----------------------------------------------------------------------------------------------------------


def test_cancel_gives_every_coin_back(world: World) -> None:
    world.to_pay()
    world.drop(100, 100)
    world.until(lambda: isinstance(world.view, v.Pay) and world.view.inserted == 200)
    world.touch(e.CancelTouched())
    refusal = world.refusal()
    assert (refusal.failure, refusal.returned) == ("Visit_Cancelled", 200)
    state = world.devices.coin.state()
    assert (state.inserted, state.taken, state.returned) == (0, 0, 200)
    world.settled()
    assert len(world.centre.ended) == 1
    assert world.centre.reports == []


def test_a_rejected_coin_is_shown(world: World) -> None:
    world.to_pay()
    world.devices.coin.reject_next()
    world.drop(500)
    world.until(lambda: isinstance(world.view, v.Pay) and world.view.rejected == 500)


def test_without_change_everything_comes_back(world: World) -> None:
    world.devices.coin.set_change_stock({})
    world.to_pay()
    world.drop(1000)
    refusal = world.refusal()
    assert (refusal.failure, refusal.returned) == ("Money_Change_Short", 1000)


@pytest.mark.parametrize("refund", [False, True])
def test_a_jam_is_resumed_or_refunded_by_staff(world: World, refund: bool) -> None:
    world.centre.sheets_per_copy = 3
    world.devices.printer.jam_at(2)
    world.to_pay()
    world.drop(500)
    world.wait_for("Jammed")
    assert len(world.devices.printer.tray()) == 1
    world.terminal.post(e.OperatorRefunded() if refund else e.OperatorResumed())
    if refund:
        assert world.refusal().returned == 250
        world.settled()
        assert [kind for _, kind in world.centre.reports] == ["paid", "cancelled"]
        assert world.devices.printer.tray() == ()
        assert world.devices.coin.state().taken == 0
    else:
        world.wait_for("TakePaper")
        assert len(world.devices.printer.tray()) == 3


# --- power, reset, threads ---------------------------------------------------------------------------------------------------


def test_money_in_the_escrow_comes_back_at_the_next_start_and_that_is_told(world: World) -> None:
    world.to_pay()
    world.drop(100)
    world.until(lambda: isinstance(world.view, v.Pay) and world.view.inserted == 100)
    world.restart()
    refusal = world.refusal()
    assert (refusal.failure, refusal.returned) == ("Visit_Interrupted", 100)
    world.settled()
    assert [kind for _, kind in world.centre.reports] == ["cancelled"]
    assert len(world.centre.ended) == 1


def test_a_reset_wipes_the_visit_and_tells_nobody(world: World, quick_path: Path) -> None:
    world.to_pay()
    world.terminal.reset(data_dir=quick_path / "fresh")
    assert world.terminal.state_name() == "TopMenu"
    assert isinstance(world.view, v.TopMenu)
    world.until(world.terminal.idle)
    assert world.terminal.pending_reports() == 0
    world.to_pin()
    assert world.centre.ended == []


def test_an_answer_from_before_a_reset_changes_nothing(world: World, quick_path: Path) -> None:
    world.to_confirm()
    world.centre.hold("applications")
    world.touch(e.Confirmed())
    world.until(world.centre.reached.is_set)
    world.terminal.reset(data_dir=quick_path / "fresh")
    world.centre.let_go()
    world.to_menu()
    assert world.centre.reports == []


def test_an_answer_that_finds_its_terminal_deleted_reaches_nobody(world: World) -> None:
    """An error on the abandoned thread would fail the test."""
    world.to_confirm()
    world.centre.hold("applications")
    world.touch(e.Confirmed())
    world.until(world.centre.reached.is_set)
    abandoned = world.network_threads()
    world.restart()
    world.centre.let_go()
    world.until(lambda: not any(thread.is_alive() for thread in abandoned), "the end of the thread")
    assert world.terminal.state_name() == "TopMenu"


def test_a_stopped_terminal_does_nothing_any_more(world: World) -> None:
    world.terminal.stop()
    shown = len(world.window.views)
    world.touch(e.ServiceTouched())
    world.terminal.post(e.CardInserted())
    world.until(lambda: world.terminal.idle())
    assert len(world.window.views) == shown
    world.terminal.start()


def test_after_the_visit_the_terminal_holds_nothing_of_it(world: World) -> None:
    world.to_pay()
    world.drop(500)
    world.wait_for("TakePaper")
    world.devices.printer.take_paper()
    world.wait_for("AskReceipt")
    world.touch(e.ReceiptChosen(False))
    world.wait_for("Thanks")
    world.touch(e.Acknowledged())
    world.wait_for("TopMenu")
    assert world.terminal._state == State()
    assert world.terminal._runtime is not None
    assert world.terminal._runtime._remote._papers == {}


def test_the_gui_thread_shows_and_never_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for centre, card, coin unit or printer does it on a thread of its own."""
    where: dict[str, set[str]] = {}
    world.trace.subscribe(
        lambda event: where.setdefault(f"{event.source} {event.kind}", set()).add(
            threading.current_thread().name.rpartition("-")[0] or "gui"
        )
    )
    world.to_pay()
    world.drop(500)
    world.wait_for("TakePaper")
    assert where["network request"] == where["network answered"] == {"network"}
    assert where["card command"] == {"card"}
    assert where["money taken"] == where["paper sheet_printed"] == {"devices"}
    assert where["screen screen"] == {"gui"}
