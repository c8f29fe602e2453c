"""Alembic revisions of the replica; run by `server_stub.db.migrate` only."""
