"""Applications that were cancelled only because their session had run out."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("applications", sa.Column("lapsed_at", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("applications", "lapsed_at")
