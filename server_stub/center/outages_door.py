"""The paths of `/ops/v1` at which an official or a provider announces an outage (`interface/outages.py`)."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import FastAPI, Path, Query

from server_stub.interface.outages import (
    CentreService,
    CentreServiceQuery,
    OutageEntry,
    OutageList,
    OutageQuery,
    OutageRequest,
)
from server_stub.interface.secret import Secret
from server_stub.interface.values import Ulid
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only

from .outages import Outages
from .presence import Presence


def add_outages_door(
    app: FastAPI, key: Secret | None, asked: Outages | None, present: Presence | None
) -> None:
    """Add the paths to `app`. `asked` may be None where nobody asks; without a `key` they answer Operations_Not_Offered."""
    outages, presence = cast(Outages, asked), cast(Presence, present)
    guarded = [official_only(key)]

    @app.get(
        "/ops/v1/outages",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="予告された停止の一覧",
        operation_id="list_outages",
    )
    def listed(query: Annotated[OutageQuery, Query()]) -> OutageList:
        """Announcements in force and to come, oldest first; with `since`, all that ended after it."""
        return outages.list(query)

    @app.post(
        "/ops/v1/outages",
        dependencies=guarded,
        responses=failure_answers("Municipality_Unknown", *OPS_REFUSALS),
        summary="停止の予告",
        operation_id="announce_outage",
    )
    def announce(asked: OutageRequest) -> OutageEntry:
        """Announce from when until when something of a municipality is out, and why, in words for residents."""
        return outages.announce(asked)

    @app.post(
        "/ops/v1/outages/{outage_id}/end",
        dependencies=guarded,
        responses=failure_answers("Outage_Unknown", *OPS_REFUSALS),
        summary="予告した停止の終了・取消し",
        operation_id="end_outage",
    )
    def end(outage_id: Annotated[Ulid, Path()]) -> OutageEntry:
        """End it before its time, or withdraw it."""
        return outages.end(outage_id)

    @app.get(
        "/ops/v1/centre-service",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="センター全体の停止の記録",
        operation_id="show_centre_service",
    )
    def centre_service(query: Annotated[CentreServiceQuery, Query()]) -> CentreService:
        """Emergency stops of everything, and times without the centre, that ended after `since`."""
        return presence.tell(query)
