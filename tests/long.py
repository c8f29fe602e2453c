"""Runs that `make test` makes in part and `make fuzz` as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

LONG = bool(os.environ.get("KONBINI_LONG"))


def part(cases: Iterable[Any], every: int) -> list[Any]:
    """Every `every`th of the cases, the first one included; all of them in a long run."""
    return list(cases)[:: 1 if LONG else every]
