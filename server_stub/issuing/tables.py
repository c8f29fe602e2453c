"""The ledger's tables (台帳), and their rows as plain values.

No name, address or 個人番号 is kept: persons stand here as pseudonyms that only the issuing server can resolve.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from server_stub.alarm_book import alarm_table
from server_stub.interface.application_states import State
from server_stub.interface.values import Identity

metadata = MetaData()

applications = Table(
    "applications",
    metadata,
    Column("application_id", String(26), primary_key=True),
    Column("municipality", String(5), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("place", String(20), nullable=False),
    Column("holder_method", String(20), nullable=False, server_default="jpki"),
    Column("holder_ref", String(64), nullable=False),
    Column("request_digest", String(64), nullable=False),
    Column("copies", Integer, nullable=False),
    Column("fee_total", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("received_at", String(40), nullable=False),
    Column("prepared_at", String(40), nullable=False),
    Column("issued_on", Date, nullable=False, index=True),
    Column("paper_sha256", String(64), nullable=False),
    Column("terminal_id", String(80), nullable=False),
    Column("operator", String(80), nullable=False),
    Column("shop", String(80), nullable=False),
    Column("area", String(5), nullable=False),
    Column("terminal_kind", String(20), nullable=False),
    Column("restored_by", String(26)),
    Column("sample", Boolean, nullable=False, server_default=false()),
    Column("handed_over_at", String(40)),
    Column("within_office", Boolean),
    CheckConstraint("copies >= 1"),
    CheckConstraint("fee_total >= 0"),
    Index("applications_listed", "municipality", "sample", "prepared_at", "application_id", "kind", "operator", "area", "terminal_id"),
    Index("applications_of_terminal", "terminal_id", "prepared_at"),
    Index("applications_of_holder", "municipality", "holder_ref"),
)  # fmt: skip
"""One row an application that became paper. Times are ISO 8601 with offset, as they were given.

`restored_by`: the restoration in which the centre told it again. What the centre does not know is then '' (`request_digest`,
`paper_sha256`), and the time of receipt stands for that of preparation.

