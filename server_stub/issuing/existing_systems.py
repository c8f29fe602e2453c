"""Ask the existing system (既存システム) of a municipality for offers and papers (PDF連携), over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx
from pydantic import ValidationError

from server_stub.interface.answers import NOT_PACKED, AnswerLate, read_answer
from server_stub.interface.clock import Clock
from server_stub.interface.existing_system import (
    TIMING,
    OfferAnswer,
    OfferRequest,
    PaperAnswer,
    PaperRequest,
    RegisterApplication,
    RegisterLink,
    RegisterQuery,
    RegisterState,
)
from server_stub.interface.failures import CATALOGUE, Failed
from server_stub.interface.offers import REFUSALS
from server_stub.interface.outages import LOOK_PATH
from server_stub.interface.pace import EXISTING_SYSTEM, take
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace, current_traceparent
from server_stub.interface.values import Model, read_refusal

LONGEST = 30_000_000
"""Bytes of an answer: a sheet has some 90 kB in base64, so that 300 sheets do not come near it."""
CONNECT_SECONDS = 2.0
LOOK_SECONDS = 1.5
"""Real seconds for the answer that it works: the centre waits for as many looks as there are municipalities at one server."""
_OWN = re.compile(r"total;dur=([0-9.]+)")
_OF_A_REQUEST = (
    "Option_Not_Allowed",
    "Service_Not_Offered",
    "Registration_Unknown",
    "Registration_Register_Unknown",
    "Registration_Member_Taken",
    "Registration_Differs",
    "Registration_State_Conflict",
)
Answer = TypeVar("Answer", bound=Model)


@dataclass(frozen=True, slots=True)
class ExistingSystemAddress:
    """Where one municipality's existing system is, and what it must be shown."""

    base_url: str
    key: Secret


class ExistingSystem:
    """One municipality's, asked from any thread. Its refusal comes back as the same Failed, with its facts.

    Besides, every method raises Failed: Existing_System_Unreachable (no answer within the deadline, or one without a word) and
    Existing_System_Answer_Wrong (one that is not what `interface/existing_system.py` says).
    """

    def __init__(self, address: ExistingSystemAddress, trace: Trace, clock: Clock) -> None:
        self._address, self._trace, self._clock = address, trace, clock
        # a connection on which an answer came too late is closed, so that nobody else can be given that answer
        self._client = httpx.Client(trust_env=False, headers={})
        self.on_answer: Callable[[bool], None] = lambda answered: None
        """Called after each time it was asked, with whether it has answered."""

    def offer(self, asked: OfferRequest, deadline: float) -> OfferAnswer:
        return self._post("/v1/offers", asked, OfferAnswer, deadline)

    def paper(self, asked: PaperRequest, deadline: float) -> PaperAnswer:
        return self._post("/v1/papers", asked, PaperAnswer, deadline)

    def register(self, asked: RegisterApplication, deadline: float) -> RegisterState:
        """Hand an application for 利用登録 on. These three also raise Failed: Registration_Unknown, Registration_Register_Unknown,
        Registration_Member_Taken, Registration_Differs, Registration_State_Conflict."""
        return self._post("/v1/registrations", asked, RegisterState, deadline)

    def link(self, asked: RegisterLink, deadline: float) -> RegisterState:
        return self._post("/v1/registration-links", asked, RegisterState, deadline)

    def registration(self, application_id: str, deadline: float) -> RegisterState:
        asked = RegisterQuery(application_id=application_id)
        return self._post("/v1/registration-states", asked, RegisterState, deadline)

    def look(self) -> None:
        """Ask whether it works, which `on_answer` is told."""
        headers = {"Authorization": f"Bearer {self._address.key.reveal()}", **NOT_PACKED}
        url = self._address.base_url.rstrip("/") + LOOK_PATH
        try:
            answer = self._client.post(url, headers=headers, timeout=LOOK_SECONDS)
        except httpx.HTTPError:
            self.on_answer(False)
        else:
            self.on_answer(answer.status_code < 500)

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, body: Model, answer: type[Answer], deadline: float) -> Answer:
        try:
            found = self._ask(path, body, answer, deadline)
        except Failed as failed:
            self.on_answer(failed.failure != "Existing_System_Unreachable")
            raise
        self.on_answer(True)
        return found

    def _ask(self, path: str, body: Model, answer: type[Answer], deadline: float) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._address.key.reveal()}",
            "Content-Type": "application/json",
            "traceparent": current_traceparent(),
            **NOT_PACKED,
        }
        url = self._address.base_url.rstrip("/") + path
        timeout = httpx.Timeout(deadline, connect=min(deadline, CONNECT_SECONDS))
        content = body.model_dump_json()
        self._trace.emit("issuing", "existing_system_asked", path=path)
        take(self._clock, EXISTING_SYSTEM)
        try:
            with self._client.stream("POST", url, content=content, headers=headers, timeout=timeout) as got:
                raw = read_answer(got.headers, got.iter_raw(), LONGEST, deadline)
        except (httpx.HTTPError, AnswerLate) as error:
            raise Failed("Existing_System_Unreachable", error=type(error).__name__) from error
        except Failed as failed:
            raise Failed("Existing_System_Answer_Wrong", detail=failed.facts.get("detail", "")) from failed
        own = _OWN.search(got.headers.get(TIMING, ""))
        self._trace.emit(
            "issuing", "existing_system_answered", path=path, status=got.status_code,
            milliseconds=float(own.group(1)) if own else None,
        )  # fmt: skip
        if not got.is_success:
            raise _refusal(raw, got.status_code)
        try:
            return answer.model_validate_json(raw)
        except ValidationError as error:
            fields = [".".join(map(str, item["loc"])) for item in error.errors()[:10]]
            raise Failed("Existing_System_Answer_Wrong", detail="message", fields=fields) from error


def _refusal(body: bytes, status: int) -> Failed:
    """What it refused by, if an issuing server may refuse by that; what it says of itself is that it does not work."""
    refusal = read_refusal(body)
    if refusal is not None and (
        refusal.failure in REFUSALS or refusal.failure in _OF_A_REQUEST or refusal.failure not in CATALOGUE
    ):
        return refusal
    if status >= 500:
        return Failed("Existing_System_Unreachable", status=status)
    return Failed("Existing_System_Answer_Wrong", detail="refusal", status=status)
