"""What a PIN and a 署名用パスワード look like, for everyone who must not burn a try of a real card with anything else.

The other secrets of a card are only ever compared with what the card's own image allows: `Pin` in image.py.
"""

from __future__ import annotations

import string

PIN_LENGTH = 4
PASSWORD_LEAST, PASSWORD_MOST = 6, 16
_PASSWORD = frozenset(string.ascii_uppercase + string.digits)


def is_pin(text: str) -> bool:
    """Is `text` four digits (0-9, no others)?"""
    return len(text) == PIN_LENGTH and text.isascii() and text.isdigit()


def is_password(text: str) -> bool:
    """Is `text` 6 to 16 of A-Z and 0-9 (and no others)?"""
    return PASSWORD_LEAST <= len(text) <= PASSWORD_MOST and set(text) <= _PASSWORD
