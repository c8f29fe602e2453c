"""Runs that `make test` makes in part and `make fuzz` as a whole."""

from __future__ import annotations

import os

LONG = bool(os.environ.get("KONBINI_LONG"))
