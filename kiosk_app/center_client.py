"""The terminal's way to the centre: requests, answers, and failures by their name. Used on the network thread only,
except `close`."""

from __future__ import annotations

import secrets
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from server_stub.interface.answers import NOT_PACKED, AnswerLate, read_answer
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, SignedOffers
from server_stub.interface.registration import (
    RegistrationAuthentication,
    RegistrationOpened,
    RegistrationReceived,
    RegistrationRequest,
    RegistrationServices,
    SlipOrder,
)
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import (
    ApplicationStanding,
    AuthenticationRequest,
    Nonce,
    OrdinanceServices,
    ReportTaken,
    SessionEnd,
    SessionOpened,
    SignedManifest,
    StatusReport,
)
from server_stub.interface.trace import Trace, new_traceparent, under_traceparent
from server_stub.interface.values import Model, MunicipalityList, read_refusal

from .settings import check_center_address, trusted_by

_M = TypeVar("_M", bound=Model)

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 90.0
"""Real time: the network's own limits. The resident's patience is the flow's, on the one clock. The second holds for each
piece of an answer and for the whole."""
STANDING_SECONDS = 8.0
"""The resident has paid and waits."""
ENDED = 204
"""The status of a session's end."""
LONGEST_MESSAGE, LONGEST_SHEET = 2_000_000, 8_000_000
"""Bytes. All 1,900 municipalities have half a million, a sheet of our own centre has 0.1. A message is read at one go, and
meanwhile no other thread gets the interpreter: 2 MB take 30 ms, and the screen's thread may stand for 100."""


