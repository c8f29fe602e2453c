"""Run by Alembic, through server_stub.db.migrate only."""

from server_stub.authority.store import metadata
from server_stub.db import run_migrations

run_migrations(metadata)
