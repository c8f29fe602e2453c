"""The list of planted defects: each is a fault of the product that real systems have had or could have.

A module of this folder plants them for one subject; `every_defect` reads all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import pytest

MODULES = (
    "money", "papers", "residents", "bindings", "offers", "rights", "offices", "seals", "identity", "visits", "disclosures",
    "deliveries", "address_history", "family_registers", "taxes", "existing_systems", "ordinances", "outages", "cards", "officials",
    "registrations",
)  # fmt: skip
Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Defect:
    """`harm`: what it would do to a resident or a city. `scenario`: the title of a shipped scenario, an outline's with its
    example filled in; `sentence`: its step that must fail, or what the judge calls the checks after the steps. `plant` switches it on for as long as the patch lives."""

    name: str
    harm: str
    scenario: str
    sentence: str
    plant: Plant


_found: dict[str, Defect] = {}


def defect(name: str, *, harm: str, scenario: str, sentence: str) -> Callable[[Plant], Plant]:
    """Enter the decorated function into the list. Raises ValueError for a name that is there already."""

    def enter(plant: Plant) -> Plant:
        if name in _found:
            raise ValueError(f"two defects are called 「{name}」")
        _found[name] = Defect(name, harm, scenario, sentence, plant)
        return plant

    return enter


def every_defect() -> tuple[Defect, ...]:
    for module in MODULES:
        import_module(f"tests.planted.{module}")
    return tuple(_found.values())


def table() -> str:
    """All of them in Markdown."""
    rows = [f"| {d.name} | {d.harm} | {d.scenario} | {d.sentence} |" for d in every_defect()]
    return "\n".join(["| 欠陥 | 起こりうる害 | 見つける場面 | 落ちる文 |", "|---|---|---|---|", *rows])
