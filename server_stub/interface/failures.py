"""The one catalogue of refusals and faults: a name (Subject_Cause), its cause and remedy for those who run the system.

The resident's words stand beside the same name in the terminal (kiosk_app/screens/texts). `scenario` is the title of
the scenario that provokes the failure, or, where it is no matter of a visit, the test that does (`file::test`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    """One entry. `status` is the HTTP status when a server answers with it; 0: never leaves the terminal."""

    name: str
    cause: str
    remedy: str
    scenario: str
    status: int = 0


class Failed(Exception):
    """A refusal or fault by its name, with facts (counts, hours, names of fields). Never carries a secret or a person."""

    def __init__(self, failure: str, /, **facts: Any) -> None:
        if failure not in CATALOGUE:
            raise KeyError(f"{failure} is not in the catalogue of failures")
        super().__init__(failure, facts)
        self.failure = failure
        self.facts = facts

    @property
    def entry(self) -> Failure:
        return CATALOGUE[self.failure]

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.facts.items())
        return f"{self.failure}({told})" if told else self.failure


def by_name(name: str) -> Failure:
    """The entry of that name; an unknown name (of a foreign server) becomes Internal_Error's."""
    return CATALOGUE.get(name, CATALOGUE["Internal_Error"])


def _entries() -> Iterator[Failure]:
    from . import failure_entries

    for name, status, cause, remedy, scenario in failure_entries.ROWS:
        yield Failure(name, cause, remedy, scenario, status)


CATALOGUE: dict[str, Failure] = {}
for _entry in _entries():
    if _entry.name in CATALOGUE:
        raise RuntimeError(f"{_entry.name} stands twice in the catalogue of failures")
    CATALOGUE[_entry.name] = _entry
