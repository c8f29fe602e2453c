"""発行番号 of a form of the municipality's own: unique within it, running numbers counted here. Emergency stops."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = "issue_number, application_id, copy_number, sheets, subjects, as_of"


def upgrade() -> None:
    op.rename_table("copies", "copies_before")
    op.create_table(
        "copies",
        sa.Column("municipality", sa.String(5), primary_key=True),
        sa.Column("issue_number", sa.String(100), primary_key=True),
        *_own_columns(),
    )
    op.execute(
        f"INSERT INTO copies (municipality, {_COLUMNS}) "
        f"SELECT (SELECT municipality FROM applications a WHERE a.application_id = c.application_id), {_COLUMNS} "
        "FROM copies_before c"
    )
    op.drop_table("copies_before")
    op.create_table(
        "issue_counters",
        sa.Column("municipality", sa.String(5), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("last", sa.Integer(), nullable=False),
    )
    op.create_table(
        "stops",
        sa.Column("stop_id", sa.String(26), primary_key=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("kind", sa.String(40)),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("reopens", sa.String(40)),
        sa.Column("released_at", sa.String(40)),
    )
    op.create_index("ix_stops_municipality", "stops", ["municipality"])


def downgrade() -> None:
    op.drop_table("stops")
    op.drop_table("issue_counters")
    op.rename_table("copies", "copies_after")
    op.create_table("copies", sa.Column("issue_number", sa.String(100), primary_key=True), *_own_columns())
    op.execute(f"INSERT INTO copies ({_COLUMNS}) SELECT {_COLUMNS} FROM copies_after")
    op.drop_table("copies_after")


def _own_columns() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(
            "application_id", sa.String(26), sa.ForeignKey("applications.application_id"), nullable=False
        ),
        sa.Column("copy_number", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("as_of", sa.String(40)),
        sa.UniqueConstraint("application_id", "copy_number"),
    ]
