"""What a PIN looks like, for everyone who must not burn a try of a real card with anything else.

The other secrets of a card (a 署名用パスワード has 6 to 16 letters) are only ever compared with what the card's own image
allows: `Pin` in image.py.
"""

from __future__ import annotations

PIN_LENGTH = 4


def is_pin(text: str) -> bool:
    """Is `text` four digits (0-9, no others)?"""
    return len(text) == PIN_LENGTH and text.isascii() and text.isdigit()
