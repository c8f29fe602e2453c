"""履歴番号 of the registrations of seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal_history",
        sa.Column("generation", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.String(length=20), primary_key=True),
        sa.Column("history", sa.Integer(), nullable=False, comment="履歴番号"),
    )


def downgrade() -> None:
    op.drop_table("seal_history")
