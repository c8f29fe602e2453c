"""Which members of the holder's household may stand on a 住民票の写し."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from server_stub.registry.records import Person, ResidentStatus


@dataclass(frozen=True, slots=True)
class HouseholdMember:
    """`refused`: this person cannot be put on paper at a terminal, so the whole household cannot either."""

    person: Person
    refused: bool


def about_to_leave(person: Person) -> bool:
    """転出予定 (who has left or died is no member any more: the replica's household does not have them)."""
    return person.status is ResidentStatus.MOVING_OUT


def members_of(people: Iterable[Person], restricted: Callable[[Person], bool]) -> tuple[HouseholdMember, ...]:
    """The members as they stand in the register. Refused: who is under restriction, who is about to move out."""
    return tuple(HouseholdMember(person, restricted(person) or about_to_leave(person)) for person in people)
