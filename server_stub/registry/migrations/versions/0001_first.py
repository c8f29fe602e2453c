"""The first tables of the replica."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "generation",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("municipality", sa.String(length=5), nullable=False),
        sa.Column(
            "made_at", sa.String(length=32), nullable=False, comment="作成日時 of the delivery, ISO 8601"
        ),
        sa.Column("loaded_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "imprint",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "notice",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder_ref", sa.String(length=64), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False, comment="order of issue"),
        sa.Column("issue_number", sa.String(length=100), nullable=False),
        sa.Column("serial", sa.String(length=40), nullable=False, comment="hexadecimal: up to 160 bits"),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("municipality", sa.String(length=5), nullable=False),
        sa.PrimaryKeyConstraint("generation", "holder_ref"),
    )
    op.create_index("notice_person", "notice", ["generation", "person", "line"], unique=False)
    op.create_table(
        "person",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, comment="of the delivered file"),
        sa.Column("household", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kana", sa.String(length=200), nullable=False),
        sa.Column("birth", sa.Date(), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("relationship", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("head_of_household", sa.String(length=200), nullable=False),
        sa.Column("resident_since", sa.Date(), nullable=False),
        sa.Column("address_since", sa.Date(), nullable=True),
        sa.Column("notified_on", sa.Date(), nullable=False),
        sa.Column("previous_address", sa.String(length=300), nullable=False),
        sa.Column("domicile", sa.String(length=300), nullable=False),
        sa.Column("domicile_head", sa.String(length=200), nullable=False),
        sa.Column("my_number", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("moved_to", sa.String(length=300), nullable=False),
        sa.Column("moves_on", sa.Date(), nullable=True),
        sa.Column("former_surname", sa.String(length=200), nullable=False),
        sa.Column("alias", sa.String(length=200), nullable=False),
        sa.Column("alias_kana", sa.String(length=200), nullable=False),
        sa.Column("nationality", sa.String(length=100), nullable=False, comment="empty: Japanese national"),
        sa.Column("status_of_residence", sa.String(length=100), nullable=False),
        sa.Column("period", sa.String(length=100), nullable=False),
        sa.Column("period_ends", sa.Date(), nullable=True),
        sa.Column("card_number", sa.String(length=12), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("generation", "key"),
    )
    op.create_index("person_household", "person", ["generation", "household", "position"], unique=False)
    op.create_table(
        "pointer",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
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
    op.create_table(
        "seal",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("imprint", sa.String(length=64), nullable=False),
        sa.Column("width_mm", sa.Float(), nullable=False),
        sa.Column("height_mm", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("generation", "person"),
    )
    op.create_index("seal_imprint", "seal", ["imprint"], unique=False)


def downgrade() -> None:
    for table in ("notice", "restriction", "imprint", "seal", "person", "pointer", "generation"):
        op.drop_table(table)
