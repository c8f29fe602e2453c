"""Write BER-TLV as the 券面 applications do: objects, tables of offsets, public keys, signatures."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey


def tlv(tag: int, value: bytes) -> bytes:
    """Write one object: tag in as many bytes as it has, shortest length, value."""
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + tlv_length(len(value)) + value


def tlv_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    body = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(body),)) + body


def with_offsets(tag: int, offsets_tag: int, objects: list[bytes], *, long: bool = False) -> bytes:
    """Put `objects` into an outer object, behind a table of their offsets from the file's start.

    `long`: the outer length is always two bytes (82 hh ll), as some cards have it; else as short as it can be.
    """
    table_length = 2 + 1 + 2 * len(objects)
    inner = sum(map(len, objects)) + table_length
    length = b"\x82" + inner.to_bytes(2, "big") if long else tlv_length(inner)
    place = 2 + len(length) + table_length
    table = b""
    for item in objects:
        table += place.to_bytes(2, "big")
        place += len(item)
    return tag.to_bytes(2, "big") + length + tlv(offsets_tag, table) + b"".join(objects)


def public_key(key: RSAPublicKey) -> bytes:
    """Write the exponent (90) and modulus (91) of a key."""
    numbers = key.public_numbers()
    return tlv(0x90, numbers.e.to_bytes(3, "big")) + tlv(0x91, numbers.n.to_bytes(256, "big"))


def signed(key: RSAPrivateKey, data: bytes) -> bytes:
    """Sign `data`: RSASSA-PKCS1-v1_5 with SHA-256."""
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
