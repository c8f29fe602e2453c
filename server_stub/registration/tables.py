"""The tables of 利用登録. No 申請番号 is kept, only its keyed digest (`numbers.py`)."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

applications = Table(
    "applications",
    metadata,
    Column("application_id", String(26), primary_key=True),
    Column("municipality", String(5), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("number_digest", String(64), nullable=False, unique=True),
    Column("request_digest", String(64), nullable=False),
    Column("holder_ref", String(64), nullable=False),
    Column("open_for", String(64)),
    Column("serial", String(40), nullable=False),
    Column("home", String(5), nullable=False),
    Column("text", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("domicile", String(200), nullable=False),
    Column("head", String(100), nullable=False),
    Column("telephone", String(20), nullable=False),
    Column("name", String(300), nullable=False),
    Column("name_flags", String(300), nullable=False),
    Column("birth", Date, nullable=False),
    Column("sex", String(1), nullable=False),
    Column("address", String(300), nullable=False),
    Column("address_flags", String(300), nullable=False),
    Column("received_at", String(40), nullable=False),
    Column("due_on", Date, nullable=False),
    Column("decided_at", String(40)),
    Column("sent_at", String(40)),
    Column("register", String(100)),
    Column("member", Integer),
    Column("public_text", String(300)),
    UniqueConstraint("municipality", "open_for", name="one_open_application"),
    Index("usable_links", "municipality", "state", "holder_ref"),
)
"""One row an application. `open_for` is the holder's reference while the application is open (received, under review, usable) and
NULL afterwards: a person has one in a municipality. `serial`: of the authentication certificate, upper-case hex. `domicile`, `head`,
`telephone`: as typed; `name` to `address_flags`: as the signature certificate has it. `sent_at`: when the 戸籍 system took it (PDF連携).
`register`, `member`: what it is linked with; under PDF連携 only the 戸籍 system knows. `public_text`: what the status site tells of a
rejection. Times are ISO 8601 with offset."""

acts = Table(
    "acts",
    metadata,
    Column("number", Integer, primary_key=True, comment="their order: several may be of one moment"),
    Column(
        "application_id", String(26), ForeignKey("applications.application_id"), nullable=False, index=True
    ),
    Column("act", String(20), nullable=False),
    Column("operator", String(100), nullable=False),
    Column("note", String(300), nullable=False),
    Column("at", String(40), nullable=False),
)
"""What was done about an application, and by whom. `note` is an official's own and never public. None is ever removed."""
