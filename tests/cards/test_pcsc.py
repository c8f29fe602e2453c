"""The same client through a real PC/SC service: every trouble has its name and a way on."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from smartcard import scard

from cards.apdu import Command
from cards.errors import CardError
from cards.faults import Effect, Fault
from cards.jpki import JpkiClient
from cards.pcscd import free_port_pair
from cards.readers.pcsc import PcscReader, _Monitor, reader_names
from cards.virtual import VirtualCard
from cards.vpcd import VpcdSlot
from tests.cards.helper import Plain, Seen, card
from tests.cards.pcsc_service import lay_down, run, service, wait_for
from tests.cards.secure_client import SecureClient

PIN = Plain("1234")


class Table:
    """The card that lies on the reader from test to test: laying down and noticing cost 0.8 s."""

    slot: VpcdSlot | None = None

    @classmethod
    def cleared(cls) -> PcscReader:
        service()
        reader = PcscReader()
        if cls.slot is not None:
            cls.slot.remove()
            cls.slot = None
        wait_for(lambda: not reader.present())
        return reader

    @classmethod
    def laid(cls) -> VpcdSlot:
        service()
        if cls.slot is None or not cls.slot.present():
            cls.cleared()
            cls.slot = lay_down(card())
        cls.slot.faults.clear()
        assert cls.slot.card is not None
        PcscReader().connect().close()
        cls.slot.card.image.pin("jpki", 0x18).tries = 3
        return cls.slot


@pytest.fixture
def slot() -> VpcdSlot:
    """A plain card with all its tries lies on the reader."""
    return Table.laid()


@pytest.fixture
def reader() -> PcscReader:
    service()
    return PcscReader()


@pytest.fixture
def empty() -> PcscReader:
    """Nothing lies on the reader."""
    return Table.cleared()


@pytest.fixture(scope="module", autouse=True)
def _tidy() -> Iterator[None]:
    yield
    Table.cleared()


def failure(call: object, *arguments: object) -> str:
    with pytest.raises(CardError) as caught:
        call(*arguments)  # type: ignore[operator]
    return caught.value.failure


def test_a_visit_through_the_service_ends_in_a_valid_signature(reader: PcscReader, slot: VpcdSlot) -> None:
    with reader.connect() as connection:
        client = JpkiClient(connection)
        client.open()
        public = x509.load_der_x509_certificate(client.read_authentication_certificate()).public_key()
        assert client.tries_left() == 3
        signature = client.sign_authentication(PIN, b"nonce")
    assert isinstance(public, RSAPublicKey)
    public.verify(signature, b"nonce", padding.PKCS1v15(), hashes.SHA256())


def test_secure_messaging_goes_through_the_service(reader: PcscReader, slot: VpcdSlot) -> None:
    """Also what is longer than a short command or answer: the key's delivery, and a file of 531 bytes."""
    assert slot.card is not None
    text = slot.card.image.application("text")
    with reader.connect() as connection:
        connection.transmit(Command(0x00, 0xA4, 0x04, 0x0C, text.aid).encode())
        pin = slot.card.image.pin("text", 0x11).value.encode()
        assert connection.transmit(Command(0x00, 0x20, 0x00, 0x91, pin).encode()) == b"\x90\x00"
        terminal = SecureClient(connection.transmit, b"\x5a" * 32)
        assert terminal.open(text.files[0x06].content) == b"\x90\x00"
        for fid in (0x02, 0x07):
            assert terminal.select(fid) == b"\x90\x00"
            assert terminal.read()[0] == text.files[fid].content


def test_both_slots_are_listed_and_chosen_by_name(reader: PcscReader, slot: VpcdSlot) -> None:
    names = reader_names()
    assert len(names) == 2
    assert [PcscReader(name).present() for name in names] == [True, False]
    assert failure(PcscReader("no such reader").connect) == "Reader_Absent"
    assert failure(PcscReader(names[1]).connect) == "Card_Removed"


def test_a_wrong_pin_counts_down_on_the_card(reader: PcscReader, slot: VpcdSlot) -> None:
    with reader.connect() as connection, pytest.raises(CardError) as caught:
        JpkiClient(connection).sign_authentication(Plain("9999"), b"")
    assert (caught.value.failure, caught.value.facts) == ("Card_Pin_Wrong", {"attempts_remaining": 2})
    with reader.connect() as connection:
        assert JpkiClient(connection).tries_left() == 2


