"""The ledger's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    application = sa.String(26)
    op.create_table(
        "applications",
        sa.Column("application_id", application, primary_key=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("holder_ref", sa.String(64), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("fee_total", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.String(40), nullable=False),
        sa.Column("prepared_at", sa.String(40), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("paper_sha256", sa.String(64), nullable=False),
        sa.Column("terminal_id", sa.String(80), nullable=False),
        sa.Column("operator", sa.String(80), nullable=False),
        sa.Column("shop", sa.String(80), nullable=False),
        sa.Column("area", sa.String(5), nullable=False),
        sa.Column("terminal_kind", sa.String(20), nullable=False),
        sa.CheckConstraint("copies >= 1"),
        sa.CheckConstraint("fee_total >= 0"),
    )
    op.create_index("ix_applications_municipality", "applications", ["municipality"])
    op.create_index("ix_applications_issued_on", "applications", ["issued_on"])
    op.create_table(
        "copies",
        sa.Column("issue_number", sa.String(40), primary_key=True),
        sa.Column(
            "application_id", application, sa.ForeignKey("applications.application_id"), nullable=False
        ),
        sa.Column("copy_number", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.UniqueConstraint("application_id", "copy_number"),
    )
    op.create_table(
        "notes",
        sa.Column("note_id", sa.String(26), primary_key=True),
        sa.Column("application_id", application, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("taken_at", sa.String(40), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("sheets_printed", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
    )
    op.create_index("ix_notes_application_id", "notes", ["application_id"])
    op.create_table(
        "charges",
        sa.Column(
            "application_id", application, sa.ForeignKey("applications.application_id"), primary_key=True
        ),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("note_id", sa.String(26), sa.ForeignKey("notes.note_id"), nullable=False),
    )
    op.create_table(
        "refunds",
        sa.Column("application_id", application, sa.ForeignKey("charges.application_id"), primary_key=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("note_id", sa.String(26), sa.ForeignKey("notes.note_id"), nullable=False),
    )
    op.create_table(
        "standings",
        sa.Column("application_id", application, primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
    )
    op.create_index("ix_standings_state", "standings", ["state"])


def downgrade() -> None:
    for table in ("standings", "refunds", "charges", "notes", "copies", "applications"):
        op.drop_table(table)
