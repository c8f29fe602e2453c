"""What the issuing server does with a request of the centre; `app` puts HTTP round it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from server_stub.certificates.certificate import AnyCertificate
from server_stub.interface.application_states import State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import (
    IssuedPaper,
    IssueRequest,
    OfferList,
    OffersRequest,
    OrdinanceServicesRequest,
)
from server_stub.interface.offers import ApplicationRequest
from server_stub.interface.operations import StopEntry, StopRequest
from server_stub.interface.registration import (
    SLIP,
    HolderAllowed,
    HolderCheck,
    RegistrationAccepted,
    RegistrationApplication,
    RegistrationServices,
    RegistrationServicesRequest,
    RegistrationStatus,
    SlipAccepted,
    SlipRequest,
    StatusQuery,
)
from server_stub.interface.restoration import RestorationConfirmation, RestorationList
from server_stub.interface.terminal import (
    OrdinanceKind,
    OrdinanceService,
    OrdinanceServices,
    ReportKind,
    ReportTaken,
    StatusReport,
)
from server_stub.interface.values import FailureBody, Identity, MunicipalityList, Place
from server_stub.node import NodeContext
from server_stub.paper.typesetting import Issuer, Rendered
from server_stub.registration import SERVICE, Registrations, Town
from server_stub.registry.replica import ReplicaReader

from .alarms import IssuingAlarms
from .copies import (
    MOST_DRAWS,
    Paper,
    answer_of,
    chosen_entries,
    copy_fee,
    ledger_copies,
    ledger_entry,
    new_issue_numbers,
    request_digest,
    slip_entry,
)
from .counting import catch_up
from .deliveries import Deliveries
from .exceptions import AgeExceptions
from .fault_injection import (
    fee_charged,
    rendered_with_faults,
    with_failing_kind,
    with_other_settings,
    with_revised_fee,
)
from .history import History
from .ledger import Ledger
from .offers import Holder, find_holder
from .pdf_link import linked
from .persons_door import PersonsSearched
from .previews import Previews
from .replica_age import ReplicaExtensions
from .restoration import Restoration, delivered_after
from .restrictions import OwnRestrictions
from .rights import (
    check_any_open,
    check_open,
    check_request,
    check_visit,
    kind_is_offered,
    method_is_used,
    not_stopped,
    replica_is_recent,
)
from .setting_changes import SettingChanges
from .stops import Stops
from .tables import Application
from .tenants import IssuingSettings, Tenant, Tenants

EVERYWHERE = frozenset({"Holder_Restricted", "Holder_Deceased", "Holder_Under_Fifteen"})
"""What the 住所地 may have against a holder that counts at every 本籍地 too."""
ALL_KINDS = "*"
"""In the trace, for a stop of every kind."""


class IssuingService:
    """Safe from any thread; nothing of one application is kept in it for the next."""

    def __init__(self, context: NodeContext, settings: IssuingSettings) -> None:
        """Raises Failed: Municipality_Unknown, Municipality_Not_Participating, Settings_Wrong."""
        self._context = context
        self._tenants = Tenants(settings.municipalities, context.trace, context.clock)
        self.ledger = Ledger(settings.ledger_url, self._office_open)
        self.history = History(self.ledger, self._tenants, context)
        self.exceptions = AgeExceptions(self.ledger, self._tenants, context)
        self.persons = PersonsSearched(self._tenants)
        self.extensions = ReplicaExtensions(self.ledger, self._tenants, context)
        self.alarms = IssuingAlarms(self.ledger, self._tenants, context)
        self.restoration = Restoration(self.ledger, context.clock, context.trace)
        self.registrations = self._registrations(settings)
        self.restrictions = OwnRestrictions(self.ledger, self._tenants, context)
        self.changes = SettingChanges(self.ledger, self._tenants, context)
        self.previews = Previews(self._tenants, self.changes)
        self.deliveries = Deliveries(self._tenants, context)
        self._catch_up()

    def _registrations(self, settings: IssuingSettings) -> Registrations | None:
        if settings.registration is None:
            return None
        return Registrations(
            settings.registration,
            self._context.clock,
            self._context.trace,
            lambda code, day: _town(self._tenants.get(code).on(day)),
            [tenant.municipality.info.code for tenant in self._tenants],
        )

    def reopen(self) -> None:
        """Forget open connections: the databases below may have been replaced."""
        self.ledger.reopen()
        self.restoration.reload()
        self.changes.reload()
        if self.registrations is not None:
            self.registrations.close()
        self._catch_up()
        for tenant in self._tenants:
            tenant.replica.reopen()

    def _office_open(self, municipality: str, moment: datetime) -> bool:
        return self._tenants.get(municipality).municipality.on(moment.date()).office.open_at(moment)

    def _catch_up(self) -> None:
        """Count what was handed over before sums were kept."""
        hosted = [tenant.municipality.info.code for tenant in self._tenants]
        while True:
            with self.ledger.write() as connection:
                if catch_up(connection, hosted, self._office_open) == 0:
                    return

    def close(self) -> None:
        self.ledger.close()
        if self.registrations is not None:
            self.registrations.close()
        for tenant in self._tenants:
            tenant.replica.close()
            if tenant.existing_system is not None:
                tenant.existing_system.close()

    def stop(self, asked: StopRequest) -> StopEntry:
        """Set an emergency stop. Raises Failed: Request_Malformed (no municipality named), Municipality_Unknown,
        Service_Not_Offered (no such kind there)."""
        if asked.municipality is None:
            raise Failed("Request_Malformed", fields=["body.municipality: named at an issuing server"])
        municipality = self._tenants.get(asked.municipality).municipality
        registration = asked.kind == SERVICE and municipality.registration is not None
        if asked.kind is not None and asked.kind not in municipality.every_kind and not registration:
            raise Failed("Service_Not_Offered", kind=asked.kind)
        now = self._context.clock.now()
        stop = self.ledger.stop(asked, new_ulid(self._context.clock), now)
        self._context.trace.emit(
            "issuing", "stopped", municipality=asked.municipality, kind=asked.kind or ALL_KINDS
        )
        return stop

    def release(self, stop_id: str) -> StopEntry:
        """Release an emergency stop. Raises Failed(Stop_Unknown)."""
        stop = self.ledger.release(stop_id, self._context.clock.now())
        self._context.trace.emit(
            "issuing", "stop_released", municipality=stop.municipality or "", kind=stop.kind or ALL_KINDS
        )
        return stop

    def confirm_restoration(self, municipality: str, confirmed: RestorationConfirmation) -> RestorationList:
        """Take an official's word that all is as it has to be. Raises as `Restoration.confirm`, and Failed(Municipality_Unknown),
        Failed(Restoration_Not_Ready, missing="delivery") before the existing systems have delivered since: restrictions of the lost
        time come with it."""
        tenant = self._tenants.get(municipality)
        delivered_after(tenant.replica_url, self.restoration.open(municipality))
        today = self._tenant(municipality, self._context.clock.now()).municipality
        return self.restoration.confirm(municipality, confirmed, today.numbers.values())

    def municipalities(self) -> MunicipalityList:
        return MunicipalityList(municipalities=tuple(t.municipality.info for t in self._tenants))

    def ordinance_services(self, request: OrdinanceServicesRequest) -> OrdinanceServices:
        """Tell which municipalities hosted here use their 住民基本台帳カード today, and for which kinds: those of the 住所地 first."""
        today, services = self._context.clock.now(), []
        for tenant in self._tenants:
            municipality = self._tenant(tenant.municipality.info.code, today).municipality
            terms = municipality.authentication.ordinance
            if terms is None or request.terminal.kind in municipality.excluded_terminal_kinds:
                continue
            kinds = tuple(
                OrdinanceKind(
                    kind=code,
                    words={**kind.words, **municipality.services[code].words},
                    symbol=kind.symbol,
                    place=place,
                )
                for place in Place
                for code, kind in municipality.kinds.items()
                if place is next(one for one in Place if one in kind.places)
            )
            services.append(OrdinanceService(municipality=municipality.info, aid=terms.aid, kinds=kinds))
        return OrdinanceServices(services=tuple(services))

    def offers(self, request: OffersRequest) -> OfferList:
        """Tell what the holder may get now. A refusal of the person, or of all kinds by the time, refuses the whole request."""
        now = self._context.clock.now()
        tenant = self._tenant(request.municipality, now)
        check_visit(tenant.municipality, request.place, request.terminal.kind)
        method_is_used(tenant.municipality, request.holder.method)
        self.restoration.check(request.municipality)
        stops = Stops(self.ledger.stops(request.municipality))
        check_any_open(tenant.municipality, request.place, now, stops)
        with tenant.replica.open_generation() as reader:
            self._replica_is_recent(tenant, reader, now)
            holder = self._holder(tenant, reader, request, now, stops)
            offers = tuple(
                holder.offer(kind, now)
                for kind in tenant.municipality.kinds.values()
                if request.place in kind.places
            )
        told = tenant.municipality
        by_pdf = tuple(offer.kind for offer in offers if told.is_pdf_linked(offer.kind))
        return OfferList(municipality=told.info, offers=offers, pdf_linked=by_pdf)

    def _replica_is_recent(self, tenant: Tenant, reader: ReplicaReader, now: datetime) -> None:
        code = tenant.municipality.info.code
        replica_is_recent(tenant.municipality, reader.made_at, now, lambda: self.extensions.holds(code, now))

    def allow_holder(self, request: HolderCheck) -> HolderAllowed:
        """Tell whether something stands against a resident that counts in every municipality. Raises Failed: Holder_Restricted,
        Holder_Deceased, Holder_Under_Fifteen."""
        now = self._context.clock.now()
        tenant = self._tenant(request.municipality, now)
        asked = OffersRequest(
            holder=request.holder,
            place=Place.ADDRESS,
            municipality=request.municipality,
            terminal=request.terminal,
        )
        with tenant.replica.open_generation() as reader:
            try:
                self._holder(tenant, reader, asked, now, Stops())
            except Failed as failed:
                if failed.failure in EVERYWHERE:
                    raise
        return HolderAllowed()

    def register(self, request: RegistrationApplication) -> RegistrationAccepted:
        """Take an application for 利用登録. Raises as `Registrations.apply`, and Failed(Service_Stopped)."""
        registrations = self._offered_registrations(request.municipality)
        stops = Stops(self.ledger.stops(request.municipality))
        if stops.of(SERVICE) is not None:
            raise Failed("Service_Stopped", kind=SERVICE)
        return registrations.apply(request.model_copy(update={"received_at": _in_jst(request.received_at)}))

    def registration_services(self, request: RegistrationServicesRequest) -> RegistrationServices:
        """List who hosted here takes applications."""
        if self.registrations is None:
            return RegistrationServices(services=())
        told = self.registrations.services(request.terminal.kind)
        stopped = FailureBody(failure="Service_Stopped", facts={"kind": SERVICE})
        return RegistrationServices(
            services=tuple(
                one.model_copy(update={"refusal": stopped})
                if Stops(self.ledger.stops(one.municipality)).of(SERVICE) is not None
                else one
                for one in told.services
            )
        )

    def order_slip(self, request: SlipRequest) -> SlipAccepted:
        """Write the charge for a printed 申請番号 into the ledger: an application without a certificate, from now on reported like any
        other. Repeated with the same id it gives the same answer.

        Raises Failed: Registration_Unknown, Registration_Not_Offered, Idempotency_Conflict, Application_State_Conflict.
        """
        registrations = self._offered_registrations(request.municipality)
        now = self._context.clock.now()
        fee = registrations.slip_fee(
            request.registration, request.municipality, request.holder.reference, now.date()
        )
        entry = slip_entry(request, fee, _in_jst(request.received_at), now)
        try:
            self.ledger.record_slip(entry, request.registration)
        except IntegrityError:
            before = self.ledger.application(request.application_id)
            if before is None:  # stopped before it came
                raise self._gone(request.application_id, State.CANCELLED) from None
            if before.request_digest != entry.request_digest:
                raise Failed("Idempotency_Conflict", application_id=request.application_id) from None
            if before.state is not State.PREPARED:
                raise self._gone(before.application_id, before.state) from None
            fee = before.fee_total
        self._context.trace.emit(
            "issuing", "slip_ordered", application_id=request.application_id,
            municipality=request.municipality, fee=fee,
        )  # fmt: skip
        return SlipAccepted(application_id=request.application_id, kind=SLIP, fee=fee)

    def registration_status(self, query: StatusQuery) -> RegistrationStatus:
        """Raises Failed(Registration_Unknown)."""
        if self.registrations is None:
            raise Failed("Registration_Unknown")
        return self.registrations.status(query)

    def _offered_registrations(self, municipality: str) -> Registrations:
        if self.registrations is None:
            name = self._tenants.get(municipality).municipality.info.name
            raise Failed("Registration_Not_Offered", municipality=name)
        return self.registrations

    def issue(self, request: IssueRequest) -> IssuedPaper:
        """Make the paper for an application; everything is decided again. The same application id gives the same paper.

        Raises Failed: as `offers`, the refusal of the kind, what `check_request` raises, Character_Not_Printable,
        Text_Too_Long, Idempotency_Conflict (the id stands for another request), Application_State_Conflict (the paper
        of this id cannot be given out any more, or not as it was), Issue_Number_Taken.
        """
        received_at = _in_jst(request.received_at)
        digest = request_digest(request)
        try:
            return self._with_new_numbers(request, digest, received_at)
        except (Failed, IntegrityError):
            # seen only now, so that the usual case costs no look into the ledger: is it in there already?
            before = self.ledger.application(request.application_id)
            if before is not None:
                return self._again(request, digest, before)
            state = self.ledger.state(request.application_id)
            if state is not None:  # stopped before it came
                raise self._gone(request.application_id, state) from None
            raise

    def _tenant(self, code: str, moment: datetime) -> Tenant:
        """Get the municipality as it is on the day of `moment`, which is that of receipt."""
        faults = self._context.faults
        tenant = with_other_settings(faults, self._tenants.get(code)).on(moment.date())
        tenant = linked(tenant, self._context.clock)
        return with_revised_fee(faults, with_failing_kind(faults, tenant))

    def _holder(
        self,
        tenant: Tenant,
        reader: ReplicaReader,
        request: OffersRequest | IssueRequest,
        now: datetime,
        stops: Stops,
    ) -> Holder:
        return self._found_holder(
            tenant, reader, request.holder, request.place, request.earlier, now.date(), stops
        )

    def _found_holder(
        self,
        tenant: Tenant,
        reader: ReplicaReader,
        identity: Identity,
        place: Place,
        earlier: Sequence[str],
        day: date,
        stops: Stops,
    ) -> Holder:
        """Find the holder, at the 本籍地 by 利用登録 too. Raises Failed as `find_holder`, and why a registration does not count."""
        code = tenant.municipality.info.code
        if place is Place.DOMICILE and self.registrations is not None:
            ref = identity.reference
            self.registrations.join(reader, tenant.municipality, ref, earlier)
            if reader.key_of(ref) is None:
                self.registrations.why_not(tenant.municipality, ref)
        return find_holder(
            tenant,
            reader,
            identity,
            place,
            day,
            stops,
            is_excepted=lambda ref: self.exceptions.hold_for(code, ref),
        )

    def _with_new_numbers(self, request: IssueRequest, digest: str, received_at: datetime) -> IssuedPaper:
        """As `_first_time`, with other numbers where one is taken. Raises Failed(Issue_Number_Taken) where all that are drawn are."""
        for _ in range(MOST_DRAWS - 1):
            try:
                return self._first_time(request, digest, received_at)
            except Failed as failed:
                if failed.failure != "Issue_Number_Taken":
                    raise
        return self._first_time(request, digest, received_at)

    def _first_time(self, request: IssueRequest, digest: str, received_at: datetime) -> IssuedPaper:
        """Make and record the paper. Raises sqlalchemy.exc.IntegrityError when the application is in the ledger already."""
        now = self._context.clock.now()
        asked = request.application
        tenant = self._tenant(asked.municipality, received_at)
        with tenant.replica.open_generation() as reader:
            paper = self._make(tenant, reader, request, received_at, now, [])
            answer = answer_of(tenant, reader.generation, request, paper)
            as_of = reader.made_at
        application = ledger_entry(request, answer, digest, paper, received_at, now)
        self.ledger.record(application, ledger_copies(answer, as_of, paper.entries))
        self._context.trace.emit(
            "issuing", "prepared", application_id=request.application_id, kind=application.kind,
            municipality=application.municipality, copies=application.copies, sheets=len(answer.pages),
            fee_total=application.fee_total, generation=answer.generation,
        )  # fmt: skip
        return answer

    def check_standing(self, application_id: str, earlier: Sequence[str] = ()) -> None:
        """Check whether a paper that is prepared and not paid may still be paid: a restriction or a stop since then counts. The hours
        are those of its receipt. An application that is past that is left alone.

        Raises Failed: Application_Unknown, and what would refuse the application now.
        """
        before = self.ledger.application(application_id)
        if before is None:
            raise Failed("Application_Unknown", application_id=application_id)
        if before.state is not State.PREPARED or before.restored_by is not None:
            return
        if before.kind == SLIP:  # of no certificate, and of an application that was taken
            return
        now, code, place = self._context.clock.now(), before.municipality, Place(before.place)
        tenant = self._tenant(code, before.received_at)
        stops = Stops(self.ledger.stops(code))
        not_stopped(tenant.municipality, before.kind, stops, now)
        kind = kind_is_offered(tenant.municipality, before.kind, place)
        with tenant.replica.open_generation() as reader:
            holder = self._found_holder(tenant, reader, before.holder, place, earlier, now.date(), stops)
            if tenant.municipality.is_pdf_linked(before.kind):
                return  # the existing system has decided about the others on the paper
            offer = holder.offer(kind, before.received_at)
        if offer.refusal is not None:
            raise offer.refusal.failed()
        refused = {one.ref: one.refusal for one in offer.subjects if one.refusal is not None}
        for copy in self.ledger.copies(application_id):
            for refusal in (refused[ref] for ref in copy.subjects if ref in refused):
                raise refusal.failed()

    def take_report(self, application_id: str, report: StatusReport) -> ReportTaken:
        """Take a report. Raises as `Ledger.take_report`, Failed(Service_Being_Restored) while its application may not be told yet, and Failed(Request_Malformed) for a time without offset."""
        if report.at.tzinfo is None:
            raise Failed("Request_Malformed", fields=["body.at: a time with its offset"])
        self.restoration.check_records()
        state = self.ledger.take_report(application_id, report, self._context.clock.now())
        self._context.trace.emit(
            "issuing",
            "noted",
            application_id=application_id,
            report=report.kind.value,
            amount=report.amount,
            state=state.value,
            late=report.kind is ReportKind.PAID and self.ledger.settled_late(application_id),
        )
        return ReportTaken(application_id=application_id, state=state.value)

    def _make(
        self,
        tenant: Tenant,
        reader: ReplicaReader,
        request: IssueRequest,
        received_at: datetime,
        now: datetime,
        numbers: Sequence[str],
    ) -> Paper:
        """Decide the rights, make the paper, find the holder that its records lead to; all from the one generation of `reader`.

        `numbers`: the 発行番号 of an application that is in the ledger; none: new ones.
        """
        asked, municipality = request.application, tenant.municipality
        check_visit(municipality, request.place, request.terminal.kind)
        method_is_used(municipality, request.holder.method)
        kind = kind_is_offered(municipality, asked.kind, request.place)
        self.restoration.check(asked.municipality)
        # whenever it was received: what has gone wrong is not to go on
        stops = Stops(self.ledger.stops(asked.municipality))
        not_stopped(municipality, asked.kind, stops, self._context.clock.now())
        check_open(municipality, asked.kind, received_at)
        self._replica_is_recent(tenant, reader, now)
        holder = self._holder(tenant, reader, request, now, stops)
        offer = holder.offer(kind, received_at)
        if offer.refusal is not None:
            raise offer.refusal.failed()
        check_request(asked, offer)
        issue_numbers = list(numbers)

        def render(
            of: AnyCertificate, copies: Sequence[Any], wanted: ApplicationRequest, issuer: Issuer
        ) -> Rendered:
            missing = len(copies) - len(issue_numbers)
            if missing > 0:
                pattern, draw = municipality.numbers[of.code], self.ledger.draw_numbers
                mark = self.restoration.mark(municipality.info.code)
                drawn = new_issue_numbers(pattern, municipality.info, now.date(), missing, draw, mark)
                issue_numbers.extend(drawn)
            terms = municipality.services[of.code]
            return of.render(copies, wanted, terms, issuer, now.date(), issue_numbers[: len(copies)])

        faults = self._context.faults
        kind, copies, rendered = rendered_with_faults(faults, holder, kind, asked, received_at, render)
        return Paper(
            holder=tenant.holder_of_paper(reader, kind.owners(copies[0], reader), request.holder),
            rendered=rendered,
            fee_total=fee_charged(faults, copy_fee(municipality.services[kind.code], rendered), len(copies)),
            issue_numbers=tuple(issue_numbers),
            entries=chosen_entries(offer, rendered),
        )

    def _again(self, request: IssueRequest, digest: str, before: Application) -> IssuedPaper:
        """Set the paper of an application in the ledger again, and give it out only if it is the same byte for byte.

        The ledger keeps no paper (it would be personal data); number, day and generation make it the same one.
        """
        if before.restored_by is not None:  # nobody knows any more what was asked, nor its paper
            raise self._gone(before.application_id, before.state)
        if before.request_digest != digest:
            raise Failed("Idempotency_Conflict", application_id=request.application_id)
        if before.state is not State.PREPARED:
            raise self._gone(before.application_id, before.state)
        tenant = self._tenant(before.municipality, before.received_at)
        numbers = [copy.issue_number for copy in self.ledger.copies(before.application_id)]
        with tenant.replica.open_generation() as reader:
            if reader.generation != before.generation:
                raise self._gone(before.application_id, before.state)
            paper = self._make(tenant, reader, request, before.received_at, before.prepared_at, numbers)
            answer = answer_of(tenant, reader.generation, request, paper)
        if hashlib.sha256(paper.rendered.pdf).hexdigest() != before.paper_sha256:
            raise self._gone(before.application_id, before.state)
        return answer

    @staticmethod
    def _gone(application_id: str, state: State) -> Failed:
        return Failed("Application_State_Conflict", application_id=application_id, state=state.value)


def _town(tenant: Tenant) -> Town:
    return Town(tenant.municipality, tenant.replica, tenant.existing_system)


def _in_jst(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Failed("Request_Malformed", fields=["body.received_at: a time with its offset"])
    try:
        return moment.astimezone(JST)
    except OverflowError as error:  # the first or the last day of the calendar
        raise Failed("Request_Malformed", fields=["body.received_at: no time in Japan"]) from error
