"""The shipped towns, each with code tables of this reader's own: a wrong table must not be wrong on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.readback.register import Records
from tests.readback.towns import ashikaga, kobe, mihon

SHIPPED: Mapping[str, tuple[str, Callable[[Path], Records]]] = {
    ashikaga.CODE: ("renkei.csv", ashikaga.read_delivery),
    kobe.CODE: ("連携票.csv", kobe.read_delivery),
    **{code: ("slip.csv", partial(mihon.read_delivery, begins)) for code, begins in mihon.BEGINS.items()},
    mihon.ASHIKAGA_2012: ("slip.csv", partial(mihon.read_delivery, "栃木県足利市")),
}
"""By the municipality's code, or the name of its folder where another has the same code: the file that lies in the folder of its delivery, and what reads that folder."""
