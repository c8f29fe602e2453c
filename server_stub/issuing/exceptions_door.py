"""The paths of `/ops/v1` at which officials let somebody in who is too young (`interface/operations.py`)."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import FastAPI, Query

from server_stub.interface.operations import (
    ExceptionChange,
    ExceptionEntry,
    ExceptionPage,
    ExceptionQuery,
    PersonReference,
    ReferenceQuery,
)
from server_stub.interface.secret import Secret
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only

from .exceptions import AgeExceptions


def add_exceptions_door(app: FastAPI, key: Secret | None, asked: AgeExceptions | None) -> None:
    """Add the paths to `app`. `asked` may be None where nobody asks; without a `key` they answer Operations_Not_Offered."""
    exceptions = cast(AgeExceptions, asked)
    guarded = [official_only(key)]

    @app.get(
        "/ops/v1/person-reference",
        dependencies=guarded,
        responses=failure_answers("Municipality_Unknown", "Person_Unknown", *OPS_REFUSALS),
        summary="宛名番号に対応する参照番号",
        operation_id="find_person_reference",
    )
    def reference(query: Annotated[ReferenceQuery, Query()]) -> PersonReference:
        """Find by what a person is called here."""
        return exceptions.reference(query.municipality, query.person_key)

    @app.get(
        "/ops/v1/age-exceptions",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="年齢の例外の記録",
        operation_id="list_age_exceptions",
    )
    def acts(query: Annotated[ExceptionQuery, Query()]) -> ExceptionPage:
        """What officials did, oldest first. Nothing removes an act."""
        return exceptions.list(query)

    @app.post(
        "/ops/v1/age-exceptions",
        dependencies=guarded,
        responses=failure_answers("Municipality_Unknown", "Exception_Unknown", *OPS_REFUSALS),
        summary="年齢の例外を認める・取り消す",
        operation_id="change_age_exception",
    )
    def change(change: ExceptionChange) -> ExceptionEntry:
        """Let somebody in below the age, or no longer."""
        return exceptions.change(change)
