"""Rules about the holder. Each looks at one fact; the first that refuses is what the resident is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from server_stub.interface.failures import Failed
from server_stub.registry.records import Person, ResidentStatus, Restriction


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """What the rules may know: the record, the restriction in force on `today` (the clock's date, JST), the youngest age."""

    person: Person
    restriction: Restriction | None
    today: date
    minimum_age: int


def not_deceased(facts: HolderFacts) -> None:
    if facts.person.status is ResidentStatus.DECEASED:
        raise Failed("Holder_Deceased")


def not_moved_out(facts: HolderFacts) -> None:
    """転出済, and 転出予定 from the day it was notified."""
    if facts.person.status in (ResidentStatus.MOVED_OUT, ResidentStatus.MOVING_OUT):
        raise Failed("Holder_Moved_Out")


def not_restricted(facts: HolderFacts) -> None:
    """発行制限. The reason is nobody's business outside the municipality, so it is not told."""
    if facts.restriction is not None:
        raise Failed("Holder_Restricted")


def old_enough(facts: HolderFacts) -> None:
    """JPKI cannot refuse by age, so the issuing server does (Kobe: nobody under 15)."""
    if age(facts.person.birth, facts.today) < facts.minimum_age:
        raise Failed("Holder_Under_Fifteen", minimum_age=facts.minimum_age)


HOLDER_RULES: tuple[Callable[[HolderFacts], None], ...] = (
    not_deceased,
    not_moved_out,
    not_restricted,
    old_enough,
)


def check_holder(facts: HolderFacts) -> None:
    """Raises Failed: Holder_Deceased, Holder_Moved_Out, Holder_Restricted, Holder_Under_Fifteen."""
    for rule in HOLDER_RULES:
        rule(facts)


def age(birth: date, today: date) -> int:
    """Full years of age, counted up on the birthday itself, as everybody counts.

    (The law on the counting of age lets a year end with the day before; no terminal refuses by that.) Who was born on
    29 February counts up on 1 March in a common year.
    """
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
