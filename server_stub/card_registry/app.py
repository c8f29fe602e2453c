"""The card registry over HTTP: the centre's question, and the counter for officials."""

from __future__ import annotations

import hmac
from typing import Any, cast

from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from server_stub.interface.card_registry import (
    CardAsked,
    CardAuthenticated,
    CardAuthentication,
    CardStateAct,
    CardView,
    RegistrationAct,
)
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.node import NodeContext, failure_answers, make_app
from server_stub.ops_door import OPS_REFUSALS, official_only

from .registry import CardRegistry
from .settings import CardRegistrySettings

_EVERY = ("Request_Malformed", "Request_Too_Large", "Request_Too_Slow", "Internal_Error")
_CARD = ("Ordinance_Not_Offered", "Ordinance_Card_Unknown", "Ordinance_Card_Ended")


def create_app(
    context: NodeContext, settings: CardRegistrySettings, registry: CardRegistry | None = None
) -> FastAPI:
    """Make the node. `app.state.registry` is its CardRegistry: `registry`, or one of its own."""
    served = registry or CardRegistry(settings, context.clock, context.trace)
    app = _routed_app(context, served, settings.centre_key, settings.ops_key)
    app.state.registry = served
    return app


def openapi_document() -> dict[str, Any]:
    """Return the whole interface specification, without a registry behind it."""
    clock = Clock()
    return _routed_app(NodeContext(clock, Trace(clock)), None, Secret(""), None).openapi()


def _routed_app(
    context: NodeContext, asked: CardRegistry | None, centre_key: Secret, ops_key: Secret | None
) -> FastAPI:
    """Make the paths; `asked` answers, and may be None where nobody asks."""
    registry = cast(CardRegistry, asked)
    app = make_app(
        context,
        title="ICカード標準システム（条例利用、試験用）",
        source="card_registry",
        description="May this card be used for this kind of certificate, and is this its PIN? The real telegrams are not public: these "
        "are this simulator's own.",
    )
    bearer = HTTPBearer(auto_error=False, description="The centre's key at this registry")

    async def caller(shown: HTTPAuthorizationCredentials | None = Depends(bearer)) -> None:
        key = shown.credentials if shown is not None else ""
        if not hmac.compare_digest(key.encode(), centre_key.reveal().encode()):
            raise Failed("Caller_Unknown")

    @app.post(
        "/v1/card-authentications",
        dependencies=[Depends(caller)],
        summary="カード認証",
        operation_id="authenticate_card",
        responses=failure_answers(
            "Caller_Unknown", *_CARD, "Ordinance_Card_Stopped", "Ordinance_Not_Registered",
            "Ordinance_Kind_Stopped", "Ordinance_Pin_Wrong", "Ordinance_Pin_Blocked", *_EVERY,
        ),
    )  # fmt: skip
    def authenticate(body: CardAuthentication) -> CardAuthenticated:
        """Compare card, kind and PIN. A wrong PIN costs a try of this kind alone."""
        return registry.authenticate(body)

    guarded = [official_only(ops_key)]

    @app.post(
        "/ops/v1/registrations",
        dependencies=guarded,
        summary="利用登録・利用停止・暗証番号の変更",
        operation_id="registration_act",
        responses=failure_answers(
            *_CARD, "Office_Closed", "Service_Not_Offered", "Ordinance_Holder_Barred", "Ordinance_Not_Registered",
            *OPS_REFUSALS,
        ),
    )  # fmt: skip
    def registrations(body: RegistrationAct) -> CardView:
        """One act of an official for one card and one kind, in office hours."""
        return registry.act(body)

    @app.post(
        "/ops/v1/card-states",
        dependencies=guarded,
        summary="カードの状態の変更",
        operation_id="card_state",
        responses=failure_answers(*_CARD, "Office_Closed", *OPS_REFUSALS),
    )
    def card_states(body: CardStateAct) -> CardView:
        """Write down that a card is lost, suspended, abolished, or in use again; in office hours."""
        return registry.set_state(body)

    @app.post(
        "/ops/v1/card-views",
        dependencies=guarded,
        summary="カードの照会",
        operation_id="card_view",
        responses=failure_answers(*_CARD, *OPS_REFUSALS),
    )
    def card_views(body: CardAsked) -> CardView:
        """Tell state, kinds and acts of a card. The number stands in the body, so that no log of addresses has it."""
        return registry.view(body)

    return app
