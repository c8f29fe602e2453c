"""Who may get what now: one small rule each, listed in the order in which they are asked.

What no municipality can switch off: the dead, 発行制限 and the age (whose number is a setting). All else of the holder is a switch of
its settings, [holder].

The order: is this municipality's certificate served here, is any kind open now and is the replica recent, who is the holder
and may this person use a terminal at all, what does this kind need (its own folder's `offer`), is the request within what was
offered. The service's times come before the person, so that nothing is looked up while the service is closed. A rule raises
Failed by its name and does nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from server_stub.certificates.certificate import AnyCertificate
from server_stub.certificates.terms import time_in_words
from server_stub.eras import age
from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offer
from server_stub.interface.values import Method, Place, TerminalKind
from server_stub.municipalities import HolderTerms, Municipality
from server_stub.registry.records import Person, ResidentStatus, Restriction

from .stops import Stops

_NEVER = datetime.max.replace(tzinfo=JST)


def place_is_served(municipality: Municipality, place: Place) -> None:
    """Of the 本籍地 nothing is issued where no kind of the family register is offered."""
    if not any(place in kind.places for kind in municipality.kinds.values()):
        raise Failed("Service_Not_Offered", place=place.value)


def terminal_kind_is_served(municipality: Municipality, kind: TerminalKind) -> None:
    """Kobe serves the shops and leaves machines that municipalities put up (自治体設置) out."""
    if kind in municipality.excluded_terminal_kinds:
        raise Failed("Terminal_Kind_Excluded", terminal_kind=kind.value)


def method_is_used(municipality: Municipality, method: Method) -> None:
    """Whose residents are known by which method is the municipality's decision (JPKI認証方式, 条例利用方式, or both)."""
    if not municipality.authentication.uses(method):
        raise Failed("Authentication_Method_Not_Used", method=method.value)


def kind_is_offered(municipality: Municipality, kind: str, place: Place) -> AnyCertificate:
    """Get the kind of that code, if it is issued here and at that place."""
    found = municipality.kinds.get(kind)
    if found is None or place not in found.places:
        raise Failed("Service_Not_Offered", kind=kind)
    return found


def check_visit(municipality: Municipality, place: Place, terminal_kind: TerminalKind) -> None:
    """Check place and terminal. Raises Failed: Service_Not_Offered, Terminal_Kind_Excluded."""
    place_is_served(municipality, place)
    terminal_kind_is_served(municipality, terminal_kind)


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """What the rules may know: the record, where the certificate is issued, the restriction in force on `today` (the clock's
    date, JST), the youngest age, and what the municipality has decided (`terms`).

    `excepted`: an official has let this person in below that age. `leavers`: somebody of the household is 転出予定. `certified_on`: the
    day of 発行 of the certificate that was shown, JST; None: not known.
    """

    person: Person
    place: Place
    restriction: Restriction | None
    today: date
    minimum_age: int
    terms: HolderTerms = HolderTerms()
    excepted: bool = False
    leavers: bool = False
    certified_on: date | None = None


def not_deceased(facts: HolderFacts) -> None:
    if facts.person.status is ResidentStatus.DECEASED:
        raise Failed("Holder_Deceased")


def not_moved_out(facts: HolderFacts) -> None:
    """転出済, and 転出予定 from the day it was notified: of these a municipality may let whoever still lives there have a paper
    (the standard, 5.1, knows no such bar; many cities have one). Who has left keeps the 本籍."""
    status = facts.person.status_on(facts.today)
    if facts.place is Place.ADDRESS and (
        status is ResidentStatus.MOVED_OUT
        or (status is ResidentStatus.MOVING_OUT and facts.terms.refuse_moving_out)
    ):
        raise Failed("Holder_Moved_Out")


def not_restricted(restriction: Restriction | None) -> None:
    """発行制限. The reason is nobody's business outside the municipality, so it is not told."""
    if restriction is not None:
        raise Failed("Holder_Restricted")


def old_enough(facts: HolderFacts) -> None:
    """JPKI cannot refuse by age, so the issuing server does (Kobe: nobody under 15, as a rule: 原則). An official's exception
    counts where the municipality has such."""
    if age(facts.person.birth.inner, facts.today) >= facts.minimum_age:
        return
    if not (facts.excepted and facts.terms.exceptions_under_age):
        raise Failed("Holder_Under_Fifteen", minimum_age=facts.minimum_age)


def household_stays(facts: HolderFacts) -> None:
    """Some cities refuse everybody of a household in which somebody is 転出予定 (丹波市); the standard asks for no such thing. A family
    register has no household."""
    refused = facts.terms.refuse_household_of_leaver and facts.leavers
    if refused and facts.place is Place.ADDRESS:
        raise Failed("Holder_Household_Leaving")


