"""Plants a defect in the table of transitions, which knows its rows by value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kiosk_app.flow import table
from kiosk_app.flow.row import Row


def rows_of(patch: pytest.MonkeyPatch, which: Callable[[Row], bool], **changed: Any) -> None:
    """Those rows have other values in these fields. Raises LookupError if there is no such row."""
    causes = [cause for cause, rows in table._BY_CAUSE.items() if any(map(which, rows))]
    if not causes:
        raise LookupError("the table has no such row")
    for cause in causes:
        rows = [replace(row, **changed) if which(row) else row for row in table._BY_CAUSE[cause]]
        patch.setitem(table._BY_CAUSE, cause, rows)
