"""How old a replica may be that issues: the municipality's limit, and in a disaster an official's act that extends it for a time.

The acts stand in this server's own database, none is ever removed, the latest of a municipality counts, and each ends by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.operations import (
    ExceptionQuery,
    ExtensionEntry,
    ExtensionPage,
    ExtensionRequest,
)
from server_stub.node import NodeContext

from .ledger import Ledger
from .tables import replica_extensions as acts
from .tenants import Tenants


class ReplicaExtensions:
    """Safe from any thread."""

    def __init__(self, ledger: Ledger, tenants: Tenants, context: NodeContext) -> None:
        self._ledger, self._tenants, self._context = ledger, tenants, context

    def holds(self, municipality: str, now: datetime) -> bool:
        """Tell whether an old replica of that municipality may issue at `now`."""
        latest = (
            select(acts.c.until)
            .where(acts.c.municipality == municipality)
            .order_by(acts.c.number.desc())
            .limit(1)
        )
        with self._ledger.read() as connection:
            until = connection.scalar(latest)
        return until is not None and now < datetime.fromisoformat(until)

    def extend(self, asked: ExtensionRequest) -> ExtensionEntry:
        """Write down an official's act. Raises Failed: Municipality_Unknown, Extension_Too_Long(most_hours),
        Request_Malformed (an end that is past)."""
        terms = self._tenants.get(asked.municipality).municipality.delivery
        clock = self._context.clock
        now = clock.now()
        if asked.until <= now:
            raise Failed("Request_Malformed", fields=["body.until: a time to come"])
        if asked.until - now > terms.most_extension:
            raise Failed("Extension_Too_Long", most_hours=terms.most_extension_hours)
        row = {
            **asked.model_dump(mode="json"),
            "until": asked.until.isoformat(),
            "extension_id": new_ulid(clock),
            "at": now.isoformat(),
        }
        with self._ledger.write() as connection:
            connection.execute(insert(acts), row)
        self._context.trace.emit(
            "operator", "replica_age_extended", municipality=asked.municipality, until=row["until"]
        )
        return _entry(row)

    def list(self, query: ExceptionQuery) -> ExtensionPage:
        """List the acts, oldest first."""
        asked = select(acts).order_by(acts.c.number).limit(query.limit + 1)
        if query.cursor is not None:
            seen = select(acts.c.number).where(acts.c.extension_id == query.cursor).scalar_subquery()
            asked = asked.where(acts.c.number > seen)
        if query.municipality is not None:
            asked = asked.where(acts.c.municipality == query.municipality)
        with self._ledger.read() as connection:
            rows = connection.execute(asked).mappings().all()
        shown = tuple(_entry(row) for row in rows[: query.limit])
        more = len(rows) > query.limit
        return ExtensionPage(acts=shown, next_cursor=shown[-1].extension_id if more else None)


def _entry(row: Any) -> ExtensionEntry:
    return ExtensionEntry(
        extension_id=row["extension_id"],
        municipality=row["municipality"],
        until=datetime.fromisoformat(row["until"]),
        operator=row["operator"],
        reason=row["reason"],
        at=datetime.fromisoformat(row["at"]),
    )
