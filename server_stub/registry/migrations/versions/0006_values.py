"""What a register really holds: dates in words, readings and how official they are, items that may be missing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TEXTS = {
    "birth_words": 60, "resident_since_words": 60, "address_since_words": 60, "address_before": 300, "former_kana": 200,
    "kanji_name": 200,
}  # fmt: skip
_READINGS = ("reading", "former_reading")


def upgrade() -> None:
    """Nothing that was delivered before says of a reading that it is official: none is, until a delivery does."""
    with op.batch_alter_table("person") as table:
        for name, length in _TEXTS.items():
            table.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
        for name in _READINGS:
            table.add_column(sa.Column(name, sa.String(length=10), nullable=False, server_default="none"))
        table.add_column(sa.Column("arrived_on", sa.Date(), nullable=True))
        table.alter_column("notified_on", existing_type=sa.Date(), nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("person") as table:
        table.alter_column("notified_on", existing_type=sa.Date(), nullable=False)
        for name in (*_TEXTS, *_READINGS, "arrived_on"):
            table.drop_column(name)
