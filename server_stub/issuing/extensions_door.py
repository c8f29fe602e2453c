"""The paths of `/ops/v1` at which officials let a replica issue that is too old (`interface/operations.py`)."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import FastAPI, Query

from server_stub.interface.operations import (
    ExceptionQuery,
    ExtensionEntry,
    ExtensionPage,
    ExtensionRequest,
)
from server_stub.interface.secret import Secret
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only

from .replica_age import ReplicaExtensions


def add_extensions_door(app: FastAPI, key: Secret | None, asked: ReplicaExtensions | None) -> None:
    """Add the paths to `app`. `asked` may be None where nobody asks; without a `key` they answer Operations_Not_Offered."""
    extensions = cast(ReplicaExtensions, asked)
    guarded = [official_only(key)]

    @app.get(
        "/ops/v1/replica-extensions",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="副本の期限の延長の記録",
        operation_id="list_replica_extensions",
    )
    def acts(query: Annotated[ExceptionQuery, Query()]) -> ExtensionPage:
        """What officials did, oldest first. Nothing removes an act."""
        return extensions.list(query)

    @app.post(
        "/ops/v1/replica-extensions",
        dependencies=guarded,
        responses=failure_answers("Municipality_Unknown", "Extension_Too_Long", *OPS_REFUSALS),
        summary="災害時に副本の期限を延長する",
        operation_id="extend_replica_age",
    )
    def extend(asked: ExtensionRequest) -> ExtensionEntry:
        """Let the replica issue until that time, however old it is. A later act counts instead of an earlier one."""
        return extensions.extend(asked)
