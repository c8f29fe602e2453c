"""The type of PINs, passwords and 個人番号 from the moment they exist."""

from __future__ import annotations

import hmac
from typing import Any, NoReturn

MASK = "●●●●"


class Secret:
    """A text that shows itself to nobody who does not ask with `reveal()`: repr, str, format and pickle are masked."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Callers pass it on to the one place that needs it and keep no copy."""
        return self._text

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written to disk or sent to another process")


def masked(value: Any) -> Any:
    """`value` as plain JSON data, secrets masked, bytes as length only (a body must be named to be shown)."""
    if isinstance(value, Secret):
        return MASK
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, dict):
        return {str(k): masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(v) for v in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
