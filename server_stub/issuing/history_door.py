"""The paths of `/ops/v1` at which officials' tools read statistics and the history of issues (`interface/history.py`)."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse

from server_stub.interface.history import (
    Disposal,
    DisposalEntry,
    IssueFilter,
    IssuePage,
    IssueQuery,
    SampleFilled,
    SampleRequest,
    ServiceFigures,
    ServiceQuery,
    Statistics,
    StatisticsQuery,
)
from server_stub.interface.secret import Secret
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only

from .history import History

_REFUSALS = ("Municipality_Unknown", *OPS_REFUSALS)


def add_history_door(app: FastAPI, key: Secret | None, asked: History | None) -> None:
    """Add the paths to `app`. `asked` may be None where nobody asks; without a `key` they answer Operations_Not_Offered."""
    history = cast(History, asked)
    guarded = [official_only(key)]

    @app.get(
        "/ops/v1/statistics",
        dependencies=guarded,
        responses=failure_answers(*_REFUSALS),
        summary="統計",
        operation_id="show_statistics",
    )
    def statistics(query: Annotated[StatisticsQuery, Query()]) -> Statistics:
        """Papers that were handed over, by month, day, hour, weekday, kind, area, chain, office hours."""
        return history.statistics(query)

    @app.get(
        "/ops/v1/issues",
        dependencies=guarded,
        responses=failure_answers(*_REFUSALS),
        summary="証明発行履歴",
        operation_id="list_issues",
    )
    def issues(query: Annotated[IssueQuery, Query()]) -> IssuePage:
        """What was issued, newest first."""
        return history.list(query)

    @app.get(
        "/ops/v1/issues.jsonl",
        dependencies=guarded,
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "Lines of JSON",
                "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
            },
            **failure_answers(*_REFUSALS),
        },
        summary="証明発行履歴の書き出し",
        operation_id="export_issues",
    )
    def export(query: Annotated[IssueFilter, Query()]) -> StreamingResponse:
        """Every copy as a line, oldest first, however many there are."""
        return StreamingResponse(history.export(query), media_type="application/x-ndjson")

    @app.post(
        "/ops/v1/disposals",
        dependencies=guarded,
        responses=failure_answers("Issue_Number_Unknown", *_REFUSALS),
        summary="処分情報の登録",
        operation_id="add_disposal",
    )
    def dispose(asked: Disposal) -> DisposalEntry:
        """Write down that a wrong paper was taken back and destroyed. Nothing removes it."""
        return history.dispose(asked)

    @app.post(
        "/ops/v1/sample-history",
        dependencies=guarded,
        responses=failure_answers(*_REFUSALS),
        summary="見本データの作成",
        operation_id="fill_sample_history",
    )
    def fill_sample(asked: SampleRequest) -> SampleFilled:
        """Make up records for showing, marked as such, apart from all others. Once."""
        return history.fill_sample(asked)

    @app.get(
        "/ops/v1/service-level",
        dependencies=guarded,
        responses=failure_answers(*_REFUSALS),
        summary="サービスレベルの実績",
        operation_id="show_service_level",
    )
    def service_level(query: Annotated[ServiceQuery, Query()]) -> ServiceFigures:
        """How quickly papers were ready, and emergency stops of the month."""
        return history.service_level(query)
