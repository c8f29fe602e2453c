"""Who may use a terminal although they are too young: an official's exception (「15歳未満は原則利用不可」 knows exceptions), granted and
withdrawn by acts that stay.

They stand in this server's own database, outside the generations of the replica: no delivery grants or withdraws one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.operations import (
    ExceptionAct,
    ExceptionChange,
    ExceptionEntry,
    ExceptionPage,
    ExceptionQuery,
    PersonReference,
)
from server_stub.node import NodeContext

from .ledger import Ledger
from .tables import exception_acts as acts
from .tenants import Tenants


class AgeExceptions:
    """Safe from any thread. A person is told by the reference of their municipality (`Tenant.ref`)."""

    def __init__(self, ledger: Ledger, tenants: Tenants, context: NodeContext) -> None:
        self._ledger, self._tenants, self._context = ledger, tenants, context

    def hold_for(self, municipality: str, person: str) -> bool:
        """Tell whether the latest act on this person granted the exception."""
        latest = (
            select(acts.c.act)
            .where(acts.c.municipality == municipality, acts.c.person == person)
            .order_by(acts.c.number.desc())
            .limit(1)
        )
        with self._ledger.read() as connection:
            return connection.scalar(latest) == ExceptionAct.GRANT

    def change(self, change: ExceptionChange) -> ExceptionEntry:
        """Write down an official's act. Raises Failed: Municipality_Unknown, Exception_Unknown (nothing to withdraw)."""
        self._tenants.get(change.municipality)
        if change.act is ExceptionAct.WITHDRAW and not self.hold_for(change.municipality, change.person):
            raise Failed("Exception_Unknown")
        clock = self._context.clock
        row = {
            **change.model_dump(mode="json"),
            "act_id": new_ulid(clock),
            "at": clock.now().isoformat(),
        }
        with self._ledger.write() as connection:
            connection.execute(insert(acts), row)
        self._context.trace.emit(
            "operator", "age_exception", municipality=change.municipality, act=change.act.value
        )
        return _entry(row)

    def list(self, query: ExceptionQuery) -> ExceptionPage:
        """List the acts, oldest first."""
        asked = select(acts).order_by(acts.c.number).limit(query.limit + 1)
        if query.cursor is not None:
            seen = select(acts.c.number).where(acts.c.act_id == query.cursor).scalar_subquery()
            asked = asked.where(acts.c.number > seen)
        if query.municipality is not None:
            asked = asked.where(acts.c.municipality == query.municipality)
        with self._ledger.read() as connection:
            rows = connection.execute(asked).mappings().all()
        shown = tuple(_entry(row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        return ExceptionPage(acts=shown, next_cursor=shown[-1].act_id if more else None)

    def reference(self, municipality: str, person_key: str) -> PersonReference:
        """Find the reference of a resident by 宛名番号. Raises Failed: Municipality_Unknown, Person_Unknown."""
        tenant = self._tenants.get(municipality)
        with tenant.replica.open_generation() as reader:
            if reader.person(person_key) is None:
                raise Failed("Person_Unknown")
        return PersonReference(municipality=municipality, person=tenant.ref(person_key))


def _entry(row: Any) -> ExceptionEntry:
    return ExceptionEntry(
        act_id=row["act_id"],
        municipality=row["municipality"],
        person=row["person"],
        act=ExceptionAct(row["act"]),
        operator=row["operator"],
        reason=row["reason"],
        at=datetime.fromisoformat(row["at"]),
    )
