"""共通カードAP and 住基AP, and what several applications share."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .facts import CardFacts
from .tlv import public_key, signed, tlv


def key_of(facts: CardFacts) -> RSAPrivateKey:
    """Raises ValueError on a card without an application key."""
    if facts.application_key is None:
        raise ValueError("keys.application is missing")
    return facts.application_key


def key_reference(number: int) -> bytes:
    """16 bytes that name a key of ours (real ones begin with 5 or 6)."""
    return f"90000{number:02d}".encode().ljust(13) + b"001"


def card_info(facts: CardFacts) -> bytes:
    """Record 1 of 共通カードAP EF 0001: tag 01, serial, municipality and expiry in 28 digits."""
    return tlv(0x01, f"{facts.serial}{facts.holder.municipality}{facts.expiry:%Y%m%d}".encode())


def key_reference_record(facts: CardFacts) -> bytes:
    """The record of EF 0002, the same in 共通カードAP and 住基AP."""
    return tlv(0x01, key_reference(1))


def issuer_certificate(facts: CardFacts) -> bytes:
    """EF 0004 of the 券面 applications: a card-verifiable certificate of the key that signs their records."""
    body = key_reference(23) + key_reference(24) + public_key(key_of(facts))
    return tlv(0x7F21, tlv(0x5F4E, body) + tlv(0x5F37, signed(key_of(facts), body)))
