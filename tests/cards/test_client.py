"""The client on the virtual reader: what the terminal relies on."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cards.errors import CardError
from cards.faults import Effect, Fault
from cards.jpki import JpkiClient
from cards.readers.virtual import VirtualReader
from tests.cards.helper import Plain, Seen, ask, card

PIN = Plain("1234")
WRONG = Plain("9999")


def session(profile: str = "plain") -> tuple[VirtualReader, JpkiClient]:
    reader = VirtualReader()
    reader.insert(card(profile))
    return reader, JpkiClient(reader.connect())


def refused(profile: str) -> str:
    _, client = session(profile)
    with pytest.raises(CardError) as caught:
        client.open()
        client.read_authentication_certificate()
    return caught.value.failure


def test_signature_verifies_under_the_certificate_read() -> None:
    _, client = session()
    client.open()
    public = x509.load_der_x509_certificate(client.read_authentication_certificate()).public_key()
    assert isinstance(public, RSAPublicKey)
    signature = client.sign_authentication(PIN, b"a nonce in its context")
    public.verify(signature, b"a nonce in its context", padding.PKCS1v15(), hashes.SHA256())


def test_filler_behind_the_certificate_is_trimmed() -> None:
    _, client = session("filler")
    client.open()
    der = client.read_authentication_certificate()
    assert not der.endswith(b"\xff" * 20)
    assert len(der) == 4 + int.from_bytes(der[2:4], "big")


def test_asking_for_tries_costs_none() -> None:
    _, client = session()
    client.open()
    assert [client.tries_left() for _ in range(3)] == [3, 3, 3]


def test_wrong_pins_count_down_to_blocked_and_stay_on_the_card() -> None:
    reader, client = session()
    client.open()
    for expected in ("Card_Pin_Wrong", "Card_Pin_Wrong", "Card_Pin_Blocked"):
        with pytest.raises(CardError) as caught:
            client.sign_authentication(WRONG, b"")
        assert caught.value.failure == expected
    assert caught.value.facts == {"attempts_remaining": 0}
    taken = reader.remove()
    assert taken is not None and taken.image.pin("jpki", 0x18).tries == 0
    reader.insert(taken)
    again = JpkiClient(reader.connect())
    with pytest.raises(CardError) as caught:
        again.sign_authentication(PIN, b"")
    assert caught.value.failure == "Card_Pin_Blocked"


def test_wrong_pin_tells_the_tries_left_and_the_right_one_restores_them() -> None:
    _, client = session()
    with pytest.raises(CardError) as caught:
        client.sign_authentication(WRONG, b"")
    assert caught.value.facts == {"attempts_remaining": 2}
    client.sign_authentication(PIN, b"")
    assert client.tries_left() == 3


@pytest.mark.parametrize("text", ["", "123", "12345", "12a4", "１２３４"])
def test_a_pin_that_is_not_four_digits_costs_no_try(text: str) -> None:
    _, client = session()
    with pytest.raises(CardError) as caught:
        client.sign_authentication(Plain(text), b"")
    assert caught.value.facts["attempts_remaining"] == 3
    assert client.tries_left() == 3


@pytest.mark.parametrize(
    ("profile", "failure"),
    [
        ("juki_card", "Card_Resident_Register_Card"),
        ("no_jpki", "Card_Not_My_Number"),
        ("truncated_der", "Certificate_Malformed"),
    ],
)
def test_other_cards_are_refused_by_name(profile: str, failure: str) -> None:
    assert refused(profile) == failure


def test_a_mute_card_is_named_when_connecting() -> None:
    reader = VirtualReader()
    reader.insert(card("mute"))
    with pytest.raises(CardError) as caught:
        reader.connect()
    assert caught.value.failure == "Card_Mute"


def sign_is_refused_after(reader: VirtualReader) -> None:
    """A second program on the same powered card finds no verified PIN."""
    second = reader.connect(exclusive=False)
    for command in ("00A4040C0AD392F000260100000001", "00A4020C020017"):
        second.transmit(bytes.fromhex(command))
    assert second.transmit(bytes.fromhex("802A0080020102 00")) == b"\x69\x82"


@pytest.mark.parametrize("fault", [None, Fault(Effect.STATUS, at=2, after_verify=True, status=0x6F00)])
def test_no_verified_pin_stays_behind(fault: Fault | None) -> None:
    reader = VirtualReader()
    virtual = card()
    reader.insert(virtual)
    connection = reader.connect(exclusive=False)
    client = JpkiClient(connection)
    client.open()
    if fault is None:
        client.sign_authentication(PIN, b"")
    else:
        reader.faults.append(fault)
        with pytest.raises(CardError) as caught:
            client.sign_authentication(PIN, b"")
        assert caught.value.failure == "Card_Answer_Unexpected"
    connection.close(power_down=False)
    assert virtual.powered
    # a program that comes in on the state left behind, without selecting the application again
    assert ask(virtual, "00A4020C020017") == b"\x6a\x82"
    sign_is_refused_after(reader)


def test_a_transport_error_ends_the_session_for_good() -> None:
    reader, client = session()
    client.open()
    taken = reader.remove()
    assert taken is not None
    with pytest.raises(CardError) as caught:
        client.tries_left()
    assert caught.value.failure == "Card_Removed"
    reader.insert(card())
    with pytest.raises(CardError):
        client.tries_left()


def test_a_swapped_card_never_sees_the_pin() -> None:
    seen = Seen()
    first, other = card(), card("filler")
    other.image.application("jpki").files[0x0A].content = b"".join(
        (card("under_15").image.application("jpki").files[0x0A].content,)
    )
    answering = {"card": first}

    reader = VirtualReader()
    reader.insert(first)
    connection = reader.connect()
    connection.transmit = lambda command: answering["card"].transmit(command)  # type: ignore[method-assign]
    client = JpkiClient(connection, seen)
    client.open()
    client.read_authentication_certificate()
    client.tries_left()
    other.power_on()
    ask(other, "00A4040C0AD392F000260100000001")
    answering["card"] = other
    with pytest.raises(CardError) as caught:
        client.sign_authentication(PIN, b"")
    assert caught.value.failure == "Card_Changed"
    assert all(command["name"] != "VERIFY" for command in seen.commands())


def test_another_program_that_burnt_a_try_is_noticed_before_the_pin_is_sent() -> None:
    reader, client = session()
    client.open()
    client.tries_left()
    taken = reader.remove()
    assert taken is not None
    taken.image.pin("jpki", 0x18).tries = 2
    reader.insert(taken)
    again = JpkiClient(reader.connect())
    assert again.tries_left() == 2
    taken.image.pin("jpki", 0x18).tries = 1
    with pytest.raises(CardError) as caught:
        again.sign_authentication(PIN, b"")
    assert (caught.value.failure, caught.value.facts) == ("Card_Changed", {"what": "tries"})


def test_the_pin_never_reaches_the_observer() -> None:
    reader = VirtualReader()
    reader.insert(card())
    seen = Seen()
    client = JpkiClient(reader.connect(), seen, bodies=True)
    client.open()
    with pytest.raises(CardError):
        client.sign_authentication(WRONG, b"")
    client.sign_authentication(PIN, b"")
    told = repr(seen.events)
    for secret in ("1234", "9999"):
        assert secret.encode().hex() not in told
    verify = [command for command in seen.commands() if command["name"] == "VERIFY"]
    assert [command["status"] for command in verify] == ["照合不一致・残り 2 回", "正常終了"]
    assert all("sent_hex" not in command for command in verify)
    assert any("received_hex" in command for command in seen.commands())
