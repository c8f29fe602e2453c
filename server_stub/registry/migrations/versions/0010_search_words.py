"""By which words officials find persons and records, so that no search reads a whole register."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PLAIN = "replace(replace({}, '\u3000', ''), ' ', '')"


def upgrade() -> None:
    """Persons are filed as an import files them; records of nobody alone may be found by any word until their next delivery."""
    op.create_table(
        "search_word",
        sa.Column("generation", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("register", sa.String(length=40), primary_key=True),
        sa.Column(
            "word",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            primary_key=True,
        ),
        sa.Column("key", sa.String(length=100), primary_key=True),
    )
    name, kana = _PLAIN.format("name"), _PLAIN.format("kana")
    op.execute(
        "INSERT INTO search_word (generation, register, word, key)"
        f" SELECT generation, 'person', {name}, key FROM person WHERE name <> ''"
        f" UNION SELECT generation, 'person', {kana}, key FROM person WHERE kana <> ''"
    )
    op.execute(
        "INSERT INTO search_word (generation, register, word, key)"
        " SELECT generation, register, '*', key FROM record WHERE person = ''"
    )


def downgrade() -> None:
    op.drop_table("search_word")
