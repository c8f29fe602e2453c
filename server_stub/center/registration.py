"""Hand applications for 住登外戸籍 利用登録 on to the 本籍地: who it is, that one person signed what was shown, and nothing kept of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import JST, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Scope
from server_stub.interface.registration import (
    SLIP,
    HolderCheck,
    RegistrationApplication,
    RegistrationAuthentication,
    RegistrationOpened,
    RegistrationReceived,
    RegistrationRequest,
    RegistrationServices,
    RegistrationServicesRequest,
    SlipOrder,
    SlipRequest,
    reference_of,
)
from server_stub.interface.registration_text import Form, read_text
from server_stub.interface.signature_certificate import read_signature_certificate
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity

from .applications import Applications
from .authentication.jpki import Jpki, StatusAuthority, TrustedCertificates, reference_of_certificate
from .database import Database
from .holders import Holders
from .issuing_servers import IssuingServers
from .outages import Outages
from .sessions import Sessions
from .settings import CenterTimes
from .stops import Stops
from .tables import applications, registrations
from .terminals import Terminal

_OF_SIGNATURE = {
    "Certificate_Expired": "Signature_Certificate_Expired",
    "Certificate_Revoked": "Signature_Certificate_Revoked",
    "Certificate_On_Hold": "Signature_Certificate_On_Hold",
}
"""What is said of an authentication certificate, as said of a signature certificate."""


@dataclass(frozen=True, slots=True)
class _Visitor:
    session_id: str
    holder: Identity


class Registration:
    """`signers` and `status` check signature certificates; None: this centre takes no applications."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        trace: Trace,
        times: CenterTimes,
        sessions: Sessions,
        stops: Stops,
        outages: Outages,
        jpki: Jpki,
        holders: Holders,
        kept: Applications,
        servers: IssuingServers,
        signers: TrustedCertificates | None,
        status: StatusAuthority | None,
        site: str,
    ) -> None:
        self._database, self._clock, self._trace, self._times = database, clock, trace, times
        self._sessions, self._stops, self._outages = sessions, stops, outages
        self._jpki, self._holders = jpki, holders
        self._applications, self._servers = kept, servers
        self._signers, self._status, self._site = signers, status, site

    def services(self, terminal: Terminal) -> RegistrationServices:
        """List who takes applications, as their servers tell."""
        if self._signers is None:
            return RegistrationServices(services=())
        asked = RegistrationServicesRequest(terminal=terminal.facts)
        return RegistrationServices(services=tuple(self._servers.registration_services(asked)))

    def open(
        self, terminal: Terminal, session_id: str, request: RegistrationAuthentication
    ) -> RegistrationOpened:
        """Find who it is; the nonce is used up in any case. Raises Failed as `Authentication.authenticate` for the certificate, and
        what the 住所地 has against the holder."""
        terminal_id = terminal.facts.terminal_id
        nonce = self._sessions.use_nonce(session_id, terminal_id)
        self._stops.check()
        holder = self._jpki.identify(session_id, nonce, request.proof)
        home = self._jpki.municipality(holder)
        self._servers.check_holder(HolderCheck(holder=holder, municipality=home, terminal=terminal.facts))
        self._sessions.holder_is(session_id, terminal_id, holder)
        self._trace.emit("centre", "registration_opened", session_id=session_id, home=home)
        return RegistrationOpened(holder=holder, home=home, day=self._clock.now().astimezone(JST).date())

    def receive(
        self, terminal: Terminal, session_id: str, key: str, request: RegistrationRequest
    ) -> RegistrationReceived:
        """Check the application and hand it on; the same key and request give the same answer as long as the session lives.

        Raises Failed: Session_Not_Valid, Session_Not_Authenticated, Idempotency_Conflict, Registration_Entry_Wrong,
        Registration_Text_Of_Another_Session, Registration_Another_Card, those of the certificate, Signature_Invalid, and what the
        issuing server refuses by.
        """
        terminal_id = terminal.facts.terminal_id
        holder = self._sessions.holder(session_id, terminal_id)
        self._stops.check()
        if self._signers is None or self._status is None:
            raise Failed("Registration_Not_Offered")
        form = read_text(request.text)
        if not self._servers.hosts(form.municipality):
            raise Failed("Registration_Not_Offered", municipality=form.name)
        self._outages.check(form.municipality, session_id, terminal_id)
        serial = self._same_card(holder, request.card)
        self._of_this_session(session_id, form)
        self._check_signature(holder, request)
        application_id, received_at = self._kept(terminal_id, session_id, key, form, request)
        answer = self._servers.register(
            RegistrationApplication(
                application_id=application_id,
                municipality=form.municipality,
                holder=holder,
                home=self._holders.municipality(holder.reference),
                serial=serial,
                earlier=self._holders.others(holder.reference),
                text=request.text,
                certificate=request.certificate,
                signature=request.signature,
                terminal=terminal.facts,
                received_at=received_at,
            )
        )
        with self._database.write() as connection:
            connection.execute(
                update(registrations)
                .where(registrations.c.application_id == application_id)
                .values(slip_fee=answer.slip_fee)
            )
        self._trace.emit(
            "centre", "registration_received", session_id=session_id, application_id=application_id,
            municipality=form.municipality,
        )  # fmt: skip
        return RegistrationReceived(
            application_id=application_id,
            municipality=form.municipality,
            number=answer.number,
            message=answer.message,
            slip_fee=answer.slip_fee,
            site=self._site,
        )

    def order_slip(self, terminal: Terminal, session_id: str, registration_id: str, key: str) -> SlipOrder:
        """Make the charge for the printed number of an application of this session: an application of its own from now on.

        Raises Failed: Session_Not_Valid, Session_Not_Authenticated, Registration_Unknown, Registration_Not_Offered (nothing is
        printed), Idempotency_Conflict, and what the issuing server refuses by.
        """
        holder = self._sessions.holder(session_id, terminal.facts.terminal_id)
        with self._database.read() as connection:
            row = connection.execute(
                select(registrations).where(
                    registrations.c.application_id == registration_id,
                    registrations.c.session_id == session_id,
                )
            ).first()
        if row is None or row.slip_fee is None:
            raise Failed("Registration_Unknown")
        if not row.slip_fee:
            raise Failed("Registration_Not_Offered", kind=SLIP)
        asked = ApplicationRequest(
            kind=SLIP,
            municipality=row.municipality,
            scope=Scope.HOLDER,
            subjects=(holder.reference,),
            copies=1,
            fee_total=row.slip_fee,
        )
        application = self._applications.receive(
            terminal.facts.terminal_id, key, _Visitor(session_id, holder), asked
        )
        order = SlipOrder(
            application_id=application.application_id, municipality=row.municipality, fee=row.slip_fee
        )
        if not application.mine:
            return self._ordered_before(order)
        request = SlipRequest(
            application_id=application.application_id,
            registration=registration_id,
            municipality=row.municipality,
            holder=holder,
            terminal=terminal.facts,
            received_at=application.received_at,
        )
        try:
            accepted = self._servers.order_slip(request)
            if accepted.fee != row.slip_fee:
                raise Failed("Fee_Changed", fee_total=accepted.fee, confirmed=row.slip_fee)
        except Failed as failed:
            self._applications.failed(
                application.application_id,
                failed,
                tell_issuing=failed.entry.status >= 500 or failed.failure == "Fee_Changed",
            )
            raise
        except Exception:
            self._applications.failed(application.application_id, Failed("Internal_Error"), tell_issuing=True)
            raise
        if not self._applications.prepared(application.application_id, session_id, order, (), self._life):
            raise Failed("Session_Not_Valid")
        return order

    @property
    def _life(self) -> timedelta:
        return self._times.payment_life

    def _ordered_before(self, order: SlipOrder) -> SlipOrder:
        with self._database.read() as connection:
            row = connection.execute(
                select(applications.c.state, applications.c.answer).where(
                    applications.c.application_id == order.application_id
                )
            ).one()
        if row.answer is None or row.state != State.PREPARED:
            raise Failed("Application_State_Conflict", state=row.state)
        return order

    def _same_card(self, holder: Identity, encoded: str) -> str:
        """Compare the card before the signature with the one that was authenticated; tell its serial number in hex. That it is valid was
        checked then."""
        serial, reference = reference_of_certificate(encoded)
        if reference != holder.reference:
            raise Failed("Registration_Another_Card")
        return f"{serial:X}"

    def _of_this_session(self, session_id: str, form: Form) -> None:
        today = self._clock.now().astimezone(JST).date()
        # a visit may last over midnight
        if form.reference != reference_of(session_id) or not (today - timedelta(days=1) <= form.day <= today):
            raise Failed("Registration_Text_Of_Another_Session")

    def _check_signature(self, holder: Identity, request: RegistrationRequest) -> None:
        """Check chain, validity, whose certificate it is, the signature and the status, in the order of what it costs."""
        assert self._signers is not None and self._status is not None
        now = self._clock.now()
        try:
            found = self._signers.check(request.certificate, now)
            read_signature_certificate(request.certificate).check_signature(request.signature, request.text)
            if not self._holders.is_signer(holder.reference, found.holder_ref):
                raise Failed("Registration_Another_Card")
            self._status.check(found.certificate, found.issuer, now, found.responder)
        except Failed as failed:
            raise Failed(_OF_SIGNATURE.get(failed.failure, failed.failure), **failed.facts) from failed

    def _kept(
        self, terminal_id: str, session_id: str, key: str, form: Form, request: RegistrationRequest
    ) -> tuple[str, datetime]:
        """Write down that it is on its way, or find what was before under this key."""
        told = json.dumps([session_id, request.model_dump(mode="json")], sort_keys=True)
        mark = hashlib.sha256(told.encode()).hexdigest()
        application_id, now = new_ulid(self._clock), self._clock.now()
        try:
            with self._database.write() as connection:
                connection.execute(
                    insert(registrations).values(
                        application_id=application_id,
                        session_id=session_id,
                        terminal_id=terminal_id,
                        idempotency_key=key,
                        fingerprint=mark,
                        municipality=form.municipality,
                        received_at=now,
                    )
                )
        except IntegrityError:
            with self._database.read() as connection:
                row = connection.execute(
                    select(registrations).where(
                        registrations.c.terminal_id == terminal_id, registrations.c.idempotency_key == key
                    )
                ).one()
            if row.fingerprint != mark:
                raise Failed("Idempotency_Conflict") from None
            return row.application_id, row.received_at
        return application_id, now