class CenterClient:
    """One HTTP client, made once. Every method raises Failed: the centre's own refusals by their name,
    Service_Out_Of_Order for one that the catalogue does not have (its words are signed by nobody),
    Centre_Unreachable for no connection, no answer in time or 503, Answer_Malformed for anything not agreed on."""

    def __init__(
        self, base_url: str, terminal_key: Secret, trace: Trace, server_ca: Path | None = None
    ) -> None:
        """`server_ca`: a file of the only CA certificates (PEM) to trust for https; None for the usual ones.

        Raises Failed(Settings_Wrong), Failed(Centre_Not_Secured).
        """
        check_center_address(base_url)
        self._trace = trace
        self._lock = threading.Lock()
        self._under_way = 0
        self._closed = False
        self._http = httpx.Client(
            base_url=base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {terminal_key.reveal()}", **NOT_PACKED},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,
            # loading the CA certificates holds the interpreter for 30 ms: only where they are used
            verify=_trusted(server_ca) if base_url.lower().startswith("https://") else False,
        )

    def municipalities(self) -> MunicipalityList:
        return self._message("GET", "/v1/municipalities", MunicipalityList)

    def ordinance_services(self) -> OrdinanceServices:
        return self._message("GET", "/v1/ordinance-services", OrdinanceServices)

    def open_session(self) -> SessionOpened:
        return self._message("POST", "/v1/sessions", SessionOpened)

    def nonce(self, session_id: str) -> Nonce:
        return self._message("POST", f"/v1/sessions/{session_id}/nonce", Nonce)

    def authenticate(self, session_id: str, request: AuthenticationRequest) -> SignedOffers:
        return self._message("POST", f"/v1/sessions/{session_id}/authentication", SignedOffers, request)

    def apply(self, session_id: str, request: ApplicationRequest) -> SignedManifest:
        """Apply under an idempotency key of its own; once more under the same one when the connection broke, so that the
        centre makes the paper only once."""
        return self._once(f"/v1/sessions/{session_id}/applications", SignedManifest, request)

    def registration_services(self) -> RegistrationServices:
        return self._message("GET", "/v1/registration-services", RegistrationServices)

    def open_registration(self, session_id: str, request: RegistrationAuthentication) -> RegistrationOpened:
        path = f"/v1/sessions/{session_id}/registration-authentication"
        return self._message("POST", path, RegistrationOpened, request)

    def register(self, session_id: str, request: RegistrationRequest) -> RegistrationReceived:
        """Send an application for 利用登録, as `apply`."""
        return self._once(f"/v1/sessions/{session_id}/registrations", RegistrationReceived, request)

    def order_slip(self, session_id: str, registration_id: str) -> SlipOrder:
        """Have the charge for a printed number made, as `apply`."""
        return self._once(f"/v1/sessions/{session_id}/registrations/{registration_id}/slip", SlipOrder)

    def _once(self, path: str, kind: type[_M], body: Model | None = None) -> _M:
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        try:
            return self._message("POST", path, kind, body, headers)
        except _ConnectionBroke:
            return self._message("POST", path, kind, body, headers)

    def sheet(self, application_id: str, number: int) -> bytes:
        """The PDF of one sheet, as it came."""
        path = f"/v1/applications/{application_id}/sheets/{number}"
        answer = self._request("GET", path, longest=LONGEST_SHEET)
        if answer.kind != "application/pdf":
            raise Failed("Answer_Malformed", path="sheets", detail="content type")
        return answer.body

    def standing(self, application_id: str) -> ApplicationStanding:
        """Ask whether a prepared paper may still be paid; soon, or not at all."""
        path = f"/v1/applications/{application_id}/standing"
        return self._message("GET", path, ApplicationStanding, seconds=STANDING_SECONDS)

    def report(self, application_id: str, report: StatusReport) -> ReportTaken:
        taken = self._message("POST", f"/v1/applications/{application_id}/reports", ReportTaken, report)
        if taken.application_id != application_id:
            raise Failed("Answer_Malformed", message="ReportTaken", detail="another application")
        return taken

    def end_session(self, session_id: str, reason: str) -> None:
        answer = self._request("POST", f"/v1/sessions/{session_id}/end", SessionEnd(reason=reason))
        if answer.status != ENDED:
            # somebody else answers there, and the centre still has the session
            raise Failed("Answer_Malformed", status=answer.status)

    def close(self) -> None:
        """No further request. One that is still under way on an abandoned thread ends by itself and closes the line."""
        with self._lock:
            self._closed = True
            last = self._under_way == 0
        if last:
            self._http.close()

    @contextmanager
    def _line(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise _ConnectionBroke(reason="closed")
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                last = self._closed and self._under_way == 0
            if last:
                self._http.close()

    def _message(
        self,
        method: str,
        path: str,
        kind: type[_M],
        body: Model | None = None,
        headers: dict[str, str] | None = None,
        seconds: float | None = None,
    ) -> _M:
        answer = self._request(method, path, body, headers, seconds=seconds)
        try:
            return kind.model_validate_json(answer.body)
        except ValidationError as error:
            places = [".".join(str(part) for part in item["loc"]) for item in error.errors()[:5]]
            raise Failed("Answer_Malformed", message=kind.__name__, fields=places) from error

    def _request(
        self,
        method: str,
        path: str,
        body: Model | None = None,
        headers: dict[str, str] | None = None,
        longest: int = LONGEST_MESSAGE,
        seconds: float | None = None,
    ) -> _Answer:
        limit = ANSWER_SECONDS if seconds is None else seconds
        traceparent = new_traceparent()
        sent = {"traceparent": traceparent, **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        content = None if body is None else body.model_dump_json()
        with self._line(), under_traceparent(traceparent):
            self._trace.emit("network", "request", method=method, path=path)
            try:
                limits = httpx.Timeout(limit, connect=CONNECT_SECONDS)
                with self._http.stream(
                    method, path, headers=sent, content=content, timeout=limits
                ) as response:
                    answer = _read(response, longest, limit)
            except (httpx.HTTPError, AnswerLate) as error:
                self._trace.emit("network", "no_answer", method=method, path=path, error=type(error).__name__)
                if isinstance(error, httpx.TimeoutException | AnswerLate):
                    raise Failed("Centre_Unreachable", reason="time-out") from error
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    raise Failed("Centre_Unreachable", reason="certificate") from error
                if isinstance(error, httpx.TransportError):
                    raise _ConnectionBroke(reason="connection") from error
                # a body that does not decode: somebody else answers there
                raise Failed("Answer_Malformed", detail=type(error).__name__) from error
            self._trace.emit("network", "answered", method=method, path=path, status=answer.status)
            answer.must_be_good()
            return answer


class _ConnectionBroke(Failed):
    """Centre_Unreachable of the kind that may be gone at the next request (a kept connection that was closed)."""

    def __init__(self, **facts: Any) -> None:
        super().__init__("Centre_Unreachable", **facts)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    body: bytes

    def must_be_good(self) -> None:
        """Raises what the centre refused by."""
        if 200 <= self.status < 300:
            return
        refusal = read_refusal(self.body)
        if refusal is not None and refusal.words is None:
            raise refusal
        if refusal is not None:
            # words are shown only from offers that the centre has signed; whoever answers here may be anybody
            raise Failed("Service_Out_Of_Order", name=refusal.failure)
        if self.status == 503:
            raise Failed("Centre_Unreachable", reason="503")
        raise Failed("Answer_Malformed", status=self.status)


def _read(response: httpx.Response, longest: int, seconds: float) -> _Answer:
    body = read_answer(response.headers, response.iter_raw(), longest, seconds)
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    return _Answer(response.status_code, kind, body)


def _trusted(server_ca: Path | None) -> ssl.SSLContext | bool:
    return True if server_ca is None else trusted_by(server_ca)
