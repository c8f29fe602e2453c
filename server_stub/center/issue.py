"""From an application to paper: asked for at the issuing server, compared, finished, signed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import threading
from typing import Protocol

from pydantic import ValidationError

from server_stub.interface import binding
from server_stub.interface.failures import Failed
from server_stub.interface.front import front_facts
from server_stub.interface.issuing import IssuedPaper, IssueRequest
from server_stub.interface.offers import ApplicationRequest, Offer
from server_stub.interface.terminal import Manifest, SheetEntry, SignedManifest
from server_stub.node import NodeContext
from server_stub.paper.finish import SheetFacts

from .applications import Application, Applications
from .incidents import Incidents
from .issuing_servers import IssuingServers
from .outages import Outages
from .sessions import Authenticated, Sessions
from .settings import CenterSettings
from .stops import Stops
from .terminals import Terminal


def tampered(signed: SignedManifest) -> SignedManifest:
    """The manifest of another holder under the old signature."""
    facts = json.loads(signed.text)
    facts["holder"]["reference"] = "0" * len(facts["holder"]["reference"])
    return signed.model_copy(update={"text": json.dumps(facts, separators=(",", ":"))})


def corrupted(body: bytes) -> bytes:
    """One byte in the middle is another."""
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :]


ALARMS = frozenset({"Binding_Mismatch", "Existing_System_Answer_Wrong"})
"""Signs that paper and person do not belong together, or of a paper that must not be printed: an incident."""
FINISHING_SECONDS = 30.0
"""Real seconds that paper may take after the issuing server's answer, before a repeated request stops waiting for it."""


class FinishSheets(Protocol):
    """The paper room's part: front pages in, one finished PDF a sheet out, in the same order. `municipality`: its name."""

    def __call__(
        self, front_pdf: bytes, *, municipality: str, application_id: str, sheets: list[SheetFacts]
    ) -> list[bytes]: ...


