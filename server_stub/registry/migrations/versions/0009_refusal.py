"""The latest delivery that was refused, until one is taken in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refusal",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False, comment="always 1"),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("failure", sa.String(length=100), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("refusal")
