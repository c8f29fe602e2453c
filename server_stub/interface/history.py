"""Officials' tools -> issuing server: statistics, the history of what was issued, 処分情報, and figures of the service level.

Paths, relative to the issuing server's base URL, behind its `ops_key` like those of `interface/operations.py`. Each is of one
municipality, which is always named:

    GET  /ops/v1/statistics?municipality=&first=2026-04&last=2027-03&sample=  -> Statistics
    GET  /ops/v1/issues?municipality=&person_key=&since=&until=&kind=&…       -> IssuePage, newest first
    GET  /ops/v1/issues.jsonl?municipality=&…                                 -> lines: IssueExport, then an array a copy, oldest first
    POST /ops/v1/disposals                                   Disposal         -> DisposalEntry
    POST /ops/v1/sample-history                              SampleRequest    -> SampleFilled
    GET  /ops/v1/service-level?municipality=&month=                           -> ServiceFigures

A paper counts as issued (交付) when the terminal has reported its hand-over, at the moment of its preparation: the day that is printed on
it. Persons are references; no name, address or 個人番号 is in any message. `sample`: made-up records for showing (見本データ), which
are never mixed with the others.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from .application_states import State
from .operations import Limit, StopEntry
from .values import (
    Code,
    Code5,
    Identifier,
    Identity,
    Model,
    Place,
    Ref,
    RegisterText,
    TerminalKind,
    Ulid,
    Yen,
)


def _written_as_day(told: object) -> object:
    if isinstance(told, str) and not re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}", told
    ):  # else a number is seconds since 1970
        raise ValueError("a day such as 2026-04-01")
    return told


Day = Annotated[date, BeforeValidator(_written_as_day)]
MOST_MONTHS = 120
"""Of one statistics."""
Month = Annotated[str, Field(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", description="such as 2026-04")]
PersonKey = Annotated[str, Field(pattern=r"\S", max_length=40, description="宛名番号")]
Text = Annotated[str, Field(min_length=1, max_length=300)]
Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class StatisticsQuery(Model):
    """Ask for the months from `first` to `last`, both included."""

    municipality: Code5
    first: Month
    last: Month
    sample: bool = False

    @model_validator(mode="after")
    def _is_a_span(self) -> StatisticsQuery:
        months = (
            12 * (int(self.last[:4]) - int(self.first[:4])) + int(self.last[5:]) - int(self.first[5:]) + 1
        )
        if not 1 <= months <= MOST_MONTHS:
            raise ValueError(f"1 to {MOST_MONTHS} months, the first one first")
        return self


class Dimension(StrEnum):
    """By what is counted. Every paper is in each of them exactly once; in `DAY` if one month was asked for, else nowhere.

    MONTH `2026-04` · DAY `01` to `31` · HOUR `00` to `23` · WEEKDAY `0` (月) to `6` (日) · HOLIDAY `holiday` (国民の祝日・休日) or `other` ·
    AREA the municipality where the terminal stands · PLACE `inside` (管内) or `outside` (管外): AREA is this municipality or not · CHAIN the
    terminal's operator · OFFICE `within` (時間内) or `outside` (時間外) office hours.
    """

    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    WEEKDAY = "weekday"
    HOLIDAY = "holiday"
    AREA = "area"
    PLACE = "place"
    CHAIN = "chain"
    OFFICE = "office"


class Figure(Model):
    """Tell the papers (通), their applications and the fees of one kind under one value of a dimension."""

    dimension: Dimension
    value: RegisterText
    kind: Identifier
    applications: int
    papers: int
    yen: int


class CardCount(Model):
    """Tell how many マイナンバーカード had been handed out until the end of the day `on`."""

    on: date
    issued: int


class Statistics(Model):
    """`kinds`: the Japanese names of all kinds that this municipality offers or that stand in `figures`. `known`: the first and the last
    month of which there are any figures, None where there are none. `cards`: the latest figure until the end of `last`."""

    municipality: Code5
    first: Month
    last: Month
    sample: bool
    kinds: dict[Identifier, RegisterText]
    figures: tuple[Figure, ...]
    known: tuple[Month, Month] | None
    cards: CardCount | None


class IssueFilter(Model):
    """Ask for issues. `person_key`: those on which this person stands or that this person applied for. `since` and `until`: days of
    issue, both included."""

    municipality: Code5
    person_key: PersonKey | None = None
    issue_number: Text | None = None
    application_id: Ulid | None = None
    since: Day | None = None
    until: Day | None = None
    kind: Code | None = None
    chain: Text | None = None
    area: Code5 | None = None
    terminal_id: Text | None = None
    state: State | None = None
    sample: bool = False


class IssueQuery(IssueFilter):
    cursor: Annotated[Ulid | None, Field(description="`next_cursor` of the page before")] = None
    limit: Limit = 50


class Disposal(Model):
    """Say that a paper which was wrong was taken back and destroyed (処分情報). `operator` says who did it, `reason` why; both stay."""

    municipality: Code5
    issue_number: Text
    operator: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    reason: Reason


class DisposalEntry(Disposal):
    disposal_id: Ulid
    at: datetime


class IssuedCopy(Model):
    """Tell one copy (通). `concerned`: the person that was asked for stands on it (None: nobody was asked for). `entries` (記載事項): question
    and answer of what was chosen to stand on it; None where it was not kept."""

    copy_number: int
    issue_number: Identifier
    sheets: int
    subjects: tuple[Ref, ...]
    concerned: bool | None
    as_of: datetime | None
    entries: tuple[tuple[str, str], ...] | None
    disposals: tuple[DisposalEntry, ...]


class IssueEntry(Model):
    """Tell one application that became paper, with what the standard keeps of it (住民記録システム標準仕様書 1.3.8): when (`prepared_at`,
    `handed_over_at`), where, for whom, which kind, what stands on it, sheets, 発行番号, terminal, who asked (`holder`), 処分情報.

    `applicant`: the person that was asked for is the one who applied (None: nobody was asked for). `reason`: of the latest report.
    """

    application_id: Ulid
    kind: Identifier
    kind_name: RegisterText
    place: Place
    received_at: datetime
    prepared_at: datetime
    handed_over_at: datetime | None
    within_office: bool | None
    chain: RegisterText
    shop: RegisterText
    area: Code5
    terminal_id: Identifier
    terminal_kind: TerminalKind
    holder: Identity
    applicant: bool | None
    state: State
    fee_total: Yen
    paid: bool
    refunded: bool
    reason: str
    sample: bool
    restored: bool
    copies: tuple[IssuedCopy, ...]


class IssuePage(Model):
    """List issues; without `next_cursor` there are no more."""

    issues: tuple[IssueEntry, ...]
    next_cursor: Ulid | None


class IssueExport(Model):
    """Tell what the lines that follow have in their places, and how many there will be at least."""

    columns: tuple[str, ...]
    rows: int


class SampleRequest(Model):
    """Make up a history for showing (見本データ), whose papers of July 2016 and cards are those that 神戸市 has told of itself."""

    municipality: Code5
    operator: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]


class SampleFilled(Model):
    """`applications`: how many were made up; 0: there were some already."""

    applications: int


class ServiceQuery(Model):
    municipality: Code5
    month: Month


class AnswerCount(Model):
    """Tell how many papers of the month were ready within `seconds` of their receipt, and not sooner than within the seconds before;
    None: later than all of them."""

    seconds: int | None
    applications: int


class ServiceTargets(Model):
    """Tell the municipality's targets, as `municipalities/office.py` explains them."""

    availability_percent: float
    answer_seconds: int
    answer_percent: float
    notice_minutes: int
    recovery_hours: int
    stop_counts_minutes: int


class Span(Model):
    """Tell a time from `begins` (included) to `ends` (not included)."""

    begins: datetime
    ends: datetime


class ServiceFigures(Model):
    """`hours`: when anything is served in the month by the municipality's settings, a span a day. `office`: when its offices are open.
    `stops`: emergency stops of the municipality that were in force at any time of the month."""

    municipality: Code5
    month: Month
    targets: ServiceTargets
    hours: tuple[Span, ...]
    office: tuple[Span, ...]
    answers: tuple[AnswerCount, ...]
    stops: tuple[StopEntry, ...]
