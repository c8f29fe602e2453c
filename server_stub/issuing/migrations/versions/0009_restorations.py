"""Books that were restored from a backup, and what the centre told again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restorations",
        sa.Column("restoration_id", sa.String(26), primary_key=True),
        sa.Column("municipality", sa.String(5), primary_key=True),
        sa.Column("backup_at", sa.String(40), nullable=False),
        sa.Column("restored_at", sa.String(40), nullable=False),
        sa.Column("mark", sa.String(10), nullable=False),
        sa.Column("fetched_at", sa.String(40)),
        sa.Column("records_missing", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("confirmed_at", sa.String(40)),
        sa.Column("confirmed_by", sa.String(80)),
    )
    op.add_column("applications", sa.Column("restored_by", sa.String(26)))


def downgrade() -> None:
    with op.batch_alter_table("applications") as table:
        table.drop_column("restored_by")
    op.drop_table("restorations")
