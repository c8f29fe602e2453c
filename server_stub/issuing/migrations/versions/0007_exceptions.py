"""What officials did about who may use a terminal below the age."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exception_acts",
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="their order: several may be of one moment"
        ),
        sa.Column("act_id", sa.String(length=26), nullable=False),
        sa.Column("municipality", sa.String(length=5), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("operator", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("act_id"),
    )
    op.create_index("exception_person", "exception_acts", ["municipality", "person", "number"], unique=False)


def downgrade() -> None:
    op.drop_table("exception_acts")
