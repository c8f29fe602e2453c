"""What the ledger tells its readers, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from .states import State


@dataclass(frozen=True, slots=True)
class Application:
    """One application that became paper. `request_digest` is over the request, `paper_sha256` over the PDF returned."""

    application_id: str
    municipality: str
    kind: str
    place: str
    holder_ref: str
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
    state: State = State.PREPARED


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy; `subjects` are the pseudonyms of the persons on it. `as_of`: the 作成日時 of the delivery that its records are
    from; None for a copy of before that was kept."""

    application_id: str
    copy_number: int
    issue_number: str
    sheets: int
    subjects: tuple[str, ...]
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """Money for one application, whole yen; `at` is the terminal's time of payment. `refunded`: all was given back."""

    application_id: str
    amount: int
    at: datetime
    refunded: bool = False
