"""Ask the issuing servers (証明発行サーバ), and other nodes, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import httpx
from pydantic import ValidationError

from server_stub.interface.answers import NOT_PACKED, AnswerLate, read_answer
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import (
    IssuedPaper,
    IssueRequest,
    OfferList,
    OffersRequest,
    OrdinanceServicesRequest,
    StandingRequest,
)
from server_stub.interface.outages import LOOK_PATH, Layer
from server_stub.interface.registration import (
    HolderAllowed,
    HolderCheck,
    RegistrationAccepted,
    RegistrationApplication,
    RegistrationService,
    RegistrationServices,
    RegistrationServicesRequest,
    SlipAccepted,
    SlipRequest,
    municipality_of,
)
from server_stub.interface.restoration import (
    ApplicationKept,
    RecordsTold,
    RestorationEntry,
    RestorationList,
    ToldApplication,
)
from server_stub.interface.terminal import OrdinanceService, OrdinanceServices, ReportTaken
from server_stub.interface.trace import current_traceparent
from server_stub.interface.values import Model, read_refusal

from .settings import CenterTimes, IssuingServer
from .sites import SiteAlarms

LONGEST = 64_000_000
"""Bytes of an answer: the fronts of 99 copies in base64 come nowhere near it."""

STANDING_SECONDS = 5.0
"""Real seconds for the question whether a paper may be paid: a resident stands there with the money in the machine."""


def post(
    transport: httpx.BaseTransport,
    url: str,
    content: str | bytes,
    headers: Mapping[str, str],
    timeout: httpx.Timeout,
) -> httpx.Response:
    """As `request`, with a body."""
    return request(transport, url, content, headers, timeout)


def request(
    transport: httpx.BaseTransport,
    url: str,
    content: str | bytes | None,
    headers: Mapping[str, str],
    timeout: httpx.Timeout,
) -> httpx.Response:
    """Send one POST (without `content` a GET) with these headers and no others, on a connection that is kept. The answer has
    `timeout.read` seconds to come to its end. Raises httpx.HTTPError, Failed(Answer_Malformed) for one that is packed or too long.
    """
    method = "GET" if content is None else "POST"
    client = httpx.Client(transport=transport, trust_env=False)  # not closed: the transport is kept
    sent = {**headers, **NOT_PACKED}
    with client.stream(method, url, content=content, headers=sent, timeout=timeout) as response:
        try:
            body = read_answer(response.headers, response.iter_raw(), LONGEST, timeout.read or 0)
        except AnswerLate as error:
            raise httpx.ReadTimeout("the answer does not end", request=response.request) from error
    return httpx.Response(response.status_code, content=body, request=response.request)


Answer = TypeVar("Answer", bound=Model)


class IssuingServers:
    """Ask the issuing server of a municipality, from any thread. Its refusal comes back as the same Failed, with its facts.

    Besides, every method raises Failed: Issuing_Unreachable (no answer in time, or one without a word) and
    Answer_Malformed (an answer that is not what `interface/issuing.py` says).
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        servers: Sequence[IssuingServer],
        times: CenterTimes,
        alarms: SiteAlarms,
    ) -> None:
        self._alarms = alarms
        self._looking = httpx.Timeout(times.look_timeout, connect=times.connect_timeout)
        self._standing = httpx.Timeout(STANDING_SECONDS, connect=times.connect_timeout)
        self._transport = transport
        self._timeout = httpx.Timeout(times.issuing_timeout, connect=times.connect_timeout)
        self._servers = tuple(servers)
        self._by_municipality = {code: server for server in servers for code in server.municipalities}
        self._on_restored: Callable[[], None] = lambda: None

    def every(self) -> tuple[IssuingServer, ...]:
        return self._servers

    def on_restored(self, tell: Callable[[], None]) -> None:
        """Call `tell` whenever a server says that its books were restored, or stands elsewhere: it may lack records."""
        self._on_restored = tell

    def move(self, municipality: str, base_url: str) -> None:
        """Ask the server that hosts `municipality` at `base_url` from now on. Raises Failed(Settings_Wrong) for no such address or server."""
        old = self._by_municipality.get(municipality)
        if old is None or not base_url.startswith(("http://", "https://")):
            raise Failed("Settings_Wrong", item="base_url")
        new = replace(old, base_url=base_url)
        self._servers = tuple(new if server is old else server for server in self._servers)
        self._by_municipality = {code: server for server in self._servers for code in server.municipalities}
        self._on_restored()

    def restorations(self, server: IssuingServer) -> tuple[RestorationEntry, ...]:
        """List those of this server's books that are not over."""
        return self._ask(server, "", "/v1/restorations", None, RestorationList).restorations

    def tell_again(
        self, server: IssuingServer, restoration_id: str, told: ToldApplication
    ) -> ApplicationKept:
        path = f"/v1/restorations/{restoration_id}/applications"
        return self._ask(server, told.municipality, path, told, ApplicationKept)

    def records_told(self, server: IssuingServer, restoration_id: str, told: RecordsTold) -> RestorationList:
        return self._ask(server, "", f"/v1/restorations/{restoration_id}/complete", told, RestorationList)

    def ordinance_services(self, request: OrdinanceServicesRequest) -> list[OrdinanceService]:
        """Ask every server whose 住民基本台帳カード can be used now, for the municipalities that it hosts. One that does not answer keeps
        nobody else's residents away; its refusal is raised where no other has anything to tell."""
        found: list[OrdinanceService] = []
        silent: Failed | None = None
        for server in self._servers:
            try:
                told = self._ask(server, "", "/v1/ordinance-services", request, OrdinanceServices)
            except Failed as failed:
                if failed.failure != "Request_Not_Found":  # a server that knows no 条例利用
                    silent = failed
                continue
            found += [one for one in told.services if one.municipality.code in server.municipalities]
        if silent is not None and not found:
            raise silent
        return found

    def offers(self, request: OffersRequest) -> OfferList:
        answer = self._post(request.municipality, "/v1/offers", request, OfferList)
        if answer.municipality.code != request.municipality:
            raise Failed("Answer_Malformed", peer="issuing", detail="another municipality")
        return answer

    def issue(self, municipality: str, request: IssueRequest) -> IssuedPaper:
        return self._post(municipality, "/v1/applications", request, IssuedPaper)

    def registration_services(self, request: RegistrationServicesRequest) -> list[RegistrationService]:
        """Ask every server who takes applications for 利用登録. One that does not answer keeps nobody else's residents away."""
        found: list[RegistrationService] = []
        for server in self._servers:
            try:
                told = self._ask(server, "", "/v1/registration-services", request, RegistrationServices)
            except Failed:
                continue
            found += [one for one in told.services if one.municipality in server.municipalities]
        return found

    def check_holder(self, request: HolderCheck) -> None:
        """Ask the 住所地; one that is hosted nowhere has nothing against anybody."""
        if request.municipality in self._by_municipality:
            self._post(request.municipality, "/v1/holders", request, HolderAllowed)

    def register(self, request: RegistrationApplication) -> RegistrationAccepted:
        answer = self._post(request.municipality, "/v1/registrations", request, RegistrationAccepted)
        if answer.application_id != request.application_id:
            raise Failed("Answer_Malformed", peer="issuing", detail="another application")
        if municipality_of(answer.number) != request.municipality:
            raise Failed("Answer_Malformed", peer="issuing", detail="another municipality")
        return answer

    def order_slip(self, request: SlipRequest) -> SlipAccepted:
        answer = self._post(request.municipality, "/v1/slips", request, SlipAccepted)
        if answer.application_id != request.application_id:
            raise Failed("Answer_Malformed", peer="issuing", detail="another application")
        return answer

    def hosts(self, municipality: str) -> bool:
        """Tell whether there is a server of that municipality."""
        return municipality in self._by_municipality

    def report(self, municipality: str, application_id: str, report_json: str) -> ReportTaken:
        """Pass a report on, byte for byte as the centre keeps it."""
        return self._post(
            municipality, f"/v1/applications/{application_id}/reports", report_json, ReportTaken
        )

    def check_standing(self, municipality: str, application_id: str, asked: StandingRequest) -> None:
        """Ask whether a prepared paper may still be paid; it is refused by what stands against it."""
        server = self._by_municipality.get(municipality)
        if server is None:
            raise Failed("Issuing_Unreachable", municipality=municipality, detail="not configured")
        path = f"/v1/applications/{application_id}/standing"
        self._send(server, municipality, path, asked.model_dump_json(), self._standing)

    def look(self) -> None:
        """Ask every server whether it works, so that an outage is an alarm before somebody stands at a terminal."""
        for server in self._servers:
            with suppress(Failed):
                self._send(server, "", LOOK_PATH, "", self._looking)

    def _post(self, municipality: str, path: str, body: Model | str, answer: type[Answer]) -> Answer:
        server = self._by_municipality.get(municipality)
        if server is None:
            raise Failed("Issuing_Unreachable", municipality=municipality, detail="not configured")
        return self._ask(server, municipality, path, body, answer)

    def _ask(
        self,
        server: IssuingServer,
        municipality: str,
        path: str,
        body: Model | str | None,
        answer: type[Answer],
    ) -> Answer:
        """Without a `body` it is a GET."""
        content = None if body is None else body if isinstance(body, str) else body.model_dump_json()
        response = self._send(server, municipality, path, content, self._timeout)
        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            fields = [".".join(map(str, item["loc"])) for item in error.errors()[:10]]
            raise Failed("Answer_Malformed", peer="issuing", fields=fields) from error

    def _send(
        self, server: IssuingServer, municipality: str, path: str, content: str | None, timeout: httpx.Timeout
    ) -> httpx.Response:
        """Send one request, and let the alarms know whether it was answered. A refusal by name is an answer."""
        headers = {
            "Authorization": f"Bearer {server.key.reveal()}",
            "Content-Type": "application/json",
            "traceparent": current_traceparent(),
        }
        try:
            url = server.base_url.rstrip("/") + path
            response = request(self._transport, url, content, headers, timeout)
        except httpx.HTTPError as error:
            unconnected = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            self._alarms.failed(server, Layer.DATA_CENTRE if unconnected else Layer.SERVER)
            raise Failed(
                "Issuing_Unreachable", municipality=municipality, error=type(error).__name__
            ) from error
        if response.is_success:
            self._alarms.answered(server)
            return response
        refusal = _refusal(response, municipality)
        if refusal.failure == "Issuing_Unreachable":
            self._alarms.failed(server, Layer.SOFTWARE)
        else:
            self._alarms.answered(server)
        if refusal.facts.get("waiting_for") == "records":
            self._on_restored()
        raise refusal


def _refusal(response: httpx.Response, municipality: str) -> Failed:
    refusal = read_refusal(response.content)
    if refusal is not None:
        return refusal
    if response.status_code >= 500:
        return Failed("Issuing_Unreachable", municipality=municipality, status=response.status_code)
    return Failed("Answer_Malformed", peer="issuing", status=response.status_code)
