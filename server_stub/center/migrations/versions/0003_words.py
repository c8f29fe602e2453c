"""The trade's words: notes are status reports, standings application states, lapsed is expired."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEFORE, AFTER = ("note_id", "lapsed"), ("report_id", "expired")


def rename_keys(table: str, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Of the JSON in `body`: it goes on its way byte for byte, and is compared so."""
    for before, after in zip(old, new, strict=True):
        op.execute(f"UPDATE {table} SET body = replace(body, '\"{before}\":', '\"{after}\":')")


def upgrade() -> None:
    op.rename_table("notes", "status_reports")
    op.drop_index("ix_notes_application_id", "status_reports")
    op.create_index("ix_status_reports_application_id", "status_reports", ["application_id"])
    op.execute("ALTER TABLE status_reports RENAME COLUMN note_id TO report_id")
    op.execute("ALTER TABLE outbox RENAME COLUMN note_id TO report_id")
    op.execute("ALTER TABLE applications RENAME COLUMN lapsed_at TO expired_at")
    rename_keys("status_reports", BEFORE, AFTER)
    rename_keys("outbox", BEFORE, AFTER)


def downgrade() -> None:
    rename_keys("outbox", AFTER, BEFORE)
    rename_keys("status_reports", AFTER, BEFORE)
    op.execute("ALTER TABLE applications RENAME COLUMN expired_at TO lapsed_at")
    op.execute("ALTER TABLE outbox RENAME COLUMN report_id TO note_id")
    op.execute("ALTER TABLE status_reports RENAME COLUMN report_id TO note_id")
    op.drop_index("ix_status_reports_application_id", "status_reports")
    op.create_index("ix_notes_application_id", "status_reports", ["application_id"])
    op.rename_table("status_reports", "notes")
