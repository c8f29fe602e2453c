"""The virtual card is no slower than it has to be."""

from __future__ import annotations

from cards.bench import signature_times
from tests.cards.helper import image


def test_a_signature_in_process_costs_at_most_1_3_bare_ones() -> None:
    ours, bare = min((signature_times(image(), 60) for _ in range(3)), key=lambda times: times[0] / times[1])
    assert ours <= 1.3 * bare
