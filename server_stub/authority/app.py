"""The authority over HTTP: OCSP, CRL, CA certificates, and the operator's hold, release and revocation."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from server_stub.interface.failures import Failed
from server_stub.interface.values import Model
from server_stub.node import NodeContext, make_app

from .authority import Authority
from .profile import Kind
from .settings import AuthoritySettings
from .store import CertificateRecord

_OCSP = "application/ocsp-response"


class CertificateState(Model):
    """`serial` in upper-case hex; `state` good, held or revoked; `reason` empty while good; `since`: of this state."""

    serial: str
    kind: Kind
    issue_number: str
    person: str
    municipality: str
    issued_at: datetime
    expires_at: datetime
    state: str
    reason: str
    since: datetime


class CertificateStates(Model):
    certificates: tuple[CertificateState, ...]


class Revocation(Model):
    """`reason`: unspecified, key_compromise, ca_compromise, affiliation_changed, superseded or cessation_of_operation."""

    reason: str = "unspecified"


def create_app(
    context: NodeContext, settings: AuthoritySettings, authority: Authority | None = None
) -> FastAPI:
    """The node. `authority`: the one that the caller issues certificates with; without it the app makes its own.

    The operator's paths want `Authorization: Bearer OPERATOR-KEY` (`settings.operator_key`).
    """
    served = authority or Authority(settings, context.clock, context.trace)
    app = make_app(
        context,
        title="公的個人認証（試験用）",
        source="authority",
        description="OCSP (RFC 6960), CRL, and hold, release and revocation of the simulator's test certificates.",
    )
    app.state.authority = served
    _publish(app, served)
    _operate(app, served, settings)
    return app


def _publish(app: FastAPI, authority: Authority) -> None:
    @app.post("/ocsp/{kind}", response_class=Response)
    async def ocsp(kind: Kind, request: Request) -> Response:
        """An OCSPRequest in DER; the answer is an OCSPResponse, malformedRequest included."""
        return Response(await run_in_threadpool(authority.ocsp, kind, await request.body()), media_type=_OCSP)

    @app.get("/ocsp/{kind}/{encoded:path}", response_class=Response)
    def ocsp_get(kind: Kind, encoded: str) -> Response:
        """RFC 6960 appendix A.1: the request as URL-encoded Base64."""
        try:
            request = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            request = b""
        return Response(authority.ocsp(kind, request), media_type=_OCSP)

    @app.get("/crl/{kind}", response_class=Response)
    def crl(kind: Kind) -> Response:
        return Response(authority.crl(kind), media_type="application/pkix-crl")

    @app.get("/ca/{kind}", response_class=Response)
    def ca(kind: Kind) -> Response:
        return Response(authority.ca_certificate(kind), media_type="application/pkix-cert")


def _operate(app: FastAPI, authority: Authority, settings: AuthoritySettings) -> None:
    def operator(authorization: Annotated[str, Header()] = "") -> None:
        expected = f"Bearer {settings.operator_key.reveal()}"
        if not hmac.compare_digest(authorization.encode(), expected.encode()):
            raise Failed("Caller_Unknown")

    guard = [Depends(operator)]

    @app.get("/v1/certificates", dependencies=guard)
    def of_person(person: str) -> CertificateStates:
        """Every certificate of a person, by the register's key."""
        return CertificateStates(certificates=tuple(_state(r) for r in authority.of_person(person)))

    @app.post("/v1/persons/{person}/moved", dependencies=guard)
    def moved(person: str) -> CertificateStates:
        """異動等失効: the signature certificates of somebody who has moved or has another name; those that were revoked."""
        return CertificateStates(certificates=tuple(_state(r) for r in authority.moved(person)))

    @app.get("/v1/certificates/{serial}", dependencies=guard)
    def show(serial: str) -> CertificateState:
        return _state(authority.find(_serial(serial)))

    @app.post("/v1/certificates/{serial}/hold", dependencies=guard)
    def hold(serial: str) -> CertificateState:
        return _state(authority.hold(_serial(serial)))

    @app.post("/v1/certificates/{serial}/release", dependencies=guard)
    def release(serial: str) -> CertificateState:
        return _state(authority.release(_serial(serial)))

    @app.post("/v1/certificates/{serial}/revoke", dependencies=guard)
    def revoke(serial: str, revocation: Revocation) -> CertificateState:
        return _state(authority.revoke(_serial(serial), revocation.reason))


def _serial(text: str) -> int:
    if not re.fullmatch(r"[0-9A-Fa-f]{1,40}", text):
        raise Failed("Request_Malformed", fields=["serial: hex digits"])
    return int(text, 16)


def _state(record: CertificateRecord) -> CertificateState:
    return CertificateState(
        serial=f"{record.serial:X}",
        kind=record.kind,
        issue_number=record.issue_number,
        person=record.person,
        municipality=record.municipality,
        issued_at=record.issued_at,
        expires_at=record.expires_at,
        state=str(record.state),
        reason=record.reason,
        since=record.changed_at,
    )
