"""Alembic's way into the centre's tables."""

from server_stub.center.tables import metadata
from server_stub.db import run_migrations

run_migrations(metadata)
