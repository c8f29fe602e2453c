"""What a signature certificate (署名用電子証明書) says of its holder, and whether its key signed a text.

Read by the centre, which also asks who issued it and whether it is revoked, and again by the issuing server, which believes
nobody that it was signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import date

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from .failures import Failed

_ARC = ".8.5.5."
"""Below whoever's arc: 1.2.392.200149 of the real authority, 2.999 of a simulated one (docs/facts.md, "Certificate profile")."""
_NAME, _NAME_FLAGS, _SEX, _BIRTH, _ADDRESS, _ADDRESS_FLAGS = "1", "2", "3", "4", "5", "6"
_UTF8_STRING = 0x0C
_UNREADABLE = (
    ValueError,
    IndexError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.ExtensionNotFound,
)


@dataclass(frozen=True, slots=True)
class Certified:
    """基本4情報 as the certificate has them. `name_flags`, `address_flags`: a digit a character, "1" where the certificate has a
    substitute for a character that it cannot write (代替文字). `sex`: "1" male, "2" female, "9" unknown."""

    name: str
    name_flags: str
    birth: date
    sex: str
    address: str
    address_flags: str


@dataclass(frozen=True, slots=True)
class SignatureCertificate:
    certified: Certified
    serial: int
    digest: str
    """SHA-256 of the DER, in hex."""
    _key: RSAPublicKey

    def check_signature(self, signature: str, text: str) -> None:
        """Check `signature` (Base64), RSASSA-PKCS1-v1_5 with SHA-256 over the UTF-8 of `text`. Raises Failed(Signature_Invalid)."""
        try:
            self._key.verify(
                base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, binascii.Error, ValueError) as error:
            raise Failed("Signature_Invalid") from error


def read_signature_certificate(encoded: str) -> SignatureCertificate:
    """Read a certificate (DER in Base64). Nothing of who issued it is looked at.

    Raises Failed: Certificate_Malformed, Certificate_Wrong_Kind for one without 基本4情報.
    """
    try:
        der = base64.b64decode(encoded, validate=True)
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        told = {
            one.type_id.dotted_string.rpartition(".")[2]: _text(one.value)
            for one in names
            if isinstance(one, x509.OtherName) and _ARC in one.type_id.dotted_string + "."
        }
    except x509.ExtensionNotFound as error:
        raise Failed("Certificate_Wrong_Kind", item="subjectAltName") from error
    except _UNREADABLE as error:
        raise Failed("Certificate_Malformed") from error
    if not isinstance(key, RSAPublicKey):
        raise Failed("Certificate_Wrong_Kind", item="key")
    try:
        certified = Certified(
            name=told[_NAME],
            name_flags=told.get(_NAME_FLAGS, ""),
            birth=_birth(told[_BIRTH]),
            sex=told[_SEX],
            address=told[_ADDRESS],
            address_flags=told.get(_ADDRESS_FLAGS, ""),
        )
    except (KeyError, ValueError) as error:
        raise Failed("Certificate_Wrong_Kind", item="subjectAltName") from error
    return SignatureCertificate(certified, certificate.serial_number, hashlib.sha256(der).hexdigest(), key)


def _birth(code: str) -> date:
    """The era's digit, then the Gregorian date."""
    if len(code) != 9 or not code.isascii() or not code.isdigit():
        raise ValueError("no date of birth")
    return date(int(code[1:5]), int(code[5:7]), int(code[7:9]))


def _text(value: bytes) -> str:
    """A DER UTF8String."""
    length, start = value[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(value[2 : 2 + count], "big"), 2 + count
    if value[0] != _UTF8_STRING or len(value) != start + length:
        raise ValueError("no UTF8String")
    return value[start:].decode("utf-8")