def not_arrived_today(facts: HolderFacts) -> None:
    """Some cities serve who has moved in from the day after the notification on (渋川市). Who has moved within the city since has
    another day of notification, and is not meant."""
    person = facts.person
    since_arrival = person.address_since in (None, person.resident_since)
    arrived = bool(person.previous_address) and since_arrival and person.notified_on == facts.today
    if facts.terms.refuse_on_arrival_day and arrived and facts.place is Place.ADDRESS:
        raise Failed("Holder_Arrived_Today")


def not_certified_today(terms: HolderTerms, certified_on: date | None, today: date) -> None:
    """Some cities take a card or certificate from the day after its issue on (高松市)."""
    if terms.refuse_on_issue_day and certified_on == today:
        raise Failed("Certificate_Issued_Today")


def characters_registered(facts: HolderFacts) -> None:
    """Nobody can say yet how a character of the record is drawn (外字登録中)."""
    if facts.terms.refuse_characters_pending and facts.person.characters_pending:
        raise Failed("Holder_Character_Pending")


def entries_within_limits(facts: HolderFacts) -> None:
    """The forms shrink what is long down to a limit of their own; a municipality may draw a nearer one."""
    terms = facts.terms
    for text, limit in (
        (facts.person.name, terms.longest_name),
        (facts.person.address, terms.longest_address),
    ):
        if limit is not None and len(text) > limit:
            raise Failed("Holder_Entry_Too_Long", limit=limit)


def check_holder(facts: HolderFacts) -> None:
    """Check the holder. Raises Failed: Holder_Deceased, Holder_Moved_Out, Holder_Restricted, Holder_Under_Fifteen,
    Holder_Household_Leaving, Holder_Arrived_Today, Certificate_Issued_Today, Holder_Character_Pending, Holder_Entry_Too_Long."""
    not_deceased(facts)
    not_moved_out(facts)
    not_restricted(facts.restriction)
    old_enough(facts)
    household_stays(facts)
    not_arrived_today(facts)
    not_certified_today(facts.terms, facts.certified_on, facts.today)
    characters_registered(facts)
    entries_within_limits(facts)


def already_offered(municipality: Municipality, kind: str, received_at: datetime) -> None:
    """Served from its first day on; a kind of which only words say when (`planned`) is not served yet."""
    terms = municipality.services[kind]
    if not terms.begun(received_at.date()):
        first_day = terms.first_day.isoformat() if terms.first_day is not None else ""
        raise Failed(
            "Service_Not_Yet_Offered",
            kind=kind,
            first_day=first_day,
            planned="" if first_day else terms.planned,
        )


def not_a_closed_day(municipality: Municipality, kind: str, received_at: datetime) -> None:
    """By the municipality's closed days and the kind's own, its days of the week, and public holidays."""
    day = received_at.date()
    if not municipality.served_on(kind, day):
        reopens = municipality.next_opening(kind, datetime.combine(day + timedelta(days=1), time.min, JST))
        raise Failed("Service_Closed_Today", kind=kind, **_opening_told(municipality, kind, reopens, None))


def not_suspended(municipality: Municipality, kind: str, received_at: datetime) -> None:
    """Maintenance for some hours, or a long stop of one year: served again from the moment at which it ends, not before."""
    if municipality.suspended(kind, received_at):
        raise Failed("Service_Suspended", kind=kind, **reopening(municipality, kind, received_at))


def within_hours(municipality: Municipality, kind: str, received_at: datetime) -> None:
    """Served from the opening minute up to and without the closing one: 22:59:59 is served, 23:00:00 is not.

    Under PDF連携 the existing system's hours count as well; where it is closed and the service would not be, that is told
    (Existing_System_Closed). The next opening is told where it is not the one that everybody would think of."""
    terms = municipality.service(kind)
    if not terms.open_at(received_at.time()):
        told = {"kind": kind, "opens": time_in_words(terms.opens), "closes": time_in_words(terms.closes)}
        today = received_at.date()
        expected = today if received_at.time() < terms.opens else today + timedelta(days=1)
        reopens = municipality.next_opening(kind, received_at)
        served = municipality.services[kind].open_at(received_at.time())
        name = "Existing_System_Closed" if served else "Service_Closed_Now"
        raise Failed(name, **told, **_opening_told(municipality, kind, reopens, expected))


def _opening_told(
    municipality: Municipality, kind: str, reopens: datetime | None, expected: date | None
) -> dict[str, str]:
    """Tell the day of the next opening (`next_open`), unless it is `expected`; where it is at another hour than today's, the
    moment (`reopens`)."""
    if reopens is None:
        return {}
    if reopens.time() != municipality.service(kind).opens:
        return {"reopens": reopens.strftime("%Y-%m-%dT%H:%M")}
    return {} if reopens.date() == expected else {"next_open": reopens.date().isoformat()}


