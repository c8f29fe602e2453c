"""Is this an authentication certificate (利用者証明用電子証明書) that we trust, and did its key sign? No network here."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from server_stub.interface.binding import holder_ref
from server_stub.interface.enrolled import EnrolledCard
from server_stub.interface.failures import Failed

MIN_KEY_BITS = 2048

_UNREADABLE = (
    ValueError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""All that a hostile certificate makes the parser raise."""


@dataclass(frozen=True, slots=True)
class HolderCertificate:
    """A certificate that passed, the CA certificate that signed it, the one whose word on its status counts, and the holder
    it stands for."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    responder: x509.Certificate
    holder_ref: str
    _key: RSAPublicKey

    def check_signature(self, signature: str, text: bytes) -> None:
        """`signature` in Base64: RSASSA-PKCS1-v1_5 with SHA-256 over `text`. Raises Failed(Signature_Invalid)."""
        try:
            self._key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error) as error:
            raise Failed("Signature_Invalid") from error


class TrustedCertificates:
    """The anchors, parsed once. They may share one name (generations): the signature tells which one it was.

    An enrolled card is admitted for its own sake: its policy is not looked at, and the first anchor answers for it."""

    def __init__(
        self, ders: Sequence[bytes], policy_oids: Sequence[str], enrolled: Sequence[EnrolledCard] = ()
    ) -> None:
        self._anchors = [x509.load_der_x509_certificate(der) for der in ders]
        self._policies = {x509.ObjectIdentifier(oid) for oid in policy_oids}
        self._enrolled = {
            hashlib.sha256(card.certificate).digest(): x509.load_der_x509_certificate(card.issuer)
            for card in enrolled
        }

    def check(self, encoded: str, now: datetime) -> HolderCertificate:
        """`encoded`: DER in Base64. Raises Failed: Certificate_Malformed, Certificate_Wrong_Kind,
        Certificate_Unknown_Issuer, Certificate_Not_Yet_Valid or Certificate_Expired."""
        try:
            der = base64.b64decode(encoded, validate=True)
            certificate = x509.load_der_x509_certificate(der)
            extensions = certificate.extensions
            key = certificate.public_key()
            ref = holder_ref(certificate.issuer.public_bytes(), certificate.serial_number)
        except _UNREADABLE as error:
            raise Failed("Certificate_Malformed") from error
        if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
            raise Failed("Certificate_Wrong_Kind", item="key")
        _check_use(extensions)
        pinned = self._enrolled.get(hashlib.sha256(der).digest())
        issuer = _issuer_of(certificate, self._anchors if pinned is None else [pinned])
        # the policy means something only under an issuer that we know
        if pinned is None and not self._policies & _policies(extensions):
            raise Failed("Certificate_Wrong_Kind", item="certificatePolicies")
        for which, checked in (("holder", certificate), ("issuer", issuer)):
            if now < checked.not_valid_before_utc:
                raise Failed("Certificate_Not_Yet_Valid", which=which, since=checked.not_valid_before_utc)
            if now > checked.not_valid_after_utc:
                raise Failed("Certificate_Expired", which=which, until=checked.not_valid_after_utc)
        responder = issuer if pinned is None else self._anchors[0]
        return HolderCertificate(certificate, issuer, responder, ref, key)


def _issuer_of(certificate: x509.Certificate, anchors: Sequence[x509.Certificate]) -> x509.Certificate:
    for anchor in anchors:
        try:
            certificate.verify_directly_issued_by(anchor)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return anchor
    raise Failed("Certificate_Unknown_Issuer")


def _check_use(extensions: x509.Extensions) -> None:
    """keyUsage exactly digitalSignature (nonRepudiation would make it a signature certificate), and no CA."""
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise Failed("Certificate_Wrong_Kind", item="keyUsage") from error
    others = (
        usage.content_commitment,
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
    )
    if not usage.digital_signature or any(others):
        raise Failed("Certificate_Wrong_Kind", item="keyUsage")
    for extension in extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            raise Failed("Certificate_Wrong_Kind", item="basicConstraints")


def _policies(extensions: x509.Extensions) -> set[x509.ObjectIdentifier]:
    for extension in extensions:
        if isinstance(extension.value, x509.CertificatePolicies):
            return {policy.policy_identifier for policy in extension.value}
    return set()
