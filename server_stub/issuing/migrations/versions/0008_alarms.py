"""Alarms about existing systems and deliveries, and officials' acts that let an old replica issue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("alarm_id", sa.String(26), primary_key=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("layer", sa.String(20), nullable=False),
        sa.Column("to", sa.String(20), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
        sa.Column("until", sa.String(40)),
    )
    op.create_index("alarms_open", "alarms", ["until", "municipality"])
    op.create_table(
        "replica_extensions",
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="their order: several may be of one moment"
        ),
        sa.Column("extension_id", sa.String(length=26), nullable=False),
        sa.Column("municipality", sa.String(length=5), nullable=False),
        sa.Column("until", sa.String(length=40), nullable=False),
        sa.Column("operator", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("extension_id"),
    )
    op.create_index("replica_extensions_of", "replica_extensions", ["municipality", "number"], unique=False)


def downgrade() -> None:
    op.drop_table("replica_extensions")
    op.drop_table("alarms")
