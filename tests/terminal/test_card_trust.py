"""Which cards are ours, and when a PIN may be sent. What is not certainly ours is somebody's."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import cards.jpki
from cards.faults import Effect, Fault
from cards.foreign import ForeignAuthority
from cards.image import CardImage
from cards.personalise import personalise
from cards.profiles.loader import load_profile
from cards.readers.virtual import VirtualReader
from cards.trace import nobody
from cards.virtual import VirtualCard
from kiosk_app.card_session import read_card, sign
from kiosk_app.card_trust import CardKind, CardTrust, fingerprint_of
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from tests.cards.helper import HOLDER, NOW, Seen, authority, card, key_source

PIN, WRONG = Secret("1234"), Secret("1235")
OURS = authority().authentication_ca_certificate()


def certificate(card: VirtualCard) -> bytes:
    return card.image.application("jpki").files[0x000A].content


def of(organisation: str) -> VirtualCard:
    """A card whose authority calls itself so."""
    made = ForeignAuthority(key_source, now=NOW, organisation=organisation)
    image: CardImage = personalise(load_profile("plain"), HOLDER, made, key_source, NOW)
    return VirtualCard(image)


def on_reader(laid: VirtualCard, *faults: Fault) -> VirtualReader:
    reader = VirtualReader()
    reader.faults.extend(faults)
    reader.insert(laid)
    return reader


def tries(laid: VirtualCard) -> int:
    return laid.image.pin("jpki", 0x18).tries


def refused(call: Callable[..., object], *arguments: object, **named: object) -> Failed:
    with pytest.raises(Failed) as caught:
        call(*arguments, **named)
    return caught.value


def try_pin(reader: VirtualReader, trust: CardTrust, pin: Secret = PIN, **how: bool) -> None:
    facts = read_card(reader, nobody, trust)
    seen = (facts.holder_ref, facts.tries_left)
    sign(reader, nobody, trust, seen=seen, pin=pin, message=b"nonce", **how)


# --- whose card ----------------------------------------------------------------------------------------------------------


def test_a_card_that_was_laid_here_and_verifies_under_our_authority_is_virtual() -> None:
    laid = card()
    reader = on_reader(laid)
    trust = CardTrust(lambda: reader.card, OURS)
    assert read_card(reader, nobody, trust).kind is CardKind.VIRTUAL


def test_either_of_the_two_alone_does_not_make_a_card_ours() -> None:
    laid, stranger = card(), of("SOMEBODY-SIM")
    assert CardTrust(lambda: None, OURS).kind(certificate(laid)) is CardKind.REAL, "nobody laid it here"
    assert CardTrust(lambda: card("under_15"), OURS).kind(certificate(laid)) is CardKind.REAL, (
        "another lies here"
    )
    assert CardTrust(lambda: stranger, OURS).kind(certificate(stranger)) is CardKind.REAL, "another authority"
    assert CardTrust(lambda: laid, b"").kind(certificate(laid)) is CardKind.REAL, "no authority of ours"


def test_a_pinned_card_is_enrolled_by_its_certificate_alone() -> None:
    stranger = of("SOMEBODY-SIM")
    pinned = CardTrust(enrolled=[fingerprint_of(certificate(stranger))])
    assert pinned.kind(certificate(stranger)) is CardKind.ENROLLED
    assert pinned.kind(certificate(of("SOMEBODY-SIM"))) is CardKind.REAL


def test_a_production_card_is_refused_by_name_before_any_pin_and_leaves_nothing_in_the_trace() -> None:
    real = of("JPKI")
    seen = Seen()
    trust = CardTrust(enrolled=[fingerprint_of(certificate(real))])
    assert refused(read_card, on_reader(real), seen, trust).failure == "Certificate_Production"
    assert {command["name"] for command in seen.commands()} <= {
        "SELECT",
        "SELECT FILE",
        "READ BINARY",
        "SELECT AP",
        "SELECT EF",
    }
    assert certificate(real)[:64].hex() not in repr(seen.events)
    assert tries(real) == 3


def test_a_production_name_on_a_card_of_ours_is_still_refused() -> None:
    """Only a certificate that verifies under our own authority is ours, whatever was laid down."""
    real = of("JPKI")
    assert refused(CardTrust(lambda: real, OURS).kind, certificate(real)).failure == "Certificate_Production"


# --- may a PIN be sent? ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ours", [True, False])
def test_the_last_try_is_never_sent_unasked(ours: bool) -> None:
    laid = card("pin_one_left")
    reader = on_reader(laid)
    trust = CardTrust(lambda: reader.card if ours else None, OURS)
    assert refused(try_pin, reader, trust).failure == "Card_Pin_Withheld"
    assert tries(laid) == 1
    try_pin(reader, trust, last_try_accepted=True)
    assert tries(laid) == 3


def test_a_person_may_enter_the_pin_of_a_real_card() -> None:
    laid = of("JPKI-TEST")
    try_pin(on_reader(laid), CardTrust())
    assert tries(laid) == 3


def test_an_automatic_run_sends_no_pin_to_a_real_card() -> None:
    laid = of("JPKI-TEST")
    assert refused(try_pin, on_reader(laid), CardTrust(automatic=True)).failure == "Card_Pin_Withheld"
    assert tries(laid) == 3


def automatic(laid: VirtualCard, budget: int = 1) -> CardTrust:
    return CardTrust(enrolled=[fingerprint_of(certificate(laid))], automatic=True, budget=budget)


def test_an_automatic_run_sends_the_pin_to_an_enrolled_card_with_all_its_tries() -> None:
    laid = of("JPKI-TEST")
    reader = on_reader(laid)
    trust = automatic(laid)
    for _ in range(3):
        try_pin(reader, trust)
    laid.image.pin("jpki", 0x18).tries = 2
    assert refused(try_pin, reader, trust).failure == "Card_Pin_Withheld"
    assert tries(laid) == 2


@pytest.mark.parametrize("budget", [0, 1])
def test_an_automatic_run_costs_enrolled_cards_no_more_tries_than_its_budget(budget: int) -> None:
    first, second = of("JPKI-TEST"), of("JPKI-TEST")
    trust = CardTrust(
        enrolled=[fingerprint_of(certificate(one)) for one in (first, second)], automatic=True, budget=budget
    )
    for laid in (first, second):
        refused(try_pin, on_reader(laid), trust, WRONG)
    assert tries(first) + tries(second) == 6 - budget


def test_a_card_or_counter_that_is_not_the_one_seen_gets_no_pin() -> None:
    laid, other = card(), of("JPKI-TEST")
    facts = read_card(on_reader(laid), nobody, CardTrust())
    for now, seen in (
        (other, (facts.holder_ref, facts.tries_left)),
        (card("pin_one_left"), (facts.holder_ref, 3)),
    ):
        before = tries(now)
        failed = refused(sign, on_reader(now), nobody, CardTrust(), seen=seen, pin=PIN, message=b"")
        assert failed.failure == "Card_Changed"
        assert tries(now) == before


def test_the_counter_is_looked_at_again_right_before_the_pin() -> None:
    """Another program takes a try between the reading and the PIN: the card is not the one that was shown."""
    laid = card()
    reader = on_reader(laid)
    facts = read_card(reader, nobody, CardTrust())
    laid.image.pin("jpki", 0x18).tries = 2
    failed = refused(
        sign, reader, nobody, CardTrust(), seen=(facts.holder_ref, facts.tries_left), pin=PIN, message=b""
    )
    assert failed.failure == "Card_Changed"


def test_nothing_of_the_terminal_or_the_client_ever_changes_or_unblocks_a_pin() -> None:
    """Every command that the client can build has one of these instructions; the terminal builds none."""
    allowed = {0xA4, 0xB0, 0x20, 0x2A, 0xC0}
    tree = ast.parse(Path(cards.jpki.__file__).read_text(encoding="utf-8"))
    built = [
        node.args[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Command"
    ]
    assert built and {node.value for node in built if isinstance(node, ast.Constant)} <= allowed
    assert all(isinstance(node, ast.Constant) for node in built)
    rooms = Path(cards.jpki.__file__).parent.parent / "kiosk_app"
    assert not [path for path in rooms.rglob("*.py") if "Command(" in path.read_text(encoding="utf-8")]


def test_a_try_that_broke_off_is_not_repeated_with_another_card() -> None:
    laid = card()
    reader = on_reader(laid)
    facts = read_card(reader, nobody, CardTrust())
    reader.faults.append(Fault(Effect.REMOVED, at=1, after_verify=True))
    seen = (facts.holder_ref, facts.tries_left)
    assert (
        refused(sign, reader, nobody, CardTrust(), seen=seen, pin=PIN, message=b"").failure == "Card_Removed"
    )
    other = replace(HOLDER, person_key="person-2")
    image = personalise(load_profile("plain"), other, authority(), key_source, NOW)
    reader.insert(VirtualCard(image))
    assert (
        refused(sign, reader, nobody, CardTrust(), seen=seen, pin=PIN, message=b"").failure == "Card_Changed"
    )
    assert image.pin("jpki", 0x18).tries == 3
