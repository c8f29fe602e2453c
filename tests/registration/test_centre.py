"""Through the centre: who it is, that one person signed what was shown in this session, and the slip's ten yen."""

from __future__ import annotations

import base64
from datetime import timedelta

import httpx

from server_stub.interface.registration import RegistrationReceived, grouped
from tests.center.world import until
from tests.registration.hall import MINATO, WATARU
from tests.registration.nodes import Nodes


def refused(response: httpx.Response, failure: str) -> bool:
    assert response.json().get("failure") == failure, response.text
    return response.status_code >= 400


def test_an_application_comes_back_with_its_number(nodes: Nodes) -> None:
    session, received = nodes.apply()
    assert received.number.reveal().startswith(MINATO) and len(grouped(received.number).reveal()) == 19
    assert (received.municipality, received.slip_fee, received.site) == (MINATO, 10, nodes.site_url)
    entry = nodes.hall.registrations.show(received.application_id).entry
    assert (entry.name, entry.head, entry.municipality) == (WATARU.name, "海野　渉", MINATO)
    events = [(event.source, event.kind) for event in nodes.hall.events]
    assert ("centre", "registration_received") in events
    assert received.number.reveal() not in str([event.data for event in nodes.hall.events])


def test_who_takes_applications_is_told_to_the_terminal(nodes: Nodes) -> None:
    told = nodes.ask("/v1/registration-services").raise_for_status().json()["services"]
    assert [one["municipality"] for one in told] == [MINATO]
    nodes.hall.at("2026-06-03 23:30:00")
    (late,) = nodes.ask("/v1/registration-services").raise_for_status().json()["services"]
    assert late["refusal"]["failure"] == "Service_Closed_Now"


def test_a_lost_answer_is_fetched_again_by_the_same_key_only(nodes: Nodes) -> None:
    session = nodes.opened()
    body = nodes.request(session)
    first = nodes.send(session, body, "key-of-the-first").raise_for_status()
    again = nodes.send(session, body, "key-of-the-first").raise_for_status()
    assert again.json() == first.json()
    assert refused(
        nodes.send(session, nodes.request(session, telephone="0300000000"), "key-of-the-first"),
        "Idempotency_Conflict",
    )
    assert refused(nodes.send(session, body, "another-key"), "Registration_Already_Received")


def test_after_a_power_cut_the_number_is_shown_to_nobody_again(nodes: Nodes) -> None:
    """A new visit of the same person: 申請受付済み, with the municipality's telephone."""
    nodes.apply()
    session = nodes.opened()
    response = nodes.send(session, nodes.request(session))
    assert refused(response, "Registration_Already_Received")
    assert response.json()["facts"] == {"municipality": "湊市", "telephone": "000-492-0200"}


def test_a_signature_serves_in_its_own_session_only(nodes: Nodes) -> None:
    first, second = nodes.opened(), nodes.opened()
    body = nodes.request(first)
    assert refused(nodes.send(second, body), "Registration_Text_Of_Another_Session")
    yesterday = nodes.clock.now().date() - timedelta(days=2)
    assert refused(
        nodes.send(first, nodes.request(first, day=yesterday)), "Registration_Text_Of_Another_Session"
    )
    nodes.send(first, body).raise_for_status()


def test_two_cards_are_never_one_application(nodes: Nodes) -> None:
    """Neither another authentication certificate before the signature, nor another person's signature certificate."""
    session = nodes.opened("海野渉")
    own, other = nodes.request(session), nodes.request(session, "葛西悠斗")
    assert refused(nodes.send(session, own | {"card": other["card"]}), "Registration_Another_Card")
    theirs = {name: other[name] for name in ("certificate", "signature")}
    assert refused(nodes.send(session, own | theirs), "Registration_Another_Card")
    assert nodes.hall.registrations.store.open_of(MINATO, (WATARU.identity.reference,)) == []
    nodes.send(session, own).raise_for_status()


def test_nothing_is_taken_without_authentication(nodes: Nodes) -> None:
    session = nodes.ask("/v1/sessions", {}).raise_for_status().json()["session_id"]
    assert refused(nodes.send(session, nodes.request(session)), "Session_Not_Authenticated")
    card = nodes.cards["海野渉"]
    proof = {"certificate": card.authentication, "signature": card.sign(b"anything", "authentication")}
    path = f"/v1/sessions/{session}/registration-authentication"
    assert refused(nodes.ask(path, {"proof": proof}), "Nonce_Not_Valid")


def test_a_signature_that_is_none_is_refused(nodes: Nodes) -> None:
    session = nodes.opened()
    body = nodes.request(session)
    other = nodes.request(session, head="海野　亘")
    assert refused(nodes.send(session, body | {"text": other["text"]}), "Signature_Invalid")
    assert refused(
        nodes.send(session, body | {"signature": body["signature"][:-8] + "AAAAAA=="}), "Signature_Invalid"
    )
    assert refused(nodes.send(session, body | {"certificate": body["card"]}), "Certificate_Wrong_Kind")
    broken = base64.b64encode(base64.b64decode(body["certificate"])[:-7]).decode()
    assert refused(nodes.send(session, body | {"certificate": broken}), "Certificate_Malformed")


