"""What one kind of certificate needs of the holder besides the general rules."""

from __future__ import annotations

from server_stub.interface.failures import Failed
from server_stub.registry.records import Seal


def seal_is_registered(seal: Seal | None) -> Seal:
    """An abolished registration is none: the replica does not have it (新潟, さいたま, 熊本 issued such seals)."""
    if seal is None:
        raise Failed("Seal_Not_Registered")
    return seal
