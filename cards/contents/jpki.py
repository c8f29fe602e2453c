"""公的個人認証AP: token information, which certificates exist, and DER with a wrong length."""

from __future__ import annotations

from .facts import CardFacts, digits

CERTIFICATE_PRESENT = 0x8F


def token_info(facts: CardFacts) -> bytes:
    """EF 0006: a PKCS #11 CK_TOKEN_INFO with 32-bit big-endian words, 160 bytes; the label comes first."""
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
    """EF 0008: 8F for each certificate that exists (signature, authentication), and a third byte 00."""
    return bytes((CERTIFICATE_PRESENT if signature else 0, CERTIFICATE_PRESENT if authentication else 0, 0))


def with_length_error(der: bytes, error: int) -> bytes:
    """`der` whose two-byte length says `error` bytes more than there are. Raises ValueError if it has no such length."""
    if der[:2] != b"\x30\x82":
        raise ValueError("no DER object with a two-byte length")
    length = int.from_bytes(der[2:4], "big") + error
    return der[:2] + length.to_bytes(2, "big") + der[4:]
