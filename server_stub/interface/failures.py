"""The one catalogue of refusals and faults: a name (Subject_Cause), its cause and remedy for those who run the system.

The resident's words stand beside the same name in the terminal (kiosk_app/screens/texts). `scenario` is the title of
the scenario that provokes the failure, or, where it is no matter of a visit, the test that does (`file::test`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import failure_numbers


@dataclass(frozen=True, slots=True)
class Failure:
    """One entry. `status` is the HTTP status when a server answers with it; 0: never leaves the terminal. `number`: what is read over
    the telephone."""

    name: str
    cause: str
    remedy: str
    scenario: str
    status: int = 0
    number: str = ""


_NAME = re.compile(r"[A-Z][a-z]+(_[A-Z][a-z]+)+")
_OF_A_KIND = 409
"""The HTTP status of a refusal that a kind of certificate has for itself."""


class Failed(Exception):
    """A refusal or fault by its name, with facts (counts, hours, names of fields). Never carries a secret or a person.

    `words` (language -> text, `ja` always) is what a resident is told where the name is not in the catalogue.
    """

    words: dict[str, str] | None = None

    def __init__(self, failure: str, /, **facts: Any) -> None:
        if failure not in CATALOGUE and self.words is None:
            raise KeyError(f"{failure} is not in the catalogue of failures")
        super().__init__(failure, facts)
        self.failure = failure
        self.facts = facts

    @staticmethod
    def in_words(failure: str, words: Mapping[str, str], /, **facts: Any) -> Failed:
        """Make a refusal that the catalogue does not have, of a kind of certificate. Raises KeyError for a name that it does
        have, or that is not made like one."""
        if failure in CATALOGUE or not _NAME.fullmatch(failure) or "ja" not in words:
            raise KeyError(f"{failure} is no name for a refusal of a kind, or has no words in Japanese")
        return _InWords(failure, dict(words), facts)

    def with_facts(self, /, **facts: Any) -> Failed:
        """Make the same refusal with `facts` beside its own, which count."""
        told = {**facts, **self.facts}
        return (
            Failed(self.failure, **told) if self.words is None else _InWords(self.failure, self.words, told)
        )

    @property
    def entry(self) -> Failure:
        if self.words is not None:
            return Failure(
                self.failure, self.words["ja"], "", "", _OF_A_KIND, number_of(self.failure, own_words=True)
            )
        return CATALOGUE[self.failure]

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.facts.items())
        return f"{self.failure}({told})" if told else self.failure


class _InWords(Failed):
    def __init__(self, failure: str, words: dict[str, str], facts: dict[str, Any]) -> None:
        self.words = words
        super().__init__(failure, **facts)


def by_name(name: str) -> Failure:
    """The entry of that name; an unknown name (of a foreign server) becomes Internal_Error's."""
    return CATALOGUE.get(name, CATALOGUE["Internal_Error"])


def number_of(name: str, *, own_words: bool = False) -> str:
    """What a resident reads over the telephone of the failure `name`: 4 digits. `own_words`: it tells of itself, where the catalogue does
    not know it."""
    if name not in CATALOGUE and own_words:
        return failure_numbers.spoken(failure_numbers.OWN)
    return by_name(name).number


def _entries() -> Iterator[Failure]:
    from . import failure_entries

    for name, status, cause, remedy, scenario in failure_entries.ROWS:
        # a name without a number is found by the catalogue's test, not by whoever imports this
        number = failure_numbers.NUMBERS.get(name)
        spoken = "" if number is None else failure_numbers.spoken(number)
        yield Failure(name, cause, remedy, scenario, status, spoken)


CATALOGUE: dict[str, Failure] = {}
for _entry in _entries():
    if _entry.name in CATALOGUE:
        raise RuntimeError(f"{_entry.name} stands twice in the catalogue of failures")
    CATALOGUE[_entry.name] = _entry
