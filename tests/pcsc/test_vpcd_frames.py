"""The card's end of the line to a vpcd, against a reader that sends anything."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.vpcd import VpcdSlot
from tests.cards.helper import Seen, card
from tests.cards.pcsc_service import service, wait_for

ATR = bytes.fromhex("3BE000FF8131FE4514")
SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")


class Reader:
    """A vpcd of the test's own."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        line.settimeout(5)

    def send(self, *bodies: bytes) -> None:
        self._line.sendall(b"".join(len(body).to_bytes(2, "big") + body for body in bodies))

    def raw(self, data: bytes) -> None:
        self._line.sendall(data)

    def answer(self) -> bytes:
        return self._take(int.from_bytes(self._take(2), "big"))

    def _take(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._line.recv(count - len(data))
            assert part, "the card hung up"
            data += part
        return data

    def close(self) -> None:
        self._line.close()


@contextmanager
def laid(host: str = "127.0.0.1") -> Iterator[tuple[Reader, VpcdSlot]]:
    with socket.create_server((host, 0)) as server:
        slot = VpcdSlot(port=server.getsockname()[1])
        slot.insert(card(), seen_within=0)
        line, _ = server.accept()
        reader = Reader(line)
        yield reader, slot
        slot.remove()
        reader.close()


def test_atr_and_commands_are_answered() -> None:
    with laid() as (reader, _):
        reader.send(b"\4")
        assert reader.answer() == ATR
        reader.send(b"\1", SELECT)
        assert reader.answer() == b"\x90\x00"


@pytest.mark.parametrize(
    ("control", "answer"), [(b"\2", b"\x90\x00"), (b"\0", b"\x69\x82")], ids=["reset", "power off"]
)
def test_a_warm_reset_keeps_what_was_verified_and_power_off_forgets_it(control: bytes, answer: bytes) -> None:
    with laid() as (reader, _):
        reader.send(b"\1", SELECT, bytes.fromhex("0020009804") + b"1234")
        assert [reader.answer(), reader.answer()] == [b"\x90\x00", b"\x90\x00"]
        reader.send(control, b"\1")
        if control == b"\0":
            reader.send(SELECT)
            assert reader.answer() == b"\x90\x00"
        reader.send(bytes.fromhex("802A00970301020300"))
        assert reader.answer()[-2:] == answer


def test_no_frame_ends_the_conversation() -> None:
    with laid() as (reader, slot):

        @settings(max_examples=60, deadline=None)
        @given(st.lists(st.binary(max_size=300).filter(lambda body: body not in (b"\0", b"\4")), max_size=8))
        def holds(bodies: list[bytes]) -> None:
            reader.send(b"\1", *bodies)
            for body in bodies:
                if len(body) != 1:
                    assert len(reader.answer()) >= 2
            reader.send(b"\4")
            assert reader.answer() == ATR
            assert slot.present()

        holds()


@pytest.mark.parametrize(
    "broken", [b"", b"\0", b"\0\5\0\xa4"], ids=["nothing", "half a length", "half a body"]
)
def test_a_frame_that_breaks_off_ends_it_quietly(broken: bytes) -> None:
    with laid() as (reader, slot):
        reader.raw(broken)
        reader.close()
        wait_for(lambda: not slot.present())
        assert slot.card is None


def test_a_reader_that_other_machines_can_reach_is_told_of() -> None:
    service()
    for host, reachable in (("127.0.0.1", False), ("0.0.0.0", True)):  # noqa: S104
        with laid(host) as (_, slot):
            assert slot.open_to_network is reachable
    seen = Seen()
    slot = VpcdSlot(port=service().port + 1, observer=seen)
    slot.insert(card())
    slot.remove()
    assert [kind for kind, _ in seen.events] == ["reader_open_to_network", "card_inserted", "card_removed"]
