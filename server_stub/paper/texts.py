"""Every text of a front is looked at before anything is set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from server_stub.interface.failures import Failed

from .glyphs import check_printable

_LONGEST = 300
"""Characters; no cell of any form holds as many, and the typesetter need not find that out size by size."""


def check_texts(data: dict[str, Any]) -> None:
    """Raises Failed: Text_Too_Long(field), Character_Not_Printable(characters)."""
    for field, text in _texts("", data):
        if len(text) > _LONGEST:
            raise Failed("Text_Too_Long", field=field)
        check_printable(text)


def _texts(field: str, data: Any) -> Iterator[tuple[str, str]]:
    """All texts in `data` with the innermost name they stand under."""
    if isinstance(data, str):
        yield field, data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _texts(name, value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(field, value)
