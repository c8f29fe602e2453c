"""Restrictions (発行制限) that officials set at this server. They count beside those that the existing systems deliver: in force is the
union, one that was set here ends only here, and a delivered one only by a delivery.

The announced last day ends nothing; it puts the row on a list. There is no temporary lift: 一時解除 is a matter of the counter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, insert, or_, select, update

from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.official_acts import (
    ActOnRestriction,
    DeliveredRestriction,
    DeliveredRestrictionPage,
    DeliveredRestrictionQuery,
    RestrictionEntry,
    RestrictionPage,
    RestrictionProlonged,
    RestrictionQuery,
    RestrictionRequest,
    Target,
    TargetPerson,
    TargetQuery,
    TargetView,
)
from server_stub.node import NodeContext
from server_stub.registry.records import Restriction
from server_stub.registry.replica import PERSON, ReplicaReader

from .ledger import Ledger
from .tables import own_restrictions as table
from .tenants import Tenant, Tenants

MOST_PEOPLE = 30
"""So many of a household or register are shown to an official."""
_NAMED = {Target.PERSON: "persons", Target.HOUSEHOLD: "households", Target.REGISTER: "registers"}
_OF_THESE = or_(
    *(
        and_(table.c.target == target.value, table.c.key.in_(bindparam(named, expanding=True)))
        for target, named in _NAMED.items()
    )
)
_STANDING = (table.c.municipality == bindparam("code"), table.c.ended_at.is_(None))
_FOUND = (
    select(table)
    .where(*_STANDING, table.c.since <= bindparam("on"), _OF_THESE)
    .order_by(table.c.since, table.c.restriction_id)
)


class OwnRestrictions:
    """Safe from any thread. Each replica asks here at every decision (`Replica.also_restricts`)."""

    def __init__(self, ledger: Ledger, tenants: Tenants, context: NodeContext) -> None:
        self._ledger, self._tenants, self._context = ledger, tenants, context
        for tenant in tenants:
            tenant.replica.also_restricts = self._asked_by(tenant.municipality.info.code)

    def _asked_by(self, code: str) -> Any:
        def asked(reader: ReplicaReader, named: Mapping[str, Sequence[str]], on: date) -> Restriction | None:
            return self._in_force(code, reader, named, on)

        return asked

    def _in_force(
        self, code: str, reader: ReplicaReader, named: Mapping[str, Sequence[str]], on: date
    ) -> Restriction | None:
        with self._ledger.read() as connection:
            rows = connection.execute(_FOUND, {"code": code, "on": on, **named}).mappings().all()
        for row in rows:
            if not self._is_delivered(row, reader):
                keys = {target: row["key"] if row["target"] == target else "" for target in Target}
                return Restriction(
                    keys[Target.PERSON],
                    row["reason"],
                    row["since"],
                    row["until"],
                    None,
                    keys[Target.HOUSEHOLD],
                    keys[Target.REGISTER],
                )
        return None

    def _is_delivered(self, row: RowMapping, reader: ReplicaReader) -> bool:
        """Tell whether the register of a row with `until_delivered` has another state in this generation, which was made since."""
        if not row["until_delivered"]:
            return False
        if reader.made_at is None or reader.made_at <= datetime.fromisoformat(row["set_at"]):
            return False
        return bool(self._state(row["municipality"], reader, row["key"]) != row["state_digest"])

    def _state(self, code: str, reader: ReplicaReader, number: str) -> str:
        kinds = self._tenants.get(code).municipality.every_kind.values()
        return reader.register_state(number, {register for kind in kinds for register in kind.registers})

    # --- what officials do --------------------------------------------------------------------------------------------------

    def target(self, query: TargetQuery) -> TargetView:
        """Tell whom it would stop. Raises Failed: Municipality_Unknown, Restriction_Target_Unknown."""
        tenant, today = self._tenants.get(query.municipality), self._today()
        with tenant.replica.open_generation() as reader:
            keys = self._people(tenant, reader, query)
            people = tuple(
                TargetPerson(
                    person_key=key,
                    name=person.name if person is not None else "（この市区町村の住民記録なし）",
                    birth=person.birth_in_words if person is not None else "",
                    address=person.address if person is not None else "",
                )
                for key in keys[:MOST_PEOPLE]
                for person in [reader.person(key)]
            )
            named = {name: [query.key] if _NAMED[query.target] == name else [] for name in _NAMED.values()}
            set_here = self._in_force(query.municipality, reader, named, today) is not None
            delivered = reader.delivered_restriction(named, today) is not None
        return TargetView(**query.model_dump(), people=people, delivered=delivered, set_here=set_here)

    def _people(self, tenant: Tenant, reader: ReplicaReader, query: TargetQuery) -> list[str]:
        """Raises Failed(Restriction_Target_Unknown) for what the replica does not have: a number that was mistyped stops nobody."""
        if query.target is Target.PERSON:
            found = {query.key} if self._knows(tenant, reader, query.key) else set()
        elif query.target is Target.HOUSEHOLD:
            found = reader.members_of(PERSON, query.key)
        else:
            registers = {
                register for kind in tenant.municipality.every_kind.values() for register in kind.registers
            }
            found = {key for register in registers for key in reader.members_of(register, query.key)}
            if not found and any(reader.has_group(register, query.key) for register in registers):
                return []
        if not found:
            raise Failed("Restriction_Target_Unknown", target=query.target.value)
        return sorted(found - {""})

    @staticmethod
    def _knows(tenant: Tenant, reader: ReplicaReader, key: str) -> bool:
        """Also of who is no resident (本籍), or whose record was set aside."""
        if reader.person(key) is not None or reader.is_set_aside(key) or reader.notices_of(key):
            return True
        kinds = tenant.municipality.every_kind.values()
        return any(reader.records(register, person=key) for kind in kinds for register in kind.registers)

    def set(self, asked: RestrictionRequest) -> RestrictionEntry:
        """Set one; it counts from the next decision on. Raises as `target`."""
        tenant, clock = self._tenants.get(asked.municipality), self._context.clock
        with tenant.replica.open_generation() as reader:
            self._people(tenant, reader, asked)
            state = self._state(asked.municipality, reader, asked.key) if asked.until_delivered else ""
        row = {
            **asked.model_dump(),
            "target": asked.target.value,
            "restriction_id": new_ulid(clock),
            "state_digest": state,
            "set_at": clock.now().isoformat(),
        }
        with self._ledger.write() as connection:
            connection.execute(insert(table), row)
        return self._told(asked.municipality, row["restriction_id"], "restriction_set")

    def prolong(self, restriction_id: str, asked: RestrictionProlonged) -> RestrictionEntry:
        """Announce another last day. Raises Failed: Restriction_Unknown, Request_Malformed (before the first day)."""
        with self._ledger.write() as connection:
            row = self._standing(connection, asked.municipality, restriction_id)
            if asked.until < row["since"]:
                raise Failed("Request_Malformed", fields=["body.until: since or later"])
            connection.execute(
                update(table).where(table.c.restriction_id == restriction_id).values(until=asked.until)
            )
        return self._told(asked.municipality, restriction_id, "restriction_prolonged")

    def end(self, restriction_id: str, asked: ActOnRestriction) -> RestrictionEntry:
        """End one that was set here. Raises Failed(Restriction_Unknown), also for one that has ended."""
        with self._ledger.write() as connection:
            self._standing(connection, asked.municipality, restriction_id)
            connection.execute(
                update(table)
                .where(table.c.restriction_id == restriction_id)
                .values(
                    ended_at=self._context.clock.now().isoformat(),
                    ended_by=asked.operator,
                    end_reason=asked.reason,
                )
            )
        return self._told(asked.municipality, restriction_id, "restriction_ended")

    @staticmethod
    def _standing(connection: Connection, code: str, restriction_id: str) -> RowMapping:
        """Lock it, too (a write comes first)."""
        own = (*_STANDING, table.c.restriction_id == restriction_id)
        connection.execute(update(table).where(*own).values(key=table.c.key), {"code": code})
        row = connection.execute(select(table).where(*own), {"code": code}).mappings().first()
        if row is None:
            raise Failed("Restriction_Unknown")
        return row

    def _told(self, code: str, restriction_id: str, event: str) -> RestrictionEntry:
        tenant = self._tenants.get(code)
        with self._ledger.read() as connection, tenant.replica.open_generation() as reader:
            own = select(table).where(table.c.restriction_id == restriction_id)
            row = connection.execute(own).mappings().one()
            entry = self._entry(row, reader)
        self._context.trace.emit("operator", event, municipality=code, whom=row["target"])
        return entry

    # --- lists --------------------------------------------------------------------------------------------------------------

    def one(self, municipality: str, restriction_id: str) -> RestrictionEntry:
        """Tell one that was set here, also one that has ended. Raises Failed: Municipality_Unknown, Restriction_Unknown."""
        tenant = self._tenants.get(municipality)
        own = (table.c.restriction_id == restriction_id, table.c.municipality == municipality)
        with self._ledger.read() as connection:
            row = connection.execute(select(table).where(*own)).mappings().first()
        if row is None:
            raise Failed("Restriction_Unknown")
        with tenant.replica.open_generation() as reader:
            return self._entry(row, reader)

    def list(self, query: RestrictionQuery) -> RestrictionPage:
        """List those set here that stand, or those that have `ended`. Raises Failed(Municipality_Unknown)."""
        tenant, today = self._tenants.get(query.municipality), self._today()
        of = table.c.municipality == query.municipality
        late = and_(of, table.c.ended_at.is_(None), table.c.until < today)
        asked = select(table).where(
            of, table.c.ended_at.is_not(None) if query.ended else table.c.ended_at.is_(None)
        )
        if query.overdue:
            asked = asked.where(late)
        if query.cursor is not None:
            asked = asked.where(table.c.restriction_id > query.cursor)
        with self._ledger.read() as connection:
            rows = (
                connection.execute(asked.order_by(table.c.restriction_id).limit(query.limit + 1))
                .mappings()
                .all()
            )
            overdue = connection.scalar(select(func.count()).select_from(table).where(late)) or 0
        with tenant.replica.open_generation() as reader:
            shown = tuple(self._entry(row, reader) for row in rows[: query.limit])
        more = len(rows) > query.limit
        return RestrictionPage(
            restrictions=shown, overdue=overdue, next_cursor=shown[-1].restriction_id if more else None
        )

    def delivered(self, query: DeliveredRestrictionQuery) -> DeliveredRestrictionPage:
        """List what the existing systems have delivered. Raises Failed(Municipality_Unknown)."""
        tenant, today = self._tenants.get(query.municipality), self._today()
        found, overdue = tenant.replica.restrictions(
            today, overdue=query.overdue, offset=query.offset, limit=query.limit + 1
        )
        more = len(found) > query.limit
        return DeliveredRestrictionPage(
            restrictions=tuple(_delivered(one, today) for one in found[: query.limit]),
            overdue=overdue,
            next_offset=query.offset + query.limit if more else None,
        )

    def _entry(self, row: RowMapping, reader: ReplicaReader) -> RestrictionEntry:
        today, ended = self._today(), row["ended_at"] is not None
        delivered = not ended and self._is_delivered(row, reader)
        asked = {name: row[name] for name in RestrictionRequest.model_fields}
        return RestrictionEntry(
            **asked,
            restriction_id=row["restriction_id"],
            set_at=datetime.fromisoformat(row["set_at"]),
            ended_at=datetime.fromisoformat(row["ended_at"]) if ended else None,
            ended_by=row["ended_by"],
            end_reason=row["end_reason"],
            in_force=not ended and not delivered and row["since"] <= today,
            overdue=not ended and row["until"] is not None and row["until"] < today,
            delivered_since=delivered,
        )

    def _today(self) -> date:
        return self._context.clock.now().date()


def _delivered(one: Restriction, today: date) -> DeliveredRestriction:
    named = ((Target.PERSON, one.person), (Target.HOUSEHOLD, one.household), (Target.REGISTER, one.register))
    target, key = next(((target, key) for target, key in named if key), named[0])
    return DeliveredRestriction(
        target=target,
        key=key,
        reason=one.reason,
        since=one.since,
        until=one.until,
        in_force=one.since <= today,
        overdue=one.until is not None and one.until < today,
    )
