"""What must stand on each kind of certificate: one module a kind, chosen by the title that is printed on the paper.

A kind that a town has for itself brings its own module: `readback.py` in the kind's folder, whose `KINDS` are entered. It needs
nothing of the product either.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path

from tests.readback.kinds import address_history, family_register, residence, seal_registration, tax
from tests.readback.kinds.kind import kind_coded, kind_titled, register, titles

__all__ = ["enter_kinds_of", "kind_coded", "kind_titled", "register", "titles"]


@functools.cache
def enter_kinds_of(town: Path) -> None:
    """Enter the kinds that lie in the folder `certificates/` of a town's folder, once each."""
    for file in sorted(town.glob("certificates/*/readback.py")):
        spec = importlib.util.spec_from_file_location(f"readback_of_{file.parent.name}", file)
        assert spec is not None and spec.loader is not None
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for kind in module.KINDS:
            register(kind)


register(address_history.KIND)
register(residence.KIND)
register(seal_registration.KIND)
register(tax.KIND)
for _kind in family_register.KINDS:
    register(_kind)
