"""Issue certificates of a throw-away authority, which nobody should trust, also for using this room alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509.oid import NameOID

from cards.contents.facts import Holder
from cards.contents.tlv import tlv

_ARC = "2.999.8.5.5"
"""Below the arc that is set aside for examples."""
_KINDS = ("user authentication", "digital signature")


class ForeignAuthority:
    """Issue certificates of the right outer shape under a name and keys of its own.

    `names`: DER certificates whose subjects it takes as its own names (authentication, signature), to pose as their CA.
    """

    def __init__(
        self,
        key_source: Callable[[], RSAPrivateKey],
        *,
        now: datetime,
        organisation: str = "JPKI-SIM-FOREIGN",
        names: tuple[bytes, bytes] | None = None,
    ) -> None:
        self._keys = (key_source(), key_source())
        if names is None:
            self._names = tuple(_name(organisation, kind) for kind in _KINDS)
        else:
            self._names = tuple(x509.load_der_x509_certificate(der).subject for der in names)
        self._certificates = tuple(self._own(index, now) for index in range(2))

    def authentication_ca_certificate(self) -> bytes:
        return self._certificates[0]

    def signature_ca_certificate(self) -> bytes:
        return self._certificates[1]

    def issue_authentication(
        self,
        public_key: RSAPublicKey | EllipticCurvePublicKey,
        holder: Holder,
        *,
        now: datetime,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bytes:
        return self._issue(0, public_key, holder, now, not_before, not_after)

    def issue_signature(
        self,
        public_key: RSAPublicKey | EllipticCurvePublicKey,
        holder: Holder,
        *,
        now: datetime,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bytes:
        return self._issue(1, public_key, holder, now, not_before, not_after)

    def _issue(
        self,
        index: int,
        public_key: RSAPublicKey | EllipticCurvePublicKey,
        holder: Holder,
        now: datetime,
        not_before: datetime | None,
        not_after: datetime | None,
    ) -> bytes:
        issue_number = secrets.token_hex(7).upper() + holder.municipality + "001A"
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
                x509.NameAttribute(NameOID.COMMON_NAME, issue_number),
            ]
        )
        start = not_before or now
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._names[index])
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(not_after or start + timedelta(days=1826))
            .add_extension(_usage(signer=index == 1), critical=True)
        )
        if index == 1:
            builder = builder.add_extension(_attributes(holder), critical=False)
        return _der(builder.sign(self._keys[index], hashes.SHA256()))

    def _own(self, index: int, now: datetime) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(self._names[index])
            .issuer_name(self._names[index])
            .public_key(self._keys[index].public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(days=365))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        )
        return _der(builder.sign(self._keys[index], hashes.SHA256()))


def _name(organisation: str, kind: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, f"Throw-away authority for {kind}"),
        ]
    )


def _attributes(holder: Holder) -> x509.SubjectAlternativeName:
    """Write the four attributes with their substitute flags, as other names of the order in which they are published."""
    values = (
        (1, holder.name),
        (4, f"0{holder.birth:%Y%m%d}"),
        (3, holder.sex),
        (5, holder.address),
        (2, "0" * len(holder.name)),
        (6, "0" * len(holder.address)),
    )
    return x509.SubjectAlternativeName(
        [
            x509.OtherName(x509.ObjectIdentifier(f"{_ARC}.{number}"), tlv(0x0C, text.encode()))
            for number, text in values
        ]
    )


def _usage(*, signer: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=signer,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
