"""BER-TLV objects and RSA public keys as the 券面 applications write them."""

from __future__ import annotations

import struct
import zlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


def tlv(tag: int, value: bytes) -> bytes:
    """One object: tag in as many bytes as it has, shortest length, value."""
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + tlv_length(len(value)) + value


def tlv_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    body = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(body),)) + body


def with_offsets(tag: int, offsets_tag: int, count: int, objects: list[bytes]) -> bytes:
    """`objects` in an outer object, behind a table of the offsets of the first `count` of them from the file's start."""
    table_length = 2 + 1 + 2 * count
    inner = sum(map(len, objects)) + table_length
    place = 2 + len(tlv_length(inner)) + table_length
    table = b""
    for item in objects[:count]:
        table += place.to_bytes(2, "big")
        place += len(item)
    return tlv(tag, tlv(offsets_tag, table) + b"".join(objects))


def public_key(key: RSAPrivateKey) -> bytes:
    """Exponent (90) and modulus (91)."""
    numbers = key.public_key().public_numbers()
    return tlv(0x90, numbers.e.to_bytes(3, "big")) + tlv(0x91, numbers.n.to_bytes(256, "big"))


def signed(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def blank_png(width: int, height: int) -> bytes:
    """A white picture of one bit a pixel: samples show nobody's name or face."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = b"\0" + b"\xff" * ((width + 7) // 8)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * height, 9))
        + chunk(b"IEND", b"")
    )
