"""Make the files of the 券面事項確認AP: what is printed on the card. Pictures are blank samples."""

from __future__ import annotations

from .common import blank_png, key_of, key_reference, public_key, signed, tlv, with_offsets
from .facts import CardFacts

_GREY_PHOTO = bytes.fromhex(
    "0000000c6a5020200d0a870a00000014667479706a703220000000006a7032200000002d6a703268000000166968647200000040"
    "000000300001070700000000000f636f6c72010000000000110000009b6a703263ff4fff51002900000000003000000040000000"
    "0000000000000000300000004000000000000000000001070101ff52000c00000001000504040001ff5c00134040484850484850"
    "484850484850484850ff640025000143726561746564206279204f70656e4a5045472076657273696f6e20322e352e34ff90000a"
    "00000000001a0001ff93cfb41001d789438080808080ffd9"
)
"""A plain grey JPEG 2000 picture of 48 x 64 pixels."""


def age_record(facts: CardFacts) -> bytes:
    """Make EF 0001: 生年月日, the card's key, a signature."""
    body = tlv(0xDF11, f"{facts.holder.birth:%Y%m%d}".encode()) + tlv(0xDF12, public_key(key_of(facts)))
    return tlv(0xFF10, body + tlv(0xDF13, signed(key_of(facts), body)))


def card_face(facts: CardFacts) -> bytes:
    """Make EF 0002: nine objects behind a table of their offsets; expiry and security code are not signed."""
    objects = [
        tlv(0xDF22, f"{facts.holder.birth:%Y%m%d}".encode()),
        tlv(0xDF23, facts.holder.sex.encode()),
        tlv(0xDF24, public_key(key_of(facts))),
        tlv(0xDF25, blank_png(160, 16)),
        tlv(0xDF26, blank_png(320, 32)),
        tlv(0xDF27, _GREY_PHOTO),
    ]
    objects += [
        tlv(0xDF28, signed(key_of(facts), b"".join(objects))),
        tlv(0xDF29, f"{facts.expiry:%Y%m%d}".encode()),
        tlv(0xDF2A, blank_png(24, 12)),
    ]
    return with_offsets(0xFF20, 0xDF21, len(objects), objects)


def basic_data(facts: CardFacts) -> bytes:
    """Make EF 0003: layout, key reference, version, municipality, 16 + 256 bytes of unknown meaning (here filler)."""
    return tlv(
        0xFF30,
        tlv(0xDF31, bytes.fromhex("06030E01"))
        + tlv(0xDF32, key_reference(24))
        + tlv(0xDF33, b"\x01")
        + tlv(0xDF34, facts.holder.municipality.encode())
        + tlv(0xDF35, key_reference(24) + b"\xff" * 256),
    )


def my_number_image(facts: CardFacts) -> bytes:
    """Make EF 0005: the 個人番号 as a picture (blank), the card's key, a signature."""
    body = tlv(0xDF41, blank_png(72, 12)) + tlv(0xDF42, public_key(key_of(facts)))
    return tlv(0xFF40, body + tlv(0xDF43, signed(key_of(facts), body)))