class Issue:
    def __init__(
        self,
        context: NodeContext,
        settings: CenterSettings,
        sessions: Sessions,
        stops: Stops,
        outages: Outages,
        applications: Applications,
        incidents: Incidents,
        servers: IssuingServers,
        finish: FinishSheets,
    ) -> None:
        self._context = context
        self._settings = settings
        self._sessions = sessions
        self._stops = stops
        self._outages = outages
        self._applications = applications
        self._incidents = incidents
        self._servers = servers
        self._finish = finish
        self._names = {entry.info.code: entry.info.name for entry in settings.municipalities}
        self._answered = threading.Condition()

    def apply(
        self, terminal: Terminal, session_id: str, key: str, request: ApplicationRequest
    ) -> SignedManifest:
        """The answer to an application; the same answer for the same key and request, also while it is being made.

        Raises Failed by the names of the application part of the catalogue.
        """
        session = self._sessions.known(session_id, terminal.facts.terminal_id)
        offer = _offer_for(request, session)
        application = self._applications.receive(terminal.facts.terminal_id, key, session, request)
        if application.mine:
            try:
                signed = self._carry_out(application, terminal, session, offer, request)
            finally:
                with self._answered:
                    self._answered.notify_all()
            self._context.faults.wait_while_on("center.hold")
        else:
            signed = self._wait_for(application)
        if self._context.faults.strikes("center.tamper_manifest") is not None:
            return tampered(signed)
        return signed

    def sheet(self, application_id: str, terminal: Terminal, number: int) -> bytes:
        body = self._applications.sheet(application_id, terminal.facts.terminal_id, number)
        if self._context.faults.strikes("center.corrupt_sheet") is not None:
            return corrupted(body)
        return body

    def _carry_out(
        self,
        application: Application,
        terminal: Terminal,
        session: Authenticated,
        offer: Offer,
        request: ApplicationRequest,
    ) -> SignedManifest:
        try:
            self._stops.check()
            self._outages.check(request.municipality, session.session_id, terminal.facts.terminal_id)
            paper = self._issued(application, terminal, session, request)
            signed, bodies = self._make(application, terminal, session, offer, request, paper)
        except Failed as failed:
            alarm = failed.failure in ALARMS
            if alarm:
                self._incidents.record(
                    application.application_id,
                    terminal.facts.terminal_id,
                    "centre",
                    failed.failure,
                    failed.facts,
                )
            self._applications.failed(
                application.application_id, failed, tell_issuing=failed.entry.status >= 500
            )
            if alarm:
                # the session that met it gets no second try
                self._sessions.end(session.session_id, terminal.facts.terminal_id, "incident")
            raise
        except Exception:
            self._applications.failed(application.application_id, Failed("Internal_Error"), tell_issuing=True)
            raise
        if not self._applications.prepared(
            application.application_id, session.session_id, signed, bodies, self._settings.times.payment_life
        ):
            raise Failed("Session_Not_Valid")
        return signed

    def _issued(
        self,
        application: Application,
        terminal: Terminal,
        session: Authenticated,
        request: ApplicationRequest,
    ) -> IssuedPaper:
        try:
            return self._servers.issue(
                request.municipality,
                IssueRequest(
                    application_id=application.application_id,
                    holder=session.holder,
                    place=session.place,
                    application=request,
                    terminal=terminal.facts,
                    received_at=application.received_at,
                ),
            )
        except Failed as failed:
            raise self._outages.explain(
                failed, request.municipality, session.session_id, terminal.facts.terminal_id
            ) from failed

    def _make(
        self,
        application: Application,
        terminal: Terminal,
        session: Authenticated,
        offer: Offer,
        request: ApplicationRequest,
        paper: IssuedPaper,
    ) -> tuple[SignedManifest, list[bytes]]:
        """Manifest and sheets; compared before the paper is finished, so that nothing wrong is ever a finished sheet."""
        try:
            made = _manifest(application, terminal, session, paper)
        except ValidationError as error:  # each page is as agreed on, all together no manifest
            raise Failed("Answer_Malformed", peer="issuing", detail="pages") from error
        compared = self._context.faults.strikes("center.skip_binding") is None
        if compared:
            if paper.application_id != application.application_id:
                raise Failed(
                    "Binding_Mismatch", detail="application", application_id=application.application_id
                )
            binding.check_binding(
                made,
                holder=session.holder,
                session_id=session.session_id,
                terminal_id=terminal.facts.terminal_id,
                asked=request,
                offer=offer,
            )
        try:
            front = base64.b64decode(paper.pdf, validate=True)
        except binascii.Error as error:
            raise Failed("Answer_Malformed", peer="issuing", fields=["pdf"]) from error
        bodies = self._finish(
            front,
            municipality=self._names[request.municipality],
            application_id=application.application_id,
            sheets=[
                SheetFacts(
                    sheet.copy_number,
                    sheet.k,
                    sheet.n,
                    binding.sheet_keywords(made, sheet),
                    front_facts(application.application_id, sheet, offer) if compared else None,
                )
                for sheet in made.sheets
            ],
        )
        sheets = tuple(
            sheet.model_copy(update={"sha256": hashlib.sha256(body).hexdigest()})
            for sheet, body in zip(made.sheets, bodies, strict=True)
        )
        try:
            signed = binding.sign_manifest(
                made.model_copy(update={"sheets": sheets}), self._settings.signing_key
            )
        except ValidationError as error:
            raise Failed("Answer_Malformed", peer="issuing", detail="pages") from error
        return signed, bodies

    def _wait_for(self, application: Application) -> SignedManifest:
        limit = self._settings.times.issuing_timeout + FINISHING_SECONDS
        with self._answered:
            self._answered.wait_for(
                lambda: self._applications.outcome(application.application_id) is not None, limit
            )
        outcome = self._applications.outcome(application.application_id)
        if outcome is None:
            raise Failed("Application_State_Conflict", state="received")
        if isinstance(outcome, Failed):
            raise outcome
        return outcome


def _offer_for(request: ApplicationRequest, session: Authenticated) -> Offer:
    """The offer of this session that the request takes up: what is compared later is compared with this."""
    if request.municipality != session.offers.municipality.code:
        raise Failed("Option_Not_Allowed", field="municipality")
    offer = session.offers.offer(request.kind)
    if offer is None:
        raise Failed("Service_Not_Offered", kind=request.kind)
    if offer.refusal is not None:
        raise offer.refusal.failed()
    if not set(request.subjects) <= {subject.ref for subject in offer.subjects}:
        raise Failed("Member_Not_In_Household")
    if request.copies > offer.max_copies:
        raise Failed("Copies_Out_Of_Range", most=offer.max_copies)
    return offer


_NOT_MADE = "0" * 64
"""In the place of a sheet's digest until the sheet is finished."""


def _manifest(
    application: Application, terminal: Terminal, session: Authenticated, paper: IssuedPaper
) -> Manifest:
    """What the issuing server has rendered, never what was asked for."""
    return Manifest(
        application_id=application.application_id,
        session_id=session.session_id,
        terminal_id=terminal.facts.terminal_id,
        holder=paper.holder,
        kind=paper.kind,
        municipality=paper.municipality,
        copies=len({page.copy_number for page in paper.pages}),
        fee_total=paper.fee_total,
        generation=paper.generation,
        received_at=application.received_at,
        sheets=tuple(
            SheetEntry(
                number=number,
                copy_number=page.copy_number,
                k=page.k,
                n=page.n,
                sha256=_NOT_MADE,
                subjects=page.subjects,
                issue_number=page.issue_number,
                answers=page.answers,
                secret_boxes=page.secret_boxes,
                named=page.named,
            )
            for number, page in enumerate(paper.pages, start=1)
        ),
    )
