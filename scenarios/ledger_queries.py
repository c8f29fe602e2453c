"""What the servers' books say, for those who compare: read only, straight from the databases of the stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from server_stub.center import tables
from server_stub.db import open_engine, sqlite_url
from server_stub.issuing.ledger import Ledger
from server_stub.issuing.tables import Application, Charge

from .sites import LEDGER


@dataclass(frozen=True, slots=True)
class CenterApplication:
    """`settled_late`: paid or handed over, although its session had run out before the terminal could be heard."""

    application_id: str
    state: str
    settled_late: bool


class LedgerQueries:
    """The centre's and the issuing servers' books in one folder of databases: whatever ledgers lie there, as if they were one."""

    def __init__(self, folder: Path, *elsewhere: Path) -> None:
        """`elsewhere`: other folders with ledgers of the same servers."""
        there = [file for one in (folder, *elsewhere) for file in sorted(one.glob(f"{LEDGER}*.db"))]
        files = there or [folder / f"{LEDGER}.db"]
        self._ledgers = [Ledger(sqlite_url(file)) for file in files]
        self._center = open_engine(sqlite_url(folder / "center.db"))

    def charges(self) -> list[int]:
        """Yen kept for each application, refunds taken out."""
        return [charge.amount for charge in self._charges()]

    def kept(self) -> dict[str, int]:
        """Yen kept for each application by its id, refunds taken out."""
        return {charge.application_id: charge.amount for charge in self._charges()}

    def _charges(self) -> list[Charge]:
        """By the terminal's time of payment."""
        return sorted((one for ledger in self._ledgers for one in ledger.charges()), key=lambda one: one.at)

    def ledger(self) -> tuple[Application, ...]:
        """Every application that became paper, oldest first."""
        found = (one for ledger in self._ledgers for one in ledger.applications())
        return tuple(sorted(found, key=lambda one: one.prepared_at))

    def issue_numbers_of(self, application_id: str) -> list[str]:
        """The number of each copy, in their order."""
        return [copy.issue_number for ledger in self._ledgers for copy in ledger.copies(application_id)]

    def issue_numbers(self) -> list[str]:
        return [number for one in self.ledger() for number in self.issue_numbers_of(one.application_id)]

    def applications(self) -> list[CenterApplication]:
        """As the centre has them, oldest first."""
        table = tables.applications.c
        query = select(table.application_id, table.state, table.expired_at, table.paid_at)
        with self._center.connect() as connection:
            rows = connection.execute(query.order_by(table.received_at)).all()
        return [
            CenterApplication(
                row.application_id, row.state, row.expired_at is not None and row.paid_at is not None
            )
            for row in rows
        ]

    def ledger_settled_late(self, application_id: str) -> bool:
        return any(ledger.settled_late(application_id) for ledger in self._ledgers)

    def outstanding_nonces(self) -> int:
        """Nonces that were given out and not used yet."""
        query = select(func.count()).where(tables.sessions.c.nonce.is_not(None))
        with self._center.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def identified(self) -> int:
        """Sessions of which the centre knows the holder."""
        query = select(func.count()).where(tables.sessions.c.holder_ref.is_not(None))
        with self._center.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def incidents(self) -> int:
        with self._center.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(tables.incidents)).scalar_one())

    def close(self) -> None:
        for ledger in self._ledgers:
            ledger.close()
        self._center.dispose()
