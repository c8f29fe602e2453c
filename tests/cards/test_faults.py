"""Faults at the card's edge, and what the client makes of them."""

from __future__ import annotations

import pytest

from cards.errors import CardError
from cards.faults import Effect, Fault
from cards.jpki import JpkiClient
from cards.readers.virtual import VirtualReader
from tests.cards.helper import Plain, Seen, card

PIN = Plain("1234")


def visit(*faults: Fault, observer: Seen | None = None) -> tuple[VirtualReader, bytes]:
    """The terminal's whole conversation; raises what it meets."""
    reader = VirtualReader()
    reader.insert(card())
    reader.faults.extend(faults)
    client = JpkiClient(reader.connect(), observer or Seen())
    client.open()
    client.read_authentication_certificate()
    client.tries_left()
    return reader, client.sign_authentication(PIN, b"nonce")


def met(*faults: Fault) -> str:
    with pytest.raises(CardError) as caught:
        visit(*faults)
    return caught.value.failure


def commands_of_a_visit() -> int:
    seen = Seen()
    visit(observer=seen)
    return len(seen.commands())


@pytest.mark.parametrize("effect", [Effect.MORE_DATA, Effect.WRONG_LE, Effect.SLOW])
def test_a_detour_at_any_command_changes_nothing(effect: Effect) -> None:
    _, straight = visit()
    for place in range(1, commands_of_a_visit() + 1):
        _, signature = visit(Fault(effect, at=place, seconds=0.001))
        assert len(signature) == len(straight) == 256


def test_the_card_may_be_taken_away_at_any_command_but_the_last() -> None:
    # the last command only leaves the application: the signature is made by then
    for place in range(1, commands_of_a_visit()):
        assert met(Fault(Effect.REMOVED, at=place)) == "Card_Removed"
    reader, signature = visit(Fault(Effect.REMOVED, at=commands_of_a_visit()))
    assert len(signature) == 256 and not reader.present()


@pytest.mark.parametrize("effect", [Effect.GARBLED, Effect.TRUNCATED, Effect.STATUS])
def test_a_broken_answer_at_any_command_is_named_or_harmless(effect: Effect) -> None:
    for place in range(1, commands_of_a_visit() + 1):
        try:
            _, signature = visit(Fault(effect, at=place, status=0x6581))
        except CardError as error:
            assert error.failure in {
                "Card_Answer_Unexpected",
                "Certificate_Malformed",
                "Card_Kind_Not_Supported",
                "Card_Changed",
                "Card_No_Authentication_Certificate",
            }
        else:
            assert len(signature) == 256


def test_6f00_at_the_first_command_is_asked_once_more() -> None:
    _, signature = visit(Fault(Effect.STATUS, at=1, status=0x6F00))
    assert len(signature) == 256
    twice = (Fault(Effect.STATUS, at=1, status=0x6F00), Fault(Effect.STATUS, at=2, status=0x6F00))
    assert met(*twice) == "Card_Answer_Unexpected"


def test_faults_after_verify_count_from_the_correct_pin() -> None:
    assert met(Fault(Effect.REMOVED, at=2, after_verify=True)) == "Card_Removed"
    reader = VirtualReader()
    reader.insert(card())
    reader.faults.append(Fault(Effect.REMOVED, at=1, after_verify=True))
    client = JpkiClient(reader.connect())
    with pytest.raises(CardError) as caught:
        client.sign_authentication(Plain("9999"), b"")
    assert caught.value.failure == "Card_Pin_Wrong"
    assert reader.present() and len(reader.faults) == 1


def test_a_fault_strikes_once() -> None:
    reader, _ = visit(Fault(Effect.SLOW, at=3, seconds=0))
    assert reader.faults == []


def test_a_duplicated_wrong_verify_costs_two_tries_and_says_so() -> None:
    reader = VirtualReader()
    virtual = card()
    reader.insert(virtual)
    reader.faults.append(Fault(Effect.DUPLICATED, at=2))
    connection = reader.connect()
    connection.transmit(bytes.fromhex("00A4040C0AD392F000260100000001"))
    assert connection.transmit(bytes.fromhex("0020009804") + b"9999") == b"\x63\xc1"
    assert virtual.image.pin("jpki", 0x18).tries == 1


@pytest.mark.parametrize("wrong", [{"at": 0}, {"seconds": -1.0}, {"status": 0x10000}])
def test_impossible_faults_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at counts from 1"):
        Fault(Effect.STATUS, **wrong)


@pytest.mark.parametrize("status", [0x6C04, 0x6104, 0x6F00, 0x6581, 0x6300])
def test_a_pin_is_never_sent_twice_by_itself(status: int) -> None:
    seen = Seen()
    visit(observer=seen)
    place = [command["name"] for command in seen.commands()].index("VERIFY") + 1
    reader, told = VirtualReader(), Seen()
    reader.insert(card())
    reader.faults.append(Fault(Effect.STATUS, at=place, status=status))
    client = JpkiClient(reader.connect(), told)
    client.open()
    client.read_authentication_certificate()
    client.tries_left()
    with pytest.raises(CardError) as caught:
        client.sign_authentication(PIN, b"nonce")
    assert caught.value.failure == "Card_Answer_Unexpected"
    assert [command["name"] for command in told.commands()].count("VERIFY") == 1
