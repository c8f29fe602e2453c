"""Applications for 利用登録, and which certificates are of one person."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holders", sa.Column("person", sa.Integer()))
    op.create_index("ix_holders_person", "holders", ["person"])
    op.create_table(
        "signers",
        sa.Column("signer_ref", sa.String(64), primary_key=True),
        sa.Column("person", sa.Integer(), nullable=False),
    )
    op.create_table(
        "registrations",
        sa.Column("application_id", sa.String(26), primary_key=True),
        sa.Column("session_id", sa.String(26), sa.ForeignKey("sessions.session_id"), nullable=False),
        sa.Column("terminal_id", sa.String(80), nullable=False),
        sa.Column("idempotency_key", sa.String(80), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("slip_fee", sa.Integer()),
        sa.UniqueConstraint("terminal_id", "idempotency_key", name="one_registration_per_key"),
    )


def downgrade() -> None:
    op.drop_table("registrations")
    op.drop_table("signers")
    op.drop_index("ix_holders_person", "holders")
    op.drop_column("holders", "person")
