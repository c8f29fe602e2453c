"""Restrictions outside the generations, and generations that can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "generation",
        sa.Column("taken_back_at", sa.String(length=32), nullable=True, comment="NULL: it was not"),
    )
    op.create_table(
        "measure",
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True, comment="as announced; it ends nothing"),
        sa.Column(
            "released_on", sa.Date(), nullable=True, comment="the first day without it; NULL: in force"
        ),
        sa.Column(
            "told_at",
            sa.String(length=32),
            nullable=False,
            comment="作成日時 of the list that said so last; empty: unknown",
        ),
        sa.PrimaryKeyConstraint("person", "reason", "since"),
    )
    # no release was ever delivered under the old schema: what the living list held is in force, whatever its last day
    op.execute(
        """
        INSERT INTO measure (person, reason, since, until, released_on, told_at)
        SELECT r.person, r.reason, r.since, CASE WHEN count(*) = count(r.until) THEN max(r.until) END, NULL, max(g.made_at)
        FROM restriction r JOIN pointer p ON p.generation = r.generation JOIN generation g ON g.number = r.generation
        GROUP BY r.person, r.reason, r.since
        """
    )
    op.drop_table("restriction")


def downgrade() -> None:
    op.create_table(
        "restriction",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("generation", "person", "line"),
    )
    op.drop_table("measure")
    op.drop_column("generation", "taken_back_at")
