"""The holder of a card within one generation: who it is, what is offered, and the records for what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from server_stub.interface.failures import Failed
from server_stub.interface.offers import Offer, Subject
from server_stub.interface.terminal import ApplicationOptions, CertificateKind
from server_stub.interface.values import LONGEST_TEXT, FailureBody
from server_stub.registry.records import Person
from server_stub.registry.replica import ReplicaReader

from .copies import Records
from .rights import (
    HolderFacts,
    HouseholdMember,
    check_holder,
    check_open,
    hours_in_words,
    members_of,
    seal_is_registered,
)
from .tenants import Tenant


@dataclass(frozen=True)
class Holder:
    """Someone who may use a terminal. `today` is the clock's date, JST: the day for ages and restrictions."""

    tenant: Tenant
    reader: ReplicaReader
    person: Person
    today: date

    def offer(self, kind: CertificateKind, received_at: datetime) -> Offer:
        """What this holder may get of `kind` (one that the municipality offers); what stands against this kind alone
        goes into `refusal`."""
        terms = self.tenant.municipality.services[kind]
        members = self._members(kind)
        refusal = None
        try:
            check_open(self.tenant.municipality, kind, received_at)
            if kind is CertificateKind.SEAL_REGISTRATION:
                seal_is_registered(self.reader.seal(self.person.key))
        except Failed as failed:
            refusal = FailureBody(failure=failed.failure, facts=failed.facts)
        return Offer(
            kind=kind,
            fee=terms.fee,
            max_copies=terms.max_copies,
            hours=hours_in_words(terms),
            options=terms.options,
            members=tuple(self._member(member) for member in members),
            whole_household=kind is CertificateKind.RESIDENCE and not any(m.refused for m in members),
            refusal=refusal,
        )

    def records(self, kind: CertificateKind, options: ApplicationOptions) -> Records:
        """The records for a request that the rules have let pass."""
        if kind is CertificateKind.SEAL_REGISTRATION:
            return Records((self.person,), seal=seal_is_registered(self.reader.seal(self.person.key)))
        household = tuple(member.person for member in self._members(kind))
        wanted = set(options.members)
        chosen = tuple(p for p in household if not wanted or self.tenant.ref(p.key) in wanted)
        return Records(chosen, whole_household=len(chosen) == len(household))

    def _members(self, kind: CertificateKind) -> tuple[HouseholdMember, ...]:
        if kind is CertificateKind.SEAL_REGISTRATION:
            return (HouseholdMember(self.person, refused=False),)
        return self._household

    @cached_property
    def _household(self) -> tuple[HouseholdMember, ...]:
        return members_of(
            self.reader.household(self.person.household),
            lambda person: self.reader.restriction(person.key, self.today) is not None,
        )

    def _member(self, member: HouseholdMember) -> Member:
        person = member.person
        for field, text in (("name", person.name), ("relationship", person.relationship)):
            if len(text) > LONGEST_TEXT:
                raise Failed("Text_Too_Long", field=field)
        return Member(
            ref=self.tenant.ref(person.key),
            name=person.name,
            relationship=person.relationship,
            holder=person.key == self.person.key,
            refusal=FailureBody(failure="Household_Member_Restricted") if member.refused else None,
        )


def find_holder(tenant: Tenant, reader: ReplicaReader, holder_ref: str, today: date) -> Holder:
    """The holder of the certificate, if this person may use a terminal at all.

    Raises Failed: Holder_Not_Registered (nothing was ever delivered to the replica), Holder_Not_Linked (no issue notice),
    and what `check_holder` raises.
    """
    if reader.generation == 0:
        raise Failed("Holder_Not_Registered")
    person = reader.person_by_holder(holder_ref)
    if person is None:
        raise Failed("Holder_Not_Linked")
    check_holder(
        HolderFacts(
            person=person,
            restriction=reader.restriction(person.key, today),
            today=today,
            minimum_age=tenant.municipality.minimum_age,
        )
    )
    return Holder(tenant, reader, person, today)
