"""The trade's words: notes are status reports, standings application states, lapsed is expired."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("notes", "status_reports")
    op.drop_index("ix_notes_application_id", "status_reports")
    op.create_index("ix_status_reports_application_id", "status_reports", ["application_id"])
    op.execute("ALTER TABLE status_reports RENAME COLUMN note_id TO report_id")
    op.execute("ALTER TABLE charges RENAME COLUMN note_id TO report_id")
    op.execute("ALTER TABLE refunds RENAME COLUMN note_id TO report_id")
    op.execute("ALTER TABLE status_reports RENAME COLUMN lapsed TO expired")
    op.rename_table("standings", "application_states")
    op.drop_index("ix_standings_state", "application_states")
    op.create_index("ix_application_states_state", "application_states", ["state"])


def downgrade() -> None:
    op.drop_index("ix_application_states_state", "application_states")
    op.create_index("ix_standings_state", "application_states", ["state"])
    op.rename_table("application_states", "standings")
    op.execute("ALTER TABLE status_reports RENAME COLUMN expired TO lapsed")
    op.execute("ALTER TABLE refunds RENAME COLUMN report_id TO note_id")
    op.execute("ALTER TABLE charges RENAME COLUMN report_id TO note_id")
    op.execute("ALTER TABLE status_reports RENAME COLUMN report_id TO note_id")
    op.drop_index("ix_status_reports_application_id", "status_reports")
    op.create_index("ix_notes_application_id", "status_reports", ["application_id"])
    op.rename_table("status_reports", "notes")
