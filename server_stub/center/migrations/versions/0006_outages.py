"""Announced outages, and alarms about sites that do not answer."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outages",
        sa.Column("outage_id", sa.String(26), primary_key=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("by", sa.String(20), nullable=False),
        sa.Column("operator", sa.String(100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
    )
    op.create_index("outages_of", "outages", ["municipality", "until"])
    op.create_table(
        "alarms",
        sa.Column("alarm_id", sa.String(26), primary_key=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("layer", sa.String(20), nullable=False),
        sa.Column("to", sa.String(20), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
        sa.Column("until", sa.String(40)),
    )
    op.create_index("alarms_open", "alarms", ["until", "municipality"])


def downgrade() -> None:
    op.drop_table("alarms")
    op.drop_table("outages")
