"""Guided tours of the demo: what an official shows in five minutes, step by step. One file a tour.

A tour is data (`tour.py`); its steps are done in the sentences of the features (`scenarios/steps`), by nothing else. `guide.py` leads
through one at a stage: the panel and `konbini demo --tour` ask it, and nobody else does.
"""

from collections.abc import Container

from . import lost_card, power_cut, registration, resident, stopped_person, wrong_paper
from .tour import OFF, Both, Step, Tour

__all__ = ["OFF", "TOURS", "Both", "Step", "Tour", "tours_for"]

TOURS: tuple[Tour, ...] = (
    resident.TOUR, lost_card.TOUR, registration.TOUR, stopped_person.TOUR, power_cut.TOUR, wrong_paper.TOUR,
)  # fmt: skip
"""In the order in which they are offered."""
TOWNS = ("kobe", "midori", "minato")
"""The shipped towns that have everybody who comes in a tour."""


def tours_for(cards: Container[str]) -> tuple[Tour, ...]:
    """Those for which a stage with these cards has everybody."""
    return tuple(tour for tour in TOURS if all(card in cards for card in (tour.card, *tour.cards)))
