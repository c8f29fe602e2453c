"""What officials set at the console: restrictions, and changes of the settings with a date of effect."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_restrictions",
        sa.Column("restriction_id", sa.String(26), primary_key=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("target", sa.String(20), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), comment="as announced; it ends nothing"),
        sa.Column("until_delivered", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column(
            "state_digest", sa.String(64), nullable=False, comment="of the register when it was stopped"
        ),
        sa.Column("operator", sa.String(100), nullable=False),
        sa.Column("set_at", sa.String(40), nullable=False),
        sa.Column("ended_at", sa.String(40)),
        sa.Column("ended_by", sa.String(100)),
        sa.Column("end_reason", sa.String(200)),
    )
    op.create_index("own_restriction_of", "own_restrictions", ["municipality", "target", "key"])
    op.create_table(
        "setting_changes",
        sa.Column(
            "number",
            sa.Integer(),
            primary_key=True,
            comment="their order: of two that change the same, the later one counts",
        ),
        sa.Column("change_id", sa.String(26), nullable=False, unique=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("seal_sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("withdrawn_at", sa.String(40)),
        sa.Column("withdrawn_by", sa.String(100)),
    )
    op.create_index("ix_setting_changes_municipality", "setting_changes", ["municipality"])
    op.create_table(
        "seal_pictures",
        sa.Column("municipality", sa.String(5), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("png", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("seal_pictures")
    op.drop_table("setting_changes")
    op.drop_table("own_restrictions")