`sample`: made up to be shown (見本データ), never applied for by anybody; see `sample_history`. `handed_over_at`: when the terminal handed the
paper over, by the first report of it; what is reported later takes nothing of it back. `within_office`: whether it was prepared within
office hours; from then on it is in `issue_sums`."""

_COUNTED = applications.c.handed_over_at.is_not(None) & applications.c.within_office.is_(None)
Index(
    "applications_uncounted", applications.c.application_id, sqlite_where=_COUNTED, postgresql_where=_COUNTED
)
"""Those that were handed over and are in no sum yet."""

copies = Table(
    "copies",
    metadata,
    Column("municipality", String(5), primary_key=True),
    Column("issue_number", String(100), primary_key=True),
    Column("application_id", String(26), ForeignKey("applications.application_id"), nullable=False),
    Column("copy_number", Integer, nullable=False),
    Column("sheets", Integer, nullable=False),
    Column("subjects", JSON, nullable=False),
    Column("as_of", String(40)),
    Column("entries", JSON(none_as_null=True)),
    UniqueConstraint("application_id", "copy_number"),
)
"""One row a copy: its 発行番号, which no other copy of its municipality has, number of sheets, the pseudonyms of the persons on it, and the 作成日時 of the delivery that the
records are from (NULL: of before this was kept). `entries`: what was chosen to stand on it (記載事項), as question and answer in Japanese,
never a value; NULL: of before this was kept, or told again by the centre."""

copy_subjects = Table(
    "copy_subjects",
    metadata,
    Column("municipality", String(5), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("application_id", String(26), ForeignKey("applications.application_id"), primary_key=True),
)
"""Who stands on any copy of an application, by pseudonym: `copies.subjects` the other way round."""

issue_sums = Table(
    "issue_sums",
    metadata,
    Column("municipality", String(5), primary_key=True),
    Column("sample", Boolean, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("dimension", String(10), primary_key=True),
    Column("value", String(300), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("applications", Integer, nullable=False),
    Column("papers", Integer, nullable=False),
    Column("yen", Integer, nullable=False),
)
"""What `statistics` counts, by month (`2016-07`) of the day of issue: written in the transaction of what is counted, always the sum of it."""

disposals = Table(
    "disposals",
    metadata,
    Column("number", Integer, primary_key=True, comment="their order: several may be of one moment"),
    Column("disposal_id", String(26), nullable=False, unique=True),
    Column("municipality", String(5), nullable=False),
    Column("issue_number", String(100), nullable=False),
    Column("operator", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("at", String(40), nullable=False),
    Index("disposals_of", "municipality", "issue_number"),
)
"""処分情報: that a paper which was wrong was taken back and destroyed. None is ever removed."""

slips = Table(
    "slips",
    metadata,
    Column("application_id", String(26), ForeignKey("applications.application_id"), primary_key=True),
    Column("registration", String(26), nullable=False, index=True),
)
"""Which applications are no certificate but a printed 申請番号 (利用登録), and of which registration. Their money is booked as that of a
certificate; they have no copies and no 発行番号."""

issue_counters = Table(
    "issue_counters",
    metadata,
    Column("municipality", String(5), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("last", Integer, nullable=False),
)
"""The last running number that was given, by municipality and day of issue (ISO 8601); with `day` '' of all days."""

stops = Table(
    "stops",
    metadata,
    Column("stop_id", String(26), primary_key=True),
    Column("municipality", String(5), nullable=False, index=True),
    Column("kind", String(40)),
    Column("at", String(40), nullable=False),
    Column("reopens", String(40)),
    Column("released_at", String(40)),
)
"""Emergency stops of a municipality, or of one kind of it (`kind`), in force while `released_at` is NULL."""

status_reports = Table(
    "status_reports",
    metadata,
    Column("report_id", String(26), primary_key=True),
    Column("application_id", String(26), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("at", String(40), nullable=False),
    Column("taken_at", String(40), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("sheets_printed", Integer, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("expired", Boolean, nullable=False, server_default=false()),
)
"""What the terminal told, once for every report id, in whatever number of deliveries. `expired`: the centre's own, of a session
that had run out."""

charges = Table(
    "charges",
    metadata,
    Column("application_id", String(26), ForeignKey("applications.application_id"), primary_key=True),
    Column("amount", Integer, nullable=False),
    Column("at", String(40), nullable=False),
    Column("report_id", String(26), ForeignKey("status_reports.report_id"), nullable=False),
)
"""Money kept for an application, whole yen: the primary key lets it happen once."""

refunds = Table(
    "refunds",
    metadata,
    Column("application_id", String(26), ForeignKey("charges.application_id"), primary_key=True),
    Column("at", String(40), nullable=False),
    Column("report_id", String(26), ForeignKey("status_reports.report_id"), nullable=False),
)
"""The whole charge given back."""

application_states = Table(
    "application_states",
    metadata,
    Column("application_id", String(26), primary_key=True),
    Column("state", String(20), nullable=False, index=True),
    Column("since", String(40), nullable=False),
)
"""Where an application stands now (`interface.application_states.State`); the sum of its status_reports. Also of one that was
stopped before it came, so that it can never be recorded afterwards."""


exception_acts = Table(
    "exception_acts",
    metadata,
    Column("number", Integer, primary_key=True, comment="their order: several may be of one moment"),
    Column("act_id", String(26), nullable=False, unique=True),
    Column("municipality", String(5), nullable=False),
    Column("person", String(64), nullable=False),
    Column("act", String(20), nullable=False),
    Column("operator", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("at", String(40), nullable=False),
    Index("exception_person", "municipality", "person", "number"),
)
"""What officials did about who may use a terminal below the age; the latest act on a person counts, and none is ever removed."""


restorations = Table(
    "restorations",
    metadata,
    Column("restoration_id", String(26), primary_key=True),
    Column("municipality", String(5), primary_key=True),
    Column("backup_at", String(40), nullable=False),
    Column("restored_at", String(40), nullable=False),
    Column("mark", String(10), nullable=False),
    Column("fetched_at", String(40)),
    Column("records_missing", Boolean, nullable=False, server_default=false()),
    Column("confirmed_at", String(40)),
    Column("confirmed_by", String(80)),
)
"""That this ledger was restored from the backup of `backup_at`, and how far it is; see `restoration`. `mark` begins the random part of every
発行番号 since."""
replica_extensions = Table(
    "replica_extensions",
    metadata,
    Column("number", Integer, primary_key=True, comment="their order: several may be of one moment"),
    Column("extension_id", String(26), nullable=False, unique=True),
    Column("municipality", String(5), nullable=False),
    Column("until", String(40), nullable=False),
    Column("operator", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("at", String(40), nullable=False),
    Index("replica_extensions_of", "municipality", "number"),
)
"""Officials' acts that let a replica that is too old issue until a time; the latest of a municipality counts, none is ever removed."""

