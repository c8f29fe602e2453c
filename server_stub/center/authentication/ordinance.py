"""条例利用方式: may this 住民基本台帳カード be used for this kind of certificate, and is this the PIN that was registered for it? The municipality's
ICカード標準システム says so, in one telegram (カード認証電文). The identity is then `binding.ordinance_ref`.

One PIN opens one kind: what else the municipality offers is refused until its own PIN was entered.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from pydantic import ValidationError

from server_stub.center.issuing_servers import post
from server_stub.center.settings import CardRegistryServer, CenterTimes
from server_stub.interface.binding import ordinance_ref
from server_stub.interface.card_registry import CardAuthenticated, CardAuthentication
from server_stub.interface.failures import Failed
from server_stub.interface.offers import Offer
from server_stub.interface.terminal import OrdinanceProof
from server_stub.interface.trace import current_traceparent
from server_stub.interface.values import FailureBody, Identity, Method, read_refusal


class Ordinance:
    """The method. Safe from any thread."""

    def __init__(
        self, transport: httpx.BaseTransport, registries: Sequence[CardRegistryServer], times: CenterTimes
    ) -> None:
        self._transport = transport
        self._timeout = httpx.Timeout(times.card_registry_timeout, connect=times.connect_timeout)
        self._by_municipality = {code: one for one in registries for code in one.municipalities}

    def identify(self, proof: OrdinanceProof) -> Identity:
        """Ask the registry of the card's municipality. Raises Failed by its names (Ordinance_...), Registry_Unreachable,
        Answer_Malformed."""
        server = self._by_municipality.get(proof.municipality)
        if server is None:
            raise Failed("Ordinance_Not_Offered", municipality=proof.municipality)
        asked = CardAuthentication(
            municipality=proof.municipality, card=proof.card, kind=proof.kind, pin=proof.pin
        )
        headers = {
            "Authorization": f"Bearer {server.key.reveal()}",
            "Content-Type": "application/json",
            "traceparent": current_traceparent(),
        }
        url = server.base_url.rstrip("/") + "/v1/card-authentications"
        try:
            response = post(self._transport, url, asked.model_dump_json(), headers, self._timeout)
        except httpx.HTTPError as error:
            raise Failed("Registry_Unreachable", error=type(error).__name__) from error
        if not response.is_success:
            refusal = read_refusal(response.content)
            if refusal is not None:
                raise refusal
            raise Failed("Registry_Unreachable", status=response.status_code)
        try:
            found = CardAuthenticated.model_validate_json(response.content)
        except ValidationError as error:
            raise Failed("Answer_Malformed", peer="card registry") from error
        if (found.municipality, found.card, found.kind) != (proof.municipality, proof.card, proof.kind):
            raise Failed("Answer_Malformed", peer="card registry", detail="another card or kind")
        return Identity(method=Method.ORDINANCE, reference=ordinance_ref(found.municipality, found.card))


def opened_only(offers: Sequence[Offer], kind: str) -> tuple[Offer, ...]:
    """List the offers with every kind but `kind` refused: its PIN has not been asked for."""
    closed = {"refusal": FailureBody(failure="Ordinance_Other_Kind")}
    return tuple(
        offer if offer.kind == kind or offer.refusal is not None else offer.model_copy(update=closed)
        for offer in offers
    )
