"""How the holder was authenticated; until now by JPKI always."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "applications", sa.Column("holder_method", sa.String(20), nullable=False, server_default="jpki")
    )


def downgrade() -> None:
    op.drop_column("applications", "holder_method")
