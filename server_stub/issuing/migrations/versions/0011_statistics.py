"""What statistics and the history of issues are read from: hand-over, office hours, who stands on what, sums, 処分情報."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BATCH = 5000
_UNCOUNTED = sa.text("handed_over_at IS NOT NULL AND within_office IS NULL")
_SECONDS = (1, 3, 5, 10, 20, 30)


def upgrade() -> None:
    op.add_column(
        "applications", sa.Column("sample", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("applications", sa.Column("handed_over_at", sa.String(40)))
    op.add_column("applications", sa.Column("within_office", sa.Boolean()))
    op.execute(
        "UPDATE applications SET handed_over_at = (SELECT MIN(r.at) FROM status_reports r "
        "WHERE r.application_id = applications.application_id AND r.kind = 'handed_over')"
    )
    op.create_index(
        "applications_listed",
        "applications",
        [
            "municipality",
            "sample",
            "prepared_at",
            "application_id",
            "kind",
            "operator",
            "area",
            "terminal_id",
        ],
    )
    op.create_index("applications_of_terminal", "applications", ["terminal_id", "prepared_at"])
    op.create_index("applications_of_holder", "applications", ["municipality", "holder_ref"])
    op.create_index(
        "applications_uncounted",
        "applications",
        ["application_id"],
        sqlite_where=_UNCOUNTED,
        postgresql_where=_UNCOUNTED,
    )
    op.add_column("copies", sa.Column("entries", sa.JSON(none_as_null=True)))
    op.create_table(
        "copy_subjects",
        sa.Column("municipality", sa.String(5), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column(
            "application_id", sa.String(26), sa.ForeignKey("applications.application_id"), primary_key=True
        ),
    )
    op.create_table(
        "issue_sums",
        sa.Column("municipality", sa.String(5), primary_key=True),
        sa.Column("sample", sa.Boolean(), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("dimension", sa.String(10), primary_key=True),
        sa.Column("value", sa.String(300), primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("applications", sa.Integer(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("yen", sa.Integer(), nullable=False),
    )
    op.create_table(
        "disposals",
        sa.Column(
            "number", sa.Integer(), primary_key=True, comment="their order: several may be of one moment"
        ),
        sa.Column("disposal_id", sa.String(26), nullable=False, unique=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("issue_number", sa.String(100), nullable=False),
        sa.Column("operator", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_index("disposals_of", "disposals", ["municipality", "issue_number"])
    _turn_subjects_round()
    _count_answers()


def _turn_subjects_round() -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT municipality, application_id, subjects FROM copies ORDER BY application_id")
    )
    add = sa.text(
        "INSERT INTO copy_subjects (municipality, subject, application_id) VALUES (:municipality, :subject, :application)"
    )
    found: dict[tuple[str, str, str], None] = {}
    for municipality, application, subjects in rows.fetchall():
        told = json.loads(subjects) if isinstance(subjects, str) else subjects
        found.update(dict.fromkeys((municipality, subject, application) for subject in told))
    parameters = [dict(zip(("municipality", "subject", "application"), one, strict=True)) for one in found]
    for begin in range(0, len(parameters), _BATCH):
        connection.execute(add, parameters[begin : begin + _BATCH])


def _count_answers() -> None:
    """What has been handed over is counted when the server starts, which knows the office hours; how quickly papers were ready, here."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT municipality, kind, copies, fee_total, received_at, prepared_at FROM applications "
            "WHERE restored_by IS NULL"
        )
    )
    sums: dict[tuple[str, str, str, str], Counter[str]] = {}
    for municipality, kind, copies, fee, received, prepared in rows:
        took = (datetime.fromisoformat(prepared) - datetime.fromisoformat(received)).total_seconds()
        within = next((str(limit) for limit in _SECONDS if took <= limit), "more")
        key = (municipality, prepared[:7], within, kind)
        sums.setdefault(key, Counter()).update({"applications": 1, "papers": copies, "yen": fee})
    add = sa.text(
        "INSERT INTO issue_sums (municipality, sample, month, dimension, value, kind, applications, papers, yen) "
        "VALUES (:municipality, :sample, :month, 'answer', :value, :kind, :applications, :papers, :yen)"
    ).bindparams(sa.bindparam("sample", type_=sa.Boolean()))
    for (municipality, month, value, kind), counted in sums.items():
        own = {"municipality": municipality, "sample": False, "month": month, "value": value, "kind": kind}
        connection.execute(add, {**own, **counted})


def downgrade() -> None:
    op.drop_table("disposals")
    op.drop_table("issue_sums")
    op.drop_table("copy_subjects")
    with op.batch_alter_table("copies") as table:
        table.drop_column("entries")
    for index in (
        "applications_uncounted",
        "applications_of_holder",
        "applications_of_terminal",
        "applications_listed",
    ):
        op.drop_index(index, "applications")
    with op.batch_alter_table("applications") as table:
        for column in ("within_office", "handed_over_at", "sample"):
            table.drop_column(column)