def test_a_card_taken_away_in_mid_signature_is_named_and_the_next_one_works(
    reader: PcscReader, slot: VpcdSlot
) -> None:
    slot.faults.append(Fault(Effect.REMOVED, at=2, after_verify=True))
    client = JpkiClient(reader.connect())
    assert failure(client.sign_authentication, PIN, b"") == "Card_Removed"
    assert failure(client.tries_left) == "Card_Removed"
    again = lay_down(card())
    with reader.connect() as connection:
        assert len(JpkiClient(connection).sign_authentication(PIN, b"")) == 256
    again.remove()


def test_a_second_program_is_kept_out_while_the_terminal_reads(reader: PcscReader, slot: VpcdSlot) -> None:
    with reader.connect():
        assert failure(reader.connect) == "Reader_Busy"
        assert b"in use by another application" in run("opensc-tool", "--name").stderr
    assert run("opensc-tool", "--name").stdout.strip() == b"jpki"


@pytest.mark.parametrize("effect", [Effect.MORE_DATA, Effect.WRONG_LE])
def test_detours_are_followed_through_the_service(reader: PcscReader, slot: VpcdSlot, effect: Effect) -> None:
    slot.faults.extend(Fault(effect, at=place) for place in (3, 5, 8))
    with reader.connect() as connection:
        assert len(JpkiClient(connection).sign_authentication(PIN, b"")) == 256
    assert len(slot.faults) < 3


def test_6f00_once_after_power_on_is_asked_again(reader: PcscReader, slot: VpcdSlot) -> None:
    slot.faults.append(Fault(Effect.STATUS, at=1, status=0x6F00))
    with reader.connect() as connection:
        JpkiClient(connection).open()
    assert slot.faults == []


SIGN = ("00A4020C020017", "802A0080020102 00")


