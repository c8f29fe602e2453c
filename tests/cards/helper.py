"""A table to lay cards on: test keys made once, holders, an authority of this room's own."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from cards.foreign import ForeignAuthority
from cards.image import CardImage
from cards.personalise import Holder, personalise
from cards.profiles.loader import load_profile
from cards.virtual import VirtualCard

NOW = datetime(2026, 6, 3, 1, 0, tzinfo=UTC)
HOLDER = Holder(
    "person-1",
    "28101",
    "見本　花子",
    "兵庫県神戸市東灘区見本町１－２",
    date(1990, 5, 17),
    "2",
    "Hyogo-ken",
    "Kobe-shi",
)
JPKI = "00A4040C0AD392F000260100000001"


@functools.cache
def _pool() -> tuple[rsa.RSAPrivateKey, ...]:
    return tuple(rsa.generate_private_key(65537, 2048) for _ in range(4))


_turn = itertools.count()


def key_source() -> rsa.RSAPrivateKey:
    """A test key; four take turns, so that keys of one card differ."""
    return _pool()[next(_turn) % 4]


@functools.cache
def authority() -> ForeignAuthority:
    # keys of its own: the pool's could come round to an impostor
    return ForeignAuthority(
        lambda: rsa.generate_private_key(65537, 2048), now=NOW, organisation="JPKI-SIM-OWN"
    )


@functools.cache
def _image(profile: str) -> CardImage:
    return personalise(load_profile(profile), HOLDER, authority(), key_source, NOW)


def image(profile: str = "plain") -> CardImage:
    """A card of its own, fresh from the profile."""
    return _image(profile).copy()


def card(profile: str = "plain") -> VirtualCard:
    return VirtualCard(image(profile))


def powered(profile: str = "plain") -> VirtualCard:
    made = card(profile)
    made.power_on()
    return made


def ask(card: VirtualCard, *commands: str) -> bytes:
    """The answer to the last of `commands` (hex, spaces allowed)."""
    answer = b""
    for command in commands:
        answer = card.transmit(bytes.fromhex(command))
    return answer


@dataclass(frozen=True)
class Plain:
    """A secret of the test."""

    text: str

    def reveal(self) -> str:
        return self.text


class Seen:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, kind: str, /, **data: Any) -> None:
        self.events.append((kind, data))

    def commands(self) -> list[dict[str, Any]]:
        return [data for kind, data in self.events if kind == "command"]
