"""What stands in the files of a card, made from its holder (layouts: docs/facts.md, the card)."""

from __future__ import annotations

import hashlib

CERTIFICATE_PRESENT = 0x8F
TOKEN_INFO_LENGTH = 160


def token_info(label: str, person_key: str) -> bytes:
    """EF 0006: a PKCS #11 CK_TOKEN_INFO with 32-bit big-endian words, 160 bytes; `label` comes first."""
    number = int.from_bytes(hashlib.sha256(b"token " + person_key.encode()).digest()[:8], "big")
    texts = (
        label.encode("ascii").ljust(32) + b"0" * 32 + b"SIM01".ljust(16) + f"{number % 10**16:016d}".encode()
    )
    # RNG, LOGIN_REQUIRED, USER_PIN_INITIALIZED, TOKEN_INITIALIZED; sessions; longest and shortest PIN; memory unknown
    words = (0x0000040D, 1, 0, 1, 0, 16, 6, *(0xFFFFFFFF,) * 4)
    return texts + b"".join(word.to_bytes(4, "big") for word in words) + b"03" + b"01" + b"9" * 16


def certificate_presence(*, signature: bool, authentication: bool) -> bytes:
    """EF 0008: 8F for each certificate that exists (signature, authentication), and a third byte 00."""
    return bytes((CERTIFICATE_PRESENT if signature else 0, CERTIFICATE_PRESENT if authentication else 0, 0))


def with_length_error(der: bytes, error: int) -> bytes:
    """`der` whose two-byte length says `error` bytes more than there are. Raises ValueError if it has no such length."""
    if der[:2] != b"\x30\x82":
        raise ValueError("no DER object with a two-byte length")
    length = int.from_bytes(der[2:4], "big") + error
    return der[:2] + length.to_bytes(2, "big") + der[4:]
