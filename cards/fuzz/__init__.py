"""Long random runs against the virtual card, with a model that says what it should have answered. `make fuzz` calls `fuzz`."""

from __future__ import annotations

from .run import FuzzFailure, FuzzReport, fuzz

__all__ = ["FuzzFailure", "FuzzReport", "fuzz"]
