"""The paths at which the centre tells a restored ledger what it lacks (`/v1`), and an official confirms the rest (`/ops/v1`)."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import FastAPI, Path

from server_stub.interface.restoration import (
    ApplicationKept,
    RecordsTold,
    RestorationConfirmation,
    RestorationList,
    ToldApplication,
)
from server_stub.interface.secret import Secret
from server_stub.interface.values import Code5, Ulid
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only

from .service import IssuingService

_REFUSALS = ("Caller_Unknown", "Request_Malformed", "Request_Too_Large", "Request_Too_Slow", "Internal_Error")


def add_restoration_paths(app: FastAPI, guarded: list[Any], asked: IssuingService | None) -> None:
    """Add the centre's paths to `app`, behind its key. `asked` may be None where nobody asks."""
    service = cast(IssuingService, asked)

    @app.get(
        "/v1/restorations",
        dependencies=guarded,
        responses=failure_answers(*_REFUSALS),
        summary="Restorations of the books here that are not over",
        operation_id="listOpenRestorations",
    )
    def restorations() -> RestorationList:
        """Of each that lacks records the centre tells all applications that something has become of since its backup."""
        return RestorationList(restorations=service.restoration.open())

    @app.post(
        "/v1/restorations/{restoration_id}/applications",
        dependencies=guarded,
        responses=failure_answers("Restoration_Unknown", "Records_Differ", *_REFUSALS),
        summary="Tell an application again",
        operation_id="tellAgain",
    )
    def tell(restoration_id: Annotated[Ulid, Path()], told: ToldApplication) -> ApplicationKept:
        """Idempotent: what is there already stays, and nothing is there twice."""
        return service.restoration.take(restoration_id, told)

    @app.post(
        "/v1/restorations/{restoration_id}/complete",
        dependencies=guarded,
        responses=failure_answers(*_REFUSALS),
        summary="Everything was told",
        operation_id="completeRecords",
    )
    def complete(restoration_id: Annotated[Ulid, Path()], told: RecordsTold) -> RestorationList:
        """From now on reports are taken; papers are made once an official has confirmed the rest."""
        return service.restoration.complete(restoration_id, told)


def add_restoration_door(app: FastAPI, key: Secret | None, asked: IssuingService | None) -> None:
    """Add the officials' paths to `app`. `asked` may be None where nobody asks; without a `key` they answer Operations_Not_Offered."""
    service = cast(IssuingService, asked)
    guarded = [official_only(key)]

    @app.get(
        "/ops/v1/restorations",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="復元の記録",
        operation_id="list_restorations",
    )
    def restorations() -> RestorationList:
        """Every restoration there was. What officials had set between `backup_at` and `restored_at` is not known here any more: emergency
        stops, exceptions, and restrictions that no delivery since has told."""
        return service.restoration.every()

    @app.post(
        "/ops/v1/restorations/{municipality}/confirm",
        dependencies=guarded,
        responses=failure_answers(
            "Municipality_Unknown", "Restoration_Unknown", "Restoration_Not_Ready", *OPS_REFUSALS
        ),
        summary="復元後の確認（緊急停止・例外・発行制限）",
        operation_id="confirm_restoration",
    )
    def confirm(
        municipality: Annotated[Code5, Path()], confirmed: RestorationConfirmation
    ) -> RestorationList:
        """Say that stops, exceptions and restrictions are as they have to be: only then certificates are issued again."""
        return service.confirm_restoration(municipality, confirmed)
