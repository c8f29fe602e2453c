"""Make a paper as it will be on a day to come, for officials to look at before a change takes effect. It is not recorded, has no 発行番号
that was drawn, and is marked as every paper here."""

from __future__ import annotations

from datetime import datetime, time

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.official_acts import PreviewRequest
from server_stub.interface.values import Identity, Method, Place

from .offers import Holder, nearest_request
from .setting_changes import SettingChanges
from .tenants import Tenants

NO_NUMBER = "0000-0000-0000"
"""In the place of the random part of a 発行番号."""


class Previews:
    """Safe from any thread."""

    def __init__(self, tenants: Tenants, changes: SettingChanges) -> None:
        self._tenants, self._changes = tenants, changes

    def make(self, asked: PreviewRequest) -> bytes:
        """Set the fronts of one copy as PDF, by the code that sets an issued one. Raises Failed: Municipality_Unknown, Service_Not_Offered,
        Person_Unknown, Change_Wrong, Service_Closed_Today (that day), Ward_Unknown, a refusal of the kind, what rendering raises."""
        if asked.change is not None and asked.change.municipality != asked.municipality:
            raise Failed("Municipality_Unknown", municipality=asked.change.municipality)
        decided = self._changes.with_draft(asked.change, asked.municipality)
        tenant = self._tenants.as_decided(asked.municipality, decided).on(asked.day)
        municipality = tenant.municipality
        kind = municipality.kinds.get(asked.kind)
        if kind is None:
            raise Failed("Service_Not_Offered", kind=asked.kind)
        moment = municipality.next_opening(asked.kind, datetime.combine(asked.day, time.min, JST))
        if moment is None or moment.date() != asked.day:
            raise Failed("Service_Closed_Today", kind=asked.kind)
        with tenant.replica.open_generation() as reader:
            person = reader.person(asked.person_key)
            if person is None and Place.ADDRESS in kind.places:
                raise Failed("Person_Unknown")
            place = Place.ADDRESS if Place.ADDRESS in kind.places else Place.DOMICILE
            nobody = Identity(method=Method.JPKI, reference="0" * 64)
            holder = Holder(tenant, reader, nobody, asked.person_key, person, place, asked.day)
            offer = holder.offer(kind, moment)
            if offer.refusal is not None:
                raise offer.refusal.failed()
            request = _first_request(offer, municipality.info.code)
            picked = kind.pick(holder.case(kind), request)
            issuer, terms = municipality.issuer_of_paper(kind, picked), municipality.services[kind.code]
            pattern, info = municipality.numbers[kind.code], municipality.info
            number = pattern.format(info.code, info.name, asked.day, NO_NUMBER, 1)
            return kind.render([picked], request, terms, issuer, asked.day, [number]).pdf


def _first_request(offer: Offer, municipality: str) -> ApplicationRequest:
    """Ask for what stands first: of the holder, or the whole."""
    scope = next((one for one in (Scope.HOLDER, *offer.scopes) if one in offer.scopes), Scope.WHOLE)
    only = offer.model_copy(update={"scopes": (scope,)})
    blank = ApplicationRequest(
        kind=offer.kind,
        municipality=municipality,
        scope=scope,
        subjects=offer.possible(scope)[:1],
        copies=1,
        fee_total=offer.fee,
    )
    asked = nearest_request(only, blank)
    return asked.model_copy(update={"fee_total": offer.copy_fee(len(asked.subjects))})
