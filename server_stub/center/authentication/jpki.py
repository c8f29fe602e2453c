"""公的個人認証 (JPKI認証方式): is this an authentication certificate that we trust, did its key sign, and does the authority still
stand by it? The identity is then `binding.holder_ref`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from server_stub.center.holders import Holders
from server_stub.center.issuing_servers import post
from server_stub.center.settings import CenterTimes
from server_stub.interface.binding import holder_ref
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import EnrolledCard
from server_stub.interface.terminal import NONCE_CONTEXT, JpkiProof, signed_text
from server_stub.interface.trace import current_traceparent
from server_stub.interface.values import Identity, Method

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
    """Hold a certificate that passed, the CA certificate that signed it, the one whose word on its status counts, and the holder
    it stands for."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    responder: x509.Certificate
    holder_ref: str
    _key: RSAPublicKey

    def check_signature(self, signature: str, text: bytes) -> None:
        """Check `signature` (Base64), RSASSA-PKCS1-v1_5 with SHA-256 over `text`. Raises Failed(Signature_Invalid)."""
        try:
            self._key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error) as error:
            raise Failed("Signature_Invalid") from error


class Jpki:
    """The method: a card's certificate and its signature over the session's nonce."""

    def __init__(
        self,
        clock: Clock,
        trusted: TrustedCertificates,
        authority: StatusAuthority,
        holders: Holders,
    ) -> None:
        self._clock = clock
        self._trusted = trusted
        self._authority = authority
        self._holders = holders

    def identify(self, session_id: str, nonce: str, proof: JpkiProof) -> Identity:
        """Check the proof. Raises Failed by the names of the certificate part of the catalogue."""
        now = self._clock.now()
        holder = self._trusted.check(proof.certificate, now)
        holder.check_signature(proof.signature, signed_text(NONCE_CONTEXT, session_id, nonce))
        self._authority.check(holder.certificate, holder.issuer, now, holder.responder)
        return Identity(method=Method.JPKI, reference=holder.holder_ref)

    def municipality(self, identity: Identity) -> str:
        """Find whose address this holder has, by the issue notices. Raises Failed(Holder_Not_Linked)."""
        return self._holders.municipality(identity.reference)

    def others(self, identity: Identity) -> tuple[str, ...]:
        """List the references of the same person's other authentication certificates, by the issue notices."""
        return self._holders.others(identity.reference)


class TrustedCertificates:
    """Check certificates against the trusted CAs, parsed once.

    Several may share one name (generations): the signature tells which it was.

    An enrolled card is admitted for its own sake: its policy is not looked at, and the first anchor answers for it."""

    def __init__(
        self,
        ders: Sequence[bytes],
        policy_oids: Sequence[str],
        enrolled: Sequence[EnrolledCard] = (),
        *,
        signing: bool = False,
    ) -> None:
        """`signing`: of signature certificates (署名用) instead of authentication certificates."""
        self._signing = signing
        self._anchors = [x509.load_der_x509_certificate(der) for der in ders]
        self._policies = {x509.ObjectIdentifier(oid) for oid in policy_oids}
        self._enrolled = {
            hashlib.sha256(card.certificate).digest(): x509.load_der_x509_certificate(card.issuer)
            for card in enrolled
        }

    def check(self, encoded: str, now: datetime) -> HolderCertificate:
        """Check a certificate, `encoded` as DER in Base64. Raises Failed: Certificate_Malformed, Certificate_Wrong_Kind,
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
        _check_use(extensions, signing=self._signing)
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


def reference_of_certificate(encoded: str) -> tuple[int, str]:
    """Read the serial number of a certificate (DER in Base64), and the holder that it stands for. Raises Failed(Certificate_Malformed)."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(encoded, validate=True))
        serial = certificate.serial_number
        return serial, holder_ref(certificate.issuer.public_bytes(), serial)
    except _UNREADABLE as error:
        raise Failed("Certificate_Malformed") from error


def _issuer_of(certificate: x509.Certificate, anchors: Sequence[x509.Certificate]) -> x509.Certificate:
    for anchor in anchors:
        try:
            certificate.verify_directly_issued_by(anchor)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return anchor
    raise Failed("Certificate_Unknown_Issuer")


def _check_use(extensions: x509.Extensions, *, signing: bool) -> None:
    """Demand keyUsage exactly digitalSignature, of a signature certificate with nonRepudiation, and no CA."""
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise Failed("Certificate_Wrong_Kind", item="keyUsage") from error
    others = (
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
    )
    if not usage.digital_signature or usage.content_commitment is not signing or any(others):
        raise Failed("Certificate_Wrong_Kind", item="keyUsage")
    for extension in extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            raise Failed("Certificate_Wrong_Kind", item="basicConstraints")


