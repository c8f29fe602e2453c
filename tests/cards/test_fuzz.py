"""Random and mutated commands: the card never crashes, agrees with the model, and keeps its keys to itself."""

from __future__ import annotations

import pytest

from cards.applets.jpki import JpkiApplet
from cards.fuzz import FuzzFailure, fuzz
from cards.image import CardImage
from cards.virtual import VirtualCard
from tests.cards.helper import image

PROFILES = (
    "plain",
    "plain",
    "pin_one_left",
    "under_15",
    "android",
    "iphone",
    "counter_not_restored",
    "blocked_says_6984",
    "unlimited_pin",
    "short_only",
    "first_command_fails",
    "draft_2028",
)


def images() -> list[CardImage]:
    return [image(name) for name in PROFILES]


def test_twenty_thousand_commands_find_nothing() -> None:
    report = fuzz(20_000, 20260603, images())
    assert report.commands == 20_000
    assert report.predicted > 12_000
    assert report.signatures > 50
    assert {
        0x9000,
        0x63C2,
        0x6982,
        0x6984,
        0x6985,
        0x6986,
        0x6A82,
        0x6A86,
        0x6B00,
        0x6700,
        0x6D00,
        0x6E00,
    } <= set(report.status_words)


def test_the_same_seed_is_the_same_run() -> None:
    assert fuzz(800, 7, images()[:1]).status_words == fuzz(800, 7, images()[:1]).status_words


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


@pytest.mark.parametrize(
    ("card", "reason"), [(Leaking, "private number"), (Crashing, "ValueError"), (Forgetful, "the model says")]
)
def test_a_planted_defect_is_found(card: type[VirtualCard], reason: str) -> None:
    with pytest.raises(FuzzFailure, match=reason) as caught:
        fuzz(20_000, 1, images()[:1], make_card=card)
    assert caught.value.history


def test_a_card_that_signs_without_its_pin_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def any_key(self: JpkiApplet, session: object, p2: int) -> object:
        return session.image.application("jpki").files[0x17].key  # type: ignore[attr-defined]

    monkeypatch.setattr(JpkiApplet, "_key", any_key)
    with pytest.raises(FuzzFailure):
        fuzz(20_000, 1, images()[:1])
