"""The holder of a card within one generation: who it is, and what each kind of certificate offers this person now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError

from server_stub.certificates.certificate import AnyCertificate, Case
from server_stub.certificates.terms import hours_in_words
from server_stub.eras import age
from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offer, Scope, Subject, Symbol, possible
from server_stub.interface.values import LONGEST_NAME, LONGEST_TEXT, MOST_SHEETS, FailureBody, Identity, Place
from server_stub.registry.records import Person, ResidentStatus
from server_stub.registry.replica import ReplicaReader

from .rights import HolderFacts, check_holder, check_open, not_certified_today, not_restricted, not_stopped
from .stops import Stops
from .tenants import Tenant

_log = logging.getLogger(__name__)
_NO_STOPS = Stops()


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
    stops: Stops = _NO_STOPS

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
            minimum_age=self.tenant.municipality.minimum_age,
            refuse_moving_out=self.tenant.municipality.holder.refuse_moving_out,
        )

    def offer(self, kind: AnyCertificate, received_at: datetime) -> Offer:
        """Tell what this holder may get of `kind`; what stands against this kind alone goes into `refusal`.

        A kind is a program of whoever added it: whatever is wrong with its hook or its names costs the town's residents this
        kind and no other. It is logged with the kind's code.
        """
        try:
            return self.offer_or_error(kind, received_at)
        except Exception as error:
            if _too_large(error):
                return self._refused(kind, "Application_Too_Large")
            _log.exception("kind %s offers nothing", kind.code)
            return self._refused(kind, "Service_Out_Of_Order")

    def offer_or_error(self, kind: AnyCertificate, received_at: datetime) -> Offer:
        """As `offer`, but what is wrong with the kind is raised as it comes: for its author."""
        terms = self.tenant.municipality.services[kind.code]
        told: dict[str, Any]
        try:
            not_stopped(self.tenant.municipality, kind.code, self.stops, received_at)
            check_open(self.tenant.municipality, kind.code, received_at)
            offered = kind.offer(self.case(kind))
            most = max((len(possible(scope, offered.subjects)) for scope in offered.scopes), default=0)
            told = {
                "scopes": offered.scopes,
                "whole": None if offered.whole is None else dict(offered.whole),
                "whole_about": None if offered.whole_about is None else dict(offered.whole_about),
                "one_only": offered.one_only,
                "subjects": offered.subjects,
                "questions": offered.questions,
                "title": offered.title or terms.title or kind.title,
                # each person may need a sheet, so that whatever is offered can be made
                "max_copies": min(terms.max_copies, max(1, MOST_SHEETS // max(1, most))),
            }
            if most == 0:
                told = {"refusal": _of_nobody(offered.subjects)}
        except Failed as failed:
            told = {"refusal": FailureBody.of(failed)}
        return Offer(
            **{
                "kind": kind.code,
                "words": {**kind.words, **terms.words},
                "title": terms.title or kind.title,
                "symbol": kind.symbol,
                "fee": terms.fee,
                "counter_fee": terms.counter_fee,
                "fee_per_subject": terms.fee_per_person,
                "max_copies": terms.max_copies,
                "hours": self._hours(kind),
                **told,
            }
        )

    def _hours(self, kind: AnyCertificate) -> dict[str, str]:
        municipality = self.tenant.municipality
        return hours_in_words(municipality.service(kind.code), municipality.closed)

    def _refused(self, kind: AnyCertificate, failure: str) -> Offer:
        """Refuse the kind by name, with no more of its own than can be shown."""
        terms = self.tenant.municipality.services[kind.code]
        title = (
            kind.title if isinstance(kind.title, str) and 2 <= len(kind.title) <= LONGEST_NAME else kind.code
        )
        return Offer(
            kind=kind.code,
            words=(_words_of(kind) or {"ja": title}) | terms.words,
            title=title.ljust(2, "_"),
            symbol=kind.symbol if isinstance(kind.symbol, Symbol) else Symbol.DOCUMENT,
            fee=terms.fee,
            counter_fee=terms.counter_fee,
            fee_per_subject=terms.fee_per_person,
            max_copies=terms.max_copies,
            hours=self._hours(kind),
            refusal=FailureBody(failure=failure),
        )


def _words_of(kind: AnyCertificate) -> dict[str, str]:
    """The kind's name for people in the two languages of the product; empty if it has none that can be shown."""
    words = kind.words if isinstance(kind.words, Mapping) else {}
    told = {language: words.get(language) for language in ("ja", "en")}
    shown = {
        language: text
        for language, text in told.items()
        if isinstance(text, str) and 0 < len(text) <= LONGEST_TEXT
    }
    return shown if "ja" in shown else {}


def _too_large(error: Exception) -> bool:
    """Tell whether it is only that more persons are on offer than one application has room for."""
    return isinstance(error, ValidationError) and all(
        item["type"] == "too_long" and item["loc"][0] in ("subjects", "concerns") for item in error.errors()
    )


def _of_nobody(subjects: Sequence[Subject]) -> FailureBody:
    """Tell why a kind that offers nobody, or only persons who are refused, cannot be had."""
    refusals = [subject.refusal for subject in subjects if subject.refusal is not None]
    return refusals[0] if refusals else FailureBody(failure="Service_Not_Offered")


def find_holder(
    tenant: Tenant,
    reader: ReplicaReader,
    identity: Identity,
    place: Place,
    today: date,
    stops: Stops = _NO_STOPS,
    is_excepted: Callable[[str], bool] = lambda ref: False,
) -> Holder:
    """Find the holder of the card, if this person may use a terminal at all.

    Raises Failed: Holder_Not_Registered (nothing was ever delivered to the replica), Holder_Not_Linked (no issue notice, or
    no resident where residents are served), Record_Unusable (the record that was delivered of this person), and what
    `check_holder` raises. `is_excepted`: whether an official has let in whoever has that person reference, below the age.
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
    terms = tenant.municipality.holder
    certified_on = _certified_on(reader, key, identity) if terms.refuse_on_issue_day else None
    if person is None:
        not_restricted(restriction)
        not_certified_today(terms, certified_on, today)
    else:
        minimum_age = tenant.municipality.minimum_age
        check_holder(
            HolderFacts(
                person,
                place,
                restriction,
                today,
                minimum_age,
                terms,
                excepted=age(person.birth.inner, today) < minimum_age and is_excepted(tenant.ref(key)),
                leavers=terms.refuse_household_of_leaver
                and _somebody_leaves(reader, person.household, today),
                certified_on=certified_on,
            )
        )
    return Holder(tenant, reader, identity, key, person, place, today, stops)


def _certified_on(reader: ReplicaReader, key: str, identity: Identity) -> date | None:
    """Find the day of 発行, JST, of the certificate that was shown."""
    issued = (one.issued_at for one in reader.notices_of(key) if one.holder_ref == identity.reference)
    moment = next(issued, None)
    return None if moment is None else moment.astimezone(JST).date()


def _somebody_leaves(reader: ReplicaReader, household: str, today: date) -> bool:
    return any(one.status_on(today) is ResidentStatus.MOVING_OUT for one in reader.household(household))


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
