"""Run by Alembic, through server_stub.db.migrate only."""

from server_stub.db import run_migrations
from server_stub.operations.tables import metadata

run_migrations(metadata)
