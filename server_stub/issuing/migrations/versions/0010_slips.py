"""Charges that belong to no certificate: printed numbers of 利用登録."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slips",
        sa.Column(
            "application_id", sa.String(26), sa.ForeignKey("applications.application_id"), primary_key=True
        ),
        sa.Column("registration", sa.String(26), nullable=False),
    )
    op.create_index("ix_slips_registration", "slips", ["registration"])


def downgrade() -> None:
    op.drop_table("slips")
