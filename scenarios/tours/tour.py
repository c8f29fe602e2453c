"""What a tour is: steps with words to read aloud, what is done in the sentences of the features, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from scenarios.steps.world import World

OFF = "off"
"""Where a step leads that leaves the terminal without power: no view has that name."""
WAITING = ("TopMenu",)
_KINDS = {"前提": "given", "もし": "when", "ならば": "then"}


class Both(NamedTuple):
    """The same in both languages of the demo."""

    ja: str
    en: str


@dataclass(frozen=True)
class Step:
    """One step of a tour.

    `says` is read aloud before it is done. `does`: sentences of `scenarios.steps`, with their keyword; what stands under ならば is
    looked at only when the tour itself does the step. `leads_to`: the terminal's screens by which a step done by hand is noticed;
    empty where the terminal shows nothing of it. It is then noticed by `seen`: the name of a fact that the panel tells
    (`Guide.tell`), or what to look for in the stage. `hand`: what to do where the terminal's screen does not say it, and `press`
    the panel's part for it. The last step of a tour does nothing and says how it ended.
    """

    says: Both
    does: tuple[str, ...] = ()
    leads_to: tuple[str, ...] = ()
    hand: Both | None = None
    press: str = ""
    seen: str | Callable[[World], bool] = ""


@dataclass(frozen=True)
class Tour:
    """`name`: of `konbini demo --tour`. `card`: the one that is laid first, by which the tour is known to fit the stage; `cards`: whatever
    else it needs. `given`: sentences that are so before it begins."""

    name: str
    title: Both
    about: Both
    card: str
    steps: tuple[Step, ...]
    given: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()

    def sentences(self) -> tuple[tuple[str, str], ...]:
        """Everything that is said to be done or so: given, when or then, and the sentence without its keyword."""
        said = (*self.given, *(sentence for step in self.steps for sentence in step.does))
        return tuple(read_sentence(sentence) for sentence in said)

    def stands_at(self, number: int) -> tuple[str, ...]:
        """The screens at which step `number` (from 0) begins: where the last step before it led that shows on the terminal."""
        return next((step.leads_to for step in reversed(self.steps[:number]) if step.leads_to), WAITING)


def read_sentence(sentence: str) -> tuple[str, str]:
    """「もし …」 is ("when", "…"). Raises KeyError for another keyword."""
    keyword, _, text = sentence.partition(" ")
    return _KINDS[keyword], text
