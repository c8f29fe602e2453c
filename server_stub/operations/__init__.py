"""運用管理システム: the officials' console, a node of its own.

It speaks with the other nodes through their doors for officials (`/ops/v1`) only, knows `interface/` and nobody else's rooms, and nobody
but the stage and the command line knows it. How a function is added: docs/console.md.
"""

from .settings import DoorAddress, Hosted, IssuingDoor, OperationsSettings
from .store import prepare_database

__all__ = ["DoorAddress", "Hosted", "IssuingDoor", "OperationsSettings", "prepare_database"]