def _policies(extensions: x509.Extensions) -> set[x509.ObjectIdentifier]:
    for extension in extensions:
        if isinstance(extension.value, x509.CertificatePolicies):
            return {policy.policy_identifier for policy in extension.value}
    return set()


NONCE_BYTES = 32


class StatusAuthority:
    """Ask the OCSP responder at one configured address."""

    def __init__(self, transport: httpx.BaseTransport, url: str, times: CenterTimes) -> None:
        self._transport = transport
        self._url = url
        self._skew = times.status_skew
        self._timeout = httpx.Timeout(times.ocsp_timeout, connect=times.connect_timeout)

    def check(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        now: datetime,
        responder: x509.Certificate | None = None,
    ) -> None:
        """Ask for the status of a certificate; return if it is good.

        `responder`: the CA that answers, if it is not the issuer. Raises Failed: Certificate_Revoked,
        Certificate_On_Hold,
        Certificate_Status_Unknown, Authority_Unreachable, or Answer_Malformed for an answer that proves nothing."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(certificate, issuer, hashes.SHA256())
            .add_extension(x509.OCSPNonce(nonce), critical=False)
            .build()
        )
        body = self._post(request.public_bytes(Encoding.DER))
        try:
            answer = ocsp.load_der_ocsp_response(body)
            if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                raise Failed("Certificate_Status_Unknown", answer=answer.response_status.name)
            self._verify(answer, request, nonce, responder or issuer, now)
            status, reason = answer.certificate_status, answer.revocation_reason
        except (ValueError, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
            raise _malformed("no OCSP answer") from error
        if status is ocsp.OCSPCertStatus.UNKNOWN:
            raise Failed("Certificate_Status_Unknown", answer="unknown")
        if status is ocsp.OCSPCertStatus.REVOKED:
            held = reason is x509.ReasonFlags.certificate_hold
            raise Failed("Certificate_On_Hold" if held else "Certificate_Revoked")

    def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/ocsp-request", "traceparent": current_traceparent()}
        try:
            response = post(self._transport, self._url, body, headers, self._timeout)
        except httpx.HTTPError as error:
            raise Failed("Authority_Unreachable", error=type(error).__name__) from error
        if response.status_code != 200:
            raise Failed("Authority_Unreachable", status=response.status_code)
        return response.content

    def _verify(
        self,
        answer: ocsp.OCSPResponse,
        request: ocsp.OCSPRequest,
        nonce: bytes,
        responder: x509.Certificate,
        now: datetime,
    ) -> None:
        """Check that this is the answer to this request, fresh, and signed by the CA or by whom it entrusted."""
        echoed = answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        if not secrets.compare_digest(echoed, nonce):
            raise _malformed("nonce")
        same = (
            answer.serial_number == request.serial_number
            and answer.issuer_key_hash == request.issuer_key_hash
            and answer.issuer_name_hash == request.issuer_name_hash
        )
        if not same:
            raise _malformed("another certificate")
        if answer.this_update_utc > now + self._skew:
            raise _malformed("thisUpdate")
        if answer.next_update_utc is None or answer.next_update_utc < now - self._skew:
            raise _malformed("nextUpdate")
        key = _responder_key(answer, responder, now)
        if answer.signature_hash_algorithm is None:
            raise _malformed("signature")
        try:
            key.verify(
                answer.signature, answer.tbs_response_bytes, PKCS1v15(), answer.signature_hash_algorithm
            )
        except InvalidSignature as error:
            raise _malformed("signature") from error


def _responder_key(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> RSAPublicKey:
    """Find the key that may sign: of the CA itself, or of a certificate that the CA gave out for OCSP signing and
    that is valid now."""
    for candidate in (issuer, *answer.certificates):
        if not _is_responder(answer, candidate):
            continue
        if candidate is not issuer:
            try:
                candidate.verify_directly_issued_by(issuer)
            except (TypeError, InvalidSignature) as error:
                raise _malformed("responder") from error
            uses = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            valid = candidate.not_valid_before_utc <= now <= candidate.not_valid_after_utc
            if ExtendedKeyUsageOID.OCSP_SIGNING not in uses or not valid:
                raise _malformed("responder")
        key = candidate.public_key()
        if isinstance(key, RSAPublicKey):
            return key
    raise _malformed("responder")


def _is_responder(answer: ocsp.OCSPResponse, candidate: x509.Certificate) -> bool:
    if answer.responder_name is not None:
        return answer.responder_name == candidate.subject
    key = candidate.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    digest = hashes.Hash(hashes.SHA1())  # byKey is SHA-1 by RFC 6960 4.2.1, a name and no proof
    digest.update(key.public_bytes(Encoding.DER, PublicFormat.PKCS1))
    return digest.finalize() == answer.responder_key_hash


def _malformed(detail: str) -> Failed:
    return Failed("Answer_Malformed", peer="authority", detail=detail)
