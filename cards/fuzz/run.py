"""The run itself: random commands, sensible ones and others, and what the card must keep at every single one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cards.apdu import CARD_MANAGER_AID, OK, Command, Response
from cards.image import Application, CardImage, Pin, PrivateKey
from cards.virtual import VirtualCard

from .model import CardModel

UNKNOWN = bytes.fromhex("D392F0002601000000FF")


class CommandSource:
    """Commands for cards like `image`, the same for the same `chance`."""

    def __init__(self, chance: random.Random, image: CardImage) -> None:
        self._chance = chance
        self._applications = image.applications
        self._here: Application | None = None
        self._secrets = [
            pin.value.encode() for application in image.applications for pin in _pins(application)
        ]
        self._secrets += [b"9999", b"0000", b"WRONG1", b"5678", b"NEWPASS1"]

    def next(self) -> bytes:
        kind = self._chance.random()
        if kind < 0.6:
            return self._sensible().encode()
        if kind < 0.9:
            return self._mutated(self._sensible().encode())
        return self._chance.randbytes(self._chance.choice((0, 1, 3, 4, 5, 6, 7, 8, 20, 262, 300)))

    def _sensible(self) -> Command:
        """Mostly about the files of the application it selected last."""
        chance = self._chance
        here = self._here
        if here is None or chance.random() < 0.08:
            return self._select_application()
        fids = list(here.files)
        file = here.files[chance.choice(fids)]
        short = 0x80 | chance.choice((0, file.fid, chance.randrange(32)))
        match chance.randrange(11):
            case 0 | 1:
                return Command(0x00, 0xA4, 0x02, 0x0C, bytes((0, file.fid)))
            case 2 | 3 | 4:
                return self._verify(here)
            case 5:
                p1 = chance.choice((0, 1, 5, short))
                return Command(0x00, 0xB0, p1, chance.randrange(256), le=256)
            case 6 | 7:
                data = chance.randbytes(chance.choice((1, 31, 32, 33, 48, 51, 245, 246)))
                p2 = chance.choice((short, 0x97, 0x9A, 0))
                return Command(0x80, 0x2A, chance.randrange(7), p2, data, 256)
            case 8:
                cla, ins, p1 = chance.choice(((0x00, 0x24, 0x01), (0x80, 0x32, 0x00)))
                return Command(cla, ins, p1, short, chance.choice(self._secrets))
            case 9:
                return Command(0x00, 0xB2, chance.randrange(4), chance.choice((0x04, 0x0C, 0x05)), le=256)
            case _:
                ins, p2 = chance.choice(((0x84, 0), (0xCA, 0x45), (0x88, 0x99), (0x88, 0x97)))
                data = b"\x01\x02" if ins == 0x88 else b""
                return Command(0x00, ins, 0x00, p2, data, chance.choice((256, 16)))

    def _select_application(self) -> Command:
        chance = self._chance
        if chance.random() < 0.1 or not self._applications:
            return Command(0x00, 0xA4, 0x04, 0x0C, chance.choice((CARD_MANAGER_AID, UNKNOWN, b"")))
        weights = [3 if application.name == "jpki" else 1 for application in self._applications]
        self._here = chance.choices(self._applications, weights)[0]
        return Command(0x00, 0xA4, 0x04, chance.choice((0x0C, 0x00)), self._here.aid)

    def _verify(self, here: Application) -> Command:
        """The right value as often as a wrong one, and a question for the tries left in between."""
        chance = self._chance
        fid, pin = chance.choice(
            [(fid, file.pin) for fid, file in here.files.items() if file.pin is not None] or [(0x18, None)]
        )
        value = chance.choice(self._secrets) if pin is None or chance.random() < 0.3 else pin.value.encode()
        return Command(0x00, 0x20, 0x00, 0x80 | fid, chance.choice((value, value, b"")))

    def _mutated(self, raw: bytes) -> bytes:
        chance = self._chance
        body = bytearray(raw)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(body)) if body else 0
            match chance.randrange(5):
                case 0 if body:
                    body[place] ^= 1 << chance.randrange(8)
                case 1 if body:
                    body[place] = chance.randrange(256)
                case 2:
                    del body[place:]
                case 3:
                    body += chance.randbytes(chance.randint(1, 4))
                case _:
                    body[place:place] = body[:place] if chance.random() < 0.5 else b"\0"
        return bytes(body)


def _pins(application: Application) -> list[Pin]:
    return [file.pin for file in application.files.values() if file.pin is not None]


WINDOW = 8
"""So many bytes of a private number in an answer count as leaked."""
LIFE = 400
"""Commands to one card, before the next takes its place (blocked PINs would make the run dull)."""
ANSWERING = {0x2A, 0x84, 0x88, 0xB0, 0xB2, 0xCA}


class FuzzFailure(Exception):
    """What the card did wrong: `reason`, the seed, the number of the command, the commands to this card so far (hex)."""

    def __init__(self, reason: str, seed: int, number: int, history: Sequence[bytes]) -> None:
        super().__init__(f"{reason} (seed {seed}, command {number}): {history[-1].hex() if history else ''}")
        self.reason = reason
        self.seed = seed
        self.number = number
        self.history = [command.hex() for command in history]


@dataclass
class FuzzReport:
    """How many commands ran, how often the model had an opinion, how many signatures were made, all status words."""

    commands: int = 0
    predicted: int = 0
    signatures: int = 0
    status_words: Counter[int] = field(default_factory=Counter)


def fuzz(
    count: int,
    seed: int,
    images: Sequence[CardImage],
    *,
    make_card: Callable[[CardImage], VirtualCard] = VirtualCard,
) -> FuzzReport:
    """`count` random and mutated commands to copies of `images`, the same for the same seed.

    Raises FuzzFailure at the first exception, answer against the model, leaked private number, or signature without PIN.
    """
    chance = random.Random(seed)
    report = FuzzReport()
    while report.commands < count:
        image = chance.choice(images).copy()
        _one_card(image, min(LIFE, count - report.commands), seed, chance, report, make_card)
    return report


def _one_card(
    image: CardImage,
    count: int,
    seed: int,
    chance: random.Random,
    report: FuzzReport,
    make_card: Callable[[CardImage], VirtualCard],
) -> None:
    secret = _windows(image.private_keys())
    model = CardModel(image)
    source = CommandSource(chance, image)
    card = make_card(image)
    card.power_on()
    history: list[bytes] = []

    def require(condition: bool, reason: str) -> None:
        if not condition:
            raise FuzzFailure(reason, seed, report.commands, history)

    for _ in range(count):
        if chance.random() < 0.01:
            card.power_off()
            card.power_on()
            model.power_on()
        command = source.next()
        history.append(command)
        expected = model.expect(command)
        try:
            answer = Response.parse(card.transmit(command))
        except Exception as error:
            raise FuzzFailure(f"{type(error).__name__}: {error}", seed, report.commands, history) from error
        report.commands += 1
        report.status_words[answer.sw] += 1
        if expected is not None:
            report.predicted += 1
            require(answer.sw == expected, f"answered {answer.sw:04X}, the model says {expected:04X}")
        if answer.data:
            require(answer.sw == OK and command[1] in ANSWERING, "data with a command that has none")
            require(_is_clean(answer.data, secret), "part of a private number in the answer")
            if command[0] == 0x80:
                report.signatures += 1
                # the own key of a 券面 application (P2 = 00) asks for no PIN
                own_key = model.application != "jpki" and command[3] == 0
                require(own_key or model.may_sign(model.current), "a signature without its PIN")


def _windows(keys: Iterable[PrivateKey]) -> set[bytes]:
    """Every run of WINDOW bytes of the private numbers, either end first."""
    found: set[bytes] = set()
    for key in keys:
        if isinstance(key, RSAPrivateKey):
            numbers = key.private_numbers()
            secret = [numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
        else:
            secret = [key.private_numbers().private_value]
        for number in secret:
            body = number.to_bytes((number.bit_length() + 7) // 8, "big")
            for text in (body, body[::-1]):
                found.update(text[place : place + WINDOW] for place in range(len(text) - WINDOW + 1))
    return found


def _is_clean(data: bytes, secret: set[bytes]) -> bool:
    return all(data[place : place + WINDOW] not in secret for place in range(len(data) - WINDOW + 1))
