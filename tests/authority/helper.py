"""What the tests of this room share: a holder, and OCSP requests made by another implementation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from server_stub.authority import Authority

OPERATOR_KEY = "operator-key-of-the-test"


@dataclass(frozen=True)
class SomeHolder:
    person_key: str = "P0001"
    municipality: str = "28100"
    name: str = "見本\u3000花子"
    address: str = "兵庫県神戸市中央区見本町一丁目２番３号"
    birth: date = date(1990, 8, 15)
    sex: str = "2"
    prefecture_romaji: str = "Hyogo-ken"
    city_romaji: str = "Kobe-shi"


def load(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def authentication_ca(authority: Authority) -> x509.Certificate:
    return load(authority.authentication_ca_certificate())


def request_for(certificate: x509.Certificate, ca: x509.Certificate, nonce: bytes | None = None) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, ca, hashes.SHA256())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)
