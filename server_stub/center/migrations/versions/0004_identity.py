"""How the holder was authenticated; until now by JPKI always. Offers of before were not signed: whoever is on the way begins
again at the card."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("holder_method", sa.String(20)))
    op.add_column(
        "applications", sa.Column("holder_method", sa.String(20), nullable=False, server_default="jpki")
    )
    op.execute("UPDATE sessions SET holder_method = 'jpki' WHERE holder_ref IS NOT NULL")
    op.execute("UPDATE sessions SET offers = NULL")


def downgrade() -> None:
    op.execute("UPDATE sessions SET offers = NULL")
    op.drop_column("applications", "holder_method")
    op.drop_column("sessions", "holder_method")
