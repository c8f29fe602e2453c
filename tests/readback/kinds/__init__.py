"""What must stand on each kind of certificate: one module a kind, chosen by the title that is printed on the paper.

A kind that is added elsewhere is entered with `register`; its module needs nothing of the product either.
"""

from __future__ import annotations

from tests.readback.kinds import residence, seal_registration
from tests.readback.kinds.kind import kind_titled, register, titles

__all__ = ["kind_titled", "register", "titles"]

register(residence.KIND)
register(seal_registration.KIND)
