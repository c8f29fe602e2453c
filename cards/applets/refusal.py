"""How a command ends without success."""

from __future__ import annotations


class Refusal(Exception):
    """Ends a command with a status word; never leaves the card."""

    def __init__(self, sw: int) -> None:
        super().__init__(sw)
        self.sw = sw
