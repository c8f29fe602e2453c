"""OCSP (RFC 6960): parse the request, answer it at a given time. Signed by the CA itself, so no certificate travels along.

Written out here because `cryptography` stamps producedAt with the machine's time and takes one certificate a request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ReasonFlags

from server_stub.interface.notices import EnrolledCard

from . import der

MAX_CERTIFICATES = 20
"""In one request."""

MALFORMED_REQUEST = der.tlv(der.SEQUENCE, der.tlv(der.ENUMERATED, b"\x01"))

_OID_BASIC = bytes.fromhex("06092b0601050507300101")
_OID_NONCE = bytes.fromhex("06092b0601050507300102")
_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
_HASHES = {
    bytes.fromhex("06052b0e03021a"): "sha1",
    bytes.fromhex("0609608648016503040201"): "sha256",
    bytes.fromhex("0609608648016503040202"): "sha384",
    bytes.fromhex("0609608648016503040203"): "sha512",
}
_REASON_CODES = {
    ReasonFlags.key_compromise: 1,
    ReasonFlags.ca_compromise: 2,
    ReasonFlags.affiliation_changed: 3,
    ReasonFlags.superseded: 4,
    ReasonFlags.cessation_of_operation: 5,
    ReasonFlags.certificate_hold: 6,
}


@dataclass(frozen=True, slots=True)
class Status:
    """Of a certificate that was issued: good, or stopped since `since` for `reason`."""

    since: datetime | None = None
    reason: ReasonFlags = ReasonFlags.unspecified


@dataclass(frozen=True, slots=True)
class Answer:
    """`der` goes on the wire; `statuses` says the same for the trace, one a certificate."""

    der: bytes
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    identifiers: list[der.Element]
    nonce: bytes | None


class Responder:
    """Answers for one CA. Key and hashes are at hand, so an answer costs little more than its signature."""

    def __init__(self, issuer_name: bytes, key: RSAPrivateKey, enrolled: Sequence[EnrolledCard] = ()) -> None:
        """`issuer_name`: DER of the CA's subject. `enrolled`: certificates of other CAs that it calls good."""
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        self._key = key
        self._issuer = _digests(issuer_name, public)
        self._enrolled = {entry for card in enrolled for entry in _identifiers(card)}
        # byKey: SHA-1 of the public key, whatever the request uses (RFC 6960 4.2.1)
        self._responder_id = der.context(2, der.tlv(der.OCTET_STRING, self._issuer[next(iter(_HASHES))][1]))

    def answer(
        self, request: bytes, status: Callable[[int], Status | None], now: datetime, until: datetime
    ) -> Answer:
        """`status` gives the state of a serial of this CA, None for one that it never issued."""
        try:
            asked = _parse(request)
            judged = [self._judge(identifier, status) for identifier in asked.identifiers]
        except der.DerError:
            return Answer(MALFORMED_REQUEST, ("malformed_request",))
        life = der.time(now) + der.context(0, der.time(until))
        singles = [
            der.tlv(der.SEQUENCE, identifier.whole, body, life)
            for identifier, (body, _) in zip(asked.identifiers, judged, strict=True)
        ]
        parts = [self._responder_id, der.time(now), der.tlv(der.SEQUENCE, *singles)]
        if asked.nonce is not None:
            parts.append(der.context(1, der.tlv(der.SEQUENCE, asked.nonce)))
        data = der.tlv(der.SEQUENCE, *parts)
        signature = self._key.sign(data, PKCS1v15(), hashes.SHA256())
        basic = der.tlv(der.SEQUENCE, data, _SHA256_WITH_RSA, der.tlv(der.BIT_STRING, b"\0", signature))
        inner = der.tlv(der.SEQUENCE, _OID_BASIC, der.tlv(der.OCTET_STRING, basic))
        whole = der.tlv(der.SEQUENCE, der.tlv(der.ENUMERATED, b"\0"), der.context(0, inner))
        return Answer(whole, tuple(word for _, word in judged))

    def _judge(self, identifier: der.Element, status: Callable[[int], Status | None]) -> tuple[bytes, str]:
        """CertStatus and its word for one CertID."""
        children = identifier.expect(der.SEQUENCE).children()
        if len(children) != 4:
            raise der.DerError("CertID")
        algorithm = _algorithm(children[0])
        digests = (children[1].expect(der.OCTET_STRING).body, children[2].expect(der.OCTET_STRING).body)
        serial = der.integer(children[3])
        ours = self._issuer.get(algorithm) == digests
        found = status(serial) if ours else None
        if (algorithm, digests, serial) in self._enrolled:
            found = Status()
        if found is None:
            return b"\x82\x00", "unknown"
        if found.since is None:
            return b"\x80\x00", "good"
        code = _REASON_CODES.get(found.reason)
        reason = der.context(0, der.tlv(der.ENUMERATED, bytes((code,)))) if code is not None else b""
        return der.context(1, der.time(found.since), reason), f"revoked ({found.reason.name})"


