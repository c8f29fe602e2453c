"""A little authority for the centre's tests: CAs, cards and an OCSP responder that can be made to misbehave."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from fastapi import FastAPI, Request, Response

from server_stub.interface.binding import holder_ref
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.terminal import signed_text
from server_stub.interface.values import Identity, Method

POLICY = "2.999.8.5.1.3.30"
YEAR = timedelta(days=365)
_serials = itertools.count(1000)


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key a name, made once: making them is the slow part."""
    return rsa.generate_private_key(65537, bits)


def name_of(common: str, organisation: str = "JPKI-SIM") -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def usage(*names: str) -> x509.KeyUsage:
    known = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in names for name in known})


@dataclass
class Card:
    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    @property
    def holder_ref(self) -> str:
        return holder_ref(self.certificate.issuer.public_bytes(), self.certificate.serial_number)

    @property
    def identity(self) -> Identity:
        return Identity(method=Method.JPKI, reference=self.holder_ref)

    def sign(self, nonce: dict[str, str], session_id: str) -> str:
        text = signed_text(nonce["context"], session_id, nonce["nonce"])
        return base64.b64encode(self.key.sign(text, PKCS1v15(), hashes.SHA256())).decode()


class Issuer:
    """A CA. Two with the same `name` and other keys are two generations."""

    def __init__(
        self,
        key: str = "ca",
        name: str = "authentication",
        *,
        since: datetime = STAGE_START - YEAR,
        until: datetime = STAGE_START + 5 * YEAR,
    ) -> None:
        self.key = rsa_key(key)
        self.name = name_of(name)
        self.certificate = (
            x509.CertificateBuilder(self.name, self.name, self.key.public_key(), 1, since, until)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage("key_cert_sign", "crl_sign"), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def card(
        self,
        *,
        key: str = "card",
        bits: int = 2048,
        since: datetime = STAGE_START - YEAR,
        until: datetime = STAGE_START + YEAR,
        key_usage: x509.KeyUsage | None = None,
        policy: str = POLICY,
        ca: bool = False,
        extra: x509.ExtensionType | None = None,
    ) -> Card:
        holder = rsa_key(key, bits)
        builder = (
            x509.CertificateBuilder(
                self.name, name_of("holder"), holder.public_key(), next(_serials), since, until
            )
            .add_extension(key_usage or usage("digital_signature"), critical=True)
            .add_extension(
                x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(policy), None)]),
                critical=True,
            )
        )
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        if extra is not None:
            builder = builder.add_extension(extra, critical=False)
        return Card(builder.sign(self.key, hashes.SHA256()), holder)

    def delegate(
        self, *, key: str = "delegate", ocsp_signing: bool = True, until: datetime = STAGE_START + YEAR
    ) -> Card:
        """A responder's certificate."""
        use = ExtendedKeyUsageOID.OCSP_SIGNING if ocsp_signing else ExtendedKeyUsageOID.SERVER_AUTH
        responder = rsa_key(key)
        certificate = (
            x509.CertificateBuilder(
                self.name,
                name_of("responder"),
                responder.public_key(),
                next(_serials),
                STAGE_START - YEAR,
                until,
            )
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return Card(certificate, responder)


@dataclass
class Responder:
    """OCSP for the certificates of `issuer`. Every field is a way to answer otherwise."""

    issuer: Issuer
    clock: Clock
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    reason: x509.ReasonFlags | None = None
    failure: ocsp.OCSPResponseStatus | None = None
    signer: Card | None = None
    embed: bool = True
    by_key: bool = False
    echo_nonce: bool = True
    age: timedelta = timedelta(0)
    life: timedelta | None = timedelta(minutes=10)
    instead: Callable[[x509.Certificate], x509.Certificate] | None = None
    raw: bytes | None = None
    http_status: int = 200
    asked: list[int] = field(default_factory=list)
    known: dict[int, x509.Certificate] = field(default_factory=dict)

    def answer(self, body: bytes) -> bytes:
        request = ocsp.load_der_ocsp_request(body)
        self.asked.append(request.serial_number)
        if self.raw is not None:
            return self.raw
        if self.failure is not None:
            return ocsp.OCSPResponseBuilder.build_unsuccessful(self.failure).public_bytes(Encoding.DER)
        certificate = self.known[request.serial_number]
        now = self.clock.now()
        revoked = self.status is ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=self.instead(certificate) if self.instead else certificate,
            issuer=self.issuer.certificate,
            algorithm=hashes.SHA256(),
            cert_status=self.status,
            this_update=now - self.age,
            next_update=None if self.life is None else now - self.age + self.life,
            revocation_time=now if revoked else None,
            revocation_reason=self.reason if revoked else None,
        )
        signer = self.signer or Card(self.issuer.certificate, self.issuer.key)
        encoding = ocsp.OCSPResponderEncoding.HASH if self.by_key else ocsp.OCSPResponderEncoding.NAME
        builder = builder.responder_id(encoding, signer.certificate)
        if self.signer is not None and self.embed:
            builder = builder.certificates([signer.certificate])
        if self.echo_nonce:
            nonce = request.extensions.get_extension_for_class(x509.OCSPNonce).value
            builder = builder.add_extension(nonce, critical=False)
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/ocsp")
        async def ocsp_post(request: Request) -> Response:
            assert request.headers["content-type"] == "application/ocsp-request"
            if self.http_status != 200:
                return Response(status_code=self.http_status)
            return Response(self.answer(await request.body()), media_type="application/ocsp-response")

        return app
