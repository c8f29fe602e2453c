"""Officials' tools -> centre and issuing server: the messages about incidents, doubts and what became of an application.

Paths, relative to the base URL of either server; every request carries `Authorization: Bearer OPS-KEY`, a key of that server's own:

    GET /ops/v1/incidents?since=&application_id=&municipality=&open=&cursor=&limit=  -> IncidentPage
    GET /ops/v1/in-doubt?municipality=&open=&cursor=&limit=      -> DoubtPage
    GET /ops/v1/applications/{application_id}                    -> CenterApplication, or LedgerApplication at the issuing server
    GET /ops/v1/stops                                            -> StopList (those in force)
    POST /ops/v1/stops                    StopRequest            -> StopEntry
    POST /ops/v1/stops/{stop_id}/release                         -> StopEntry

and at the issuing server alone:

    GET  /ops/v1/person-reference?municipality=&person_key=      -> PersonReference
    GET  /ops/v1/age-exceptions?municipality=&cursor=&limit=     -> ExceptionPage
    POST /ops/v1/age-exceptions                ExceptionChange   -> ExceptionEntry
    GET  /ops/v1/replica-extensions?municipality=&cursor=&limit= -> ExtensionPage
    POST /ops/v1/replica-extensions            ExtensionRequest  -> ExtensionEntry

Announced outages and alarms: `interface/outages.py`. Nothing else is changed here than an emergency stop (緊急停止), an exception, an
announcement and how long an old replica may issue; what the officials' console does besides is `interface/official_acts.py`. All money is
whole yen, all times are ISO 8601 with offset.
Persons are references (`holder`, `subjects`); no name, address or 個人番号 is in any message.

Lists are in the order of their identifiers (ULIDs, which begin with the time they were made at), oldest first. A cursor leads on
within one walk through a list. A tool that asks again and again gives `since` and knows by `incident_id` what it has seen: a
terminal that was cut off reports late.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, field_validator

from .application_states import ReportKind, State
from .clock import JST
from .failures import CATALOGUE
from .values import Code, Code5, Identifier, Identity, Model, Ref, Ulid, Yen

MOST_PER_PAGE = 200
Limit = Annotated[int, Field(ge=1, le=MOST_PER_PAGE, description="entries of one page at most")]
Cursor = Annotated[Ulid | None, Field(description="`next_cursor` of the page before")]


class PageQuery(Model):
    """Ask for one page; unknown parameters are refused."""

    cursor: Cursor = None
    limit: Limit = 50


class DoubtQuery(PageQuery):
    """Ask for applications in doubt of one municipality or of all; `open`: only those that no official has closed (at the centre)."""

    municipality: Code5 | None = None
    open: bool = False


class IncidentQuery(DoubtQuery):
    """Ask for incidents of `since` and later, of one application or of all. `stray`: only those about an application of which the centre
    has no record, which are of no municipality (at the centre)."""

    since: AwareDatetime | None = None
    application_id: Ulid | None = None
    stray: bool = False

    @field_validator("since", mode="before")
    @classmethod
    def _as_text(cls, since: object) -> object:
        if isinstance(since, str) and "T" not in since:  # else pydantic takes a number for seconds since 1970
            raise ValueError("a date and a time with its offset")
        return since

    @field_validator("since")
    @classmethod
    def _in_japan(cls, since: datetime | None) -> datetime | None:
        try:
            return None if since is None else since.astimezone(JST)
        except OverflowError as error:  # the first or the last day of the calendar
            raise ValueError("no time in Japan") from error


class StopRequest(Model):
    """Stop the issuing of certificates at once, until the stop is released.

    At the issuing server `municipality` is named, and `kind` (its code) for one kind of it; none: all kinds. At the centre neither is
    named: it stops everything. `reopens` is an announcement to residents: it ends nothing.
    """

    municipality: Code5 | None = None
    kind: Code | None = None
    reopens: AwareDatetime | None = None

    @field_validator("reopens")
    @classmethod
    def _in_japan(cls, reopens: datetime | None) -> datetime | None:
        try:
            return None if reopens is None else reopens.astimezone(JST)
        except OverflowError as error:
            raise ValueError("no time in Japan") from error


class StopEntry(Model):
    """Tell one emergency stop: from `at` until `released_at`, None while it is in force."""

    stop_id: Ulid
    municipality: Code5 | None
    kind: Identifier | None
    at: datetime
    reopens: datetime | None
    released_at: datetime | None


class StopList(Model):
    """List the emergency stops in force, oldest first."""

    stops: tuple[StopEntry, ...]


class IncidentEntry(Model):
    """Tell one incident (重大事象). `failure`: a name of the catalogue; `detail`: its facts; `at`: when it was written down.

    `noticed_by`: centre, terminal, or ledger (the issuing server refused a report). `municipality` is None and `terminal_id` empty
    where the application never came. `area`: the municipality where the terminal stands, told by the centre where `municipality` is None.
    """

    incident_id: Ulid
    application_id: Ulid
    municipality: Code5 | None
    terminal_id: Identifier
    noticed_by: Identifier
    failure: Identifier
    detail: dict[str, Any]
    at: datetime
    area: Identifier | None = None


class IncidentPage(Model):
    """List incidents; without `next_cursor` there are no more."""

    incidents: tuple[IncidentEntry, ...]
    next_cursor: Ulid | None


class DoubtEntry(Model):
    """Tell one application in doubt. `paid`: this server knows of a payment that was not given back."""

    application_id: Ulid
    municipality: Code5
    kind: Identifier
    terminal_id: Identifier
    copies: int
    fee_total: Yen
    paid: bool
    since: datetime


class DoubtPage(Model):
    """List applications in doubt; without `next_cursor` there are no more."""

    applications: tuple[DoubtEntry, ...]
    next_cursor: Ulid | None


class ReportEntry(Model):
    """Tell one report. `at`: when it happened at the terminal; `taken_at`: when this server took it in.

    `by`: terminal, or centre for a cancellation of the centre's own; None where the server cannot know. `expired`: such a
    cancellation, made because the session had run out.
    """

    report_id: Ulid
    kind: ReportKind
    by: Identifier | None
    at: datetime
    taken_at: datetime | None
    amount: Yen
    sheets_printed: int
    reason: str
    expired: bool


class CenterReport(ReportEntry):
    """Tell one report at the centre. `passed_on`: `delivered`, the failure that the issuing server answered with, or None while it
    is on its way."""

    passed_on: Identifier | None


class CenterApplication(Model):
    """Tell what the centre knows of one application, its reports in the order they came. `failure`: why there was no paper.

    `expired_at`: when the centre cancelled it by itself because its session had run out; with `settled_late`, it was paid all the
    same. `reason`: of its cancellation.
    """

    application_id: Ulid
    session_id: Ulid
    terminal_id: Identifier
    municipality: Code5
    kind: Identifier
    holder: Identity
    copies: int
    fee_total: Yen
    state: State
    received_at: datetime
    changed_at: datetime
    paid_at: datetime | None
    expired_at: datetime | None
    settled_late: bool
    reason: str
    failure: Identifier | None
    reports: tuple[CenterReport, ...]
    incidents: tuple[IncidentEntry, ...]


class LedgerCopy(Model):
    """Tell one copy: its 発行番号, its sheets, the persons on it as pseudonyms, and the 作成日時 of the delivery it was made from."""

    copy_number: int
    issue_number: Identifier
    sheets: int
    subjects: tuple[Ref, ...]
    as_of: datetime | None


class LedgerPaper(Model):
    """Tell what was made for an application."""

    municipality: Code5
    kind: Identifier
    place: Identifier
    holder: Identity
    terminal_id: Identifier
    fee_total: Yen
    generation: int
    received_at: datetime
    prepared_at: datetime
    copies: tuple[LedgerCopy, ...]


class LedgerCharge(Model):
    """Tell the money kept for an application, and by which report."""

    amount: Yen
    at: datetime
    report_id: Ulid


class LedgerRefund(Model):
    """Tell that the whole charge was given back, and by which report."""

    at: datetime
    report_id: Ulid


class LedgerApplication(Model):
    """Tell what the ledger knows of one application, its reports in the order they were taken in.

    `paper` is None for an application that was stopped before it came.
    """

    application_id: Ulid
    state: State
    since: datetime
    settled_late: bool
    paper: LedgerPaper | None
    charge: LedgerCharge | None
    refund: LedgerRefund | None
    reports: tuple[ReportEntry, ...]


class ExceptionAct(StrEnum):
    GRANT = "grant"
    WITHDRAW = "withdraw"


class ExceptionChange(Model):
    """Let one person in who is too young to use a terminal, or no longer. `operator` says who decides it, `reason` why; both stay."""

    municipality: Code5
    person: Ref
    act: ExceptionAct
    operator: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class ExceptionEntry(ExceptionChange):
    """Tell one act. The latest one on a person counts."""

    act_id: Ulid
    at: datetime


class ExceptionPage(Model):
    """List acts; without `next_cursor` there are no more."""

    acts: tuple[ExceptionEntry, ...]
    next_cursor: Ulid | None


class ExceptionQuery(PageQuery):
    """Ask for the acts of one municipality, or of all that are hosted there."""

    municipality: Code5 | None = None


class ExtensionRequest(Model):
    """Let a municipality's replica that is too old issue until `until` (not included): in a disaster, when no delivery can come.
    `operator` says who decides it, `reason` why; both stay. The latest act counts, and it ends by itself."""

    municipality: Code5
    until: AwareDatetime
    operator: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]

    @field_validator("until")
    @classmethod
    def _in_japan(cls, until: datetime) -> datetime:
        try:
            return until.astimezone(JST)
        except OverflowError as error:
            raise ValueError("no time in Japan") from error


class ExtensionEntry(ExtensionRequest):
    """Tell one act."""

    extension_id: Ulid
    at: datetime


class ExtensionPage(Model):
    """List acts; without `next_cursor` there are no more."""

    acts: tuple[ExtensionEntry, ...]
    next_cursor: Ulid | None


class ReferenceQuery(Model):
    """Ask for the reference of a resident. `person_key`: 宛名番号."""

    municipality: Code5
    person_key: Annotated[str, Field(min_length=1, max_length=40)]


class PersonReference(Model):
    """Tell by what this municipality's papers and acts call a person."""

    municipality: Code5
    person: Ref


def incident_failure(reason: str) -> str:
    """Find the failure in what a terminal says of an incident, `Failure` or `Failure: detail`; any other words mean what incidents
    mostly are."""
    name = reason.partition(":")[0]
    return name if name in CATALOGUE else "Binding_Mismatch"
