"""Open the door for officials' tools (`/ops/v1`, `interface/operations.py`) at a node, behind a key of its own."""

from __future__ import annotations

import hmac
from typing import Annotated, Any, Protocol, cast

from fastapi import Depends, FastAPI, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .interface.failures import Failed
from .interface.operations import (
    DoubtPage,
    DoubtQuery,
    IncidentPage,
    IncidentQuery,
    StopEntry,
    StopList,
    StopRequest,
)
from .interface.outages import AlarmPage, AlarmQuery
from .interface.secret import Secret
from .interface.values import Model, Ulid
from .node import failure_answers

SHORTEST_KEY = 16
"""Characters that an operations key has at least."""
OPS_REFUSALS = (
    "Operations_Not_Offered",
    "Operator_Unknown",
    "Request_Malformed",
    "Request_Too_Large",
    "Request_Too_Slow",
    "Internal_Error",
)
_bearer = HTTPBearer(
    scheme_name="OpsKey",
    description="`Authorization: Bearer KEY`, the key for officials' tools at this server.",
    auto_error=False,
)


class Books(Protocol):
    """What a node reads out of its database for officials, and the emergency stops that they set. `application` raises
    Failed(Application_Unknown), `release` Failed(Stop_Unknown)."""

    def incidents(self, query: IncidentQuery) -> IncidentPage: ...

    def in_doubt(self, query: DoubtQuery) -> DoubtPage: ...

    def application(self, application_id: str) -> Model: ...

    def stops(self) -> StopList: ...

    def stop(self, asked: StopRequest) -> StopEntry: ...

    def release(self, stop_id: str) -> StopEntry: ...

    def alarms(self, query: AlarmQuery) -> AlarmPage: ...


def check_ops_key(key: Secret | None) -> None:
    """Raise Failed(Settings_Wrong, item="ops_key") for a key that is too short; None is no door."""
    if key is not None and len(key) < SHORTEST_KEY:
        raise Failed("Settings_Wrong", item="ops_key", at_least=SHORTEST_KEY)


def official_only(key: Secret | None) -> Any:
    """Make the dependency of a path that is for whoever shows `key`. Without a key it answers Operations_Not_Offered."""

    async def official(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
        if key is None:
            raise Failed("Operations_Not_Offered")
        given = shown.credentials if shown is not None else ""
        if not hmac.compare_digest(given.encode(), key.reveal().encode()):
            raise Failed("Operator_Unknown")

    return Depends(official)


def add_ops_door(app: FastAPI, key: Secret | None, asked: Books | None, shown_as: type[Model]) -> None:
    """Add the paths to `app`. `shown_as`: the message that one application is told in. `asked` may be None where nobody asks.

    Without a `key` every path answers Operations_Not_Offered.
    """
    books = cast(Books, asked)
    guarded = [official_only(key)]

    @app.get(
        "/ops/v1/incidents",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="重大事象の一覧",
        operation_id="list_incidents",
    )
    def incidents(query: Annotated[IncidentQuery, Query()]) -> IncidentPage:
        """Incidents by their identifiers, oldest first. Nothing closes one here."""
        return books.incidents(query)

    @app.get(
        "/ops/v1/in-doubt",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="確認が必要な申請の一覧",
        operation_id="list_in_doubt",
    )
    def in_doubt(query: Annotated[DoubtQuery, Query()]) -> DoubtPage:
        """Applications of which nobody knows yet who has the paper or the money."""
        return books.in_doubt(query)

    @app.get(
        "/ops/v1/applications/{application_id}",
        dependencies=guarded,
        response_model=shown_as,
        responses=failure_answers("Application_Unknown", *OPS_REFUSALS),
        summary="申請の経過",
        operation_id="show_application",
    )
    def application(application_id: Annotated[Ulid, Path()]) -> Model:
        """One application with every report on it, as this server knows it."""
        return books.application(application_id)

    @app.get(
        "/ops/v1/alarms",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="警報の一覧",
        operation_id="list_alarms",
    )
    def alarms(query: Annotated[AlarmQuery, Query()]) -> AlarmPage:
        """What does not work, since when, and who is to mend it; oldest first. One is closed when it works again."""
        return books.alarms(query)

    @app.get(
        "/ops/v1/stops",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="緊急停止の一覧",
        operation_id="list_stops",
    )
    def stops() -> StopList:
        """Emergency stops in force, oldest first."""
        return books.stops()

    @app.post(
        "/ops/v1/stops",
        dependencies=guarded,
        responses=failure_answers("Municipality_Unknown", "Service_Not_Offered", *OPS_REFUSALS),
        summary="緊急停止",
        operation_id="set_stop",
    )
    def stop(asked: StopRequest) -> StopEntry:
        """Stop at once what is named, until it is released. One that is stopped already stays so, with this announcement."""
        return books.stop(asked)

    @app.post(
        "/ops/v1/stops/{stop_id}/release",
        dependencies=guarded,
        responses=failure_answers("Stop_Unknown", *OPS_REFUSALS),
        summary="緊急停止の解除",
        operation_id="release_stop",
    )
    def release(stop_id: Annotated[Ulid, Path()]) -> StopEntry:
        """Release a stop. Another one of the same may still be in force."""
        return books.release(stop_id)
