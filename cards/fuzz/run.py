"""The run itself: what the card must keep at every single command."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cards.apdu import OK, Response
from cards.image import CardImage, PrivateKey
from cards.virtual import VirtualCard

from .commands import CommandSource
from .model import CardModel

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

    def must(condition: bool, reason: str) -> None:
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
            must(answer.sw == expected, f"answered {answer.sw:04X}, the model says {expected:04X}")
        if answer.data:
            must(answer.sw == OK and command[1] in ANSWERING, "data with a command that has none")
            must(_is_clean(answer.data, secret), "part of a private number in the answer")
            if command[0] == 0x80:
                report.signatures += 1
                # the own key of a 券面 application (P2 = 00) asks for no PIN
                own_key = model.application != "jpki" and command[3] == 0
                must(own_key or model.may_sign(model.current), "a signature without its PIN")


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
