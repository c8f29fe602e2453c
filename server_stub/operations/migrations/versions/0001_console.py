"""Operators and their rights, sessions, the operation log, vendor's access, terms."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("login", sa.String(40), nullable=False, unique=True),
        sa.Column("owner", sa.String(100), nullable=False, index=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("department", sa.String(60), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.String(32)),
        sa.Column("totp_key", sa.LargeBinary),
        sa.Column("totp_step", sa.Integer, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("made_by", sa.String(40), nullable=False),
    )
    op.create_table(
        "operator_right",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("operator", sa.Integer, sa.ForeignKey("operator.number"), nullable=False, index=True),
        sa.Column("from_day", sa.String(10), nullable=False),
        sa.Column("until_day", sa.String(10)),
        sa.Column("roles", sa.String(200), nullable=False),
        sa.Column("fields", sa.String(200), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("made_by", sa.String(40), nullable=False),
        sa.Column("withdrawn_at", sa.String(32)),
        sa.Column("withdrawn_by", sa.String(40)),
    )
    op.create_table(
        "session",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("operator", sa.Integer, sa.ForeignKey("operator.number"), nullable=False, index=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("began_at", sa.String(32), nullable=False),
        sa.Column("used_at", sa.String(32), nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("notice", sa.String(300), nullable=False),
    )
    op.create_table(
        "operation_log",
        sa.Column("chain", sa.String(100), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("operator", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("function", sa.String(40), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("my_number", sa.Boolean, nullable=False),
        sa.Column("address", sa.String(60), nullable=False),
        sa.Column("outcome", sa.String(100), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
    )
    op.create_index("operation_log_at", "operation_log", ["chain", "at"])
    op.create_index("operation_log_operator", "operation_log", ["chain", "operator", "seq"])
    op.create_index("operation_log_subject", "operation_log", ["chain", "subject", "seq"])
    op.create_table(
        "operation_log_head",
        sa.Column("chain", sa.String(100), primary_key=True),
        sa.Column("first_seq", sa.Integer, nullable=False),
        sa.Column("before_first", sa.String(64), nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("last_mac", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
    )
    op.create_table(
        "vendor_period",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("municipality", sa.String(5), nullable=False, index=True),
        sa.Column("from_at", sa.String(32), nullable=False),
        sa.Column("until_at", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("opened_by", sa.String(40), nullable=False),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column("closed_by", sa.String(40)),
        sa.Column("closed_at", sa.String(32)),
    )
    op.create_table(
        "term",
        sa.Column("owner", sa.String(100), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.String(40), nullable=False),
    )


def downgrade() -> None:
    for table in (
        "term",
        "vendor_period",
        "operation_log_head",
        "operation_log",
        "session",
        "operator_right",
        "operator",
    ):
        op.drop_table(table)
