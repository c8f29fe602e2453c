"""Rules about the time: of the service, where it counts when the centre received the request (received before the end is
completed), and of the replica, which must not be too old."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from server_stub.interface.failures import Failed
from server_stub.interface.terminal import CertificateKind
from server_stub.municipalities import Municipality, ServiceTerms


def not_a_closed_day(municipality: Municipality, kind: CertificateKind, received_at: datetime) -> None:
    day = received_at.date()
    if municipality.closed_on(day):
        reopens = next_open_day(municipality, day)
        raise Failed(
            "Service_Closed_Today", kind=kind.value, next_open=reopens.isoformat() if reopens else ""
        )


def within_hours(municipality: Municipality, kind: CertificateKind, received_at: datetime) -> None:
    """Served from the opening minute up to and without the closing one: 22:59:59 is served, 23:00:00 is not."""
    terms = municipality.services[kind]
    if not terms.open_at(received_at.time()):
        raise Failed(
            "Service_Closed_Now", kind=kind.value, opens=in_words(terms.opens), closes=in_words(terms.closes)
        )


def check_open(municipality: Municipality, kind: CertificateKind, received_at: datetime) -> None:
    """Raises Failed: Service_Closed_Today(kind, next_open), Service_Closed_Now(kind, opens, closes). `received_at` in JST."""
    not_a_closed_day(municipality, kind, received_at)
    within_hours(municipality, kind, received_at)


def replica_is_recent(municipality: Municipality, made_at: datetime | None, now: datetime) -> None:
    """A replica that no delivery has renewed for too long issues nothing: who has moved, died or been set aside since is
    not known. `made_at` is None where nothing was ever delivered. Raises Failed(Replica_Too_Old, as_of)."""
    if made_at is not None and now - made_at > municipality.delivery.most_age:
        raise Failed("Replica_Too_Old", as_of=made_at.isoformat(timespec="minutes"))


def check_any_open(municipality: Municipality, received_at: datetime) -> None:
    """When every kind is closed, the first one's reason refuses the visit, so that nobody is looked up in vain."""
    reasons: list[Failed] = []
    for kind in municipality.services:
        try:
            check_open(municipality, kind, received_at)
            return
        except Failed as failed:
            reasons.append(failed)
    if not reasons:
        raise Failed("Service_Not_Offered")
    raise reasons[0]


def next_open_day(municipality: Municipality, day: date) -> date | None:
    """The first day after `day` that is not closed, within a year."""
    days = (day + timedelta(days=ahead) for ahead in range(1, 367))
    return next((later for later in days if not municipality.closed_on(later)), None)


def in_words(moment: time) -> str:
    """6:30, as notices write it."""
    return f"{moment.hour}:{moment.minute:02}"


def hours_in_words(terms: ServiceTerms) -> str:
    return f"{in_words(terms.opens)}〜{in_words(terms.closes)}"
