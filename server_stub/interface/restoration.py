"""A server that was restored from a backup, and what the centre tells it again: the messages.

Paths, relative to the issuing server's base URL; every request carries the centre's key:

    GET  /v1/restorations                              -> RestorationList (those that are not over)
    POST /v1/restorations/{restoration_id}/applications  ToldApplication -> ApplicationKept (idempotent by application_id)
    POST /v1/restorations/{restoration_id}/complete      RecordsTold -> RestorationList (idempotent)

An issuing server's ledger that was restored lacks what came after its backup. Until the centre has told all it knows of that
time, and an official has confirmed what only officials know (stops, exceptions, restrictions), the server issues nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from .application_states import State
from .issuing import LedgerReport, TerminalFacts
from .offers import Refs
from .values import (
    Code,
    Code5,
    CopyNumber,
    Identifier,
    Identity,
    IssueNumber,
    Model,
    Place,
    Ulid,
    Yen,
)

MOST_COPIES, MOST_REPORTS = 99, 200
"""Of one application."""


class RestorationEntry(Model):
    """Tell one restoration of one municipality's books. What happened between `backup_at` and `restored_at` was lost with them.

    `fetched_at`: when the centre had told all it knows of that time; None: not yet. `applications`: that many were told and were not in
    the backup. `records_missing`: the centre has lost records of that time too. `confirmed_at`, `confirmed_by`: the official who
    has put stops, exceptions and restrictions right; None: not yet.
    """

    restoration_id: Ulid
    municipality: Code5
    backup_at: AwareDatetime
    restored_at: AwareDatetime
    fetched_at: AwareDatetime | None
    applications: int
    records_missing: bool
    confirmed_at: AwareDatetime | None
    confirmed_by: Identifier | None


class RestorationList(Model):
    """List restorations, oldest first."""

    restorations: tuple[RestorationEntry, ...]


class ToldCopy(Model):
    """One copy as it stands in the manifest that the centre has signed."""

    copy_number: CopyNumber
    issue_number: IssueNumber
    sheets: Annotated[int, Field(ge=1)]
    subjects: Refs


class ToldReport(Model):
    """A report byte for byte as the centre keeps it (`LedgerReport`), and when the lost ledger had taken it in; None: it had not."""

    body: Annotated[str, Field(max_length=4000)]
    taken_at: AwareDatetime | None

    def read(self) -> LedgerReport:
        """Raises pydantic.ValidationError."""
        return LedgerReport.model_validate_json(self.body)


class ToldApplication(Model):
    """All that the centre knows of one application. `paper`: its copies; empty where no paper came to the centre. `slip`: it is the charge
    for a printed number of 利用登録, which has none, and was made."""

    application_id: Ulid
    municipality: Code5
    kind: Code
    place: Place
    holder: Identity
    terminal: TerminalFacts
    copies: Annotated[int, Field(ge=1, le=MOST_COPIES)]
    fee_total: Yen
    generation: Annotated[int, Field(ge=0, lt=2**63)] | None
    received_at: AwareDatetime
    paper: Annotated[tuple[ToldCopy, ...], Field(max_length=MOST_COPIES)] = ()
    slip: bool = False
    reports: Annotated[tuple[ToldReport, ...], Field(max_length=MOST_REPORTS)] = ()


class ApplicationKept(Model):
    """`state`: where the application stands in the ledger now; None: nothing there, because no paper of it was ever told.
    `restored`: its row was not in the backup."""

    application_id: Ulid
    state: State | None
    restored: bool


class RecordsTold(Model):
    """The centre has told everything since the backup. `copies`: of so many copies paper was asked for in that time, whether any came.
    `records_missing_from`: the centre itself was restored, and lacks records of that time since then."""

    copies: Annotated[int, Field(ge=0)]
    records_missing_from: AwareDatetime | None = None


class RestorationConfirmation(Model):
    """An official says that stops, exceptions and restrictions are as they have to be. `numbers_above`: running 発行番号 go on above it;
    asked for where nobody knows which were given out."""

    operator: Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]
    numbers_above: Annotated[int, Field(ge=0, lt=2**31)] | None = None


def earliest(entries: tuple[RestorationEntry, ...]) -> datetime | None:
    """Find from when on records are asked for; None where they are all told."""
    return min((one.backup_at for one in entries if one.fetched_at is None), default=None)
