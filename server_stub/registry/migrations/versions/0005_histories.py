"""履歴番号 of persons and records, and the digest of each delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("person", "record"):
        op.add_column(
            table, sa.Column("history", sa.Integer(), comment="履歴番号; NULL: the delivery has none")
        )
    op.add_column(
        "generation",
        sa.Column(
            "digest",
            sa.String(length=64),
            comment="SHA-256 of the delivered files; NULL: of before there was one",
        ),
    )


def downgrade() -> None:
    for table in ("person", "record"):
        op.drop_column(table, "history")
    op.drop_column("generation", "digest")
