"""Run by Alembic, through server_stub.db.migrate only."""

from server_stub.card_registry.store import metadata
from server_stub.db import run_migrations

run_migrations(metadata)
