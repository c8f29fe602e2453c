"""Plants a defect in the table of transitions, which knows its rows by value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kiosk_app.flow.row import Row
from kiosk_app.flow.table import TABLE


def rows_of(patch: pytest.MonkeyPatch, which: Callable[[Row], bool], **changed: Any) -> None:
    """Those rows have other values in these fields. Raises LookupError if there is no such row."""
    by_cause = TABLE._by_cause
    causes = [cause for cause, rows in by_cause.items() if any(map(which, rows))]
    if not causes:
        raise LookupError("the table has no such row")
    for cause in causes:
        rows = [replace(row, **changed) if which(row) else row for row in by_cause[cause]]
        patch.setitem(by_cause, cause, rows)
