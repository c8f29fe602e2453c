"""Make the files of the 券面事項確認AP: what is printed on the card.

As on the test card that soltia48/myna-card reads (`src/ap/surface.rs`): the issuer's key, certified in EF 0004, signs the records, in
which the key of the card stands. Pictures say 見本.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import padding, utils

from .common import application_key
from .facts import CardFacts
from .hierarchy import key_id, shared_key
from .pictures import SAMPLE, picture
from .tlv import public_key, signed, tlv, with_offsets

_GREY_PHOTO = bytes.fromhex(
    "0000000c6a5020200d0a870a00000014667479706a703220000000006a7032200000002d6a703268000000166968647200000040"
    "000000300001070700000000000f636f6c72010000000000110000009b6a703263ff4fff51002900000000003000000040000000"
    "0000000000000000300000004000000000000000000001070101ff52000c00000001000504040001ff5c00134040484850484850"
    "484850484850484850ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a"
    "00000000001a0001ff93cfb41001d789438080808080ffd9"
)
"""A plain grey JPEG 2000 picture of 48 x 64 pixels."""


_THREE_DIGESTS = bytes.fromhex("3071300D060960864801650304020105000460")
"""The beginning of a DigestInfo for SHA-256 that holds three digests one after the other, 96 bytes."""


def age_record(facts: CardFacts) -> bytes:
    """Make EF 0001: 生年月日, the card's key, a signature."""
    body = tlv(0xDF11, f"{facts.holder.birth:%Y%m%d}".encode()) + tlv(
        0xDF12, public_key(application_key(facts))
    )
    return tlv(0xFF10, body + tlv(0xDF13, signed(shared_key("issuer"), body)))


def card_face(facts: CardFacts) -> bytes:
    """Make EF 0002: nine objects behind a table of their offsets; expiry and security code are not signed."""
    text = [
        tlv(0xDF22, f"{facts.holder.birth:%Y%m%d}".encode()),
        tlv(0xDF23, facts.holder.sex.encode()),
        tlv(0xDF24, public_key(application_key(facts))),
    ]
    printed = [tlv(0xDF25, _name(facts)), tlv(0xDF26, _address(facts))]
    photo = [tlv(0xDF27, _GREY_PHOTO)]
    objects = [
        *text,
        *printed,
        *photo,
        tlv(0xDF28, _signed_face(text, printed, photo)),
        tlv(0xDF29, f"{facts.expiry:%Y%m%d}".encode()),
        tlv(0xDF2A, picture([facts.security_code], 24, 12)),
    ]
    return with_offsets(0xFF20, 0xDF21, objects)


def _signed_face(*parts: list[bytes]) -> bytes:
    """Sign the three parts of the face: PKCS #1 v1.5 over one DigestInfo that holds the SHA-256 of each."""
    digests = b"".join(hashlib.sha256(b"".join(part)).digest() for part in parts)
    return shared_key("issuer").sign(_THREE_DIGESTS + digests, padding.PKCS1v15(), utils.NoDigestInfo())


def _name(facts: CardFacts) -> bytes:
    """Draw 氏名, above it the 振り仮名 of a card with readings; how large real ones are is unproven."""
    name = f"{SAMPLE} {facts.holder.name}"
    if facts.holder.reading:
        return picture([facts.holder.reading, name], 480, 48)
    return picture([name], 480, 24)


def _address(facts: CardFacts) -> bytes:
    """Draw 住所, 24 characters a line, two lines or more; how large real ones are is unproven."""
    text = f"{SAMPLE} {facts.holder.address}".ljust(25)
    lines = [text[place : place + 24] for place in range(0, len(text), 24)]
    return picture(lines, 480, 20 * len(lines))


def basic_data(facts: CardFacts) -> bytes:
    """Make EF 0003: layout, key reference, version, municipality, 16 + 256 bytes of unknown meaning (here filler)."""
    return tlv(
        0xFF30,
        tlv(0xDF31, bytes.fromhex("06030E01"))
        + tlv(0xDF32, key_id(24))
        + tlv(0xDF33, b"\x00")
        + tlv(0xDF34, facts.holder.municipality.encode())
        + tlv(0xDF35, key_id(25) + b"\xff" * 256),
    )


def my_number_image(facts: CardFacts) -> bytes:
    """Make EF 0005: the 個人番号 as a picture, the card's key, a signature.

    The card that was read has 72 x 12 pixels for twelve digits; ours are as large, and 見本 stands before them.
    """
    drawn = picture([SAMPLE + facts.my_number], 96, 12)
    body = tlv(0xDF41, drawn) + tlv(0xDF42, public_key(application_key(facts)))
    return tlv(0xFF40, body + tlv(0xDF43, signed(shared_key("issuer"), body)))
