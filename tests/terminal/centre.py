"""A small centre on a real port: one holder, one household, real signatures and real PDFs; misbehaves on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI, Header, Request, Response

from server_stub.interface.binding import holder_ref, new_ulid, sheet_keywords, sign_manifest, sign_offers
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offers, SignedOffers
from server_stub.interface.terminal import (
    AuthenticationRequest,
    Manifest,
    Nonce,
    ReportTaken,
    SessionEnd,
    SessionOpened,
    SheetEntry,
    SignedManifest,
    StatusReport,
    signed_text,
)
from server_stub.interface.trace import Trace
from server_stub.interface.values import Box, Identity, Method, MunicipalityList
from server_stub.node import NodeContext, failure_response, make_app, serve
from tests.flow.helper import ELSEWHERE, KOBE, offers

from .sheets import sheet as make_sheet

TERMINAL, KEY = "T-0001", "the-key-of-the-terminal"
Tamper = Callable[[Manifest], Manifest]
TamperOffers = Callable[[Offers], Offers]


class Centre:
    """`calls` is what came in. Set `refuse[path part]` to a failure's name, `tamper` and `tamper_offers` to change a manifest
    or offers before they are signed, `misread` to change a request before it is read, `sheet` to make other sheets (and sign
    for them), `answer[path part]` to a raw response, `edit` to (end of the path, what changes the answer's JSON); `hold` keeps
    requests waiting."""

    def __init__(self) -> None:
        self.signing_key = Ed25519PrivateKey.generate()
        self.renew(Clock(STAGE_START))
        self.start(0)

    def renew(self, clock: Clock) -> None:
        """As if it had never been asked anything."""
        self.clock = clock
        self.calls: list[str] = []
        self.traceparents: list[str] = []
        self.reports: list[tuple[str, str]] = []
        self.ended: list[tuple[str, str]] = []
        self.keys: list[str] = []
        self.refuse: dict[str, str] = {}
        self.answer: dict[str, Response] = {}
        self.edit: tuple[str, Callable[[dict[str, Any]], object]] | None = None
        self.reached = threading.Event()
        self._held: dict[str, threading.Event] = {}
        self.tamper: Tamper = lambda manifest: manifest
        self.tamper_offers: TamperOffers = lambda offered: offered
        self.boxes: tuple[Box, ...] = ()
        self.spoil: Callable[[bytes], bytes] = lambda pdf: pdf
        self.keywords: Callable[[str], str] = lambda text: text
        self.sheet: Callable[[str], bytes] = make_sheet
        self.offers: Offers = offers()
        self.listed = (KOBE, ELSEWHERE)
        self.misread: Callable[[AuthenticationRequest], AuthenticationRequest] = lambda request: request
        self.sheets_per_copy = 1
        self._nonces: dict[str, str] = {}
        self._holders: dict[str, Identity] = {}
        self._sheets: dict[tuple[str, int], bytes] = {}

    @property
    def url(self) -> str:
        return self._node.base_url

    @property
    def pinned(self) -> str:
        return self.signing_key.public_key().public_bytes_raw().hex()

    def stop(self) -> int:
        """Switch it off; the port it had."""
        self._node.stop()
        return self._node.port

    def start(self, port: int) -> None:
        self._node = serve(self._app(), port)

    def hold(self, name: str) -> None:
        """Keep every request for `name` (sessions, nonce, applications, end) waiting; `reached` is set when one has come."""
        self.reached.clear()
        self._held[name] = threading.Event()

    def let_go(self) -> None:
        held, self._held = self._held, {}
        for event in held.values():
            event.set()

    def _wait(self, name: str) -> None:
        event = self._held.get(name)
        if event is not None:
            self.reached.set()
            event.wait(30)

    def _check(self, request: Request) -> Response | None:
        path = request.url.path
        self.calls.append(f"{request.method} {path}")
        self.traceparents.append(request.headers.get("traceparent", ""))
        if request.headers.get("authorization") != f"Bearer {KEY}":
            raise Failed("Terminal_Unknown")
        for part, name in self.refuse.items():
            if part in path:
                raise Failed(name)
        return next((answer for part, answer in self.answer.items() if part in path), None)

    def _app(self) -> FastAPI:
        context = NodeContext(self.clock, Trace(self.clock))
        app = make_app(context, title="centre", source="centre", description="")

        @app.middleware("http")
        async def check(request: Request, call_next: Any) -> Response:
            try:
                prepared = self._check(request)
            except Failed as failed:
                return failure_response(failed)
            answer = prepared or await call_next(request)
            if self.edit is None or not request.url.path.endswith(self.edit[0]):
                return answer
            told = json.loads(b"".join([part async for part in answer.body_iterator]))
            self.edit[1](told)
            return Response(json.dumps(told), answer.status_code, media_type="application/json")

        @app.get("/v1/municipalities")
        def municipalities() -> MunicipalityList:
            return MunicipalityList(municipalities=self.listed)

        @app.post("/v1/sessions")
        def open_session() -> SessionOpened:
            self._wait("sessions")
            expires = self.clock.now() + timedelta(minutes=10)
            return SessionOpened(session_id=new_ulid(self.clock), terminal_id=TERMINAL, expires_at=expires)

        @app.post("/v1/sessions/{session_id}/nonce")
        def nonce(session_id: str) -> Nonce:
            self._wait("nonce")
            text = base64.b64encode(session_id.encode() + bytes([len(self.calls) % 256])).decode()
            self._nonces[session_id] = text
            return Nonce(nonce=text, expires_at=self.clock.now() + timedelta(minutes=1))

        @app.post("/v1/sessions/{session_id}/authentication")
        def authenticate(session_id: str, request: AuthenticationRequest) -> SignedOffers:
            certificate = x509.load_der_x509_certificate(base64.b64decode(request.proof.certificate))
            request = self.misread(request)
            key = certificate.public_key()
            assert isinstance(key, rsa.RSAPublicKey)
            text = signed_text("JPKI-SIM/konbini/authentication/v1", session_id, self._nonces.pop(session_id))
            key.verify(base64.b64decode(request.proof.signature), text, padding.PKCS1v15(), hashes.SHA256())
            reference = holder_ref(certificate.issuer.public_bytes(), certificate.serial_number)
            holder = self._holders[session_id] = Identity(method=Method.JPKI, reference=reference)
            city = self.offers.municipality
            if request.municipality:
                city = next(one for one in self.listed if one.code == request.municipality)
            offered = self.offers.model_copy(
                update={
                    "session_id": session_id, "terminal_id": TERMINAL, "holder": holder, "place": request.place,
                    "municipality": city,
                }
            )  # fmt: skip
            return sign_offers(self.tamper_offers(offered), self.signing_key)

        @app.post("/v1/sessions/{session_id}/applications")
        def apply(
            session_id: str, request: ApplicationRequest, idempotency_key: str = Header()
        ) -> SignedManifest:
            self.keys.append(idempotency_key)
            self._wait("applications")
            return sign_manifest(self.tamper(self._make(session_id, request)), self.signing_key)

        @app.get("/v1/applications/{application_id}/sheets/{number}")
        def sheet(application_id: str, number: int) -> Response:
            return Response(self.spoil(self._sheets[application_id, number]), media_type="application/pdf")

        @app.post("/v1/applications/{application_id}/reports")
        def report(application_id: str, report: StatusReport) -> ReportTaken:
            self.reports.append((application_id, report.kind.value))
            return ReportTaken(application_id=application_id, state=report.kind.value)

        @app.post("/v1/sessions/{session_id}/end", status_code=204)
        def end(session_id: str, end: SessionEnd) -> None:
            self._wait("end")
            self.ended.append((session_id, end.reason))

        return app

    def _make(self, session_id: str, request: ApplicationRequest) -> Manifest:
        application_id = new_ulid(self.clock)
        entries: list[SheetEntry] = []
        made = Manifest(
            application_id=application_id, session_id=session_id, terminal_id=TERMINAL,
            holder=self._holders[session_id], kind=request.kind, municipality=request.municipality,
            copies=request.copies, fee_total=request.fee_total, generation=1, received_at=self.clock.now(),
            sheets=(_NO_SHEET,),
        )  # fmt: skip
        for copy in range(1, request.copies + 1):
            for k in range(1, self.sheets_per_copy + 1):
                number = len(entries) + 1
                entry = SheetEntry(
                    number=number, copy_number=copy, k=k, n=self.sheets_per_copy, sha256="0" * 64,
                    subjects=request.subjects, issue_number=f"N{copy}", answers=request.answers,
                    secret_boxes=self.boxes,
                )  # fmt: skip
                pdf = self.sheet(self.keywords(sheet_keywords(made, entry)))
                self._sheets[application_id, number] = pdf
                entries.append(entry.model_copy(update={"sha256": hashlib.sha256(pdf).hexdigest()}))
        return made.model_copy(update={"sheets": tuple(entries)})


_NO_SHEET = SheetEntry(number=1, copy_number=1, k=1, n=1, sha256="0" * 64, subjects=(), issue_number="N")
