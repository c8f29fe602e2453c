"""The shipped towns, each with code tables of this reader's own: a wrong table must not be wrong on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.readback.register import Records
from tests.readback.towns import kobe

SHIPPED: Mapping[str, Callable[[Path], Records]] = {kobe.CODE: kobe.read_delivery}
"""By the municipality's code: reads the folder of a delivery."""
