"""Every feature of the project, through the real GUI, real HTTP and real PDF."""

from __future__ import annotations

from pytest_bdd import scenarios

from scenarios import places

scenarios(places.FEATURES)
