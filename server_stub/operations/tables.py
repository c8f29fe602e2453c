"""The console's own tables: operators and their rights, sessions, the operation log, vendor's access, terms.

Times are ISO 8601 in JST, of one length each, so that they compare as texts. `owner` is the code of a municipality, or `site:NAME` for
whoever runs a site.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

operators = Table(
    "operator",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("login", String(40), nullable=False, unique=True),
    Column("owner", String(100), nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("department", String(60), nullable=False),
    Column("password", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", String(32)),
    Column("totp_key", LargeBinary),
    Column("totp_step", Integer, nullable=False, default=0),
    Column("made_at", String(32), nullable=False),
    Column("made_by", String(40), nullable=False),
)
"""`password`: argon2id as a PHC string. `totp_key`: sealed, None where there is no second factor; `totp_step`: the last one used."""
rights = Table(
    "operator_right",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("operator", Integer, ForeignKey("operator.number"), nullable=False, index=True),
    Column("from_day", String(10), nullable=False),
    Column("until_day", String(10)),
    Column("roles", String(200), nullable=False),
    Column("fields", String(200), nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("made_by", String(40), nullable=False),
    Column("withdrawn_at", String(32)),
    Column("withdrawn_by", String(40)),
)
"""What an operator may from `from_day` on: of those that are not withdrawn, the one with the latest day counts, and of two of one day
the later made. `roles`, `fields`: names parted by commas; no role: stopped. `until_day`: the last day."""
sessions = Table(
    "session",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("operator", Integer, ForeignKey("operator.number"), nullable=False, index=True),
    Column("municipality", String(5), nullable=False),
    Column("stage", String(10), nullable=False),
    Column("began_at", String(32), nullable=False),
    Column("used_at", String(32), nullable=False),
    Column("address", String(60), nullable=False),
    Column("notice", String(300), nullable=False),
)
"""`token`: SHA-256 of what the browser has. `notice`: told once, on the next page."""
log = Table(
    "operation_log",
    metadata,
    Column("chain", String(100), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", String(32), nullable=False),
    Column("operator", String(40), nullable=False),
    Column("name", String(60), nullable=False),
    Column("function", String(40), nullable=False),
    Column("act", String(40), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("my_number", Boolean, nullable=False),
    Column("address", String(60), nullable=False),
    Column("outcome", String(100), nullable=False),
    Column("mac", String(64), nullable=False),
    Index("operation_log_at", "chain", "at"),
    Index("operation_log_operator", "chain", "operator", "seq"),
    Index("operation_log_subject", "chain", "subject", "seq"),
)
"""`chain`: the owner whose log it is. `mac`: keyed hash of the record and of the one before."""
heads = Table(
    "operation_log_head",
    metadata,
    Column("chain", String(100), primary_key=True),
    Column("first_seq", Integer, nullable=False),
    Column("before_first", String(64), nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("last_mac", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
)
"""Where each chain begins and ends; `seal`: keyed hash of that."""
periods = Table(
    "vendor_period",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("municipality", String(5), nullable=False, index=True),
    Column("from_at", String(32), nullable=False),
    Column("until_at", String(32), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("opened_by", String(40), nullable=False),
    Column("opened_at", String(32), nullable=False),
    Column("closed_by", String(40)),
    Column("closed_at", String(32)),
)
terms = Table(
    "term",
    metadata,
    Column("owner", String(100), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", String(40), nullable=False),
)
"""What an owner has decided about its console; what is not here has the value of `terms.py`."""
