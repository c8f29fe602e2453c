"""The path of `/ops/v1` at which the console finds residents (`interface/person_search.py`)."""

from __future__ import annotations

from typing import cast

from fastapi import FastAPI

from server_stub.interface.person_search import MOST_FOUND, PersonFound, PersonSearch, PersonsFound
from server_stub.interface.secret import Secret
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only
from server_stub.registry.records import Person
from server_stub.registry.tables import LIVING_THERE

from .tenants import Tenants


class PersonsSearched:
    """Find residents in the replica of their municipality. Safe from any thread."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    def find(self, asked: PersonSearch) -> PersonsFound:
        """Raises Failed(Municipality_Unknown). Nobody is found as well as one whose record was set aside."""
        tenant = self._tenants.get(asked.municipality)
        with tenant.replica.open_generation() as reader:
            if asked.person_key is not None:
                one = reader.person(asked.person_key)
                people: tuple[Person, ...] = () if one is None else (one,)
            else:
                people = reader.find_people(asked.name or "", asked.birth, MOST_FOUND + 1)
        return PersonsFound(
            people=tuple(
                PersonFound(
                    person_key=one.key,
                    person=tenant.ref(one.key),
                    name=one.name,
                    kana=one.kana,
                    birth=one.birth_in_words,
                    address=one.address,
                    living_here=one.status.value in LIVING_THERE,
                )
                for one in people[:MOST_FOUND]
            ),
            more=len(people) > MOST_FOUND,
        )


def add_persons_door(app: FastAPI, key: Secret | None, asked: PersonsSearched | None) -> None:
    """Add the path to `app`. `asked` may be None where nobody asks; without a `key` it answers Operations_Not_Offered."""
    persons = cast(PersonsSearched, asked)

    @app.post(
        "/ops/v1/person-searches",
        dependencies=[official_only(key)],
        responses=failure_answers("Municipality_Unknown", *OPS_REFUSALS),
        summary="住民の検索",
        operation_id="search_persons",
    )
    def search(query: PersonSearch) -> PersonsFound:
        """Residents by 宛名番号 or name, as the replica has them."""
        return persons.find(query)