alarms = alarm_table(metadata)

own_restrictions = Table(
    "own_restrictions",
    metadata,
    Column("restriction_id", String(26), primary_key=True),
    Column("municipality", String(5), nullable=False),
    Column("target", String(20), nullable=False),
    Column("key", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, comment="as announced; it ends nothing"),
    Column("until_delivered", Boolean, nullable=False, server_default=false()),
    Column("state_digest", String(64), nullable=False, comment="of the register when it was stopped"),
    Column("operator", String(100), nullable=False),
    Column("set_at", String(40), nullable=False),
    Column("ended_at", String(40)),
    Column("ended_by", String(100)),
    Column("end_reason", String(200)),
    Index("own_restriction_of", "municipality", "target", "key"),
)
"""Restrictions (発行制限) that officials have set here, in force until one of them ends it. The one table of this database that names people
as the municipality does (`key`: 宛名番号, 世帯番号, the number of a family register): whom it means must be readable when their record
is not."""

setting_changes = Table(
    "setting_changes",
    metadata,
    Column(
        "number",
        Integer,
        primary_key=True,
        comment="their order: of two that change the same, the later one counts",
    ),
    Column("change_id", String(26), nullable=False, unique=True),
    Column("municipality", String(5), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("seal_sha256", String(64), nullable=False),
    Column("at", String(40), nullable=False),
    Column("withdrawn_at", String(40)),
    Column("withdrawn_by", String(100)),
)
"""What officials change from a day on (`body`: a ChangeRequest without the picture of a seal)."""

seal_pictures = Table(
    "seal_pictures",
    metadata,
    Column("municipality", String(5), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("png", LargeBinary, nullable=False),
)
"""The 公印 of such changes."""


@dataclass(frozen=True, slots=True)
class Application:
    """One application that became paper. `request_digest` is over the request, `paper_sha256` over the PDF returned; both are '' of one
    that the centre told again after the books were restored (`restored_by`)."""

    application_id: str
    municipality: str
    kind: str
    place: str
    holder: Identity
    request_digest: str
    copies: int
    fee_total: int
    generation: int
    received_at: datetime
    prepared_at: datetime
    issued_on: date
    paper_sha256: str
    terminal_id: str
    operator: str
    shop: str
    area: str
    terminal_kind: str
    restored_by: str | None = None
    state: State = State.PREPARED


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy; `subjects` are the pseudonyms of the persons on it. `as_of`: the 作成日時 of the delivery that its records are
    from; None for a copy of before that was kept. `entries`: question and answer of what was chosen to stand on it."""

    application_id: str
    copy_number: int
    issue_number: str
    sheets: int
    subjects: tuple[str, ...]
    as_of: datetime | None = None
    entries: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """Money for one application, whole yen; `at` is the terminal's time of payment. `refunded`: all was given back."""

    application_id: str
    amount: int
    at: datetime
    refunded: bool = False
