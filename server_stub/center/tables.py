"""Define the centre's tables and the statements of every visit. No address and no 個人番号 is kept; names stand only in answers.

Parameters named like a column of the changed table are what is written there; `session`, `terminal`, `application` and
`now` say where.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    insert,
    or_,
    select,
    update,
)

from server_stub.alarm_book import alarm_table
from server_stub.interface.application_states import State
from server_stub.interface.clock import JST

SESSION_OPEN, SESSION_ENDED = "open", "ended"
"""Where a session stands."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """Keep an aware datetime as microseconds since 1970 UTC so that every database compares it alike; comes back in JST."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else (_EPOCH + timedelta(microseconds=value)).astimezone(JST)


metadata = MetaData()

terminals = Table(
    "terminals",
    metadata,
    Column("terminal_id", String(80), primary_key=True),
    Column("operator", String(80), nullable=False),
    Column("shop", String(80), nullable=False),
    Column("area", String(5), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("key_sha256", String(64), nullable=False, unique=True),
)

holders = Table(
    "holders",
    metadata,
    Column("holder_ref", String(64), primary_key=True),
    Column("municipality", String(5), nullable=False),
    Column("person", Integer, index=True),
)
"""All that the centre takes from an issue notice of an authentication certificate. `person`: a number that the certificates of one
person have in common, given anew with each delivery; NULL: of a delivery before that was kept."""

signers = Table(
    "signers",
    metadata,
    Column("signer_ref", String(64), primary_key=True),
    Column("person", Integer, nullable=False),
)
"""The same of a signature certificate: whose it is, beside `holders`."""

registrations = Table(
    "registrations",
    metadata,
    Column("application_id", String(26), primary_key=True),
    Column("session_id", String(26), ForeignKey("sessions.session_id"), nullable=False),
    Column("terminal_id", String(80), nullable=False),
    Column("idempotency_key", String(80), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("municipality", String(5), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("slip_fee", Integer),
    UniqueConstraint("terminal_id", "idempotency_key", name="one_registration_per_key"),
)
"""Applications for 利用登録 on their way: nothing of what is in them is kept here. `slip_fee`: what the printed number costs, NULL until
the municipality has taken the application."""

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String(26), primary_key=True),
    Column("terminal_id", String(80), nullable=False),
    Column("state", String(10), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("nonce", String(44)),
    Column("nonce_expires_at", Moment),
    Column("holder_method", String(20)),
    Column("holder_ref", String(64)),
    Column("place", String(10)),
    Column("municipality", String(5)),
    Column("offers", Text),
    Column("applications", Integer, nullable=False, default=0),
    Column("ended_at", Moment),
    Column("end_reason", String(200), nullable=False, default=""),
    Index("sessions_living", "state", "expires_at"),
)
"""`state` open or ended. `nonce`: the one outstanding, NULL as soon as it was used."""

applications = Table(
    "applications",
    metadata,
    Column("application_id", String(26), primary_key=True),
    Column("session_id", String(26), ForeignKey("sessions.session_id"), nullable=False, index=True),
    Column("terminal_id", String(80), nullable=False),
    Column("idempotency_key", String(80), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("holder_method", String(20), nullable=False, server_default="jpki"),
    Column("holder_ref", String(64), nullable=False),
    Column("municipality", String(5), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("copies", Integer, nullable=False),
    Column("fee_total", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("at_issuing", Boolean, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("paid_at", Moment),
    Column("expired_at", Moment),
    Column("reason", String(200), nullable=False, default=""),
    Column("answer", Text),
    Column("failure", Text),
    UniqueConstraint("terminal_id", "idempotency_key", name="one_application_per_key"),
)
"""`at_issuing`: the issuing server may still be working on it. `answer`: the SignedManifest, `failure`: the FailureBody given.
`expired_at`: when the centre cancelled it by itself because the session had run out; paid or handed over all the same, it was
settled late. NULL again when the terminal itself has cancelled it."""

sheets = Table(
    "sheets",
    metadata,
    Column("application_id", String(26), ForeignKey("applications.application_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""One finished PDF a sheet. Written once: the primary key refuses a second; deleted when handed over or cancelled."""

status_reports = Table(
    "status_reports",
    metadata,
    Column("report_id", String(26), primary_key=True),
    Column(
        "application_id", String(26), ForeignKey("applications.application_id"), nullable=False, index=True
    ),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("state_after", String(20), nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String(26), primary_key=True),
    Column("application_id", String(26), nullable=False, index=True),
    Column("terminal_id", String(80), nullable=False),
    Column("noticed_by", String(20), nullable=False),
    Column("name", String(80), nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Only ever added to: no message of ours closes one."""

stops = Table(
    "stops",
    metadata,
    Column("stop_id", String(26), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("reopens", Moment),
    Column("released_at", Moment),
)
"""Emergency stops of everything, in force while `released_at` is NULL."""

outages = Table(
    "outages",
    metadata,
    Column("outage_id", String(26), primary_key=True),
    Column("municipality", String(5), nullable=False),
    Column("what", String(20), nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("notice", Text, nullable=False),
    Column("by", String(20), nullable=False),
    Column("operator", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("outages_of", "municipality", "until"),
)
"""Announced outages, in force from `since` until `until` unless they were ended before. `municipality`: '' for one of the centre, which is
everybody's. `notice`: the public text as JSON, language ->
text."""

alarms = alarm_table(metadata)
"""About sites that do not answer."""

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("report_id", String(26), nullable=False, unique=True),
    Column("application_id", String(26), ForeignKey("applications.application_id"), nullable=False),
    Column("municipality", String(5), nullable=False),
    Column("body", Text, nullable=False),
    Column("outcome", String(80), index=True),
    Column("settled_at", Moment),
)
"""Status reports on their way to the issuing server. `outcome`: NULL while pending, then `delivered` or the failure's name;
`settled_at`: since when (NULL: pending, or of before this was kept)."""

restorations = Table(
    "restorations",
    metadata,
    Column("restoration_id", String(26), primary_key=True),
    Column("backup_at", Moment, nullable=False),
    Column("restored_at", Moment, nullable=False),
)
"""That this database was restored: the centre knows nothing of its own time between the two moments."""


matter_closures = Table(
    "matter_closures",
    metadata,
    Column("closure_id", String(26), primary_key=True),
    Column("about", String(20), nullable=False),
    Column("matter_id", String(26), nullable=False),
    Column("application_id", String(26), nullable=False),
    Column("municipality", String(5), nullable=False),
    Column("operator", String(100), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("about", "matter_id", name="one_closure_a_matter"),
    Index("closures_of", "municipality", "closure_id"),
)
"""That an official has closed an incident, or a doubt about an application, and why. Neither is changed by it."""

terminal_sightings = Table(
    "terminal_sightings",
    metadata,
    Column("terminal_id", String(80), primary_key=True),
    Column("last_seen", Moment),
)
"""When a terminal last began a visit or told of one; NULL: never. Each registered terminal has a row."""


presences = Table(
    "presences",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("begins", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
)
"""Each run of the centre: from when it was there, and until when it is known to have been."""


_SESSION = sessions.c.session_id == bindparam("session")
_RUNNING = and_(_SESSION, sessions.c.state == SESSION_OPEN, sessions.c.expires_at > bindparam("now"))
_LIVING = and_(_RUNNING, sessions.c.terminal_id == bindparam("terminal"))
_RECEIVED = and_(
    applications.c.application_id == bindparam("application"), applications.c.state == State.RECEIVED
)

OPEN_SESSION = insert(sessions)
SET_NONCE = update(sessions).where(_LIVING)
NONCE = select(sessions.c.nonce, sessions.c.nonce_expires_at).where(_LIVING)
USE_NONCE = update(sessions).where(_SESSION, sessions.c.nonce == bindparam("used"))
AUTHENTICATED = update(sessions).where(
    _LIVING,
    or_(
        sessions.c.holder_ref.is_(None),
        and_(sessions.c.holder_ref == bindparam("holder"), sessions.c.holder_method == bindparam("method")),
    ),
)
KNOWN = select(sessions.c.holder_method, sessions.c.holder_ref, sessions.c.place, sessions.c.offers).where(
    _LIVING
)

HOLDER = select(sessions.c.holder_method, sessions.c.holder_ref).where(_LIVING)
MUNICIPALITY_OF_HOLDER = select(holders.c.municipality).where(holders.c.holder_ref == bindparam("holder"))

OUTAGES_OF = (
    select(outages)
    .where(
        outages.c.municipality.in_((bindparam("code"), "")),
        outages.c.since <= bindparam("now", type_=Moment),
        outages.c.until > bindparam("now", type_=Moment),
        outages.c.ended_at.is_(None),
    )
    .order_by(outages.c.until.desc(), outages.c.outage_id)
)
"""Those in force, the one that ends last before the others."""

SEEN = (
    update(terminal_sightings)
    .where(terminal_sightings.c.terminal_id == bindparam("terminal"))
    .values(last_seen=bindparam("now", type_=Moment))
)
STOPS = select(stops).where(stops.c.released_at.is_(None)).order_by(stops.c.stop_id)
APPLICATION = select(applications).where(applications.c.application_id == bindparam("application"))
COUNT_APPLICATION = update(sessions).where(_RUNNING).values(applications=sessions.c.applications + 1)
RECEIVE = insert(applications)
_LIVES = bindparam("lives", type_=Moment)
PROLONG_SESSION = (
    update(sessions)
    .where(_RUNNING)
    .values(expires_at=case((sessions.c.expires_at < _LIVES, _LIVES), else_=sessions.c.expires_at))
)
"""The session lives until `lives` at least."""
PREPARED = update(applications).where(_RECEIVED)
KEEP_SHEETS = insert(sheets)
