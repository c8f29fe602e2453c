"""The little DER that OCSP needs and `cryptography` does not offer with a clock given in (X.690)."""

from __future__ import annotations

from datetime import UTC, datetime

INTEGER, BIT_STRING, OCTET_STRING, ENUMERATED, UTF8_STRING, SEQUENCE = 0x02, 0x03, 0x04, 0x0A, 0x0C, 0x30
GENERALIZED_TIME = 0x18
OBJECT_IDENTIFIER = 0x06
NULL = b"\x05\x00"


class DerError(ValueError):
    """Bytes that are no DER of the expected shape."""


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def time(moment: datetime) -> bytes:
    """GeneralizedTime in UTC, whole seconds."""
    return tlv(GENERALIZED_TIME, moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def context(number: int, *parts: bytes) -> bytes:
    """Constructed [number]."""
    return tlv(0xA0 | number, *parts)


class Element:
    """One element: `tag`, `body`, and `whole`, the bytes as they came."""

    __slots__ = ("body", "tag", "whole")

    def __init__(self, tag: int, body: bytes, whole: bytes) -> None:
        self.tag, self.body, self.whole = tag, body, whole

    def expect(self, tag: int) -> Element:
        if self.tag != tag:
            raise DerError(f"tag {self.tag:02X} where {tag:02X} belongs")
        return self

    def children(self) -> list[Element]:
        return elements(self.body)


def elements(data: bytes) -> list[Element]:
    """The elements that `data` consists of. Raises DerError for a cut, overlong or indefinite one."""
    found = []
    position = 0
    while position < len(data):
        start = position
        if position + 2 > len(data) or data[position] & 0x1F == 0x1F:
            raise DerError("no element")
        tag, size = data[position], data[position + 1]
        position += 2
        if size & 0x80:
            count = size & 0x7F
            octets = data[position : position + count]
            if not 1 <= count <= 3 or len(octets) < count or octets[0] == 0:
                raise DerError("no length")
            size = int.from_bytes(octets, "big")
            position += count
            if size < 0x80:
                raise DerError("length not in its shortest form")
        if position + size > len(data):
            raise DerError("cut short")
        position += size
        found.append(Element(tag, data[position - size : position], data[start:position]))
    return found


def one(data: bytes, tag: int) -> Element:
    """The single element that `data` is. Raises DerError."""
    found = elements(data)
    if len(found) != 1:
        raise DerError("not exactly one element")
    return found[0].expect(tag)


def integer(element: Element) -> int:
    """Raises DerError for one that is not in its shortest form."""
    body = element.expect(INTEGER).body
    if not body or (len(body) > 1 and body[0] in (0, 0xFF) and body[0] >> 7 == body[1] >> 7):
        raise DerError("INTEGER")
    return int.from_bytes(body, "big", signed=True)


def object_identifier(element: Element) -> bytes:
    """The whole element. Raises DerError for arcs that are cut or not in their shortest form."""
    body = element.expect(OBJECT_IDENTIFIER).body
    if not body or body[-1] & 0x80:
        raise DerError("OBJECT IDENTIFIER")
    if any(octet == 0x80 and not before & 0x80 for before, octet in zip(b"\0" + body, body, strict=False)):
        raise DerError("OBJECT IDENTIFIER")
    return element.whole
