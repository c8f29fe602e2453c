"""Ask the issuing server of a number's municipality what became of the application."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import httpx
from pydantic import ValidationError

from server_stub.interface.answers import NOT_PACKED, AnswerLate, read_answer
from server_stub.interface.failures import Failed
from server_stub.interface.registration import RegistrationStatus, StatusQuery, municipality_of
from server_stub.interface.secret import Secret
from server_stub.interface.trace import current_traceparent
from server_stub.interface.values import read_refusal

from .settings import SiteServer

LONGEST = 100_000
SECONDS = 15.0


class StatusServers:
    """Safe from any thread."""

    def __init__(self, servers: Iterable[SiteServer]) -> None:
        self._by_municipality = {code: server for server in servers for code in server.municipalities}
        self._client = httpx.Client(trust_env=False, timeout=httpx.Timeout(SECONDS, connect=2.0))

    def close(self) -> None:
        self._client.close()

    def move(self, base_url: str, municipalities: Iterable[str]) -> None:
        """Ask for `municipalities` at another place from now on."""
        self._by_municipality |= {
            code: replace(self._by_municipality[code], base_url=base_url)
            for code in municipalities
            if code in self._by_municipality
        }

    def status(self, number: Secret) -> RegistrationStatus:
        """Raises Failed: Registration_Unknown (also for a number of nobody who is asked here), Issuing_Unreachable,
        Answer_Malformed."""
        server = self._by_municipality.get(municipality_of(number))
        if server is None:
            raise Failed("Registration_Unknown")
        headers = {
            "Authorization": f"Bearer {server.key.reveal()}",
            "Content-Type": "application/json",
            "traceparent": current_traceparent(),
            **NOT_PACKED,
        }
        url = server.base_url.rstrip("/") + "/v1/registration-status"
        content = StatusQuery(number=number).model_dump_json()
        try:
            with self._client.stream("POST", url, content=content, headers=headers) as got:
                body = read_answer(got.headers, got.iter_raw(), LONGEST, SECONDS)
        except (httpx.HTTPError, AnswerLate) as error:
            raise Failed("Issuing_Unreachable", error=type(error).__name__) from error
        if not got.is_success:
            raise read_refusal(body) or Failed("Issuing_Unreachable", status=got.status_code)
        try:
            found = RegistrationStatus.model_validate_json(body)
        except ValidationError as error:
            raise Failed("Answer_Malformed", peer="issuing") from error
        if found.municipality != municipality_of(number):
            raise Failed("Answer_Malformed", peer="issuing", detail="another municipality")
        return found
