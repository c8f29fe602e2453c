"""The virtual card against the bare signature it cannot beat."""

from __future__ import annotations

from cards.bench import signature_times
from cards.image_file import load_image
from scenarios.template import load_cards, template_folder

from .measure import Measurement
from .people import CARD


def measure(rounds: int = 200) -> dict[str, Measurement]:
    template = template_folder()
    ours, bare = signature_times(load_image(template / load_cards(template)[CARD].file), rounds)
    return {"card_signature": Measurement(ours, bare, "ms", 1.3)}
