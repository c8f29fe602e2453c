"""Who may get what now: one small rule each, listed in the order in which they are asked.

The order: is this municipality's certificate served here, is any kind open now and is the replica recent, who is the holder
and may this person use a terminal at all, what does this kind need (its own folder's `offer`), is the request within what was
offered. The service's times come before the person, so that nothing is looked up while the service is closed. A rule raises
Failed by its name and does nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from server_stub.certificates.certificate import AnyCertificate, ServiceTerms
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offer
from server_stub.interface.values import Place, TerminalKind
from server_stub.municipalities import Municipality
from server_stub.registry.records import Person, ResidentStatus, Restriction


def place_is_served(municipality: Municipality, place: Place) -> None:
    """Of the 本籍地 nothing is issued where no kind of the family register is offered."""
    if not any(place in kind.places for kind in municipality.kinds.values()):
        raise Failed("Service_Not_Offered", place=place.value)


def terminal_kind_is_served(municipality: Municipality, kind: TerminalKind) -> None:
    """Kobe serves the shops and leaves machines that municipalities put up (自治体設置) out."""
    if kind in municipality.excluded_terminal_kinds:
        raise Failed("Terminal_Kind_Excluded", terminal_kind=kind.value)


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
    date, JST), the youngest age, and whether who has announced a move is refused before the day of it."""

    person: Person
    place: Place
    restriction: Restriction | None
    today: date
    minimum_age: int
    refuse_moving_out: bool = True


def not_deceased(facts: HolderFacts) -> None:
    if facts.person.status is ResidentStatus.DECEASED:
        raise Failed("Holder_Deceased")


def not_moved_out(facts: HolderFacts) -> None:
    """転出済, and 転出予定 from the day it was notified: of these a municipality may let whoever still lives there have a paper
    (the standard, 5.1, knows no such bar; many cities have one). Who has left keeps the 本籍."""
    status = facts.person.status_on(facts.today)
    if facts.place is Place.ADDRESS and (
        status is ResidentStatus.MOVED_OUT
        or (status is ResidentStatus.MOVING_OUT and facts.refuse_moving_out)
    ):
        raise Failed("Holder_Moved_Out")


def not_restricted(restriction: Restriction | None) -> None:
    """発行制限. The reason is nobody's business outside the municipality, so it is not told."""
    if restriction is not None:
        raise Failed("Holder_Restricted")


def old_enough(facts: HolderFacts) -> None:
    """JPKI cannot refuse by age, so the issuing server does (Kobe: nobody under 15)."""
    if age(facts.person.birth.inner, facts.today) < facts.minimum_age:
        raise Failed("Holder_Under_Fifteen", minimum_age=facts.minimum_age)


def check_holder(facts: HolderFacts) -> None:
    """Check the holder. Raises Failed: Holder_Deceased, Holder_Moved_Out, Holder_Restricted, Holder_Under_Fifteen."""
    not_deceased(facts)
    not_moved_out(facts)
    not_restricted(facts.restriction)
    old_enough(facts)


def age(birth: date, today: date) -> int:
    """Count full years of age: one more on the birthday itself, as everybody counts.

    (The law on the counting of age lets a year end with the day before; no terminal refuses by that.) Who was born on
    29 February counts up on 1 March in a common year.
    """
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def not_a_closed_day(municipality: Municipality, kind: str, received_at: datetime) -> None:
    day = received_at.date()
    if municipality.closed_on(day):
        reopens = next_open_day(municipality, day)
        raise Failed("Service_Closed_Today", kind=kind, next_open=reopens.isoformat() if reopens else "")


def within_hours(municipality: Municipality, kind: str, received_at: datetime) -> None:
    """Served from the opening minute up to and without the closing one: 22:59:59 is served, 23:00:00 is not."""
    terms = municipality.services[kind]
    if not terms.open_at(received_at.time()):
        raise Failed(
            "Service_Closed_Now", kind=kind, opens=in_words(terms.opens), closes=in_words(terms.closes)
        )


def check_open(municipality: Municipality, kind: str, received_at: datetime) -> None:
    """Raises Failed: Service_Closed_Today(kind, next_open), Service_Closed_Now(kind, opens, closes). `received_at` in JST."""
    not_a_closed_day(municipality, kind, received_at)
    within_hours(municipality, kind, received_at)


def replica_is_recent(municipality: Municipality, made_at: datetime | None, now: datetime) -> None:
    """A replica that no delivery has renewed for too long issues nothing: who has moved, died or been set aside since is
    not known. `made_at` is None where nothing was ever delivered. Raises Failed(Replica_Too_Old, as_of)."""
    if made_at is not None and now - made_at > municipality.delivery.most_age:
        raise Failed("Replica_Too_Old", as_of=made_at.isoformat(timespec="minutes"))


def check_any_open(municipality: Municipality, place: Place, received_at: datetime) -> None:
    """When every kind of this place is closed, the first one's reason refuses the visit, so that nobody is looked up in vain."""
    reasons: list[Failed] = []
    for kind in municipality.kinds.values():
        if place not in kind.places:
            continue
        try:
            check_open(municipality, kind.code, received_at)
            return
        except Failed as failed:
            reasons.append(failed)
    if not reasons:
        raise Failed("Service_Not_Offered")
    raise reasons[0]


def next_open_day(municipality: Municipality, day: date) -> date | None:
    """Find the first day after `day` that is not closed, within a year."""
    days = (day + timedelta(days=ahead) for ahead in range(1, 367))
    return next((later for later in days if not municipality.closed_on(later)), None)


def in_words(moment: time) -> str:
    """Write a time as notices do: 6:30."""
    return f"{moment.hour}:{moment.minute:02}"


def hours_in_words(terms: ServiceTerms) -> dict[str, str]:
    opens, closes = in_words(terms.opens), in_words(terms.closes)
    return {"ja": f"{opens}〜{closes}", "en": f"{opens}–{closes}"}


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