def reopening(municipality: Municipality, kind: str, after: datetime) -> dict[str, str]:
    """Tell the fact `reopens`: the first moment from `after` on at which the kind is served; none if that is not known."""
    reopens = municipality.next_opening(kind, after)
    return {} if reopens is None else {"reopens": reopens.strftime("%Y-%m-%dT%H:%M")}


def not_stopped(municipality: Municipality, kind: str, stops: Stops, now: datetime) -> None:
    """緊急停止, of this kind or of the whole municipality: from the moment it is set until it is released, whatever was announced.

    What was announced is told as long as it is still to come."""
    stop = stops.of(kind)
    if stop is not None:
        later = stop.reopens is not None and stop.reopens > now
        told = reopening(municipality, kind, stop.reopens) if later and stop.reopens is not None else {}
        raise Failed("Service_Stopped", kind=kind, **told)


def check_open(municipality: Municipality, kind: str, received_at: datetime) -> None:
    """Check days and hours; `received_at` in JST. Raises Failed: Service_Not_Yet_Offered(kind, first_day, planned),
    Service_Closed_Today(kind, next_open or reopens), Service_Suspended(kind, reopens), Service_Closed_Now and Existing_System_Closed(kind, opens,
    closes, next_open or reopens)."""
    already_offered(municipality, kind, received_at)
    not_a_closed_day(municipality, kind, received_at)
    not_suspended(municipality, kind, received_at)
    within_hours(municipality, kind, received_at)


def replica_is_recent(
    municipality: Municipality,
    made_at: datetime | None,
    now: datetime,
    extended: Callable[[], bool] = lambda: False,
) -> None:
    """A replica that no delivery has renewed for too long issues nothing: who has moved, died or been set aside since is
    not known. `made_at` is None where nothing was ever delivered. `extended`: whether an official lets it issue all the same, in a
    disaster and for a time. Raises Failed(Replica_Too_Old, as_of)."""
    if made_at is not None and now - made_at > municipality.delivery.most_age and not extended():
        raise Failed("Replica_Too_Old", as_of=made_at.isoformat(timespec="minutes"))


def check_any_open(municipality: Municipality, place: Place, received_at: datetime, stops: Stops) -> None:
    """When every kind of this place is closed or stopped, the reason of that which opens first refuses the visit, so that nobody is
    looked up in vain; a kind that is still to come gives no such reason while another has one."""
    reasons: list[tuple[bool, datetime, Failed]] = []
    for kind in municipality.kinds.values():
        if place not in kind.places:
            continue
        try:
            not_stopped(municipality, kind.code, stops, received_at)
            check_open(municipality, kind.code, received_at)
            return
        except Failed as failed:
            stop = stops.of(kind.code)
            after = received_at if stop is None else stop.reopens  # None: nobody knows when
            opens = None if after is None else municipality.next_opening(kind.code, max(after, received_at))
            still_to_come = failed.failure == "Service_Not_Yet_Offered"
            reasons.append((still_to_come, opens or _NEVER, failed))
    if not reasons:
        raise Failed("Service_Not_Offered")
    raise min(reasons, key=lambda one: one[:2])[2]


def subjects_may_be_on_paper(asked: ApplicationRequest, offer: Offer) -> None:
    """Also where the household has changed since it was offered: that is a refusal, no incident."""
    known = {subject.ref: subject for subject in offer.subjects}
    for ref in asked.subjects:
        if ref not in known:
            raise Failed("Member_Not_In_Household")
        if (refusal := known[ref].refusal) is not None:
            raise refusal.failed()
    if asked.scope not in offer.scopes:
        raise Failed("Option_Not_Allowed", scope=asked.scope.value)
    if not offer.admits(asked.scope, asked.subjects):
        raise Failed("Member_Not_In_Household")


def answers_are_allowed(asked: ApplicationRequest, offer: Offer) -> None:
    if not offer.answered(asked.subjects, asked.answers):
        raise Failed("Option_Not_Allowed", answers=asked.answers)


def copies_are_in_range(asked: ApplicationRequest, offer: Offer) -> None:
    if not 1 <= asked.copies <= offer.max_copies:
        raise Failed("Copies_Out_Of_Range", copies=asked.copies, limit=offer.max_copies)


def fee_is_what_was_confirmed(asked: ApplicationRequest, offer: Offer) -> None:
    fee = offer.copy_fee(len(asked.subjects)) * asked.copies
    if asked.fee_total != fee:
        raise Failed("Fee_Changed", fee_total=fee, confirmed=asked.fee_total)


REQUEST_RULES = (
    subjects_may_be_on_paper,
    answers_are_allowed,
    copies_are_in_range,
    fee_is_what_was_confirmed,
)


def check_request(asked: ApplicationRequest, offer: Offer) -> None:
    """Raises Failed: Option_Not_Allowed, Member_Not_In_Household, a subject's refusal, Copies_Out_Of_Range, Fee_Changed."""
    for rule in REQUEST_RULES:
        rule(asked, offer)
