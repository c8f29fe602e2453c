from __future__ import annotations

from server_stub.db import run_migrations
from server_stub.registry.tables import metadata

run_migrations(metadata)
