"""What a card registry is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.ops_door import SHORTEST_KEY, check_ops_key


@dataclass(frozen=True, slots=True)
class CardRegistrySettings:
    """`centre_key`: what the centre must show; `ops_key`: what officials must show (None: there is no counter). `municipalities`: the
    folders of those that are hosted, each of which says in its settings how it uses its cards.

    Raises Failed(Settings_Wrong, item=...).
    """

    database_url: str
    centre_key: Secret
    municipalities: tuple[Path, ...]
    ops_key: Secret | None = None

    def __post_init__(self) -> None:
        if len(self.centre_key) < SHORTEST_KEY:
            raise Failed("Settings_Wrong", item="centre_key", at_least=SHORTEST_KEY)
        check_ops_key(self.ops_key)
        if self.ops_key == self.centre_key:
            raise Failed("Settings_Wrong", item="ops_key", detail="the key of somebody else")
        if not self.municipalities:
            raise Failed("Settings_Wrong", item="municipalities", detail="none")
