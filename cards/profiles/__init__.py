"""Keep readable card files, one a case, and their loader. A profile may overlay another; `personalise` turns one into a card."""

from __future__ import annotations

from .loader import load_profile, profile_names
from .schema import Profile

__all__ = ["Profile", "load_profile", "profile_names"]
