"""States of a seal and ends of registrations, restrictions of households and family registers, when a certificate was issued, and
characters that are still being registered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OF_A_MEASURE = "person, reason, since, until, released_on, told_at"


def upgrade() -> None:
    op.add_column(
        "seal", sa.Column("status", sa.String(length=20), nullable=False, server_default="registered")
    )
    op.add_column(
        "seal",
        sa.Column(
            "katakana", sa.String(length=200), nullable=False, server_default="", comment="empty: none"
        ),
    )
    op.add_column(
        "seal",
        sa.Column("ward", sa.Boolean(), nullable=False, server_default=sa.false(), comment="成年被後見人"),
    )
    op.create_table(
        "seal_end",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False, comment="empty: not delivered"),
        sa.PrimaryKeyConstraint("generation", "person"),
    )
    op.add_column(
        "person",
        sa.Column("characters_pending", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "notice",
        sa.Column(
            "issued_at",
            sa.String(length=32),
            nullable=True,
            comment="発行日時, ISO 8601; NULL: of before this was kept",
        ),
    )
    op.create_table(
        "restriction",
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("household", sa.String(length=40), nullable=False),
        sa.Column("register", sa.String(length=100), nullable=False),
        *_measure(),
        sa.PrimaryKeyConstraint("person", "household", "register", "reason", "since"),
    )
    op.execute(
        f"INSERT INTO restriction (household, register, {_OF_A_MEASURE}) SELECT '', '', {_OF_A_MEASURE} FROM measure"
    )
    op.drop_table("measure")
    op.create_index("restriction_household", "restriction", ["household"], unique=False)
    op.create_index("restriction_register", "restriction", ["register"], unique=False)


def downgrade() -> None:
    op.create_table(
        "measure",
        sa.Column("person", sa.String(length=40), nullable=False),
        *_measure(),
        sa.PrimaryKeyConstraint("person", "reason", "since"),
    )
    # the schema before knows persons only
    op.execute(
        f"INSERT INTO measure ({_OF_A_MEASURE}) SELECT {_OF_A_MEASURE} FROM restriction "
        "WHERE person <> '' AND household = '' AND register = ''"
    )
    op.drop_table("restriction")
    op.drop_column("notice", "issued_at")
    op.drop_column("person", "characters_pending")
    op.drop_table("seal_end")
    for column in ("ward", "katakana", "status"):
        op.drop_column("seal", column)


def _measure() -> tuple[sa.Column[object], ...]:
    return (
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
    )
