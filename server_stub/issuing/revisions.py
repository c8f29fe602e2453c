"""A fee that is revised while somebody stands at a terminal, as a fault that can be switched on."""

from __future__ import annotations

from dataclasses import replace

from server_stub.faults.box import FaultBox

from .tenants import Tenant

FEE_REVISED = "issuing.fee_revised"
RAISE = 50
"""Yen, where the fault names no fee."""


def with_revised_fee(faults: FaultBox, tenant: Tenant) -> Tenant:
    """`tenant` as it is, or, while that fault is on, with the parameter `fee` (yen a copy) for every kind."""
    parameters = faults.strikes(FEE_REVISED)
    if parameters is None:
        return tenant
    told = parameters.get("fee")
    services = {
        kind: replace(terms, fee=told if isinstance(told, int) else terms.fee + RAISE)
        for kind, terms in tenant.municipality.services.items()
    }
    return replace(tenant, municipality=replace(tenant.municipality, services=services))
