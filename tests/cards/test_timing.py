"""How long a card takes on a real line, by hand from the standards; and that a laid card takes that long."""

from __future__ import annotations

import select
import socket

import pytest

from cards.timing import TIMINGS, Timing
from cards.vpcd import VpcdSlot
from tests.cards.helper import Seen, card
from tests.cards.pcsc_service import wait_for


@pytest.mark.parametrize(
    ("name", "milliseconds"),
    [
        # (5 + 6) + (258 + 3 blocks on the line of 6) bytes of 10 bits at 105,937.5 bit/s, and the chip's 3 ms
        ("contactless", (11 + 276) * 10 / 105.9375 + 3),
        # the same with 4 bytes around each block, 11 bits a byte at 4 MHz / 372
        ("contact", (9 + 270) * 11 / (4000 / 372) + 3),
    ],
)
def test_reading_256_bytes_takes_what_the_line_allows(name: str, milliseconds: float) -> None:
    took = TIMINGS[name].seconds(bytes.fromhex("00B0000000"), bytes(258)) * 1000
    assert took == pytest.approx(milliseconds)


def test_a_pin_and_a_signature_take_the_chip_longer_and_asking_for_tries_does_not() -> None:
    line = Timing(1e12, 10, 253, 6, command_ms=1, verify_ms=20, signature_ms=300)
    verify, tries = bytes.fromhex("0020008004") + b"1234", bytes.fromhex("00200080")
    sign = bytes.fromhex("802A008001") + bytes(2)
    took = [
        line.seconds(*one) * 1000 for one in ((verify, b"\x90\0"), (tries, b"\x63\xc3"), (sign, bytes(258)))
    ]
    assert took == [pytest.approx(one, abs=0.01) for one in (20, 1, 300)]


def test_an_answer_is_kept_back_as_long_as_the_card_needs_and_a_card_taken_away_ends_it() -> None:
    """The reader is a bare socket: what it hears after the card has been observed to answer is nothing, until the line ends."""
    seen = Seen()
    with socket.create_server(("127.0.0.1", 0)) as vpcd:
        port = vpcd.getsockname()[1]
        slot = VpcdSlot(port=port, commands=seen, timing=Timing(1e12, 10, 253, 6, command_ms=1e9))
        slot.insert(card(), seen_within=0)
        reader, _address = vpcd.accept()
        with reader:
            for body in (b"\x01", bytes.fromhex("0084000008")):
                reader.sendall(len(body).to_bytes(2, "big") + body)
            wait_for(lambda: [one["name"] for one in seen.commands()] == ["GET CHALLENGE"])
            assert select.select([reader], [], [], 0.2)[0] == []
            slot.remove()
            reader.settimeout(30)
            assert reader.recv(1) == b""
