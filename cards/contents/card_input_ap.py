"""Make the files of the 券面入力補助AP: 個人番号 and 基本4情報 as text, with their digests and signature.

The issuer's key that signs on real cards is not ours to have; the card's own application key takes its place.
"""

from __future__ import annotations

import hashlib

from .common import key_of, key_reference, public_key, signed, tlv, with_offsets
from .facts import CardFacts


def my_number(facts: CardFacts) -> bytes:
    """Make EF 0001, 17 bytes: FF10 0C, twelve digits, two bytes of filler."""
    return tlv(0xFF10, facts.my_number.encode()) + b"\xff\xff"


def _attributes(facts: CardFacts) -> list[bytes]:
    holder = facts.holder
    return [
        tlv(0xDF22, holder.name.encode()),
        tlv(0xDF23, holder.address.encode()),
        tlv(0xDF24, f"{holder.birth:%Y%m%d}".encode()),
        tlv(0xDF25, holder.sex.encode()),
    ]


def four_attributes(facts: CardFacts) -> bytes:
    """Make EF 0002: FF20 with a table of four offsets, 氏名, 住所, 生年月日, 性別."""
    return with_offsets(0xFF20, 0xDF21, 4, _attributes(facts))


def integrity_record(facts: CardFacts) -> bytes:
    """Make EF 0003: SHA-256 of EF 0001 with its filler, and of EF 0002's objects without the table; a signature over both."""
    body = tlv(0xDF31, hashlib.sha256(my_number(facts)).digest()) + tlv(
        0xDF32, hashlib.sha256(b"".join(_attributes(facts))).digest()
    )
    return tlv(0xFF30, body + tlv(0xDF33, signed(key_of(facts), body)))


def basic_data(facts: CardFacts) -> bytes:
    """Make EF 0005: layout, a key reference, 128 bytes of unknown meaning (here filler)."""
    return tlv(
        0xFF40,
        tlv(0xDF41, bytes.fromhex("01030E01")) + tlv(0xDF42, key_reference(34)) + tlv(0xDF43, b"\xff" * 128),
    )


def session_key(facts: CardFacts) -> bytes:
    """Make EF 0006: the key for which a terminal would encrypt a session key."""
    return tlv(0xA1, public_key(key_of(facts)))


def signed_key(facts: CardFacts) -> bytes:
    """Make EF 0007: the public half of the key in EF 0013, signed."""
    body = tlv(0xDF51, public_key(key_of(facts)))
    return tlv(0xFF50, body + tlv(0xDF52, signed(key_of(facts), body)))
