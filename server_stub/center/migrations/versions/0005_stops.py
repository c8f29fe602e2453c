"""Emergency stops of everything."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stops",
        sa.Column("stop_id", sa.String(26), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reopens", sa.BigInteger()),
        sa.Column("released_at", sa.BigInteger()),
    )


def downgrade() -> None:
    op.drop_table("stops")
