"""Alembic's way into the ledger's tables."""

from server_stub.db import run_migrations
from server_stub.issuing.tables import metadata

run_migrations(metadata)
