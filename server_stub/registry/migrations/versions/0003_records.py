"""Records of registers without a table of their own, and whose rows could not be used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("register", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, comment="of the delivered file"),
        sa.Column("person", sa.String(length=40), nullable=False, comment="empty: of nobody alone"),
        sa.Column("group", sa.String(length=100), nullable=False, comment="empty: none"),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("generation", "register", "key"),
    )
    op.create_index("record_person", "record", ["generation", "register", "person"], unique=False)
    op.create_index("record_group", "record", ["generation", "register", "group"], unique=False)
    op.create_table(
        "set_aside",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("register", sa.String(length=40), nullable=False),
        sa.Column(
            "person",
            sa.String(length=40),
            nullable=False,
            comment="empty: it cannot be read whose row it is",
        ),
        sa.Column(
            "key",
            sa.String(length=100),
            nullable=False,
            comment="of the record; empty: it cannot be read",
        ),
        sa.Column(
            "group",
            sa.String(length=100),
            nullable=False,
            comment="the household, or the group of a record; empty: none",
        ),
        sa.Column("file", sa.String(length=100), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=100), nullable=False),
        sa.Column("remedy", sa.String(length=300), nullable=False, comment="what is expected there"),
        sa.PrimaryKeyConstraint("generation", "number"),
    )
    op.create_index("set_aside_person", "set_aside", ["generation", "person", "register"], unique=False)
    op.create_index("set_aside_group", "set_aside", ["generation", "group", "register"], unique=False)


def downgrade() -> None:
    op.drop_table("set_aside")
    op.drop_table("record")
