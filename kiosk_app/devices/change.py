"""Which coins make up an amount, from what is there."""

from __future__ import annotations

from collections.abc import Mapping


def make_change(amount: int, stock: Mapping[int, int]) -> dict[int, int] | None:
    """The fewest coins of `stock` (yen -> count) that make exactly `amount` yen, or None if none do."""
    best: dict[int, dict[int, int]] = {0: {}}
    for coin in sorted(stock, reverse=True):
        grown: dict[int, dict[int, int]] = dict(best)
        for reached, used in best.items():
            for count in range(1, min(stock[coin], (amount - reached) // coin) + 1):
                total = reached + count * coin
                known = grown.get(total)
                if known is None or sum(known.values()) > sum(used.values()) + count:
                    grown[total] = used | {coin: count}
        best = grown
    return best.get(amount)
