"""Applications for 利用登録, and what was done about them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("application_id", sa.String(26), primary_key=True),
        sa.Column("municipality", sa.String(5), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("number_digest", sa.String(64), nullable=False, unique=True),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("holder_ref", sa.String(64), nullable=False),
        sa.Column("open_for", sa.String(64)),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("home", sa.String(5), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("certificate", sa.Text, nullable=False),
        sa.Column("domicile", sa.String(200), nullable=False),
        sa.Column("head", sa.String(100), nullable=False),
        sa.Column("telephone", sa.String(20), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("name_flags", sa.String(300), nullable=False),
        sa.Column("birth", sa.Date, nullable=False),
        sa.Column("sex", sa.String(1), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("address_flags", sa.String(300), nullable=False),
        sa.Column("received_at", sa.String(40), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("decided_at", sa.String(40)),
        sa.Column("sent_at", sa.String(40)),
        sa.Column("register", sa.String(100)),
        sa.Column("member", sa.Integer),
        sa.Column("public_text", sa.String(300)),
        sa.UniqueConstraint("municipality", "open_for", name="one_open_application"),
    )
    op.create_index("ix_applications_state", "applications", ["state"])
    op.create_index("usable_links", "applications", ["municipality", "state", "holder_ref"])
    op.create_table(
        "acts",
        sa.Column(
            "number", sa.Integer, primary_key=True, comment="their order: several may be of one moment"
        ),
        sa.Column(
            "application_id", sa.String(26), sa.ForeignKey("applications.application_id"), nullable=False
        ),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("operator", sa.String(100), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_index("ix_acts_application_id", "acts", ["application_id"])


def downgrade() -> None:
    op.drop_table("acts")
    op.drop_table("applications")
