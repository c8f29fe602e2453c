"""The centre's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPLICATION = "applications.application_id"


def upgrade() -> None:
    op.create_table(
        "terminals",
        sa.Column("terminal_id", sa.String(80), primary_key=True),
        sa.Column("operator", sa.String(80), nullable=False),
        sa.Column("shop", sa.String(80), nullable=False),
        sa.Column("area", sa.String(5), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key_sha256", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "holders",
        sa.Column("holder_ref", sa.String(64), primary_key=True),
        sa.Column("municipality", sa.String(5), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(26), primary_key=True),
        sa.Column("terminal_id", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.String(44)),
        sa.Column("nonce_expires_at", sa.BigInteger()),
        sa.Column("holder_ref", sa.String(64)),
        sa.Column("place", sa.String(10)),
        sa.Column("municipality", sa.String(5)),
        sa.Column("offers", sa.Text()),
        sa.Column("applications", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("end_reason", sa.String(200), nullable=False),
    )
    op.create_index("sessions_living", "sessions", ["state", "expires_at"])
    op.create_table(
        "applications",
        sa.Column("application_id", sa.String(26), primary_key=True),
        sa.Column("session_id", sa.String(26), sa.ForeignKey("sessions.session_id"), nullable=False),
        sa.Column("terminal_id", sa.String(80), nullable=False),
        sa.Column("idempotency_key", sa.String(80), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("holder_ref", sa.String(64), nullable=False),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("fee_total", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("at_issuing", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger()),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("failure", sa.Text()),
        sa.UniqueConstraint("terminal_id", "idempotency_key", name="one_application_per_key"),
    )
    op.create_index("ix_applications_session_id", "applications", ["session_id"])
    op.create_table(
        "sheets",
        sa.Column("application_id", sa.String(26), sa.ForeignKey(_APPLICATION), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "notes",
        sa.Column("note_id", sa.String(26), primary_key=True),
        sa.Column("application_id", sa.String(26), sa.ForeignKey(_APPLICATION), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("state_after", sa.String(20), nullable=False),
    )
    op.create_index("ix_notes_application_id", "notes", ["application_id"])
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.String(26), primary_key=True),
        sa.Column("application_id", sa.String(26), nullable=False),
        sa.Column("terminal_id", sa.String(80), nullable=False),
        sa.Column("noticed_by", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_incidents_application_id", "incidents", ["application_id"])
    op.create_table(
        "outbox",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("note_id", sa.String(26), nullable=False, unique=True),
        sa.Column("application_id", sa.String(26), sa.ForeignKey(_APPLICATION), nullable=False),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(80)),
    )
    op.create_index("ix_outbox_outcome", "outbox", ["outcome"])


def downgrade() -> None:
    for table in (
        "outbox",
        "incidents",
        "notes",
        "sheets",
        "applications",
        "sessions",
        "holders",
        "terminals",
    ):
        op.drop_table(table)
