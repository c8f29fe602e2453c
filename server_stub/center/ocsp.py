"""Asks the authority, for every authentication, whether the certificate is still good (RFC 6960, by POST, with a nonce)."""

from __future__ import annotations

import secrets
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

from server_stub.interface.failures import Failed
from server_stub.interface.trace import current_traceparent

from .asking import post
from .settings import CenterTimes

NONCE_BYTES = 32


class StatusAuthority:
    """The OCSP responder at one configured address."""

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
        """`responder`: the CA that answers, if it is not the issuer. Returns if the certificate is good. Raises Failed: Certificate_Revoked, Certificate_On_Hold,
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
        """Is this the answer to this request, fresh, and signed by the CA or by whom it entrusted?"""
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
    """The key of the CA itself, or of a certificate that the CA gave out for OCSP signing and that is valid now."""
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
