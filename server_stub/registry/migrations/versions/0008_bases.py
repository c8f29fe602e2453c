"""Generations that change another one, who has which 個人番号, and what is known of the file of issue notices."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NULLABLE: dict[str, Any] = {
    "base": sa.Integer(), "residents": sa.Integer(), "notices_of": sa.Integer(), "notices_bytes": sa.BigInteger(),
    "notices_digest": sa.String(length=64), "notices_line": sa.BigInteger(),
}  # fmt: skip


def upgrade() -> None:
    """What was loaded before stands alone; of it only what has persons can still be read."""
    for name, kind in _NULLABLE.items():
        op.add_column("generation", sa.Column(name, kind))
    op.add_column("generation", sa.Column("removed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        sa.text(
            "UPDATE generation SET removed = :yes WHERE number NOT IN (SELECT DISTINCT generation FROM person)"
        ).bindparams(sa.bindparam("yes", True, sa.Boolean()))
    )
    op.create_table(
        "replaced",
        sa.Column("generation", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("of", sa.String(length=20), primary_key=True),
        sa.Column("key", sa.String(length=150), primary_key=True),
    )
    op.create_table(
        "my_number",
        sa.Column("generation", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("my_number", sa.String(length=12), primary_key=True),
        sa.Column("person", sa.String(length=40), primary_key=True),
    )
    op.execute(
        "INSERT INTO my_number SELECT generation, my_number, key FROM person ORDER BY generation, my_number"
    )


def downgrade() -> None:
    op.drop_table("my_number")
    op.drop_table("replaced")
    for name in (*_NULLABLE, "removed"):
        op.drop_column("generation", name)
