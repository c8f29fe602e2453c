"""How recent the records of a copy were."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("copies", sa.Column("as_of", sa.String(length=40)))


def downgrade() -> None:
    op.drop_column("copies", "as_of")
