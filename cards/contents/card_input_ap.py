"""Make the files of the 券面入力補助AP: 個人番号 and 基本4情報 as text, with their digests and signature.

As on the test card that soltia48/myna-card reads (`src/ap/text.rs`): the issuer's key, certified in EF 0004, signs 0003 and 0007.
"""

from __future__ import annotations

import hashlib

from .common import application_key
from .facts import CardFacts, digits
from .hierarchy import key_id, shared_key
from .tlv import public_key, signed, tlv, with_offsets


def my_number(facts: CardFacts) -> bytes:
    """Make EF 0001, 17 bytes: FF10 0C, twelve digits, two bytes of filler."""
    return tlv(0xFF10, facts.my_number.encode()) + b"\xff\xff"


def _attributes(facts: CardFacts) -> list[bytes]:
    holder = facts.holder
    objects = [
        tlv(0xDF22, holder.name.encode()),
        tlv(0xDF23, holder.address.encode()),
        tlv(0xDF24, f"{holder.birth:%Y%m%d}".encode()),
        tlv(0xDF25, holder.sex.encode()),
    ]
    if holder.reading:  # where a card has it is unproven: a draft of ours
        objects.append(tlv(0xDF26, holder.reading.encode()))
    return objects


def four_attributes(facts: CardFacts) -> bytes:
    """Make EF 0002: FF20 with a table of offsets, 氏名, 住所, 生年月日, 性別; of a card with readings the 振り仮名 behind them."""
    return with_offsets(0xFF20, 0xDF21, _attributes(facts))


def four_attributes_long(facts: CardFacts) -> bytes:
    """Make EF 0002 with an outer length of two bytes whatever it is: FF20 82 hh ll, so that the first offset is 0010."""
    return with_offsets(0xFF20, 0xDF21, _attributes(facts), long=True)


def integrity_record(facts: CardFacts) -> bytes:
    """Make EF 0003: SHA-256 of EF 0001 with its filler, and of EF 0002's objects without the table; a signature over both."""
    body = tlv(0xDF31, hashlib.sha256(my_number(facts)).digest()) + tlv(
        0xDF32, hashlib.sha256(b"".join(_attributes(facts))).digest()
    )
    return tlv(0xFF30, body + tlv(0xDF33, signed(shared_key("issuer"), body)))


def basic_data(facts: CardFacts) -> bytes:
    """Make EF 0005: layout, a key reference, 32 bytes of unknown meaning in 128 bytes."""
    unknown = bytes.fromhex(digits(facts.holder.person_key, "basic data", 64)) + b"\xff" * 96
    return tlv(
        0xFF40,
        tlv(0xDF41, bytes.fromhex("01030E01")) + tlv(0xDF42, key_id(34)) + tlv(0xDF43, unknown),
    )


def session_key(facts: CardFacts) -> bytes:
    """Make EF 0006: the key for which a terminal encrypts a session key; bare, and none of those that sign."""
    if facts.session_key is None:
        raise ValueError("keys.session is missing")
    return tlv(0xA1, public_key(facts.session_key.public_key()))


def signed_key(facts: CardFacts) -> bytes:
    """Make EF 0007: the public half of the key in EF 0013, signed by the issuer."""
    body = tlv(0xDF51, public_key(application_key(facts)))
    return tlv(0xFF50, body + tlv(0xDF52, signed(shared_key("issuer"), body)))
