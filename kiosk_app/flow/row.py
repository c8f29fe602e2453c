"""One line of the table of transitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .effects import Effect
from .events import Event
from .state import StateName, Visit

Result = tuple[Visit, tuple[Effect, ...]]


@dataclass(frozen=True, slots=True)
class Context:
    """What guards and actions see: the visit before and the event. `event` is of the row's class."""

    visit: Visit
    event: Any


Guard = Callable[[Context], bool]
Action = Callable[[Context], Result]


@dataclass(frozen=True, slots=True)
class Row:
    """In `state`, on `event`, if `when` holds: do `do` and be in `target`. Of several rows the first that holds counts.

    A new deadline begins with the target unless the row `keeps_deadline`.
    """

    state: StateName
    event: type[Event]
    target: StateName
    do: Action | None = None
    when: Guard | None = None
    keeps_deadline: bool = False

    @property
    def condition(self) -> str:
        """The guard in words, '' for none."""
        return "" if self.when is None else self.when.__name__.strip("_").replace("_", " ")


def named(name: str, guard: Guard) -> Guard:
    """`guard` under a name for the listing."""
    guard.__name__ = name
    return guard