def test_a_signature_certificate_that_is_not_valid_is_refused_by_name(nodes: Nodes) -> None:
    session = nodes.opened("期限切れ")
    assert refused(nodes.send(session, nodes.request(session, "期限切れ")), "Signature_Certificate_Expired")
    card = nodes.cards["海野渉"]
    session = nodes.opened()
    nodes.authority.hold(nodes.serial(card))
    assert refused(nodes.send(session, nodes.request(session)), "Signature_Certificate_On_Hold")
    nodes.authority.release(nodes.serial(card))
    mover = nodes.cards["葛西悠斗"]
    nodes.authority.moved(mover.person.person_key)
    session = nodes.opened("葛西悠斗")  # who moves keeps the authentication certificate
    assert refused(nodes.send(session, nodes.request(session, "葛西悠斗")), "Signature_Certificate_Revoked")


def test_who_is_under_a_restriction_at_home_cannot_apply_anywhere(nodes: Nodes) -> None:
    session, response = nodes.opening("榎千尋")
    assert refused(response, "Holder_Restricted")
    assert refused(nodes.send(session, nodes.request(session, "榎千尋")), "Session_Not_Authenticated")


def test_a_municipality_without_the_service_is_named(nodes: Nodes) -> None:
    session = nodes.opened()
    body = nodes.request(session, municipality="13103", name="港区", domicile="東京都港区芝公園１番地")
    response = nodes.send(session, body)
    assert refused(response, "Registration_Not_Offered")
    assert response.json()["facts"] == {"municipality": "港区"}


# --- the slip ----------------------------------------------------------------------------------------------------------------


def charges(nodes: Nodes) -> dict[str, int]:
    return {one.application_id: one.amount for one in nodes.hall.service.ledger.charges()}


def test_the_slip_is_a_charge_of_ten_yen_that_belongs_to_no_certificate(nodes: Nodes) -> None:
    session, received = nodes.apply()
    order = nodes.ordered(session, received.application_id)
    assert (order.fee, order.municipality) == (10, MINATO)
    ledger = nodes.hall.service.ledger
    assert ledger.slip_of(order.application_id) == received.application_id
    assert ledger.copies(order.application_id) == () and charges(nodes) == {}
    nodes.report(order.application_id, "paid", amount=10).raise_for_status()
    nodes.report(order.application_id, "handed_over", sheets_printed=1).raise_for_status()
    until(lambda: nodes.ledger_state(order.application_id) == "handed_over")
    assert charges(nodes) == {order.application_id: 10}


def test_a_slip_that_was_not_paid_ends_with_its_session(nodes: Nodes) -> None:
    session, received = nodes.apply()
    order = nodes.ordered(session, received.application_id)
    nodes.ask(f"/v1/sessions/{session}/end", {"reason": "the resident left"}).raise_for_status()
    until(lambda: nodes.ledger_state(order.application_id) == "cancelled")
    assert charges(nodes) == {}
    assert nodes.hall.registrations.show(received.application_id).entry.state == "received"


def test_a_slip_that_jammed_is_given_back(nodes: Nodes) -> None:
    session, received = nodes.apply()
    order = nodes.ordered(session, received.application_id)
    nodes.report(order.application_id, "paid", amount=10).raise_for_status()
    until(lambda: charges(nodes) == {order.application_id: 10})
    nodes.report(order.application_id, "cancelled", reason="paper jam").raise_for_status()
    until(lambda: nodes.ledger_state(order.application_id) == "cancelled")
    assert charges(nodes) == {}
    (refunded,) = nodes.hall.service.ledger.charges(refunded=True)
    assert refunded.refunded and refunded.amount == 10


def test_another_amount_for_a_slip_is_an_incident_and_no_charge(nodes: Nodes) -> None:
    session, received = nodes.apply()
    order = nodes.ordered(session, received.application_id)
    assert refused(nodes.report(order.application_id, "paid", amount=20), "Application_State_Conflict")
    assert charges(nodes) == {}


def test_a_slip_after_a_power_cut_is_in_doubt_and_ordered_once(nodes: Nodes) -> None:
    session, received = nodes.apply()
    first = nodes.slip(session, received.application_id, "key-of-the-slip").raise_for_status().json()
    again = nodes.slip(session, received.application_id, "key-of-the-slip").raise_for_status().json()
    assert again == first
    slip = first["application_id"]
    nodes.report(slip, "paid", amount=10).raise_for_status()
    nodes.report(slip, "in_doubt", reason="power cut").raise_for_status()
    until(lambda: nodes.ledger_state(slip) == "in_doubt")
    assert charges(nodes) == {slip: 10}


def test_a_slip_is_for_an_application_of_the_same_session(nodes: Nodes) -> None:
    _, received = nodes.apply()
    other = nodes.opened()
    assert refused(nodes.slip(other, received.application_id), "Registration_Unknown")


def test_a_payment_told_late_is_settled_late(nodes: Nodes) -> None:
    """As a certificate's: the session ran out before the terminal could tell."""
    session, received = nodes.apply()
    order = nodes.ordered(session, received.application_id)
    paid_at = nodes.clock.now().isoformat()
    nodes.clock.set(nodes.clock.now() + timedelta(minutes=30))
    nodes.clock.freeze()
    until(lambda: nodes.ledger_state(order.application_id) == "cancelled")
    nodes.report(order.application_id, "paid", amount=10, at=paid_at).raise_for_status()
    until(lambda: charges(nodes) == {order.application_id: 10})
    assert nodes.hall.service.ledger.settled_late(order.application_id)


def test_the_answer_is_as_agreed(nodes: Nodes) -> None:
    _, received = nodes.apply()
    assert RegistrationReceived.model_validate_json(received.model_dump_json()) == received
