"""Write BER-TLV as the 券面 applications do; records of 共通カードAP, 住基AP and 公的個人認証AP, and what several applications share."""

from __future__ import annotations

import struct
import zlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .facts import CardFacts, digits


def tlv(tag: int, value: bytes) -> bytes:
    """Write one object: tag in as many bytes as it has, shortest length, value."""
    return tag.to_bytes((tag.bit_length() + 7) // 8, "big") + tlv_length(len(value)) + value


def tlv_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    body = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(body),)) + body


def with_offsets(tag: int, offsets_tag: int, count: int, objects: list[bytes]) -> bytes:
    """Put `objects` into an outer object, behind a table of the offsets of the first `count` of them from the file's start."""
    table_length = 2 + 1 + 2 * count
    inner = sum(map(len, objects)) + table_length
    place = 2 + len(tlv_length(inner)) + table_length
    table = b""
    for item in objects[:count]:
        table += place.to_bytes(2, "big")
        place += len(item)
    return tlv(tag, tlv(offsets_tag, table) + b"".join(objects))


def public_key(key: RSAPrivateKey) -> bytes:
    """Write the exponent (90) and modulus (91) of a key."""
    numbers = key.public_key().public_numbers()
    return tlv(0x90, numbers.e.to_bytes(3, "big")) + tlv(0x91, numbers.n.to_bytes(256, "big"))


def signed(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def blank_png(width: int, height: int) -> bytes:
    """Draw a white picture of one bit a pixel: samples show nobody's name or face."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = b"\0" + b"\xff" * ((width + 7) // 8)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(row * height, 9))
        + chunk(b"IEND", b"")
    )


def key_of(facts: CardFacts) -> RSAPrivateKey:
    """Return the application key. Raises ValueError on a card without one."""
    if facts.application_key is None:
        raise ValueError("keys.application is missing")
    return facts.application_key


def key_reference(number: int) -> bytes:
    """Return 16 bytes that name a key of ours (real ones begin with 5 or 6)."""
    return f"90000{number:02d}".encode().ljust(13) + b"001"


def card_info(facts: CardFacts) -> bytes:
    """Write record 1 of 共通カードAP EF 0001: tag 01, serial, municipality and expiry in 28 digits.

    EF 0001 of our application for 条例利用 has the same, since what the real one holds is not published.
    """
    return tlv(0x01, f"{facts.serial}{facts.holder.municipality}{facts.expiry:%Y%m%d}".encode())


def key_reference_record(facts: CardFacts) -> bytes:
    """Write the record of EF 0002, the same in 共通カードAP and 住基AP."""
    return tlv(0x01, key_reference(1))


def issuer_certificate(facts: CardFacts) -> bytes:
    """Make EF 0004 of the 券面 applications: a card-verifiable certificate of the key that signs their records."""
    body = key_reference(23) + key_reference(24) + public_key(key_of(facts))
    return tlv(0x7F21, tlv(0x5F4E, body) + tlv(0x5F37, signed(key_of(facts), body)))


CERTIFICATE_PRESENT = 0x8F


def token_info(facts: CardFacts) -> bytes:
    """Make EF 0006: a PKCS #11 CK_TOKEN_INFO with 32-bit big-endian words, 160 bytes; the label comes first."""
    texts = (
        facts.token_label.encode("ascii").ljust(32)
        + digits(facts.holder.person_key, "manufacturer", 32).encode()
        + b"SIM01".ljust(16)
        + digits(facts.holder.person_key, "token", 16).encode()
    )
    # RNG, LOGIN_REQUIRED, USER_PIN_INITIALIZED, TOKEN_INITIALIZED; sessions; longest and shortest PIN; memory unknown
    words = (0x0000040D, 1, 0, 1, 0, 16, 6, *(0xFFFFFFFF,) * 4)
    return texts + b"".join(word.to_bytes(4, "big") for word in words) + b"03" + b"01" + b"9" * 16


def certificate_presence(*, signature: bool, authentication: bool) -> bytes:
    """Make EF 0008: 8F for each certificate that exists (signature, authentication), and a third byte 00."""
    return bytes((CERTIFICATE_PRESENT if signature else 0, CERTIFICATE_PRESENT if authentication else 0, 0))


def with_length_error(der: bytes, error: int) -> bytes:
    """Return `der` with a two-byte length that says `error` bytes more than there are.

    Raises ValueError if it has no such length.
    """
    if der[:2] != b"\x30\x82":
        raise ValueError("no DER object with a two-byte length")
    length = int.from_bytes(der[2:4], "big") + error
    return der[:2] + length.to_bytes(2, "big") + der[4:]
