"""Take applications for 利用登録, let officials decide them, and tell what became of them. `issuing` puts HTTP round it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import IntegrityError

from server_stub.certificates.certificate import MemberFacts
from server_stub.certificates.domicile import FAMILY_LINK
from server_stub.certificates.matching import differences, letters
from server_stub.certificates.terms import END_OF_DAY, time_in_words
from server_stub.eras import age
from server_stub.interface.clock import JST, Clock
from server_stub.interface.existing_system import RegisterApplication, RegisterLink, RegisterState
from server_stub.interface.failures import Failed
from server_stub.interface.registration import (
    SLIP,
    RegistrationAccepted,
    RegistrationApplication,
    RegistrationService,
    RegistrationServices,
    RegistrationState,
    RegistrationStatus,
    Shown,
    StatusQuery,
)
from server_stub.interface.registration_operations import (
    ActEntry,
    LetterIs,
    LinkAct,
    MemberMatch,
    MemberMatches,
    MemberSearch,
    OfficialAct,
    RegistrationDetail,
    RegistrationEntry,
    RegistrationPage,
    RegistrationQuery,
    RejectAct,
)
from server_stub.interface.registration_text import read_text
from server_stub.interface.secret import Secret
from server_stub.interface.signature_certificate import read_signature_certificate
from server_stub.interface.trace import Trace
from server_stub.interface.values import FailureBody, TerminalKind
from server_stub.municipalities import Municipality, RegistrationTerms
from server_stub.registry.replica import Replica, ReplicaReader

from .links import SEX, with_links
from .numbers import Numbers
from .store import UNDECIDED, Act, Application, Store

_S = RegistrationState
SERVICE = "registration"
"""What the service is called where a stop or a refusal names a kind."""
PROPOSED = "proposed"
"""The act of the first of two officials."""
MOST_MATCHES = 50
SYSTEM = "戸籍システム"
"""Who acts under PDF連携."""
_NOBODY = "申請者"


class RegisterSystem(Protocol):
    """The 戸籍 system under PDF連携. Every method raises Failed as `issuing.existing_systems.ExistingSystem`; one that does not know
    the application, Registration_Unknown."""

    def register(self, asked: RegisterApplication, deadline: float) -> RegisterState: ...

    def link(self, asked: RegisterLink, deadline: float) -> RegisterState: ...

    def registration(self, application_id: str, deadline: float) -> RegisterState: ...


@dataclass(frozen=True, slots=True)
class Town:
    """A municipality as it is on a day, with its records. `system`: its 戸籍 system, where there is one."""

    municipality: Municipality
    replica: Replica
    system: RegisterSystem | None

    @property
    def name(self) -> str:
        return self.municipality.info.name

    @property
    def terms(self) -> RegistrationTerms:
        """Get the terms of the service. Raises Failed(Registration_Not_Offered)."""
        terms = self.municipality.registration
        if terms is None:
            raise Failed("Registration_Not_Offered", municipality=self.name)
        return terms

    @property
    def pdf_linked(self) -> bool:
        """Tell whether the 戸籍 system makes the papers, and so the links."""
        return any(
            self.municipality.is_pdf_linked(code)
            for code, kind in self.municipality.kinds.items()
            if FAMILY_LINK in kind.registers
        )

    @property
    def deadline(self) -> float:
        system = self.municipality.existing_system
        return system.deadline_seconds if system is not None else 0.0

    @property
    def register_system(self) -> RegisterSystem:
        if self.system is None:
            raise Failed("Existing_System_Unreachable", detail="not configured")
        return self.system


TownOf = Callable[[str, date], Town]
"""Gets a town by its code on a day. Raises Failed(Municipality_Unknown)."""


@dataclass(frozen=True, slots=True)
class RegistrationSettings:
    """`database_url`: of the applications. `number_key`: the key of `numbers.py`. `site_key`: what the status site must show."""

    database_url: str
    number_key: Secret
    site_key: Secret


class Registrations:
    """Safe from any thread. The database is at its newest schema."""

    def __init__(
        self,
        settings: RegistrationSettings,
        clock: Clock,
        trace: Trace,
        town_of: TownOf,
        codes: Iterable[str],
    ) -> None:
        self.store = Store(settings.database_url)
        self._numbers = Numbers(settings.number_key)
        self._clock, self._trace, self._town_of = clock, trace, town_of
        self._codes = tuple(codes)

    def close(self) -> None:
        """Let go of the file; the next call opens it anew."""
        self.store.close()

    # --- the terminal's side -------------------------------------------------------------------------------------------------

    def services(self, terminal: TerminalKind) -> RegistrationServices:
        """List who hosted here takes applications from that kind of terminal today, and why one does not at this moment."""
        now, found = self._clock.now(), []
        for code in self._codes:
            town = self._town_of(code, now.date())
            terms = town.municipality.registration
            if terms is None or terminal in town.municipality.excluded_terminal_kinds:
                continue
            refusal = None
            try:
                check_open(town.municipality, terms, now)
            except Failed as failed:
                refusal = FailureBody.of(failed)
            opens, closes = time_in_words(terms.opens), time_in_words(terms.closes)
            hours = {"ja": f"{opens}〜{closes}", "en": f"{opens}–{closes}"}
            found.append(
                RegistrationService(municipality=code, hours=hours, slip_fee=terms.slip_fee, refusal=refusal)
            )
        return RegistrationServices(services=tuple(found))

    def apply(self, asked: RegistrationApplication) -> RegistrationAccepted:
        """Take an application; repeated with the same id it gives the same answer.

        Raises Failed: Idempotency_Conflict, Registration_Not_Offered, Terminal_Kind_Excluded, what `check_open` raises,
        Registration_Entry_Wrong, Signature_Invalid, Certificate_Malformed, Certificate_Wrong_Kind,
        Registration_Same_Municipality, Holder_Under_Fifteen, Registration_Not_Needed, Registration_Already_Received.
        """
        digest = hashlib.sha256(
            asked.model_dump_json(exclude={"earlier", "received_at"}).encode()
        ).hexdigest()
        before = self.store.find(asked.application_id)
        if before is not None:
            return self._again(before, digest)
        received = asked.received_at.astimezone(JST)
        town = self._town_of(asked.municipality, received.date())
        terms = town.terms
        if asked.terminal.kind in town.municipality.excluded_terminal_kinds:
            raise Failed("Terminal_Kind_Excluded", terminal_kind=asked.terminal.kind.value)
        check_open(town.municipality, terms, received)
        application = self._checked(town, terms, asked, digest, received)
        try:
            self.store.add(application, Act("received", _NOBODY, "", self._clock.now()))
        except IntegrityError:
            again = self.store.find(asked.application_id)
            if again is None:
                raise
            return self._again(again, digest)
        except Failed as failed:
            raise self._already(town) from failed
        self._trace.emit(
            "issuing", "registration_received", application_id=application.application_id,
            municipality=application.municipality, due_on=application.due_on.isoformat(),
        )  # fmt: skip
        if town.pdf_linked:
            self._refreshed(application)
        return self._answer(application, terms)

    def _checked(
        self,
        town: Town,
        terms: RegistrationTerms,
        asked: RegistrationApplication,
        digest: str,
        received: datetime,
    ) -> Application:
        info = town.municipality.info
        form = read_text(asked.text)
        if (form.municipality, form.name) != (info.code, info.name):
            raise Failed("Registration_Entry_Wrong", item="municipality")
        place = info.prefecture + info.name
        if not form.domicile.startswith(place) or form.domicile == place:
            raise Failed("Registration_Entry_Wrong", item="domicile")
        certificate = read_signature_certificate(asked.certificate)
        # believed of nobody else: what is kept here was signed
        certificate.check_signature(asked.signature, asked.text)
        certified = certificate.certified
        if asked.home in (info.code, *terms.wards) or certified.address.startswith(place):
            raise Failed("Registration_Same_Municipality", municipality=info.name)
        minimum = town.municipality.minimum_age
        if age(certified.birth, received.date()) < minimum:
            raise Failed("Holder_Under_Fifteen", minimum_age=minimum)
        with town.replica.open_generation() as reader:
            key = reader.delivered_key_of(asked.holder.reference)
            if key is not None and reader.record(FAMILY_LINK, key) is not None:
                raise Failed("Registration_Not_Needed", municipality=info.name)
        for one in self.store.open_of(asked.municipality, (asked.holder.reference, *asked.earlier)):
            own = one.holder_ref == asked.holder.reference
            if own or one.state in UNDECIDED or terms.renewal == "carry_over":
                raise self._already(town)
        return Application(
            application_id=asked.application_id,
            municipality=asked.municipality,
            state=_S.RECEIVED,
            number_digest=self._numbers.digest(self._numbers.of(asked.municipality, asked.application_id)),
            request_digest=digest,
            holder_ref=asked.holder.reference,
            serial=asked.serial,
            home=asked.home,
            text=asked.text,
            signature=asked.signature,
            certificate=asked.certificate,
            domicile=form.domicile,
            head=form.head,
            telephone=form.telephone,
            certified=certified,
            received_at=received,
            due_on=terms.due_on(received),
        )

    @staticmethod
    def _already(town: Town) -> Failed:
        """申請受付済み, with whom to ask: the number is shown to nobody again."""
        return Failed(
            "Registration_Already_Received",
            municipality=town.name,
            telephone=town.municipality.info.telephone,
        )

    def _again(self, before: Application, digest: str) -> RegistrationAccepted:
        if before.request_digest != digest:
            raise Failed("Idempotency_Conflict", application_id=before.application_id)
        town = self._town_of(before.municipality, before.received_at.date())
        return self._answer(before, town.terms)

    def _answer(self, application: Application, terms: RegistrationTerms) -> RegistrationAccepted:
        return RegistrationAccepted(
            application_id=application.application_id,
            number=self._numbers.of(application.municipality, application.application_id),
            message=terms.words(terms.received),
            slip_fee=terms.slip_fee,
        )

    def slip_fee(self, application_id: str, municipality: str, holder_ref: str, day: date) -> int:
        """Tell what the printed number of an application costs. Raises Failed: Registration_Unknown (none of that holder there),
        Registration_Not_Offered (nothing is printed)."""
        found = self.store.find(application_id)
        if found is None or (found.municipality, found.holder_ref) != (municipality, holder_ref):
            raise Failed("Registration_Unknown")
        fee = self._town_of(municipality, day).terms.slip_fee
        if not fee:
            raise Failed("Registration_Not_Offered", kind=SLIP)
        return fee

    # --- what comes of it ----------------------------------------------------------------------------------------------------

    def join(
        self, reader: ReplicaReader, municipality: Municipality, holder_ref: str, earlier: Collection[str]
    ) -> None:
        """Let `reader` answer with the links of the registrations too. The links of the 戸籍 system are its own, which PDF連携 asks."""
        terms = municipality.registration
        if terms is None:
            return
        carried = earlier if terms.renewal == "carry_over" else ()
        with_links(reader, self.store, municipality.info.code, holder_ref, carried)

    def why_not(self, municipality: Municipality, holder_ref: str) -> None:
        """Tell somebody whom nothing connects with a family register here why: Raises Failed Registration_Under_Review,
        Registration_Rejected or Registration_Missing; nothing where there is no such service."""
        if municipality.registration is None:
            return
        latest = self.store.latest_of(municipality.info.code, holder_ref)
        if latest is not None and latest.state in UNDECIDED:
            latest = self._refreshed(latest)
        name = municipality.info.name
        if latest is not None and latest.state in UNDECIDED:
            raise Failed("Registration_Under_Review", municipality=name)
        if latest is not None and latest.state is _S.REJECTED:
            raise Failed("Registration_Rejected", municipality=name)
        if latest is None or latest.state is not _S.USABLE:
            raise Failed("Registration_Missing", municipality=name)

    def status(self, query: StatusQuery) -> RegistrationStatus:
        """Tell the status site what became of an application. Raises Failed(Registration_Unknown): no such number, ended, or decided
        longer ago than the municipality tells."""
        found = self.store.by_number(self._numbers.digest(query.number))
        if found is None:
            raise Failed("Registration_Unknown")
        found = self._refreshed(found)
        today = self._clock.now().date()
        town = self._town_of(found.municipality, today)
        terms = town.municipality.registration
        if terms is None or found.state is _S.ENDED:
            raise Failed("Registration_Unknown")
        decided = None if found.decided_at is None else found.decided_at.date()
        if decided is not None and today > decided + timedelta(days=terms.status_days):
            raise Failed("Registration_Unknown")
        info = town.municipality.info
        message = {
            _S.USABLE: terms.usable,
            _S.REJECTED: terms.rejected,
        }.get(found.state, terms.under_review)
        words = terms.words(message)
        if found.state is _S.REJECTED and found.public_text is not None:
            words = {"ja": found.public_text}
        return RegistrationStatus(
            municipality=info.code,
            name={"ja": f"{info.prefecture}{info.name}", "en": f"{info.name_en}, {info.prefecture_en}"},
            status={_S.USABLE: Shown.USABLE, _S.REJECTED: Shown.REJECTED}.get(
                found.state, Shown.UNDER_REVIEW
            ),
            message=words,
            completed_on=decided if found.state is _S.USABLE else None,
        )

    # --- officials -----------------------------------------------------------------------------------------------------------

    def listed(self, query: RegistrationQuery) -> RegistrationPage:
        states = UNDECIDED if query.state is None else (query.state,)
        found = self.store.page(query.municipality, states, query.cursor, query.limit + 1)
        shown = tuple(self._entry(one) for one in found[: query.limit])
        more = len(found) > query.limit
        return RegistrationPage(registrations=shown, next_cursor=shown[-1].application_id if more else None)

    def show(self, application_id: str) -> RegistrationDetail:
        """Raises Failed(Registration_Unknown)."""
        return self._detail(self._refreshed(self._found(application_id)))

    def of_number(self, query: StatusQuery) -> RegistrationEntry:
        """Find the application of a 申請番号 that its applicant tells an official. Raises Failed(Registration_Unknown)."""
        found = self.store.by_number(self._numbers.digest(query.number))
        if found is None:
            raise Failed("Registration_Unknown")
        return self._entry(self._refreshed(found))

    def review(self, application_id: str, asked: OfficialAct) -> RegistrationDetail:
        """Note that somebody examines it. Raises Failed: Registration_Unknown, Registration_State_Conflict."""
        return self._moved(self._found(application_id), _S.UNDER_REVIEW, "reviewed", asked)

    def link(self, application_id: str, asked: LinkAct) -> RegistrationDetail:
        """Link the applicant with a member and make the registration usable.

        A registration of the same person that is linked with that member already ends with it: the certificate was renewed.
        Raises Failed: Registration_Unknown, Registration_State_Conflict, Registration_Register_Unknown (no such open register, or
        no such living member), Registration_Member_Taken (somebody else is linked with it), Registration_Differs(items), Registration_Second_Official (where
        two are needed, and this one has proposed it). The first of two only proposes.
        """
        found = self._found(application_id)
        town = self._town_of(found.municipality, self._clock.now().date())
        if not town.pdf_linked:
            self._check_link(town, found, asked)
        if town.terms.two_officials and not self._is_second(found, asked):
            act = Act(PROPOSED, asked.operator, asked.note, self._clock.now())
            proposed = self.store.propose(found, asked.register_number, asked.member, act)
            self._told(proposed)
            return self._detail(proposed)
        if town.pdf_linked:
            return self._in_register_system(
                found,
                town,
                RegisterLink(
                    application_id=application_id,
                    register_number=asked.register_number,
                    member=asked.member,
                    accept_differences=asked.accept_differences,
                ),
                asked,
            )
        same = self._linked_with(found, asked.register_number, asked.member)
        now = self._clock.now()
        ends = [(one, Act("replaced", asked.operator, f"→ {application_id}", now)) for one in same]
        return self._moved(
            found,
            _S.USABLE,
            "linked",
            asked,
            ends=ends,
            register=asked.register_number,
            member=asked.member,
        )

    def _linked_with(self, found: Application, register: str, member: int) -> list[Application]:
        return [one for one in self.store.linked(found.municipality, register) if one.member == member]

    def _check_link(self, town: Town, found: Application, asked: LinkAct) -> None:
        with town.replica.open_generation() as reader:
            self._check_member(town, reader, found, asked)
        same = self._linked_with(found, asked.register_number, asked.member)
        if any(not _same_person(one, found) for one in same):
            raise Failed("Registration_Member_Taken")

    def _proposed_by(self, found: Application) -> str:
        """Name the official whose proposal waits for a second one; '' for none."""
        acts = self.store.acts(found.application_id) if found.state in UNDECIDED and found.register else []
        return next((act.operator for act in reversed(acts) if act.act == PROPOSED), "")

    def _is_second(self, found: Application, asked: LinkAct) -> bool:
        first = self._proposed_by(found)
        if not first or (found.register, found.member) != (asked.register_number, asked.member):
            return False
        if first == asked.operator:
            raise Failed("Registration_Second_Official")
        return True

    def search(self, application_id: str, asked: MemberSearch) -> MemberMatches:
        """Find living members of open registers, and say how each differs. Raises Failed: Registration_Unknown,
        Registration_Search_Too_Wide (neither birth date nor register)."""
        found = self._found(application_id)
        if asked.birth is None and not asked.register_number:
            raise Failed("Registration_Search_Too_Wide")
        town = self._town_of(found.municipality, self._clock.now().date())
        flags = found.certified.name_flags if asked.name == found.certified.name else ""
        with town.replica.open_generation() as reader:
            members = list(_members(town.municipality, reader, asked))
        matches = [
            self._match(found, facts)
            for facts in members
            if asked.sex in ("", facts.sex or asked.sex)
            and (asked.birth is None or facts.born is None or facts.born[0] <= asked.birth <= facts.born[1])
            and (
                not asked.name
                or all(
                    pair.relation is not LetterIs.DIFFERENT for pair in letters(asked.name, flags, facts.name)
                )
            )
        ]
        matches.sort(key=lambda one: (len(one.differs), one.register_number, one.member))
        return MemberMatches(matches=tuple(matches[:MOST_MATCHES]), more=len(matches) > MOST_MATCHES)

    def _match(self, found: Application, facts: MemberFacts) -> MemberMatch:
        certified = found.certified
        linked = self._linked_with(found, facts.register, facts.number)
        return MemberMatch(
            register_number=facts.register,
            member=facts.number,
            name=facts.name,
            letters=letters(certified.name, certified.name_flags, facts.name),
            born=facts.born,
            sex=facts.sex,
            domicile=facts.domicile,
            head=facts.head,
            differs=_differences(facts, found),
            taken=any(not _same_person(one, found) for one in linked),
        )

    def reject(self, application_id: str, asked: RejectAct) -> RegistrationDetail:
        """Reject it. Raises Failed: Registration_Unknown, Registration_State_Conflict."""
        found = self._found(application_id)
        town = self._town_of(found.municipality, self._clock.now().date())
        if town.pdf_linked and found.sent_at is not None:
            town.register_system.link(RegisterLink(application_id=application_id), town.deadline)
        return self._moved(found, _S.REJECTED, "rejected", asked, public_text=asked.public_text)

    def end(self, application_id: str, asked: OfficialAct) -> RegistrationDetail:
        """End a usable registration. Raises Failed: Registration_Unknown, Registration_State_Conflict."""
        found = self._found(application_id)
        town = self._town_of(found.municipality, self._clock.now().date())
        if town.pdf_linked and found.state is _S.USABLE:
            town.register_system.link(RegisterLink(application_id=application_id), town.deadline)
        return self._moved(found, _S.ENDED, "ended", asked)

    def _check_member(self, town: Town, reader: ReplicaReader, found: Application, asked: LinkAct) -> None:
        facts = member_of(town.municipality, reader, asked.register_number, asked.member)
        for link in reader.records(FAMILY_LINK, group=asked.register_number):
            if int(link.body["member"]) == asked.member:  # a delivered one: somebody has this card already
                raise Failed("Registration_Member_Taken")
        check_differences(facts, found, accepted=asked.accept_differences)

    def _found(self, application_id: str) -> Application:
        found = self.store.find(application_id)
        if found is None:
            raise Failed("Registration_Unknown")
        return found

    def _moved(
        self,
        found: Application,
        state: RegistrationState,
        act: str,
        asked: OfficialAct,
        *,
        ends: Collection[tuple[Application, Act]] = (),
        **more: object,
    ) -> RegistrationDetail:
        done = Act(act, asked.operator, asked.note, self._clock.now())
        moved = self.store.move(found, state, done, ends=tuple(ends), **more)
        self._told(moved)
        return self._detail(moved)

    def _told(self, moved: Application) -> None:
        self._trace.emit(
            "issuing", "registration_moved", application_id=moved.application_id,
            municipality=moved.municipality, state=moved.state.value,
        )  # fmt: skip

    # --- the 戸籍 system (PDF連携) --------------------------------------------------------------------------------------------

    def _refreshed(self, found: Application) -> Application:
        """Hand an undecided application on to the 戸籍 system, or fetch what it has decided. Under データ連携 nothing; a system that does
        not answer leaves it as it is."""
        if found.state not in UNDECIDED:
            return found
        town = self._town_of(found.municipality, self._clock.now().date())
        if not town.pdf_linked:
            return found
        try:
            return self._asked(found, town)
        except Failed as failed:
            if not failed.failure.startswith("Existing_System_"):
                raise
            return found

    def _asked(self, found: Application, town: Town) -> Application:
        system, now = town.register_system, self._clock.now()
        if found.sent_at is not None:
            try:
                told = system.registration(found.application_id, town.deadline)
            except Failed as failed:
                if failed.failure != "Registration_Unknown":
                    raise
            else:
                return self._taken_over(found, told)
        # new to it, or it has lost it
        told = system.register(_for_register_system(found), town.deadline)
        self.store.sent(found, now)
        found = replace(found, sent_at=now)
        if found.state is _S.RECEIVED:
            found = self.store.move(found, _S.UNDER_REVIEW, Act("sent", SYSTEM, "", now))
            self._told(found)
        return self._taken_over(found, told)

    def _taken_over(self, found: Application, told: RegisterState) -> Application:
        if told.state in (found.state, _S.RECEIVED, _S.UNDER_REVIEW):
            return found
        moved = self.store.move(found, told.state, Act(told.state.value, SYSTEM, "", self._clock.now()))
        self._told(moved)
        return moved

    def _in_register_system(
        self, found: Application, town: Town, link: RegisterLink, asked: OfficialAct
    ) -> RegistrationDetail:
        found = self._asked(found, town)
        told = town.register_system.link(link, town.deadline)
        if told.state is not _S.USABLE:
            raise Failed("Existing_System_Answer_Wrong", detail="state")
        # whose paper it is, the 戸籍 system alone knows
        return self._moved(found, _S.USABLE, "linked", asked, register=None, member=None)

    # --- telling -------------------------------------------------------------------------------------------------------------

    def _entry(self, one: Application) -> RegistrationEntry:
        certified = one.certified
        return RegistrationEntry(
            application_id=one.application_id,
            municipality=one.municipality,
            state=one.state,
            received_at=one.received_at,
            due_on=one.due_on,
            overdue=one.overdue(self._clock.now().date()),
            domicile=one.domicile,
            head=one.head,
            telephone=one.telephone,
            name=certified.name,
            name_flags=certified.name_flags,
            birth=certified.birth,
            sex=certified.sex,
            address=certified.address,
            address_flags=certified.address_flags,
        )

    def _detail(self, one: Application) -> RegistrationDetail:
        return RegistrationDetail(
            entry=self._entry(one),
            text=one.text,
            signature=one.signature,
            certificate=one.certificate,
            decided_at=one.decided_at,
            sent_at=one.sent_at,
            register_number=one.register,
            member=one.member,
            proposed_by=self._proposed_by(one),
            public_text=one.public_text,
            acts=tuple(
                ActEntry(act=act.act, operator=act.operator, note=act.note, at=act.at)
                for act in self.store.acts(one.application_id)
            ),
        )


def member_of(municipality: Municipality, reader: ReplicaReader, register: str, member: int) -> MemberFacts:
    """Find a living member of an open register. Raises Failed(Registration_Register_Unknown)."""
    for kind in municipality.every_kind.values():
        members = kind.members(reader, register)
        if members is None:
            continue
        found = next((one for one in members if one.number == member), None)
        if found is not None:
            return found
    raise Failed("Registration_Register_Unknown")


def _members(municipality: Municipality, reader: ReplicaReader, asked: MemberSearch) -> Iterator[MemberFacts]:
    """Yield the living members of the registers that the search is about, each register once."""
    seen: set[str] = set()
    for kind in municipality.every_kind.values():
        if asked.register_number:
            numbers: Sequence[str] | None = [asked.register_number]
        else:
            assert asked.birth is not None
            numbers = kind.registers_of_birth(reader, asked.birth)
        for number in numbers or ():
            found = () if number in seen else kind.members(reader, number)
            if found is not None:
                seen.add(number)
                yield from found


def check_differences(facts: MemberFacts, found: Application, *, accepted: bool) -> None:
    """Raises Failed(Registration_Differs, items=...)."""
    items = _differences(facts, found)
    if items and not accepted:
        raise Failed("Registration_Differs", items=list(items))


def _differences(facts: MemberFacts, found: Application) -> tuple[str, ...]:
    certified = found.certified
    return differences(
        facts,
        name=certified.name,
        name_flags=certified.name_flags,
        birth=certified.birth,
        sex=SEX.get(certified.sex, ""),
        domicile=found.domicile,
        head=found.head,
    )


def _same_person(one: Application, other: Application) -> bool:
    """By what both signature certificates say; the address may have changed."""
    a, b = one.certified, other.certified
    return (a.name, a.name_flags, a.birth, a.sex) == (b.name, b.name_flags, b.birth, b.sex)


def _for_register_system(one: Application) -> RegisterApplication:
    return RegisterApplication(
        application_id=one.application_id,
        serial=one.serial,
        domicile=one.domicile,
        head=one.head,
        name=one.certified.name,
        name_flags=one.certified.name_flags,
        birth=one.certified.birth,
        sex=one.certified.sex,
        address=one.certified.address,
    )


def check_open(municipality: Municipality, terms: RegistrationTerms, moment: datetime) -> None:
    """Check days and hours of the service, `moment` in JST. Raises Failed: Service_Suspended, Service_Closed_Today,
    Service_Closed_Now(opens, closes)."""
    spans = (*municipality.closed, *terms.closed)
    if any(span.covers(moment) for span in spans):
        raise Failed("Service_Suspended", kind=SERVICE)
    if any(span.holds(moment.date()) for span in spans):
        raise Failed("Service_Closed_Today", kind=SERVICE)
    within = moment.time() < terms.closes or terms.closes == END_OF_DAY
    if not (terms.opens <= moment.time() and within):
        told = {"opens": time_in_words(terms.opens), "closes": time_in_words(terms.closes)}
        raise Failed("Service_Closed_Now", kind=SERVICE, **told)
