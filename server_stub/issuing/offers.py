"""The holder of a card within one generation: who it is, and what each kind of certificate offers this person now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from server_stub.certificates.certificate import AnyCertificate, Case
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offer, Scope, Subject, possible
from server_stub.interface.values import FailureBody, Identity, Place
from server_stub.registry.records import Person
from server_stub.registry.replica import ReplicaReader

from .rights import HolderFacts, check_holder, check_open, hours_in_words, not_restricted
from .tenants import Tenant


@dataclass(frozen=True)
class Holder:
    """Someone who may use a terminal. `key` is the person key that the issue notices give; `person` is None for a holder who
    is no resident. `today` is the clock's date, JST: the day for ages and restrictions."""

    tenant: Tenant
    reader: ReplicaReader
    identity: Identity
    key: str
    person: Person | None
    place: Place
    today: date

    def case(self, kind: AnyCertificate) -> Case[Any]:
        return Case(
            terms=self.tenant.municipality.services[kind.code],
            reader=self.reader,
            identity=self.identity,
            key=self.key,
            person=self.person,
            place=self.place,
            today=self.today,
            ref=self.tenant.ref,
        )

    def offer(self, kind: AnyCertificate, received_at: datetime) -> Offer:
        """Tell what this holder may get of `kind`; what stands against this kind alone goes into `refusal`."""
        terms = self.tenant.municipality.services[kind.code]
        told: dict[str, Any]
        try:
            check_open(self.tenant.municipality, kind.code, received_at)
            offered = kind.offer(self.case(kind))
            told = {
                "scopes": offered.scopes,
                "whole": None if offered.whole is None else dict(offered.whole),
                "whole_about": None if offered.whole_about is None else dict(offered.whole_about),
                "subjects": offered.subjects,
                "questions": offered.questions,
            }
            if not any(possible(scope, offered.subjects) for scope in offered.scopes):
                told = {"refusal": _of_nobody(offered.subjects)}
        except Failed as failed:
            told = {"refusal": FailureBody.of(failed)}
        return Offer(
            kind=kind.code,
            words=dict(kind.words),
            title=kind.title,
            symbol=kind.symbol,
            fee=terms.fee,
            counter_fee=terms.counter_fee,
            max_copies=terms.max_copies,
            hours=hours_in_words(terms),
            **told,
        )


def _of_nobody(subjects: Sequence[Subject]) -> FailureBody:
    """Tell why a kind that offers nobody, or only persons who are refused, cannot be had."""
    refusals = [subject.refusal for subject in subjects if subject.refusal is not None]
    return refusals[0] if refusals else FailureBody(failure="Service_Not_Offered")


def find_holder(
    tenant: Tenant, reader: ReplicaReader, identity: Identity, place: Place, today: date
) -> Holder:
    """Find the holder of the card, if this person may use a terminal at all.

    Raises Failed: Holder_Not_Registered (nothing was ever delivered to the replica), Holder_Not_Linked (no issue notice, or
    no resident where residents are served), Record_Unusable (the record that was delivered of this person), and what
    `check_holder` raises.
    """
    if reader.generation == 0:
        raise Failed("Holder_Not_Registered")
    key = reader.key_of(identity.reference)
    if key is None:
        raise Failed("Holder_Not_Linked")
    reader.check_usable(key)
    person = reader.person(key)
    if person is None and place is Place.ADDRESS:
        raise Failed("Holder_Not_Linked")
    restriction = reader.restriction(key, today)
    if person is None:
        not_restricted(restriction)
    else:
        check_holder(HolderFacts(person, restriction, today, tenant.municipality.minimum_age))
    return Holder(tenant, reader, identity, key, person, place, today)


def nearest_request(offer: Offer, asked: ApplicationRequest) -> ApplicationRequest:
    """Make of `asked` a request that another offer admits: the same scope and answers where it has them.

    For faults that take another person's records or another kind. Raises LookupError for an offer of nobody.
    """
    scopes = [asked.scope, *offer.scopes] if asked.scope in offer.scopes else list(offer.scopes)
    scope = next((scope for scope in scopes if offer.possible(scope)), None)
    if scope is None:
        raise LookupError("nothing is offered")
    subjects = offer.possible(scope)
    if scope is Scope.CHOSEN:
        subjects = offer.possible(Scope.HOLDER) or subjects[:1]
    answers = {
        question.code: asked.answers[question.code]
        if question.choice(asked.answers.get(question.code)) is not None
        else question.default
        for question in offer.asks(subjects)
    }
    return asked.model_copy(
        update={"kind": offer.kind, "scope": scope, "subjects": subjects, "answers": answers}
    )
