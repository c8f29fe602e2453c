"""Who is let in: each refusal by its name, beside the twin that differs in one fact and is let in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponseStatus
from fastapi import Response

from server_stub.center.authentication.jpki import TrustedCertificates
from server_stub.interface.binding import open_offers
from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import Failed
from server_stub.interface.offers import SignedOffers
from server_stub.interface.terminal import SignedManifest
from server_stub.interface.values import Place
from tests.center.pki import POLICY, Issuer, usage
from tests.center.world import CITY, HALL_KEY, OTHER, OUTSIDE, STORES_ONLY, World, info, refused

SECOND = timedelta(seconds=1)


def test_a_nonce_serves_once_and_is_gone_after_a_failure_too(world: World) -> None:
    session_id = world.session()
    nonce = world.nonce(session_id)
    body: dict[str, Any] = {
        "place": "address",
        "proof": {"certificate": world.card.der, "signature": world.card.sign(nonce, session_id)},
    }
    path = f"/v1/sessions/{session_id}/authentication"
    refused(
        world.ask("POST", path, json=body | {"proof": body["proof"] | {"signature": "AAAA"}}),
        "Signature_Invalid",
    )
    refused(world.ask("POST", path, json=body), "Nonce_Not_Valid")
    assert not world.responder.asked
    assert world.authenticate(session_id).status_code == 200
    refused(world.ask("POST", path, json=body), "Nonce_Not_Valid")


def test_a_signature_over_another_session_or_an_older_nonce_is_refused(world: World) -> None:
    one, two = world.session(), world.session()
    nonce = world.nonce(one)
    refused(world.authenticate(two, signature=world.card.sign(nonce, one)), "Signature_Invalid")
    older = world.nonce(two)
    refused(world.authenticate(two, signature=world.card.sign(older, two)), "Signature_Invalid")


def test_a_nonce_is_worth_something_for_its_life_only(world: World) -> None:
    for late, status in ((timedelta(seconds=60), 200), (timedelta(seconds=60, microseconds=1), 409)):
        session_id = world.session()
        nonce = world.nonce(session_id)
        world.clock.advance(late)
        body = {
            "place": "address",
            "proof": {"certificate": world.card.der, "signature": world.card.sign(nonce, session_id)},
        }
        response = world.ask("POST", f"/v1/sessions/{session_id}/authentication", json=body)
        assert response.status_code == status
    refused(response, "Nonce_Not_Valid")


@pytest.mark.parametrize(
    "certificate",
    ["", "AAAA", "not base64", "MIIB", base64.b64encode(b"\x30\x03\x02\x01\x01").decode(), "A"],
)
def test_what_is_no_certificate_is_malformed(world: World, certificate: str) -> None:
    session_id = world.session()
    response = world.authenticate(session_id, certificate=certificate)
    name = "Request_Malformed" if " " in certificate else "Certificate_Malformed"
    refused(response, name)


def test_every_truncation_and_many_a_flipped_byte_get_a_name_and_never_an_exception(world: World) -> None:
    trusted = TrustedCertificates([world.ca.der], [POLICY])
    der = world.card.certificate.public_bytes(Encoding.DER)
    broken = [der[:length] for length in range(0, len(der), 7)] + [der + b"\0"]
    broken += [der[:i] + bytes([der[i] ^ 0x55]) + der[i + 1 :] for i in range(0, len(der), 3)]
    for one in broken:
        with pytest.raises(Failed, match="^Certificate_"):
            trusted.check(base64.b64encode(one).decode(), STAGE_START)


def test_only_an_authentication_certificate_of_a_person_is_taken(world: World) -> None:
    signature = usage("digital_signature", "content_commitment")
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00")
    assert world.authenticate(world.session(), world.linked(world.ca.card(extra=unknown))).status_code == 200
    for card in (
        world.ca.card(key_usage=signature),
        world.ca.card(key_usage=usage("key_cert_sign")),
        world.ca.card(policy="2.999.8.5.1.1.20"),
        world.ca.card(ca=True),
        world.ca.card(key="weak", bits=1024),
    ):
        refused(world.authenticate(world.session(), world.linked(card)), "Certificate_Wrong_Kind")
    assert len(world.responder.asked) == 1


def test_a_certificate_of_another_authority_is_refused_even_under_the_same_name(world: World) -> None:
    for stranger in (Issuer("stranger"), Issuer("stranger", "somebody else")):
        card = world.linked(stranger.card())
        refused(world.authenticate(world.session(), card), "Certificate_Unknown_Issuer")


def test_generations_of_the_authority_share_a_name_and_the_signature_tells_which(world: World) -> None:
    first, second = Issuer("generation 1"), Issuer("generation 2")
    trusted = TrustedCertificates([first.der, second.der], [POLICY])
    for generation in (first, second):
        found = trusted.check(generation.card().der, STAGE_START)
        assert found.issuer == generation.certificate


@pytest.mark.parametrize(
    ("since", "until", "failure"),
    [
        (STAGE_START, STAGE_START, None),
        (STAGE_START + SECOND, STAGE_START + 2 * SECOND, "Certificate_Not_Yet_Valid"),
        (STAGE_START - 2 * SECOND, STAGE_START - SECOND, "Certificate_Expired"),
    ],
)
@pytest.mark.parametrize("of", ["holder", "issuer"])
def test_validity_of_card_and_authority_is_checked_at_the_clock(
    world: World, since: object, until: object, failure: str | None, of: str
) -> None:
    ca = Issuer("dated", **({"since": since, "until": until} if of == "issuer" else {}))  # type: ignore[arg-type]
    card = ca.card(**({"since": since, "until": until} if of == "holder" else {}))  # type: ignore[arg-type]
    trusted = TrustedCertificates([ca.der], [POLICY])
    if failure is None:
        assert trusted.check(card.der, STAGE_START).holder_ref == card.holder_ref
        return
    with pytest.raises(Failed) as caught:
        trusted.check(card.der, STAGE_START)
    assert (caught.value.failure, caught.value.facts["which"]) == (failure, of)


@pytest.mark.parametrize(
    ("status", "reason", "failure"),
    [
        (OCSPCertStatus.REVOKED, x509.ReasonFlags.certificate_hold, "Certificate_On_Hold"),
        (OCSPCertStatus.REVOKED, x509.ReasonFlags.key_compromise, "Certificate_Revoked"),
        (OCSPCertStatus.REVOKED, None, "Certificate_Revoked"),
        (OCSPCertStatus.UNKNOWN, None, "Certificate_Status_Unknown"),
    ],
)
def test_the_authority_is_asked_every_time_and_its_no_is_a_no(
    world: World, status: OCSPCertStatus, reason: x509.ReasonFlags | None, failure: str
) -> None:
    session_id = world.session()
    assert world.authenticate(session_id).status_code == 200
    world.responder.status, world.responder.reason = status, reason
    refused(world.authenticate(session_id), failure)
    assert world.responder.asked == [world.card.certificate.serial_number] * 2
    assert len(world.issuing.asked) == 1


OTHER_ANSWERS: dict[str, tuple[Callable[[World], dict[str, object]], str]] = {
    "delegate": (lambda w: {"signer": w.ca.delegate()}, ""),
    "delegate by key": (lambda w: {"signer": w.ca.delegate(), "by_key": True}, ""),
    "by key": (lambda w: {"by_key": True}, ""),
    "within the skew": (lambda w: {"age": timedelta(minutes=11)}, ""),
    "delegate not sent": (lambda w: {"signer": w.ca.delegate(), "embed": False}, "responder"),
    "delegate for another use": (lambda w: {"signer": w.ca.delegate(ocsp_signing=False)}, "responder"),
    "delegate expired": (lambda w: {"signer": w.ca.delegate(until=STAGE_START - SECOND)}, "responder"),
    "delegate of a stranger": (lambda w: {"signer": Issuer("stranger").delegate()}, "responder"),
    "stranger under the name": (
        lambda w: {"signer": w.ca.card(key="x"), "embed": False},
        "responder",
    ),
    "no nonce": (lambda w: {"echo_nonce": False}, "no OCSP answer"),
    "stale": (lambda w: {"age": timedelta(minutes=12)}, "nextUpdate"),
    "from the future": (lambda w: {"age": -timedelta(minutes=2)}, "thisUpdate"),
    "no end": (lambda w: {"life": None}, "nextUpdate"),
    "of another": (lambda w: {"instead": lambda c: w.ca.card().certificate}, "another certificate"),
    "garbage": (lambda w: {"raw": b"\x30\x03\x0a\x01"}, "no OCSP answer"),
    "empty": (lambda w: {"raw": b""}, "no OCSP answer"),
}


@pytest.mark.parametrize("case", OTHER_ANSWERS)
def test_an_answer_of_the_authority_counts_only_if_it_proves_something(world: World, case: str) -> None:
    change, detail = OTHER_ANSWERS[case]
    world.responder.__dict__.update(change(world))
    response = world.authenticate(world.session())
    if detail:
        facts = refused(response, "Answer_Malformed")
        assert (facts["peer"], facts["detail"]) == ("authority", detail)
    else:
        assert response.status_code == 200


def test_the_right_key_under_a_forged_answer_is_noticed(world: World) -> None:
    answer = world.responder.answer

    def forged(body: bytes) -> bytes:
        whole = bytearray(answer(body))
        whole[-1] ^= 1
        return bytes(whole)

    world.responder.answer = forged  # type: ignore[method-assign]
    facts = refused(world.authenticate(world.session()), "Answer_Malformed")
    assert facts["detail"] in ("signature", "no OCSP answer")


def test_an_authority_that_cannot_tell_is_not_one_that_cannot_be_reached(world: World) -> None:
    world.responder.failure = OCSPResponseStatus.TRY_LATER
    refused(world.authenticate(world.session()), "Certificate_Status_Unknown")
    world.responder.http_status = 503
    refused(world.authenticate(world.session()), "Authority_Unreachable")


def test_the_municipality_of_the_address_comes_from_the_issue_notice(world: World) -> None:
    world.linked(world.card, municipality=OTHER)
    assert world.offers(world.authenticate(world.session())).municipality.code == OTHER
    unlinked = world.known(world.ca.card())
    for more in ({}, {"place": "domicile", "municipality": CITY}):
        refused(world.authenticate(world.session(), unlinked, **more), "Holder_Not_Linked")


def test_the_municipality_of_the_family_register_is_the_one_that_was_picked(world: World) -> None:
    def pick(code: str | None) -> httpx.Response:
        return world.authenticate(world.session(), place="domicile", municipality=code)

    assert world.offers(pick(OTHER)).municipality.code == OTHER
    assert world.issuing.asked[-1].place == "domicile"
    refused(pick("99999"), "Municipality_Unknown")
    refused(pick(OUTSIDE), "Municipality_Not_Participating")
    refused(pick(None), "Request_Malformed")
    refused(world.authenticate(world.session(), municipality=CITY), "Request_Malformed")


def test_a_municipality_that_excludes_a_kind_of_terminal_is_served_at_the_other_kind(world: World) -> None:
    pick = {"place": "domicile", "municipality": STORES_ONLY}
    assert world.authenticate(world.session(), **pick).status_code == 200
    response = world.authenticate(world.session(HALL_KEY), key=HALL_KEY, **pick)
    assert refused(response, "Terminal_Kind_Excluded")["kind"] == "municipal"


def test_a_session_belongs_to_one_holder(world: World) -> None:
    mine, theirs = world.ca.card(), world.ca.card(key="another")
    world.linked(mine, theirs)
    session_id = world.session()
    assert world.authenticate(session_id, mine).status_code == 200
    refused(world.authenticate(session_id, theirs), "Session_Not_Valid")
    assert world.manifest(world.apply(session_id)).holder == mine.identity


def test_a_refusal_of_the_issuing_server_arrives_with_its_facts(world: World) -> None:
    world.issuing.refusal = Failed("Service_Closed_Now", opens="6:30", closes="23:00")
    facts = refused(world.authenticate(world.session()), "Service_Closed_Now")
    assert facts == {"opens": "6:30", "closes": "23:00"}


def test_the_offers_are_signed_for_this_holder_session_and_terminal(world: World) -> None:
    session_id = world.session()
    signed = SignedOffers.model_validate_json(world.authenticate(session_id).raise_for_status().content)
    ours = {
        "holder": world.card.identity,
        "session_id": session_id,
        "terminal_id": "T1",
        "place": Place.ADDRESS,
        "chosen": None,
    }
    pinned = world.signing_key.public_key()
    offers = open_offers(signed, pinned, **ours)  # type: ignore[arg-type]
    assert [subject.name for subject in offers.offers[0].subjects] == ["見本　太郎", "見本　花子"]
    others = {
        "holder": world.ca.card().identity,
        "session_id": world.session(),
        "terminal_id": "T2",
        "place": Place.DOMICILE,
    }
    for what, other in others.items():
        with pytest.raises(Failed, match=f"Offers_Invalid.*{what.removesuffix('_id')}"):
            open_offers(signed, pinned, **(ours | {what: other}))  # type: ignore[arg-type]
    with pytest.raises(Failed, match="Offers_Invalid"):
        open_offers(signed, Ed25519PrivateKey.generate().public_key(), **ours)  # type: ignore[arg-type]
    swapped = signed.model_copy(update={"text": signed.text.replace("見本　太郎", "見本　花子")})
    with pytest.raises(Failed, match="Offers_Invalid"):
        open_offers(swapped, pinned, **ours)  # type: ignore[arg-type]


def test_the_offers_say_which_place_and_municipality_the_centre_understood(world: World) -> None:
    at_home = world.offers(world.authenticate(world.session()))
    assert (at_home.place, at_home.municipality.code) == ("address", CITY)
    elsewhere = world.offers(world.authenticate(world.session(), place="domicile", municipality=OTHER))
    assert (elsewhere.place, elsewhere.municipality.code) == ("domicile", OTHER)


@pytest.mark.parametrize(
    "changed",
    [{"name": "足利市"}, {"prefecture": "栃木県"}, {"participating": False}, {"code": OTHER}],
    ids=str,
)
def test_an_issuing_server_that_calls_the_municipality_otherwise_is_not_believed(
    world: World, changed: dict[str, Any]
) -> None:
    other = info(CITY).model_copy(update=changed)
    world.issuing.told_of = lambda code: other
    refused(world.authenticate(world.session()), "Answer_Malformed")


@pytest.mark.parametrize(
    "change",
    [
        lambda offers: offers.append(offers[0]),
        lambda offers: offers.extend(offers[0] | {"kind": f"k{number}"} for number in range(50)),
        lambda offers: offers[0].update(refusal={"failure": "Printer_Jam"}),
        lambda offers: offers[0]["subjects"][0].update(refusal={"failure": "Binding_Mismatch"}),
        lambda offers: offers[0].update(refusal={"failure": "No_Such_Failure"}),
        lambda offers: offers.extend(
            offers[0]
            | {"kind": f"k{number}", "subjects": [one | {"name": "長" * 300} for one in people(100)]}
            for number in range(45)
        ),
    ],
    ids=["a kind twice", "51 offers", "terminal's own", "an incident", "unknown", "too long to be signed"],
)
def test_offers_that_are_none_are_malformed(world: World, change: Callable[[list[Any]], None]) -> None:
    world.known_session()
    told = world.issuing.offers(world.issuing.asked[-1]).model_dump(mode="json")
    change(told["offers"])
    world.issuing.answer = Response(json.dumps(told), media_type="application/json")
    session_id = world.session()
    refused(world.authenticate(session_id), "Answer_Malformed")
    refused(world.apply(session_id), "Session_Not_Authenticated")


def people(number: int) -> list[dict[str, Any]]:
    return [{"ref": f"{count:032x}", "holder": count == 0} for count in range(number)]


def test_telephone_and_colour_are_the_centres_own(world: World) -> None:
    other = info(CITY).model_copy(update={"telephone": "0990-000-000", "accent": "#FF0000"})
    world.issuing.told_of = lambda code: other
    assert world.offers(world.authenticate(world.session())).municipality == info(CITY)


def test_no_signature_of_a_manifest_serves_for_offers(world: World) -> None:
    session_id = world.known_session()
    manifest = SignedManifest.model_validate_json(world.apply(session_id).raise_for_status().content)
    with pytest.raises(Failed, match="Offers_Invalid"):
        open_offers(
            SignedOffers(**manifest.model_dump()),
            world.signing_key.public_key(),
            holder=world.card.identity,
            session_id=session_id,
            terminal_id="T1",
            place=Place.ADDRESS,
            chosen=None,
        )


def test_names_that_were_swapped_on_the_way_are_noticed(world: World) -> None:
    world.faults.switch_on("center.swap_offers", {"times": 1})
    with pytest.raises(Failed, match="Offers_Invalid"):
        world.offers(world.authenticate(world.session()))
    assert world.offers(world.authenticate(world.session())).offers
