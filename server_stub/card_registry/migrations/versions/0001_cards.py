"""Cards, their use for each kind of certificate, and the officials' acts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card",
        sa.Column("municipality", sa.String(5), primary_key=True),
        sa.Column("number", sa.String(15), primary_key=True),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("born", sa.Date, nullable=False),
        sa.Column("issued_at", sa.String(32), nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
    )
    op.create_table(
        "use_of_card",
        sa.Column("municipality", sa.String(5), primary_key=True),
        sa.Column("number", sa.String(15), primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("pin_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("tries_left", sa.Integer, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["municipality", "number"], ["card.municipality", "card.number"]),
    )
    op.create_table(
        "act",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("municipality", sa.String(5), nullable=False, index=True),
        sa.Column("number", sa.String(15), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("operator", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
    )


def downgrade() -> None:
    for table in ("act", "use_of_card", "card"):
        op.drop_table(table)
