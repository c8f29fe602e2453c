"""When a report was passed on, and that this database was restored from a backup."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("settled_at", sa.BigInteger()))
    op.create_table(
        "restorations",
        sa.Column("restoration_id", sa.String(26), primary_key=True),
        sa.Column("backup_at", sa.BigInteger(), nullable=False),
        sa.Column("restored_at", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("restorations")
    with op.batch_alter_table("outbox") as table:
        table.drop_column("settled_at")