def _digests(name: bytes, public: bytes) -> dict[bytes, tuple[bytes, bytes]]:
    """What CertIDs call a CA, by the OID element of the hash: digests of its name and of its public key."""
    return {
        oid: (hashlib.new(hash_name, name).digest(), hashlib.new(hash_name, public).digest())
        for oid, hash_name in _HASHES.items()
    }


def _identifiers(card: EnrolledCard) -> Iterator[tuple[bytes, tuple[bytes, bytes], int]]:
    """Every CertID that means this card. Raises ValueError for an issuer without an RSA key."""
    issuer = x509.load_der_x509_certificate(card.issuer)
    key = issuer.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the issuer of an enrolled card has no RSA key")
    serial = x509.load_der_x509_certificate(card.certificate).serial_number
    public = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    for oid, digests in _digests(issuer.subject.public_bytes(), public).items():
        yield oid, digests, serial


def _algorithm(element: der.Element) -> bytes:
    """The OID element of a digest's AlgorithmIdentifier. It goes back to the asker, so it must be sound: an algorithm that is
    no digest of ours may have parameters that whoever reads the answer stumbles over."""
    children = element.expect(der.SEQUENCE).children()
    if len(children) not in (1, 2) or (len(children) == 2 and children[1].whole != der.NULL):
        raise der.DerError("AlgorithmIdentifier")
    found = der.object_identifier(children[0])
    if found not in _HASHES:
        raise der.DerError("no digest that is known here")
    return found


def _parse(request: bytes) -> _Asked:
    """The CertIDs and the nonce extension of an OCSPRequest. A signature on the request is not looked at."""
    parts = der.one(request, der.SEQUENCE).children()
    if not parts or len(parts) > 2:
        raise der.DerError("OCSPRequest")
    fields = parts[0].expect(der.SEQUENCE).children()
    while fields and fields[0].tag in (0xA0, 0xA1):  # version, requestorName
        fields.pop(0)
    if not fields or len(fields) > 2:
        raise der.DerError("TBSRequest")
    requests = fields[0].expect(der.SEQUENCE).children()
    if not 1 <= len(requests) <= MAX_CERTIFICATES:
        raise der.DerError("requestList")
    identifiers = []
    for request_element in requests:
        children = request_element.expect(der.SEQUENCE).children()
        if not children:
            raise der.DerError("Request")
        identifiers.append(children[0].expect(der.SEQUENCE))
    nonce = None
    if len(fields) == 2:
        for extension in der.one(fields[1].expect(0xA2).body, der.SEQUENCE).children():
            nonce = _nonce(extension.expect(der.SEQUENCE)) or nonce
    return _Asked(identifiers, nonce)


def _nonce(extension: der.Element) -> bytes | None:
    """The extension to answer with if it is a nonce of 1 to 128 bytes (RFC 9654); None for another extension."""
    children = extension.children()
    if len(children) not in (2, 3):
        raise der.DerError("Extension")
    if children[0].expect(der.OBJECT_IDENTIFIER).whole != _OID_NONCE:
        return None
    value = der.one(children[-1].expect(der.OCTET_STRING).body, der.OCTET_STRING)
    if not 1 <= len(value.body) <= 128:
        raise der.DerError("nonce")
    return der.tlv(der.SEQUENCE, _OID_NONCE, der.tlv(der.OCTET_STRING, value.whole))
