"""Between the last look at card and counter and the PIN nobody else gets a word in."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cards.errors import CardError
from cards.jpki import JpkiClient
from cards.readers.pcsc import PcscReader
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from tests.cards.helper import Plain, card
from tests.cards.pcsc_service import lay_down, service, wait_for
from tests.pcsc.helper import Kept

CHALLENGE, SELECT = bytes.fromhex("0084000008"), bytes.fromhex("00A4040C0AD392F000260100000001")


class Listening(VirtualCard):
    """Keeps the commands in the order in which they reach the card."""

    def __init__(self) -> None:
        super().__init__(card().image)
        self.heard: list[bytes] = []

    def transmit(self, raw: bytes) -> bytes:
        self.heard.append(raw)
        return super().transmit(raw)


@pytest.fixture
def lying() -> Iterator[Listening]:
    service()
    made = Listening()
    slot = lay_down(made)
    yield made
    slot.remove()
    wait_for(lambda: not PcscReader().present())


def test_counter_certificate_and_pin_are_one_transaction() -> None:
    reader = VirtualReader()
    reader.insert(card())
    commands: list[bytes | None] = []
    with reader.connect() as connection:
        client = JpkiClient(Kept(connection, commands))
        client.read_authentication_certificate()
        client.tries_left()
        client.sign_authentication(Plain("1234"), b"")
    begin, end = [place for place, command in enumerate(commands) if command is None]
    inside = [command for command in commands[begin:end] if command]
    tries, certificate = bytes.fromhex("00200080"), bytes.fromhex("00A4020C02000A")
    pin = bytes.fromhex("0020008004") + b"1234"
    assert inside.index(tries) < inside.index(certificate) < inside.index(pin)
    assert pin not in commands[:begin] + commands[end:]


def test_another_program_waits_until_the_transaction_ends(lying: Listening) -> None:
    ours, theirs = PcscReader().connect(exclusive=False), PcscReader().connect(exclusive=False)
    begun = threading.Event()

    def ask() -> None:
        begun.set()
        theirs.transmit(CHALLENGE)

    other = threading.Thread(target=ask)
    with ours.transaction():
        ours.transmit(SELECT)
        other.start()
        begun.wait()
        for _ in range(200):
            ours.transmit(SELECT)
        assert CHALLENGE not in lying.heard
    other.join(5)
    assert lying.heard[-1] == CHALLENGE
    theirs.close(power_down=False)
    ours.close()


def test_a_card_that_another_program_has_reset_is_named(lying: Listening) -> None:
    ours = PcscReader().connect(exclusive=False)
    PcscReader().connect(exclusive=False).close(power_down=True)
    with pytest.raises(CardError) as caught, ours.transaction():
        ours.transmit(SELECT)
    assert caught.value.failure == "Card_Changed"
    assert SELECT not in lying.heard
    with pytest.raises(CardError) as caught, ours.transaction():
        pass
    assert caught.value.failure == "Card_Removed"