def second_program(*commands: str) -> bytes:
    """Status words that another process gets."""
    arguments = [part for command in commands for part in ("--send-apdu", command.replace(" ", ""))]
    done = run("opensc-tool", "--card-driver", "default", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("power_down", [True, False])
def test_no_verified_pin_is_left_to_a_second_program(
    reader: PcscReader, slot: VpcdSlot, power_down: bool
) -> None:
    connection = reader.connect()
    JpkiClient(connection).sign_authentication(PIN, b"")
    connection.close(power_down=power_down)
    assert b"SW1=0x69, SW2=0x82" in second_program("00A4040C0AD392F000260100000001", *SIGN)


def test_a_pin_that_another_program_left_verified_is_of_no_use_after_open(
    reader: PcscReader, slot: VpcdSlot
) -> None:
    connection = reader.connect()
    for command in ("00A4040C0AD392F000260100000001", "0020009804" + b"1234".hex()):
        assert connection.transmit(bytes.fromhex(command)) == b"\x90\x00"
    connection.close(power_down=False)
    connection = reader.connect()
    JpkiClient(connection).open()
    for command, answer in zip(SIGN, (b"\x90\x00", b"\x69\x82"), strict=True):
        assert connection.transmit(bytes.fromhex(command)) == answer
    connection.close()


def swap(slot: VpcdSlot, other: VirtualCard) -> VpcdSlot:
    """`other` in the place of the card on `slot`, faster than the service looks."""
    second = VpcdSlot(port=service().port)
    second.insert(other, seen_within=0)
    slot.remove()
    return second


def test_after_a_fast_swap_the_old_handle_fails_and_is_never_used_again(empty: PcscReader) -> None:
    slot = lay_down(card())
    connection = empty.connect()
    second = swap(slot, card("under_15"))
    challenge = bytes.fromhex("0084000008")
    assert failure(connection.transmit, challenge) in {"Card_Mute", "Card_Removed"}
    for _ in range(10):
        assert failure(connection.transmit, challenge) == "Card_Removed"
    second.remove()
    wait_for(lambda: not empty.present())


def test_a_handle_that_silently_reached_another_card_never_carries_the_pin(empty: PcscReader) -> None:
    """The service is made to do its worst: errors of the line are swallowed until the new card answers."""
    for _ in range(5):
        other, seen = card("under_15"), Seen()
        slot = lay_down(card())
        connection = empty.connect()
        client = JpkiClient(connection, seen)
        client.open()
        client.read_authentication_certificate()
        client.tries_left()
        second = swap(slot, other)
        silent = raw_answers(connection)
        met = failure(client.sign_authentication, PIN, b"")
        connection.close()
        second.remove()
        wait_for(lambda: not empty.present())
        assert all(command["name"] != "VERIFY" for command in seen.commands())
        assert other.image.pin("jpki", 0x18).tries == 3
        if silent:
            assert met == "Card_Changed"
            return
    pytest.fail("the service noticed every swap")


def raw_answers(connection: object) -> bool:
    """Does the handle reach a card again, below the connection that would give it up?"""
    ends = time.monotonic() + 2
    while time.monotonic() < ends:
        result, _ = scard.SCardTransmit(connection._card, connection._header, [0x00, 0x84, 0, 0, 8])  # type: ignore[attr-defined]
        if result == scard.SCARD_S_SUCCESS:
            return True
        if result == scard.SCARD_W_REMOVED_CARD:
            return False
        time.sleep(0.02)
    return False


def test_the_monitor_survives_the_service_and_its_readers(empty: PcscReader) -> None:
    seen = Seen()
    heard: list[str] = []
    watched = PcscReader(observer=seen)
    stop = watched.watch(lambda: heard.append("in"), lambda: heard.append("out"))

    def kinds() -> list[str]:
        return [str(data.get("failure", kind)) for kind, data in seen.events]

    try:
        slot = lay_down(card())
        wait_for(lambda: heard == ["in"])
        connection = empty.connect()
        service().stop()
        assert failure(connection.transmit, bytes.fromhex("0084000008")) == "Reader_Service_Stopped"
        assert failure(empty.connect) == "Reader_Service_Stopped"
        wait_for(lambda: heard == ["in", "out"])
        service().start(readers=False)
        wait_for(lambda: "Reader_Absent" in kinds())
        assert failure(empty.connect) == "Reader_Absent"
        service().stop()
        slot.remove()
        service().start()
        wait_for(lambda: "reader_back" in kinds())
        slot = lay_down(card())
        wait_for(lambda: heard == ["in", "out", "in"])
        with empty.connect() as connection:
            assert JpkiClient(connection).tries_left() == 3
        slot.remove()
        wait_for(lambda: heard == ["in", "out", "in", "out"])
    finally:
        stop()


PRESENT, EMPTY = 0x22, 0x12


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([(EMPTY, 0), (PRESENT, 1), (PRESENT, 1), (EMPTY, 2)], ["in", "out"]),
        ([(EMPTY, 2), (PRESENT, 2), (PRESENT, 3)], ["in"]),
        ([(EMPTY, 2), (PRESENT, 2), (PRESENT, 3), (PRESENT, 5)], ["in", "out", "in"]),
        ([(EMPTY, 2), (PRESENT, 2), (PRESENT, 5)], ["in", "out", "in"]),
        ([(EMPTY, 2), (PRESENT, 3), (PRESENT, 4)], ["in", "out", "in"]),
        ([(PRESENT, 1), (PRESENT, 3)], ["in", "out", "in"]),
        ([(PRESENT, 1)], ["in"]),
        ([(EMPTY, 0), (PRESENT, 0), (PRESENT, 0), (EMPTY, 0)], ["in", "out"]),
    ],
    ids=[
        "plain",
        "counted late",
        "late, then a swap",
        "late and a swap",
        "odd",
        "a swap",
        "there before",
        "no count",
    ],
)
def test_a_card_is_told_once_whenever_the_service_counts_it_and_a_swap_is_a_removal(
    states: list[tuple[int, int]], told: list[str]
) -> None:
    """pcscd shows a card, now and then, a moment before it counts its coming."""
    heard: list[str] = []
    monitor = _Monitor(
        list, lambda: heard.append("in"), lambda: heard.append("out"), lambda kind, /, **_: None
    )
    for state, count in states:
        monitor._tell("reader", state | count << 16)
    assert heard == told


def test_a_port_where_nobody_listens_is_named() -> None:
    assert failure(VpcdSlot(port=free_port_pair()).insert, card()) == "Reader_Absent"


def test_a_slot_that_holds_a_card_already_takes_no_second_one(reader: PcscReader, slot: VpcdSlot) -> None:
    assert failure(slot.insert, card()) == "Reader_Busy"
    other = VpcdSlot(port=service().port)
    second: VirtualCard = card()
    with pytest.raises(CardError) as caught:
        other.insert(second, seen_within=0.6)
    assert caught.value.failure == "Reader_Busy"
