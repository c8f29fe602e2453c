"""What became of the deliveries of a municipality, for officials: generations, rows set aside, and reading the earlier one again."""

from __future__ import annotations

from server_stub.interface.failures import CATALOGUE, Failed
from server_stub.interface.official_acts import (
    DeliveryEntry,
    DeliveryList,
    RefusedDelivery,
    SetAsidePage,
    SetAsideQuery,
    SetAsideRow,
    TakeBackRequest,
)
from server_stub.node import NodeContext
from server_stub.registry.replica import generations_of, take_back

from .tenants import Tenants

MOST_SHOWN = 60
"""Generations, newest first: two months of nights."""


class Deliveries:
    """Safe from any thread."""

    def __init__(self, tenants: Tenants, context: NodeContext) -> None:
        self._tenants, self._context = tenants, context

    def list(self, code: str) -> DeliveryList:
        """Raises Failed(Municipality_Unknown)."""
        tenant = self._tenants.get(code)
        counts, found = tenant.replica.set_aside_counts(), generations_of(tenant.replica_url)
        living = next((one.number for one in found if one.living), 0)
        refused = tenant.replica.refused_delivery()
        told = None
        if refused is not None:
            entry = CATALOGUE.get(refused[1]) or CATALOGUE["Internal_Error"]
            told = RefusedDelivery(failure=refused[1], cause=entry.cause, remedy=entry.remedy, at=refused[0])
        return DeliveryList(
            municipality=code,
            deliveries=tuple(
                DeliveryEntry(
                    generation=one.number,
                    made_at=one.made_at,
                    loaded_at=one.loaded_at,
                    living=one.living,
                    kept=one.kept,
                    taken_back_at=one.taken_back_at,
                    set_aside=counts.get(one.number, 0),
                )
                for one in reversed(found[-MOST_SHOWN:])
            ),
            refused=told,
            can_take_back=any(
                one.number < living and one.kept and one.taken_back_at is None for one in found
            ),
        )

    def set_aside(self, query: SetAsideQuery) -> SetAsidePage:
        """List the rows of the living generation that could not be used. Raises Failed(Municipality_Unknown)."""
        tenant = self._tenants.get(query.municipality)
        rows = tenant.replica.set_aside_rows(query.after, query.limit + 1)
        names = ("number", "person", "group", "file", "line", "column", "remedy")
        shown = tuple(
            SetAsideRow(of_register=row._mapping["register"], **{name: row._mapping[name] for name in names})
            for row in rows[: query.limit]
        )
        more = len(rows) > query.limit
        return SetAsidePage(rows=shown, next_after=shown[-1].number if more else None)

    def take_back(self, asked: TakeBackRequest) -> DeliveryList:
        """Read the earlier generation again. Raises Failed: Municipality_Unknown, Delivery_Changed_Meanwhile (another one is read now),
        Delivery_None_Before."""
        tenant = self._tenants.get(asked.municipality)
        with tenant.replica.open_generation() as reader:
            living = reader.generation
        if living != asked.generation:
            raise Failed("Delivery_Changed_Meanwhile", generation=living)
        take_back(tenant.replica_url, self._context.clock, self._context.trace)
        return self.list(asked.municipality)
