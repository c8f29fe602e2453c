"""Write records of 共通カードAP, 住基AP and 公的個人認証AP, and what the card manager tells."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from .facts import CardFacts, digits
from .hierarchy import key_id
from .tlv import tlv


def application_key(facts: CardFacts) -> RSAPublicKey:
    """Return the public half of the key with which this card signs challenges. Raises ValueError on a card without one."""
    if facts.application_key is None:
        raise ValueError("keys.application is missing")
    return facts.application_key.public_key()


def card_info(facts: CardFacts) -> bytes:
    """Write record 1 of 共通カードAP EF 0001: tag 01, serial, municipality and expiry in 28 digits.

    EF 0001 of our application for 条例利用 has the same, since what the real one holds is not published.
    """
    return tlv(0x01, f"{facts.serial}{facts.holder.municipality}{facts.expiry:%Y%m%d}".encode())


def key_reference_record(facts: CardFacts) -> bytes:
    """Write the record of EF 0002, the same in 共通カードAP and 住基AP."""
    return tlv(0x01, key_id(1))


def card_recognition(facts: CardFacts) -> bytes:
    """Make data object 0066: whose card manager this is, as GlobalPlatform 2.1.1 lays it out (F.2): version 2.1.1, SCP02.

    That a real card has the object under the arc 1.2.840.114283 is known (soltia48/myna-card, `src/mf.rs`), its values are not.
    """
    arc = bytes.fromhex("2A864886FC6B")
    return tlv(
        0x66,
        tlv(
            0x73,
            tlv(0x06, arc + b"\x01")
            + tlv(0x60, tlv(0x06, arc + bytes.fromhex("02020101")))
            + tlv(0x63, tlv(0x06, arc + b"\x03"))
            + tlv(0x64, tlv(0x06, arc + bytes.fromhex("040215"))),
        ),
    )


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
