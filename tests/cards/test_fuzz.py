"""Random and mutated commands: the card never crashes, agrees with the model, and keeps its keys to itself.

`make fuzz` goes new ways, and many more of them.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from cards.apdu import CARD_MANAGER_AID, OK, Command, Response
from cards.applets.jpki import JpkiApplet
from cards.image import Application, CardImage, FileKind, PrivateKey
from cards.profiles.loader import profile_names
from cards.virtual import VirtualCard
from tests.cards.card_model import CardModel
from tests.cards.helper import image
from tests.cards.secure_client import delivery

UNKNOWN = bytes.fromhex("D392F0002601000000FF")
WINDOW = 8
"""So many bytes of a private number in an answer count as leaked."""
COMMANDS_OF_A_LONG_RUN = 1_000_000
ANSWERING = {0x2A, 0x84, 0x88, 0xB0, 0xB2, 0xCA}
SHORT = st.integers(0x80, 0x9F)


@functools.cache
def profiles() -> list[str]:
    """Cards that are slow or say nothing are so on purpose."""
    found = [(name, image(name).behaviour) for name in profile_names()]
    return [name for name, behaviour in found if not behaviour.mute and not behaviour.delay_ms]


class AnyCard(RuleBasedStateMachine):
    """One card from power-on, beside the model of what it must answer; every rule sends a command."""

    profiles: ClassVar[Callable[[], list[str]]] = staticmethod(profiles)
    make: ClassVar[Callable[[CardImage], VirtualCard]] = VirtualCard
    told: ClassVar[Counter[str]] = Counter()
    """What happened in all runs: status words, `predicted`, `signature`."""

    @initialize(data=st.data())
    def lay_down(self, data: st.DataObject) -> None:
        made = image(data.draw(st.sampled_from(self.profiles())))
        self.applications = {application.name: application for application in made.applications}
        self.secret = windows(made.private_keys())
        pins = [file.pin for app in made.applications for file in app.files.values() if file.pin]
        self.values = [pin.value.encode() for pin in pins] + [
            b"9999",
            b"0000",
            b"WRONG1",
            b"5678",
            b"NEWPASS1",
        ]
        self.model = CardModel(made)
        self.card = self.make(made)
        self.card.power_on()
        self.last = b""
        self.answer = Response(b"", OK)
        self.here: Application | None = None
        if self.applications:
            self.go_to(data, 0x0C)

    def go_to(self, data: st.DataObject, p2: int) -> None:
        """Mostly to the one that a terminal uses, if the card has it."""
        names = sorted(self.applications)
        self.here = self.applications[data.draw(st.sampled_from(names + ["jpki"] * 3 * ("jpki" in names)))]
        self.ask(Command(0x00, 0xA4, 0x04, p2, self.here.aid))

    @rule()
    def power(self) -> None:
        self.card.power_off()
        self.card.power_on()
        self.model.power_on()

    @rule(data=st.data(), p2=st.sampled_from((0x0C, 0x00)))
    def select_application(self, data: st.DataObject, p2: int) -> None:
        if self.applications:
            self.go_to(data, p2)

    @rule(aid=st.sampled_from((CARD_MANAGER_AID, UNKNOWN, b"")))
    def select_something_else(self, aid: bytes) -> None:
        self.ask(Command(0x00, 0xA4, 0x04, 0x0C, aid))

    @rule(data=st.data())
    def select_file(self, data: st.DataObject) -> None:
        self.ask(Command(0x00, 0xA4, 0x02, 0x0C, bytes((0, self.a_file(data)))))

    @rule(data=st.data(), how=st.sampled_from(("right", "right", "any", "asked")))
    def verify(self, data: st.DataObject, how: str) -> None:
        """The right value as often as any other, and a question for the tries left in between."""
        files = self.here.files if self.here else {}
        pins = {fid: file.pin for fid, file in files.items() if file.pin is not None}
        fid = data.draw(st.sampled_from(sorted(pins) or [0x18]))
        value = b"" if how == "asked" else data.draw(st.sampled_from(self.values))
        if how == "right" and fid in pins:
            value = pins[fid].value.encode()
        self.ask(Command(0x00, 0x20, 0x00, 0x80 | fid, value))

    @rule(data=st.data())
    def use_up_the_tries(self, data: st.DataObject) -> None:
        files = self.here.files if self.here else {}
        pins = {fid: file.pin for fid, file in files.items() if file.pin is not None}
        if pins:
            fid = data.draw(st.sampled_from(sorted(pins)))
            for _ in range(pins[fid].limit + 1):
                self.ask(Command(0x00, 0x20, 0x00, 0x80 | fid, b"WRONG1"))

    @rule(data=st.data(), p1=st.sampled_from((0, 1, 5)) | SHORT, p2=st.integers(0, 255))
    def read(self, data: st.DataObject, p1: int, p2: int) -> None:
        self.ask(Command(0x00, 0xB0, data.draw(st.just(0x80 | self.a_file(data)) | st.just(p1)), p2, le=256))

    @rule(
        p1=st.integers(0, 6),
        p2=st.sampled_from((0x97, 0x9A, 0)) | SHORT,
        size=st.sampled_from((1, 31, 32, 33, 48, 51, 245, 246)),
    )
    def sign(self, p1: int, p2: int, size: int) -> None:
        self.ask(Command(0x80, 0x2A, p1, p2, b"\x5a" * size, 256))

    @rule(data=st.data(), form=st.sampled_from(((0x00, 0x24, 0x01), (0x80, 0x32, 0x00))))
    def change(self, data: st.DataObject, form: tuple[int, int, int]) -> None:
        short = data.draw(st.just(0x80) | st.just(0x80 | self.a_file(data)) | SHORT)
        self.ask(Command(*form, short, data.draw(st.sampled_from(self.values))))

    @rule(p1=st.integers(0, 3), p2=st.sampled_from((0x04, 0x0C, 0x05)))
    def read_record(self, p1: int, p2: int) -> None:
        self.ask(Command(0x00, 0xB2, p1, p2, le=256))

    @rule(
        what=st.sampled_from(((0x84, 0), (0xCA, 0x45), (0x88, 0x99), (0x88, 0x97))),
        le=st.sampled_from((256, 16)),
    )
    def ask_for_the_rest(self, what: tuple[int, int], le: int) -> None:
        ins, p2 = what
        self.ask(Command(0x00, ins, 0x00, p2, b"\x01\x02" if ins == 0x88 else b"", le))

    @rule(data=st.data())
    def use_as_meant(self, data: st.DataObject) -> None:
        """One file of the application that was gone to, in the way that its kind is for."""
        fid = self.a_file(data)
        file = self.here.files.get(fid) if self.here else None
        match file and file.kind:
            case FileKind.BINARY:
                self.ask(Command(0x00, 0xB0, 0x80 | fid, 0, le=256))
            case FileKind.RECORDS:
                self.ask(Command(0x00, 0xB2, 1, fid << 3 | 4, le=256))
            case FileKind.PIN:
                assert file is not None and file.pin is not None
                self.ask(Command(0x00, 0x20, 0x00, 0x80 | fid, file.pin.value.encode()))
            case FileKind.KEY:
                self.ask(Command(0x80, 0x2A, 0x00, 0x80 | fid, b"\x5a" * 51, 256))

    @rule()
    def sign_as_meant(self) -> None:
        """The way of a terminal: the application, the PIN of 利用者証明用, its key, a signature."""
        self.here = self.applications.get("jpki")
        if self.here and 0x18 in self.here.files:
            pin = self.here.files[0x18].pin
            self.ask(Command(0x00, 0xA4, 0x04, 0x0C, self.here.aid))
            self.ask(Command(0x00, 0x20, 0x00, 0x98, pin.value.encode() if pin else b""))
            self.ask(Command(0x00, 0xA4, 0x02, 0x0C, bytes((0x00, 0x17))))
            self.ask(Command(0x80, 0x2A, 0x00, 0x80, b"\x5a" * 51, 256))

    @rule(form=st.sampled_from(("A0228020", "A0228120", "A0448020")), pin=st.booleans())
    def deliver_a_session_key(self, form: str, pin: bool) -> None:
        self.begin_a_session(form, pin)

    def begin_a_session(self, form: str = "A0228020", pin: bool = True) -> None:
        """The way of a terminal: the application, its PIN, a key for secure messaging."""
        self.here = self.applications.get("text")
        if self.here and 0x06 in self.here.files and self.model.behaviour.extended_length:
            self.ask(Command(0x00, 0xA4, 0x04, 0x0C, self.here.aid))
            value = self.here.files[0x11].pin
            if pin and value:
                self.ask(Command(0x00, 0x20, 0x00, 0x91, value.value.encode()))
            self.told["session"] += 1
            # few of them: the model, which has no quick RSA, keeps what it has seen
            seed = hashlib.sha256(bytes((self.told["session"] % 4,))).digest()
            self.secret |= {seed[at : at + WINDOW] for at in range(32 - WINDOW + 1)}
            data = delivery(self.here.files[0x06].content, bytes.fromhex(form) + seed)
            self.ask(Command(0x80, 0xAE, 0x00, 0x00, data))

    @rule(
        data=st.data(),
        what=st.sampled_from(("read", "read", "select", "verify", "verify")),
        wrong=st.sampled_from(("", "", "", "", "counter", "tag", "twice", "class", "long", "command")),
        le=st.sampled_from((65536, 256, 1)),
        length=st.sampled_from((0, 0, 16, 15)),
    )
    def speak_securely(self, data: st.DataObject, what: str, wrong: str, le: int, length: int) -> None:
        """In a session: what a terminal says, sometimes with one thing wrong. The model knows key and counter."""
        if self.model.secure is None:
            self.begin_a_session()
        terminal = self.model.secure
        if terminal is None:
            return
        if self.here is None or self.here.name != "text":
            self.here = self.applications["text"]
        fid = self.a_file(data)
        if what == "read":
            fid = data.draw(st.sampled_from((1, 2, 3, 5, fid)))
            body, head = b"\x96\x03\0" + length.to_bytes(2, "big"), (0xB0, 0x80 | fid, 0)
        else:
            pin = self.here.files[fid].pin if fid in self.here.files else None
            plain = (pin.value.encode() if pin else b"9999") if what == "verify" else bytes((0, fid))
            body = terminal.cryptogram(plain, terminal.counter + (wrong == "counter"))
            head = (0x20, 0x00, 0x80 | fid) if what == "verify" else (0xA4, 0x02, 0x0C)
        if wrong == "tag":
            body = bytes((body[0] ^ 0x10,)) + body[1:]
        elif wrong == "long":
            body = body[:1] + b"\x81" + body[1:]
        elif wrong == "twice":
            body += body
        ins = 0x84 if wrong == "command" else head[0]
        counter, content = terminal.counter, self.content(what, fid, length)
        self.ask(
            Command(
                0x0C if wrong == "class" else 0x08,
                ins,
                *head[1:],
                body,
                le if what == "read" else None,
                le > 256,
            )
        )
        if self.answer.data:
            self.told["secure read"] += 1
            assert self.model.secure is terminal and terminal.counter == counter + 1
            assert terminal.clear(self.answer.data) == content, (
                "something else than the file in a secure answer"
            )
            assert content[:WINDOW] not in self.answer.data, "the file in clear in a secure answer"

    def content(self, what: str, fid: int, length: int) -> bytes:
        file = self.here.files.get(fid) if self.here else None
        return file.content[: length or None] if file and what == "read" else b""

    @rule(times=st.integers(1, 4))
    def repeat(self, times: int) -> None:
        if self.last:
            for _ in range(times):
                self.send(self.last)

    @rule(place=st.integers(0, 300), byte=st.integers(0, 255))
    def repeat_with_another_byte(self, place: int, byte: int) -> None:
        body = bytearray(self.last)
        if body:
            body[place % len(body)] = byte
        self.send(bytes(body))

    @rule(place=st.integers(0, 300), more=st.binary(max_size=4), doubled=st.booleans())
    def repeat_cut_or_longer(self, place: int, more: bytes, doubled: bool) -> None:
        here = place % (len(self.last) + 1)
        self.send(self.last[:here] + (self.last[:here] + self.last[here:] if doubled else more))

    @rule(raw=st.binary(max_size=8) | st.binary(min_size=20, max_size=300))
    def noise(self, raw: bytes) -> None:
        self.send(raw)

    def a_file(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.here.files))) if self.here and self.here.files else 0x18

    def ask(self, command: Command) -> None:
        self.last = command.encode()
        self.send(self.last)

    def send(self, raw: bytes) -> None:
        """Send one command; whatever it is, the answer must be as the model says and keep the keys."""
        expected = self.model.expect(raw)
        answer = self.answer = Response.parse(self.card.transmit(raw))
        self.told[f"{answer.sw:04X}"] += 1
        self.told["commands"] += 1
        if expected is not None:
            self.told["predicted"] += 1
            assert f"{answer.sw:04X}" == f"{expected:04X}", "the model says another status word"
        if answer.data:
            assert answer.sw == OK and raw[1] in ANSWERING, "data with a command that has none"
            assert is_clean(answer.data, self.secret), "part of a private number in the answer"
            if raw[0] == 0x80:
                self.told["signature"] += 1
                # the own key of a 券面 application (P2 = 00) asks for no PIN
                own_key = self.model.application != "jpki" and raw[3] == 0
                assert own_key or self.model.may_sign(self.model.current), "a signature without its PIN"


def windows(keys: Iterable[PrivateKey]) -> set[bytes]:
    """Every run of WINDOW bytes of the private numbers, either end first."""
    return set().union(*map(_windows, keys))


@functools.cache
def _windows(key: PrivateKey) -> frozenset[bytes]:
    if isinstance(key, RSAPrivateKey):
        numbers = key.private_numbers()
        secret = [numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
    else:
        secret = [key.private_numbers().private_value]
    found: set[bytes] = set()
    for number in secret:
        body = number.to_bytes((number.bit_length() + 7) // 8, "big")
        for text in (body, body[::-1]):
            found.update(text[place : place + WINDOW] for place in range(len(text) - WINDOW + 1))
    return frozenset(found)


def is_clean(data: bytes, secret: set[bytes]) -> bool:
    return all(data[place : place + WINDOW] not in secret for place in range(len(data) - WINDOW + 1))


RUN = settings(stateful_step_count=80, suppress_health_check=list(HealthCheck))
"""How many runs: by the profile (tests/conftest.py)."""


def test_no_order_of_commands_makes_the_card_do_wrong() -> None:
    AnyCard.told.clear()
    run_state_machine_as_test(AnyCard, settings=RUN)
    told = AnyCard.told
    words = {"9000", "63C2", "6982", "6984", "6985", "6986", "6A82", "6A86", "6B00", "6700", "6D00", "6E00"}
    words |= {"6988", "6987", "69FC", "6A80"}
    assert len(words - set(told)) <= 2, "the runs go deep; one or two answers may be missed by chance"
    assert told["predicted"] > 2_000 and told["signature"] > 20 and told["secure read"] > 10


@pytest.mark.skipif(not os.environ.get("KONBINI_LONG"), reason="a million commands: make fuzz")
def test_a_million_commands_do_not_make_the_card_do_wrong() -> None:
    AnyCard.told.clear()
    while AnyCard.told["commands"] < COMMANDS_OF_A_LONG_RUN:
        run_state_machine_as_test(AnyCard, settings=settings(RUN, database=None))
    print(f"{AnyCard.told['commands']} commands: {dict(AnyCard.told.most_common(30))}")  # noqa: T201


class Leaking(VirtualCard):
    """Answers GET CHALLENGE with part of a private exponent."""

    def transmit(self, raw: bytes) -> bytes:
        answer = super().transmit(raw)
        if raw[:4] == b"\x00\x84\x00\x00" and len(answer) > 10:
            key = next(self.image.private_keys())
            number = key.private_numbers().d  # type: ignore[union-attr]
            return number.to_bytes(256, "big")[40:50] + answer[-2:]
        return answer


class Crashing(VirtualCard):
    def transmit(self, raw: bytes) -> bytes:
        return super().transmit(raw) if raw else b""


class Forgetful(VirtualCard):
    """Does not count wrong PINs."""

    def transmit(self, raw: bytes) -> bytes:
        answer = super().transmit(raw)
        return b"\x63\xc3" if answer == b"\x63\xc2" else answer


class Careless(VirtualCard):
    """Answers reads in class 08 in clear."""

    def _answer_secure(self, command: Command) -> Response:
        answer = super()._answer_secure(command)
        session = self._session
        if answer.data and session.current is not None:
            return Response(session.current.content[command.p2 :], OK)
        return answer


class Uncounting(VirtualCard):
    """Counts only the secure commands that the application accepts."""

    def _answer_secure(self, command: Command) -> Response:
        answer = super()._answer_secure(command)
        if self._session.secure is not None and answer.sw != OK:
            self._session.secure.counter -= 1
        return answer


def look_for_it(card: type[VirtualCard] = VirtualCard) -> None:
    """The same runs with plain cards that have a defect; what is found is not made smaller first."""

    class Planted(AnyCard):
        profiles = staticmethod(lambda: ["plain"])
        make = card

    run_state_machine_as_test(
        Planted, settings=settings(RUN, phases=[Phase.generate], report_multiple_bugs=False)
    )


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (Leaking, "private number"),
        (Crashing, "at least its status word"),
        (Forgetful, "the model says"),
        (Careless, "secure answer"),
        (Uncounting, "the model says|secure answer"),
    ],
)
def test_a_planted_defect_is_found(card: type[VirtualCard], reason: str) -> None:
    with pytest.raises((AssertionError, ValueError), match=reason):
        look_for_it(card)


def test_a_card_that_signs_without_its_pin_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def any_key(self: JpkiApplet, session: object, p2: int) -> object:
        return session.image.application("jpki").files[0x17].key  # type: ignore[attr-defined]

    monkeypatch.setattr(JpkiApplet, "_key", any_key)
    with pytest.raises(AssertionError, match="model says|without its PIN"):
        look_for_it()
