"""Incidents and doubts that officials have closed, and when each terminal was last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "matter_closures",
        sa.Column("closure_id", sa.String(26), primary_key=True),
        sa.Column("about", sa.String(20), nullable=False),
        sa.Column("matter_id", sa.String(26), nullable=False),
        sa.Column("application_id", sa.String(26), nullable=False),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("operator", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("about", "matter_id", name="one_closure_a_matter"),
    )
    op.create_index("closures_of", "matter_closures", ["municipality", "closure_id"])
    op.create_table(
        "terminal_sightings",
        sa.Column("terminal_id", sa.String(80), primary_key=True),
        sa.Column("last_seen", sa.BigInteger()),
    )


def downgrade() -> None:
    op.drop_table("terminal_sightings")
    op.drop_table("matter_closures")
