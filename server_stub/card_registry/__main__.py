"""The process of one ICカード標準システム: `python -m server_stub.card_registry`, steered as `server_stub.node_process` says."""

from __future__ import annotations

import sys
from pathlib import Path

from server_stub.interface.secret import Secret
from server_stub.node import NodeContext
from server_stub.node_process import Made, Start, run_node

from .app import create_app
from .registry import CardRegistry
from .settings import CardRegistrySettings


class CardRegistryStart(Start):
    """`name`: what it is called in the trace; `municipalities`: their folders."""

    name: str
    database_url: str
    centre_key: str
    ops_key: str
    municipalities: list[Path]


def told_of(settings: CardRegistrySettings) -> dict[str, object]:
    """Say `settings` as the process is told them; its standard input is nobody else's to read."""
    return {
        "database_url": settings.database_url,
        "centre_key": settings.centre_key.reveal(),
        "ops_key": "" if settings.ops_key is None else settings.ops_key.reveal(),
        "municipalities": [str(folder) for folder in settings.municipalities],
    }


def _make(start: CardRegistryStart, context: NodeContext) -> Made:
    settings = CardRegistrySettings(
        start.database_url,
        Secret(start.centre_key),
        tuple(start.municipalities),
        Secret(start.ops_key) if start.ops_key else None,
    )
    registry = CardRegistry(settings, context.clock, context.trace)
    return Made(create_app(context, settings, registry), registry.close, registry.reopen)


def main() -> int:
    return run_node(CardRegistryStart, lambda start: start.name, _make)


if __name__ == "__main__":
    sys.exit(main())
