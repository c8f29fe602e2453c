"""The published disasters and a fee that is revised meanwhile, as faults that can be switched on.

Only the records change. Everything after it works on what it was given, so this server notices nothing; that the centre
and the terminal do is what their checks are for. Parameter `person` (宛名番号) names the stranger; without it, it is the first
person of the register in another household.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle

from sqlalchemy import select

from server_stub.db import open_engine
from server_stub.faults.box import FaultBox
from server_stub.registry.records import Person
from server_stub.registry.replica import ReplicaReader
from server_stub.registry.tables import persons, seals

from .copies import Page, Records
from .tenants import Tenant

SWAP_RECORD = "issuing.swap_record"
SWAP_SHEET = "issuing.swap_sheet"


def swap_record(
    faults: FaultBox, replica_url: str, reader: ReplicaReader, copies: list[Records]
) -> list[Records]:
    """All copies from a stranger's record (横浜, 川崎, 宗像, 高松), if that fault is on."""
    parameters = faults.strikes(SWAP_RECORD)
    if parameters is None:
        return copies
    return [_stranger(parameters.get("person"), replica_url, reader, records) for records in copies]


def swap_sheet(
    faults: FaultBox,
    replica_url: str,
    reader: ReplicaReader,
    copies: list[Records],
    pages: Sequence[Page],
) -> list[Records] | None:
    """The copies with a stranger on every sheet but the very first (徳島), if that fault is on and there is such a sheet.

    `pages` is how the right paper was set; None: leave it as it is.
    """
    if len(pages) < 2:
        return None
    parameters = faults.strikes(SWAP_SHEET)
    if parameters is None:
        return None
    kept = set(pages[0].persons)
    swapped = []
    for number, records in enumerate(copies, start=1):
        stranger = _stranger(parameters.get("person"), replica_url, reader, records)
        if number == 1 and records.seal is None:
            others = cycle(stranger.persons)
            mixed = tuple(p if p.key in kept else next(others) for p in records.persons)
            swapped.append(replace(records, persons=mixed))
        else:
            swapped.append(records if number == 1 else stranger)
    return swapped


def _stranger(wanted: str | None, replica_url: str, reader: ReplicaReader, records: Records) -> Records:
    """What would have been printed for the stranger: the household if the household was asked for, else the one person."""
    key = wanted or _first_stranger(replica_url, reader.generation, records)
    person = reader.person(key) if key is not None else None
    if person is None:
        raise LookupError("no stranger in the replica to swap with")
    if records.seal is not None:
        return Records((person,), seal=reader.seal(person.key))
    household: tuple[Person, ...] = reader.household(person.household)
    return replace(records, persons=household if records.whole_household and household else (person,))


def _first_stranger(replica_url: str, generation: int, records: Records) -> str | None:
    query = select(persons.c.key).where(
        persons.c.generation == generation, persons.c.household != records.persons[0].household
    )
    if records.seal is not None:
        query = query.join(
            seals, (seals.c.generation == persons.c.generation) & (seals.c.person == persons.c.key)
        )
    engine = open_engine(replica_url)
    try:
        with engine.connect() as connection:
            return connection.scalar(query.order_by(persons.c.line).limit(1))
    finally:
        engine.dispose()


FEE_REVISED = "issuing.fee_revised"
RAISE = 50
"""Yen, where the fault names no fee."""


def with_revised_fee(faults: FaultBox, tenant: Tenant) -> Tenant:
    """`tenant` as it is, or, while that fault is on, with the parameter `fee` (yen a copy) for every kind."""
    parameters = faults.strikes(FEE_REVISED)
    if parameters is None:
        return tenant
    told = parameters.get("fee")
    services = {
        kind: replace(terms, fee=told if isinstance(told, int) else terms.fee + RAISE)
        for kind, terms in tenant.municipality.services.items()
    }
    return replace(tenant, municipality=replace(tenant.municipality, services=services))
